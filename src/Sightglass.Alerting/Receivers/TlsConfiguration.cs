using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sightglass.Alerting.Receivers;

/// <summary>What a <c>tls_config</c> says.</summary>
public sealed record TlsConfiguration
{
    /// <summary>The defaults.</summary>
    public static TlsConfiguration Default { get; } = new();

    /// <summary>Accept any certificate.</summary>
    public bool InsecureSkipVerify { get; init; }

    /// <summary>Authorities to trust, PEM in the configuration or a file; null is the system's.</summary>
    public SecretSource? Authority { get; init; }

    /// <summary>Certificate to show, PEM; null is none.</summary>
    public SecretSource? Certificate { get; init; }

    /// <summary>Its key, PEM; null is none.</summary>
    public SecretSource? Key { get; init; }

    /// <summary>Name that the server's certificate has to have, or null.</summary>
    public string? ServerName { get; init; }

    /// <summary>Protocol versions that may be used.</summary>
    public SslProtocols Protocols { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>The options of a connection to <paramref name="host"/>; files are read now.</summary>
    /// <exception cref="DeliveryException">A certificate or key cannot be used.</exception>
    internal SslClientAuthenticationOptions Options(string? host)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = ServerName ?? host, EnabledSslProtocols = Protocols };
        if (InsecureSkipVerify)
        {
#pragma warning disable CA5359 // Asked for by name in the configuration: insecure_skip_verify.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (Authority is { } authority)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            Use("ca", () => policy.CustomTrustStore.ImportFromPem(authority.Read().Reveal()));
            options.CertificateChainPolicy = policy;
        }

        if (Certificate is { } certificate && Key is { } key)
        {
            Use("cert", () =>
            {
                using var pair = X509Certificate2.CreateFromPem(certificate.Read().Reveal(), key.Read().Reveal());
                // A key that was only in memory is not taken by every platform's TLS.
                options.ClientCertificates = [X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pfx), null)];
            });
        }

        return options;
    }

    private static void Use(string what, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new DeliveryException($"tls_config: {what}: not usable PEM", recoverable: false, e);
        }
    }
}
