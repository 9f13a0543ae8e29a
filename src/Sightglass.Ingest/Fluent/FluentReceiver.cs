using System.Net;
using Sightglass.Core.Model;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Records;
using Sightglass.Ingest.Syslog;

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

    /// <summary>Labels of every stream.</summary>
    public LabelSet Labels { get; init; } = LabelSet.Empty;

    /// <summary>How much one sender may send.</summary>
    public SourceRateLimit Rate { get; init; } = SourceRateLimit.None;
}

/// <summary>Takes Fluentd's forward protocol over TCP and TLS.</summary>
public sealed class FluentReceiver : IAsyncDisposable
{
    /// <summary>What its senders are counted under.</summary>
    public const string Receiver = "fluentd";

    private readonly FluentConfiguration _configuration;
    private readonly LogIntake _intake;
    private readonly StreamListener? _tcp;
    private readonly StreamListener? _tls;

    /// <summary>Binds the ports; nothing is taken until <see cref="Start"/>.</summary>
    /// <exception cref="IOException">An address is in use.</exception>
    public FluentReceiver(FluentConfiguration configuration, LogIntake intake)
    {
        _configuration = configuration;
        _intake = intake;
        var socket = configuration.Listen is { } listen ? BoundSocket.Tcp(Receiver, listen) : null;
        try
        {
            _tls = configuration.Tls is { } tls ? new StreamListener(Receiver, BoundSocket.Tcp(Receiver, tls.Address), SyslogReceiver.ServerTls(tls), intake, ServeAsync) : null;
        }
        catch
        {
            socket?.Dispose();
            throw;
        }

        _tcp = socket is null ? null : new StreamListener(Receiver, socket, null, intake, ServeAsync);
    }

    /// <summary>The ports.</summary>
    public IEnumerable<ListenerStatus> Listeners => new[] { _tcp?.Status, _tls?.Status }.OfType<ListenerStatus>();

    /// <summary>Starts taking events.</summary>
    public void Start()
    {
        _tcp?.Start();
        _tls?.Start();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_tcp is not null)
        {
            await _tcp.DisposeAsync();
        }

        if (_tls is not null)
        {
            await _tls.DisposeAsync();
        }
    }

    private async Task ServeAsync(Stream stream, IngestSource source, CancellationToken cancellation)
    {
        var options = new RecordOptions(_intake.Limits, _configuration.Name, _configuration.Labels) { Retention = _intake.Retention };
        using var connection = new FluentConnection(options, _configuration.SharedKey, _intake, _configuration.Rate, source);
        await connection.RunAsync(stream, cancellation);
    }
}
