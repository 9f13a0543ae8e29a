using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sightglass.Ingest.Scrape.Http;

/// <summary>Makes the TLS options of a handler out of a <c>tls_config</c>.</summary>
internal static class TlsOptions
{
    /// <exception cref="ScrapeFailedException">A certificate or key cannot be read.</exception>
    public static SslClientAuthenticationOptions Make(TlsClientSettings settings)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = settings.ServerName, EnabledSslProtocols = settings.Versions };
        if (settings.InsecureSkipVerify)
        {
#pragma warning disable CA5359 // Asked for by name in the configuration: insecure_skip_verify.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (settings.Authority is { } authority)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            Read("CA certificate", () => policy.CustomTrustStore.ImportFromPem(authority.Reveal()));
            if (policy.CustomTrustStore.Count == 0)
            {
                throw new ScrapeFailedException("unable to use the CA certificate: it has no certificate in PEM form");
            }

            options.CertificateChainPolicy = policy;
        }

        if (settings.Certificate is { } certificate && settings.Key is { } key)
        {
            Read("client certificate and key", () => options.ClientCertificates = [X509Certificate2.CreateFromPem(certificate.Reveal(), key.Reveal())]);
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
