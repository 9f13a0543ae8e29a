using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Sightglass.Ingest.Listening;

/// <summary>
/// What a port is open for. Its settings change while it serves: connections that are open go on with the new ones from their next message on, so that a reload
/// breaks nothing off. Thread-safe.
/// </summary>
internal abstract class PortService(string receiver, TlsEndPoint? tls)
{
    private volatile TlsEndPoint? _tls = tls;

    /// <summary>What senders are counted under.</summary>
    public string Receiver { get; } = receiver;

    /// <summary>The certificates; null where nothing is encrypted.</summary>
    public TlsEndPoint? Tls => _tls;

    /// <summary>Serves one connection to its end.</summary>
    public abstract Task ServeAsync(Stream stream, IngestSource source, CancellationToken cancellation);

    /// <summary>Takes the settings of another service over, if that is of the same protocol; false where it is not.</summary>
    public bool TryRenew(PortService next)
    {
        if (next.Receiver != Receiver || next.Tls is null != Tls is null || !TryTake(next))
        {
            return false;
        }

        _tls = next.Tls;
        return true;
    }

    /// <summary>The options of a handshake.</summary>
    public static SslServerAuthenticationOptions ServerOptions(TlsEndPoint tls) => new()
    {
        ServerCertificate = tls.Certificate,
        ClientCertificateRequired = tls.ClientAuthorities is not null,
        CertificateChainPolicy = tls.ClientAuthorities is null ? null : ClientPolicy(tls.ClientAuthorities),
    };

    /// <summary>Takes the settings of a service of the same receiver over.</summary>
    protected abstract bool TryTake(PortService next);

    private static X509ChainPolicy ClientPolicy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}

/// <summary>How messages of a port are read, at one moment.</summary>
/// <param name="NewDecoder">Makes a decoder for a connection, or for all datagrams.</param>
/// <param name="Rate">How much one sender may send.</param>
internal sealed record MessageSettings(Func<IMessageDecoder> NewDecoder, SourceRateLimit Rate);

/// <summary>A port whose messages come one by one: syslog and GELF.</summary>
internal sealed class MessageService(string receiver, TlsEndPoint? tls, IFraming framing, LogIntake intake, MessageSettings settings) : PortService(receiver, tls)
{
    private volatile MessageSettings _settings = settings;

    /// <summary>The settings in force.</summary>
    public MessageSettings Settings => _settings;

    public override async Task ServeAsync(Stream stream, IngestSource source, CancellationToken cancellation)
    {
        using var connection = new FramedConnection(framing, () => _settings, intake, source);
        await connection.RunAsync(stream, cancellation);
    }

    protected override bool TryTake(PortService next)
    {
        if (next is not MessageService other)
        {
            return false;
        }

        _settings = other._settings;
        return true;
    }
}
