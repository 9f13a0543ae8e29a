using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Sightglass.Server.CommandLine;

/// <summary><c>sightglass oncall [ROTATION]</c>: who is on call by a running server, overrides included; with a rotation, its shifts.</summary>
internal static class OnCallCommand
{
    public static Command Build()
    {
        var rotation = new Argument<string?>("ROTATION") { Description = "Name of a rotation: its shifts of four weeks. All rotations, and who is on call of each, unless given.", Arity = ArgumentArity.ZeroOrOne };
        var at = new Option<string?>("--at") { Description = "Time in RFC 3339 or Unix seconds; now unless given." };
        var server = QueryCommand.Server();
        var command = new Command("oncall", "Say who is on call.") { rotation, at, server };
        command.SetAction((result, cancellation) => CommandTree.Guarded(() =>
            WriteAsync(result.GetValue(server)!, Path(result.GetValue(rotation), result.GetValue(at)), Console.Out, cancellation)));
        return command;
    }

    /// <summary>The request.</summary>
    internal static string Path(string? rotation, string? at) => rotation is null
        ? "sightglass/v1/oncall" + (at is null ? string.Empty : "?at=" + Uri.EscapeDataString(at))
        : $"sightglass/v1/oncall/{Uri.EscapeDataString(rotation)}" + (at is null ? string.Empty : "?from=" + Uri.EscapeDataString(at));

    /// <summary>Prints an answer: a line for each rotation or shift.</summary>
    internal static void Print(JsonElement answer, TextWriter output)
    {
        if (answer.TryGetProperty("shifts", out var shifts))
        {
            Table(output, [.. shifts.EnumerateArray().Select(static s => new[] { Time(s, "from"), Time(s, "to"), Text(s, "person"), Text(s, "override").Length > 0 ? "override" : Text(s, "layer") })]);
            return;
        }

        Table(output, [.. answer.GetProperty("rotations").EnumerateArray().Select(static r =>
        {
            var (now, next) = (r.GetProperty("now"), r.GetProperty("next"));
            return new[]
            {
                Text(r, "name"),
                now.ValueKind == JsonValueKind.Null ? "nobody" : Text(now, "person"),
                now.ValueKind == JsonValueKind.Null ? string.Empty : "until " + Time(now, "to"),
                next.ValueKind == JsonValueKind.Null ? string.Empty : $"next {Text(next, "person")} from {Time(next, "from")}",
            };
        })]);
    }

    private static void Table(TextWriter output, List<string[]> rows)
    {
        var widths = rows.Count == 0 ? [] : Enumerable.Range(0, rows[0].Length).Select(i => rows.Max(r => r[i].Length)).ToArray();
        foreach (var row in rows)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        }
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static string Time(JsonElement element, string name) =>
        DateTimeOffset.Parse(Text(element, name), CultureInfo.InvariantCulture).ToLocalTime().ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture);

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

        using var json = JsonDocument.Parse(text);
        Print(json.RootElement, output);
        return 0;
    }
}
