using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sightglass.Ingest.Scrape.Http;

/// <summary>What a <c>tls_config</c> says, with its certificates read. Thread-safe.</summary>
internal sealed class TlsOptions
{
    private readonly TlsClientSettings _settings;
    private readonly X509ChainPolicy? _policy;
    private readonly X509Certificate2? _certificate;

    /// <exception cref="ScrapeFailedException">A certificate or key cannot be read.</exception>
    public TlsOptions(TlsClientSettings settings)
    {
        _settings = settings;
        if (settings.Authority is { } authority)
        {
            _policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            Read("CA certificate", () => _policy.CustomTrustStore.ImportFromPem(authority.Reveal()));
            if (_policy.CustomTrustStore.Count == 0)
            {
                throw new ScrapeFailedException("unable to use the CA certificate: it has no certificate in PEM form");
            }
        }

        if (settings.Certificate is { } certificate && settings.Key is { } key)
        {
            X509Certificate2? read = null;
            Read("client certificate and key", () => read = X509Certificate2.CreateFromPem(certificate.Reveal(), key.Reveal()));
            _certificate = read;
        }
    }

    /// <summary>The options of one connection.</summary>
    public SslClientAuthenticationOptions For(string host, bool http2)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = _settings.ServerName ?? host,
            EnabledSslProtocols = _settings.Versions,
            ApplicationProtocols = http2 ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11] : [SslApplicationProtocol.Http11],
            CertificateChainPolicy = _policy?.Clone(),
            ClientCertificates = _certificate is null ? null : [_certificate],
        };
        if (_settings.InsecureSkipVerify)
        {
#pragma warning disable CA5359 // Asked for by name in the configuration: insecure_skip_verify.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        return options;
    }

    /// <summary>Changes when a file that the options are made of changes.</summary>
    public static string Stamp(TlsClientSettings settings)
    {
        var stamp = string.Empty;
        foreach (var text in new[] { settings.Authority, settings.Certificate, settings.Key })
        {
            if (text?.File is { } path)
            {
                var file = new FileInfo(path);
                stamp += file.Exists ? $"{file.LastWriteTimeUtc.Ticks}:{file.Length};" : "-;";
            }
        }

        return stamp;
    }

    private static void Read(string what, Action read)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // The message of the exception may hold a piece of the key.
            throw new ScrapeFailedException($"unable to use the {what}: it is not valid PEM, or the two do not belong together");
        }
    }
}
