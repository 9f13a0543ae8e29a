using System.CommandLine;
using System.Text.Json;
using Sightglass.Core.Errors;
using Sightglass.Query.TraceQL;

namespace Sightglass.Server.CommandLine;

/// <summary><c>sightglass query promql|logql|traceql EXPRESSION</c>: asks a running server.</summary>
internal static class QueryCommand
{
    private const int DefaultPoints = 250;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Build()
    {
        var command = new Command("query", "Ask a running server.");
        command.Subcommands.Add(PromQL());
        command.Subcommands.Add(LogQLCommand.Build());
        command.Subcommands.Add(Language("traceql", "Traces that a TraceQL query finds, or what a metrics query counts in the last hour.", TraceQLPath));
        return command;
    }

    private static Command PromQL()
    {
        var expression = Expression();
        var server = Server();
        var time = new Option<string?>("--time") { Description = "Moment of an instant query: RFC 3339, seconds since 1970, or a duration before now such as -1h." };
        var start = new Option<string?>("--start") { Description = "Start of a range query; as --time." };
        var end = new Option<string?>("--end") { Description = "End of a range query; as --time, now unless given." };
        var step = new Option<string?>("--step") { Description = "Time between two points, such as 15s; a 250th of the range unless given." };
        var format = new Option<string>("--output", "-o") { Description = "json, table or series.", DefaultValueFactory = _ => "table" }.AcceptOnlyFromAmong("json", "table", "series");
        var command = new Command("promql", "An instant or a range PromQL query.") { expression, server, time, start, end, step, format };
        command.SetAction((result, cancellation) => CommandTree.Guarded(() =>
        {
            var text = result.GetValue(expression)!;
            var path = Path(text, result.GetValue(time), result.GetValue(start), result.GetValue(end), result.GetValue(step), TimeProvider.System.GetUtcNow());
            var output = result.GetValue(format);
            return AskAsync(result.GetValue(server)!, path, text, json => PromQLOutput.Write(json, output!, Console.Out), cancellation);
        }));
        return command;
    }

    private static Command Language(string name, string description, Func<string, string> path)
    {
        var expression = Expression();
        var server = Server();
        var command = new Command(name, description) { expression, server };
        command.SetAction((result, cancellation) => CommandTree.Guarded(() =>
        {
            var text = result.GetValue(expression)!;
            return AskAsync(result.GetValue(server)!, path(text), text, static json => Console.WriteLine(JsonSerializer.Serialize(json, Indented)), cancellation);
        }));
        return command;
    }

    /// <summary>The request of a TraceQL query; one that does not parse is the server's to explain.</summary>
    internal static string TraceQLPath(string expression)
    {
        var isMetrics = true;
        try
        {
            TraceQLRules.Check(expression);
        }
        catch (QueryException)
        {
            isMetrics = false;
        }

        return $"/tempo/api/{(isMetrics ? "metrics/query" : "search")}?q={Uri.EscapeDataString(expression)}";
    }

    /// <summary>The request: a range query when a start or an end is given.</summary>
    internal static string Path(string expression, string? time, string? start, string? end, string? step, DateTimeOffset now)
    {
        var query = "query=" + Uri.EscapeDataString(expression);
        if (start is null && end is null && step is null)
        {
            return $"/api/v1/query?{query}{(time is null ? string.Empty : $"&time={QueryTime.Seconds(QueryTime.Parse("--time", time, now))}")}";
        }

        if (time is not null)
        {
            throw new FormatException("--time is for instant queries; --start, --end and --step are for range queries");
        }

        var to = end is null ? now : QueryTime.Parse("--end", end, now);
        var from = QueryTime.Parse("--start", start ?? throw new FormatException("a range query needs --start"), now);
        var seconds = step is null ? Math.Max(1, Math.Ceiling((to - from).TotalSeconds / DefaultPoints)) : QueryTime.Step(step);
        return from > to
            ? throw new FormatException("--start is after --end")
            : $"/api/v1/query_range?{query}&start={QueryTime.Seconds(from)}&end={QueryTime.Seconds(to)}&step={seconds.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
    }

    private static Argument<string> Expression() => new("EXPRESSION");

    internal static Option<Uri> Server() => new("--server")
    {
        Description = "Address of the server.",
        DefaultValueFactory = _ => new Uri("http://127.0.0.1:4300/"),
        CustomParser = static result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
            {
                return uri;
            }

            result.AddError($"--server: got \"{result.Tokens[0].Value}\", want an address such as http://127.0.0.1:4300");
            return null;
        },
    };

    internal static async Task<int> AskAsync(Uri server, string path, string expression, Action<JsonElement> write, CancellationToken cancellation)
    {
        using var http = new HttpClient { BaseAddress = new Uri(server.ToString().TrimEnd('/') + "/") };
        using var answer = await http.GetAsync(new Uri(path.TrimStart('/'), UriKind.Relative), cancellation);
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        if (!answer.IsSuccessStatusCode)
        {
            await Console.Error.WriteLineAsync(QueryErrorText.Of(text, expression, (int)answer.StatusCode));
            return 1;
        }

        using var json = JsonDocument.Parse(text);
        if (json.RootElement.ValueKind == JsonValueKind.Object)
        {
            foreach (var kind in (string[])["warnings", "infos"])
            {
                if (json.RootElement.TryGetProperty(kind, out var notes) && notes.ValueKind == JsonValueKind.Array)
                {
                    foreach (var note in notes.EnumerateArray())
                    {
                        await Console.Error.WriteLineAsync($"{kind.TrimEnd('s')}: {note.GetString()}");
                    }
                }
            }
        }

        write(json.RootElement);
        return 0;
    }
}
