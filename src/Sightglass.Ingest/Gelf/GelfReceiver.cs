using System.Net;
using Sightglass.Core.Model;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Gelf;

/// <summary>One GELF receiver with ports of its own.</summary>
public sealed record GelfConfiguration
{
    /// <summary>The port that the receiver has where the configuration names none.</summary>
    public const int DefaultPort = 12201;

    /// <summary>Its name: the <c>job</c> label of its streams unless <see cref="Labels"/> has one.</summary>
    public string Name { get; init; } = "gelf";

    /// <summary>Where datagrams are taken; null where they are not.</summary>
    public IPEndPoint? Udp { get; init; }

    /// <summary>Where connections are taken; null where they are not.</summary>
    public IPEndPoint? Tcp { get; init; }

    /// <summary>Labels of every stream.</summary>
    public LabelSet Labels { get; init; } = LabelSet.Empty;

    /// <summary>How much one sender may send.</summary>
    public SourceRateLimit Rate { get; init; } = SourceRateLimit.None;
}

/// <summary>Takes GELF over UDP and TCP.</summary>
public sealed class GelfReceiver : IAsyncDisposable
{
    /// <summary>What its senders are counted under.</summary>
    public const string Receiver = "gelf";

    private readonly GelfConfiguration _configuration;
    private readonly LogIntake _intake;
    private readonly DatagramListener? _udp;
    private readonly StreamListener? _tcp;

    /// <summary>Binds the ports; nothing is taken until <see cref="Start"/>.</summary>
    /// <exception cref="IOException">An address is in use.</exception>
    public GelfReceiver(GelfConfiguration configuration, LogIntake intake)
    {
        _configuration = configuration;
        _intake = intake;
        var datagrams = configuration.Udp is { } udp ? BoundSocket.Udp(Receiver, udp) : null;
        try
        {
            _tcp = configuration.Tcp is { } tcp ? new StreamListener(Receiver, BoundSocket.Tcp(Receiver, tcp), null, intake, ServeAsync) : null;
        }
        catch
        {
            datagrams?.Dispose();
            throw;
        }

        _udp = datagrams is null ? null : new DatagramListener(Receiver, datagrams, new GelfDatagrams(NewDecoder(), intake.Limits), intake, configuration.Rate);
    }

    /// <summary>The ports.</summary>
    public IEnumerable<ListenerStatus> Listeners => new[] { _udp?.Status, _tcp?.Status }.OfType<ListenerStatus>();

    /// <summary>Starts taking messages.</summary>
    public void Start()
    {
        _udp?.Start();
        _tcp?.Start();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_udp is not null)
        {
            await _udp.DisposeAsync();
        }

        if (_tcp is not null)
        {
            await _tcp.DisposeAsync();
        }
    }

    private GelfDecoder NewDecoder() => new(new RecordOptions(_intake.Limits, _configuration.Name, _configuration.Labels) { Retention = _intake.Retention });

    private async Task ServeAsync(Stream stream, IngestSource source, CancellationToken cancellation)
    {
        using var connection = new FramedConnection(GelfFraming.Instance, NewDecoder(), _intake, _configuration.Rate, source);
        await connection.RunAsync(stream, cancellation);
    }
}
