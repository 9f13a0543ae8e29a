using System.CommandLine;
using Sightglass.Alerting;

namespace Sightglass.Server.CommandLine;

/// <summary>The command line: <c>sightglass</c> serves; what the design names and no code stands behind yet is refused.</summary>
internal static class CommandTree
{
    private static readonly (string Name, string Description)[] NotBuilt =
    [
        ("import", "Import data or dashboards."),
    ];

    public static RootCommand Build()
    {
        var config = new Option<FileInfo?>("--config") { Description = "Configuration file (YAML). Environment: SIGHTGLASS_CONFIG." };
        var data = new Option<string?>("--data") { Description = "Data folder. Environment: SIGHTGLASS_DATA." };
        var listen = new Option<string?>("--listen") { Description = "HOST:PORT of the web UI and the HTTP APIs; port 0 picks a free one. Environment: SIGHTGLASS_LISTEN." };
        var grpc = new Option<string?>("--otlp-grpc") { Description = "HOST:PORT for OTLP over gRPC. Environment: SIGHTGLASS_OTLP_GRPC." };
        var http = new Option<string?>("--otlp-http") { Description = "HOST:PORT for OTLP over HTTP. Environment: SIGHTGLASS_OTLP_HTTP." };
        var root = new RootCommand("Sightglass: metrics, logs and traces in one server.") { config, data, listen, grpc, http };

        ServeArguments Arguments(ParseResult result) => new(result.GetValue(config)?.FullName, result.GetValue(data), result.GetValue(listen), result.GetValue(grpc), result.GetValue(http));

        root.SetAction((result, cancellation) => Guarded(() => ServeCommand.RunAsync(Arguments(result).Read, demo: false, cancellation)));
        var demo = new Command("demo", "Serve, with the traffic of the sample shop flowing in.") { config, data, listen, grpc, http };
        demo.SetAction((result, cancellation) => Guarded(() => ServeCommand.RunAsync(() => ServeCommand.ForDemo(Arguments(result).Read(), Arguments(result).DataPath), demo: true, cancellation)));
        root.Subcommands.Add(demo);
        root.Subcommands.Add(CheckCommand.Build());
        root.Subcommands.Add(QueryCommand.Build());
        root.Subcommands.Add(new Command("test", "Run tests.") { TestPromQLCommand.Build(), TestRulesCommand.Build(), TestPipelineCommand.Build() });
        root.Subcommands.Add(BacktestCommand.Build());
        root.Subcommands.Add(SloCommand.Build());
        root.Subcommands.Add(SlaCommand.Build());
        root.Subcommands.Add(OnCallCommand.Build());
        root.Subcommands.Add(SnapshotCommand.Build());
        root.Subcommands.Add(RestoreCommand.Build());
        foreach (var (name, description) in NotBuilt)
        {
            var command = new Command(name, description + " Not built yet.") { TreatUnmatchedTokensAsErrors = false };
            command.SetAction(_ =>
            {
                Console.Error.WriteLine($"sightglass {name}: not built yet");
                return 2;
            });
            root.Subcommands.Add(command);
        }

        return root;
    }

    /// <summary>Runs a command; what the user has to mend is one line on standard error and exit code 1.</summary>
    public static async Task<int> Guarded(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception e) when (e is AlertingConfigurationException or FormatException or Core.Errors.StorageFailedException or IOException or UnauthorizedAccessException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync($"sightglass: {e.Message}");
            return 1;
        }
    }
}
