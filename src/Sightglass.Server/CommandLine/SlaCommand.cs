using System.CommandLine;

namespace Sightglass.Server.CommandLine;

/// <summary><c>sightglass sla report NAME</c>: the report of an agreement, from a running server.</summary>
internal static class SlaCommand
{
    public static Command Build()
    {
        var name = new Argument<string>("NAME") { Description = "Name of the agreement." };
        var server = QueryCommand.Server();
        var period = new Option<string?>("--period") { Description = "2026-W43, 2026-10, 2026-Q4 or 2026; the period now unless given." };
        var format = new Option<string>("--format") { Description = "json or html.", DefaultValueFactory = _ => "json" }.AcceptOnlyFromAmong("json", "html");
        var report = new Command("report", "Write what was promised and what was achieved over a period of the calendar.") { name, server, period, format };
        report.SetAction((result, cancellation) => CommandTree.Guarded(() =>
            WriteAsync(result.GetValue(server)!, Path(result.GetValue(name)!, result.GetValue(period), result.GetValue(format)!), Console.Out, cancellation)));
        return new Command("sla", "Service level agreements.") { report };
    }

    /// <summary>The request.</summary>
    internal static string Path(string name, string? period, string format) =>
        $"sightglass/v1/slas/{Uri.EscapeDataString(name)}{(format == "html" ? "/report.html" : string.Empty)}{(period is null ? string.Empty : "?period=" + Uri.EscapeDataString(period))}";

    private static async Task<int> WriteAsync(Uri server, string path, TextWriter output, CancellationToken cancellation)
    {
        using var http = new HttpClient { BaseAddress = new Uri(server.ToString().TrimEnd('/') + "/") };
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), cancellation);
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        if (!answer.IsSuccessStatusCode)
        {
            await Console.Error.WriteLineAsync(QueryErrorText.Of(text, string.Empty, (int)answer.StatusCode));
            return 1;
        }

        await output.WriteAsync(text);
        return 0;
    }
}
