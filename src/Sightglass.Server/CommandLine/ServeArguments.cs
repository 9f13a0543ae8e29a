using Sightglass.Server.Configuration;

namespace Sightglass.Server.CommandLine;

/// <summary>What the command line says to a server; null where it says nothing.</summary>
/// <param name="Config"><c>--config</c>.</param>
/// <param name="Data"><c>--data</c>.</param>
/// <param name="Listen"><c>--listen</c>.</param>
/// <param name="OtlpGrpc"><c>--otlp-grpc</c>.</param>
/// <param name="OtlpHttp"><c>--otlp-http</c>.</param>
internal sealed record ServeArguments(string? Config, string? Data, string? Listen, string? OtlpGrpc, string? OtlpHttp)
{
    /// <summary>
    /// Reads a command line that is nothing but a server's options, each once and followed by its value; null for every other, which <see cref="CommandTree"/> reads.
    /// A server is started in this way after every failure and every update, and the tree of all commands is an eighth of a start.
    /// </summary>
    public static ServeArguments? TryRead(IReadOnlyList<string> args)
    {
        var arguments = new ServeArguments(null, null, null, null, null);
        if (args.Count % 2 != 0)
        {
            return null;
        }

        for (var i = 0; i < args.Count; i += 2)
        {
            var value = args[i + 1];
            var next = (args[i], arguments) switch
            {
                _ when value is [] or ['-' or '@', ..] => null,
                ("--config", { Config: null }) => arguments with { Config = value },
                ("--data", { Data: null }) => arguments with { Data = value },
                ("--listen", { Listen: null }) => arguments with { Listen = value },
                ("--otlp-grpc", { OtlpGrpc: null }) => arguments with { OtlpGrpc = value },
                ("--otlp-http", { OtlpHttp: null }) => arguments with { OtlpHttp = value },
                _ => null,
            };
            if (next is null)
            {
                return null;
            }

            arguments = next;
        }

        return arguments;
    }

    /// <summary>The configuration: what the command line says before the environment, and that before the file. Read anew at each call.</summary>
    /// <exception cref="FormatException">The file says something that cannot be.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public ServerConfiguration Read()
    {
        var file = Config ?? FromEnvironment("CONFIG");
        var configuration = file is null ? new ServerConfiguration() : ConfigurationLoader.Load(Path.GetFullPath(file));
        return configuration with
        {
            DataPath = DataPath ?? configuration.DataPath,
            Listen = Listen ?? FromEnvironment("LISTEN") ?? configuration.Listen,
            OtlpGrpc = OtlpGrpc ?? FromEnvironment("OTLP_GRPC") ?? configuration.OtlpGrpc,
            OtlpHttp = OtlpHttp ?? FromEnvironment("OTLP_HTTP") ?? configuration.OtlpHttp,
        };
    }

    /// <summary>The data folder, when the command line or the environment names one.</summary>
    public string? DataPath => Data ?? FromEnvironment("DATA");

    private static string? FromEnvironment(string name) => Environment.GetEnvironmentVariable("SIGHTGLASS_" + name) is { Length: > 0 } value ? value : null;
}
