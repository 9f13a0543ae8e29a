using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using OpenTelemetry.Exporter;

namespace Shop;

/// <summary>The command line: which of the shop's processes to be, and where the others are.</summary>
internal sealed record ShopOptions
{
    public const string Usage = """
        usage: shop front|orders|payments|visitors|all [options]

          --otlp URL            where telemetry goes (default http://127.0.0.1:4317)
          --otlp-protocol NAME  grpc (default) or http/protobuf
          --port N              port to listen on, with `all` the storefront's (default 0: any free one)
          --data DIR            folder of the orders database (default: a folder below the temporary one)
          --rate N              visitors a second (default 0.8)
          --front URL, --orders URL, --payments URL
                                where the others are; `all` passes them on by itself
        """;

    private static readonly string[] Roles = ["front", "orders", "payments", "visitors", "all"];

    public string Role { get; private init; } = "all";

    public Uri Otlp { get; private init; } = new("http://127.0.0.1:4317");

    public OtlpExportProtocol OtlpProtocol { get; private init; } = OtlpExportProtocol.Grpc;

    public int Port { get; private init; }

    public string Data { get; private init; } = Path.Combine(Path.GetTempPath(), "sightglass-shop");

    /// <summary>Visitors a second, on average.</summary>
    public double Rate { get; private init; } = 0.8;

    public Uri? Front { get; private init; }

    public Uri? Orders { get; private init; }

    public Uri? Payments { get; private init; }

    public string ServiceName => $"shop-{Role}";

    public static bool TryParse(string[] args, [NotNullWhen(true)] out ShopOptions? options, [NotNullWhen(false)] out string? error)
    {
        options = null;
        if (args.Length == 0 || !Roles.Contains(args[0]))
        {
            error = args.Length == 0 ? "which process to run is missing" : $"unknown process '{args[0]}'";
            return false;
        }

        var parsed = new ShopOptions { Role = args[0] };
        for (var i = 1; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length)
            {
                error = $"option {args[i]} has no value";
                return false;
            }

            if (parsed.With(args[i], args[i + 1]) is not { } next)
            {
                error = $"option {args[i]} is unknown or cannot be '{args[i + 1]}'";
                return false;
            }

            parsed = next;
        }

        error = parsed.MissingAddress();
        options = error is null ? parsed : null;
        return error is null;
    }

    /// <summary>The arguments that make a child process of this shop behave as these options say.</summary>
    public List<string> ArgumentsFor(string role, int port, IReadOnlyDictionary<string, Uri> addresses)
    {
        List<string> arguments =
        [
            role,
            "--otlp", Otlp.ToString(),
            "--otlp-protocol", OtlpProtocol == OtlpExportProtocol.Grpc ? "grpc" : "http/protobuf",
            "--port", port.ToString(CultureInfo.InvariantCulture),
            "--data", Data,
            "--rate", Rate.ToString(CultureInfo.InvariantCulture),
        ];
        foreach (var (name, address) in addresses)
        {
            arguments.AddRange([$"--{name}", address.ToString()]);
        }

        return arguments;
    }

    private ShopOptions? With(string name, string value)
    {
        var url = Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri : null;
        return name switch
        {
            "--otlp" when url is not null => this with { Otlp = url },
            "--otlp-protocol" when value is "grpc" => this with { OtlpProtocol = OtlpExportProtocol.Grpc },
            "--otlp-protocol" when value is "http/protobuf" => this with { OtlpProtocol = OtlpExportProtocol.HttpProtobuf },
            "--port" when ushort.TryParse(value, CultureInfo.InvariantCulture, out var port) => this with { Port = port },
            "--data" when value.Length > 0 => this with { Data = Path.GetFullPath(value) },
            "--rate" when double.TryParse(value, CultureInfo.InvariantCulture, out var rate) && rate is > 0 and <= 1000 => this with { Rate = rate },
            "--front" when url is not null => this with { Front = url },
            "--orders" when url is not null => this with { Orders = url },
            "--payments" when url is not null => this with { Payments = url },
            _ => null,
        };
    }

    private string? MissingAddress() => this switch
    {
        { Role: "visitors", Front: null } => "visitors need --front URL",
        { Role: "front", Orders: null } => "front needs --orders URL",
        { Role: "orders", Payments: null } => "orders needs --payments URL",
        _ => null,
    };
}
