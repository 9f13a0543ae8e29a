using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Syslog;

/// <summary>Takes syslog over UDP, TCP and TLS.</summary>
public sealed class SyslogReceiver : IAsyncDisposable
{
    /// <summary>What its senders are counted under.</summary>
    public const string Receiver = "syslog";

    private readonly SyslogConfiguration _configuration;
    private readonly LogIntake _intake;
    private readonly List<StreamListener> _streams = [];
    private readonly List<DatagramListener> _datagrams = [];

    /// <summary>Binds the ports; nothing is taken until <see cref="Start"/>.</summary>
    /// <exception cref="IOException">An address is in use.</exception>
    public SyslogReceiver(SyslogConfiguration configuration, LogIntake intake)
    {
        _configuration = configuration;
        _intake = intake;
        try
        {
            if (configuration.Udp is { } udp)
            {
                _datagrams.Add(new DatagramListener(Receiver, BoundSocket.Udp(Receiver, udp), NewDecoder(), intake, configuration.Rate));
            }

            if (configuration.Tcp is { } tcp)
            {
                _streams.Add(new StreamListener(Receiver, BoundSocket.Tcp(Receiver, tcp), null, intake, ServeAsync));
            }

            if (configuration.Tls is { } tls)
            {
                _streams.Add(new StreamListener(Receiver, BoundSocket.Tcp(Receiver, tls.Address), ServerTls(tls), intake, ServeAsync));
            }
        }
        catch
        {
            DisposeAsync().AsTask().GetAwaiter().GetResult();
            throw;
        }
    }

    /// <summary>The ports.</summary>
    public IEnumerable<ListenerStatus> Listeners => [.. _datagrams.Select(d => d.Status), .. _streams.Select(s => s.Status)];

    /// <summary>Starts taking messages.</summary>
    public void Start()
    {
        _datagrams.ForEach(d => d.Start());
        _streams.ForEach(s => s.Start());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var datagrams in _datagrams)
        {
            await datagrams.DisposeAsync();
        }

        foreach (var streams in _streams)
        {
            await streams.DisposeAsync();
        }
    }

    /// <summary>The options of a port with TLS.</summary>
    internal static SslServerAuthenticationOptions ServerTls(TlsEndPoint tls) => new()
    {
        ServerCertificate = tls.Certificate,
        ClientCertificateRequired = tls.ClientAuthorities is not null,
        CertificateChainPolicy = tls.ClientAuthorities is null ? null : ClientPolicy(tls.ClientAuthorities),
    };

    private static X509ChainPolicy ClientPolicy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    private SyslogDecoder NewDecoder() =>
        new(new RecordOptions(_intake.Limits, _configuration.Name, _configuration.Labels) { Retention = _intake.Retention }, _configuration.Zone ?? _intake.Time.LocalTimeZone);

    private async Task ServeAsync(Stream stream, IngestSource source, CancellationToken cancellation)
    {
        using var connection = new FramedConnection(SyslogFraming.Instance, NewDecoder(), _intake, _configuration.Rate, source);
        await connection.RunAsync(stream, cancellation);
    }
}
