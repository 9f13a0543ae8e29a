using System.Net;
using Sightglass.Core.Model;
using Sightglass.Ingest.Listening;

namespace Sightglass.Ingest.Fluent;

/// <summary>One receiver of Fluentd's forward protocol.</summary>
public sealed record FluentConfiguration
{
    /// <summary>The port that the receiver has where the configuration names none.</summary>
    public const int DefaultPort = 24224;

    /// <summary>Its name: the <c>job</c> label of its streams unless <see cref="Labels"/> has one.</summary>
    public string Name { get; init; } = "fluentd";

    /// <summary>Where connections are taken; null where they are not.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>Where connections over TLS are taken; null where they are not.</summary>
    public TlsEndPoint? Tls { get; init; }

    /// <summary>The key that senders have to know; null where they need none.</summary>
    public string? SharedKey { get; init; }

    /// <summary>Names and passwords of users, of whom a sender has to be one; empty where the key is all that is asked for.</summary>
    public IReadOnlyDictionary<string, string> Users { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Labels of every stream.</summary>
    public LabelSet Labels { get; init; } = LabelSet.Empty;

    /// <summary>How much one sender may send.</summary>
    public SourceRateLimit Rate { get; init; } = SourceRateLimit.None;
}

/// <summary>Takes Fluentd's forward protocol over TCP and TLS.</summary>
public static class FluentReceiver
{
    /// <summary>What its senders are counted under.</summary>
    public const string Receiver = "fluentd";

    /// <summary>The ports of a configuration.</summary>
    public static IEnumerable<LogPort> Ports(FluentConfiguration configuration, LogIntake intake)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(intake);
        return LogPort.Of(null, configuration.Listen, configuration.Tls, (tls, _) => new FluentService(tls, intake, configuration));
    }
}

/// <summary>A port of the forward protocol.</summary>
internal sealed class FluentService(TlsEndPoint? tls, LogIntake intake, FluentConfiguration configuration) : PortService(FluentReceiver.Receiver, tls)
{
    private volatile FluentConfiguration _configuration = configuration;

    public override async Task ServeAsync(Stream stream, IngestSource source, CancellationToken cancellation)
    {
        using var connection = new FluentConnection(() => _configuration, intake, source);
        await connection.RunAsync(stream, cancellation);
    }

    protected override bool TryTake(PortService next)
    {
        if (next is not FluentService other)
        {
            return false;
        }

        _configuration = other._configuration;
        return true;
    }
}
