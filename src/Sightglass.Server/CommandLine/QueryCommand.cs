using System.CommandLine;
using System.Text.Json;

namespace Sightglass.Server.CommandLine;

/// <summary><c>sightglass query promql|logql|traceql EXPRESSION</c>: asks a running server and prints its answer as JSON.</summary>
internal static class QueryCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Build()
    {
        var command = new Command("query", "Ask a running server.");
        command.Subcommands.Add(Language("promql", "An instant PromQL query.", e => $"/api/v1/query?query={e}"));
        command.Subcommands.Add(Language("logql", "Log lines of the last hour, or a LogQL metric query over it.", e => $"/loki/api/v1/query_range?query={e}"));
        command.Subcommands.Add(Language("traceql", "Traces that a TraceQL query finds.", e => $"/tempo/api/search?q={e}"));
        return command;
    }

    private static Command Language(string name, string description, Func<string, string> path)
    {
        var expression = new Argument<string>("EXPRESSION");
        var server = new Option<Uri>("--server") { Description = "Address of the server.", DefaultValueFactory = _ => new Uri("http://127.0.0.1:4300/") };
        var command = new Command(name, description) { expression, server };
        command.SetAction((result, cancellation) => CommandTree.Guarded(async () =>
        {
            using var http = new HttpClient { BaseAddress = result.GetValue(server) };
            using var answer = await http.GetAsync(new Uri(path(Uri.EscapeDataString(result.GetValue(expression)!)), UriKind.Relative), cancellation);
            var text = await answer.Content.ReadAsStringAsync(cancellation);
            if (!answer.IsSuccessStatusCode)
            {
                await Console.Error.WriteLineAsync(text);
                return 1;
            }

            using var json = JsonDocument.Parse(text);
            Console.WriteLine(JsonSerializer.Serialize(json, Indented));
            return 0;
        }));
        return command;
    }
}
