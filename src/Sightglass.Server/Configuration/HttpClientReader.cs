using System.Security.Authentication;
using Sightglass.Alerting;
using Sightglass.Ingest.Scrape.Http;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Server.Configuration;

/// <summary>Reads the HTTP keys that scrape jobs and HTTP discovery share, with Prometheus' rules of what goes together.</summary>
internal static class HttpClientReader
{
    // Headers that Prometheus sets itself and lets nobody else set.
    private static readonly string[] ReservedHeaders =
    [
        "authorization", "host", "content-encoding", "content-length", "content-type", "user-agent", "connection", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "www-authenticate", "accept-encoding", "x-prometheus-remote-write-version", "x-prometheus-remote-read-version", "x-prometheus-scrape-timeout-seconds",
        "x-amz-date", "x-amz-security-token", "x-amz-content-sha256",
    ];

    /// <exception cref="AlertingConfigurationException">Something in it is not as it has to be.</exception>
    public static HttpClientSettings Read(YamlSection section, string folder)
    {
        var basic = section.Section("basic_auth") is { } basicSection ? Basic(basicSection, folder) : null;
        var authorization = section.Section("authorization") is { } authorizationSection ? Authorization(authorizationSection, folder) : null;
        var oauth2 = section.Section("oauth2") is { } oauth2Section ? OAuth2(oauth2Section, folder) : null;
        var bearer = Secret(section, "bearer_token", folder);
        if (bearer is not null && authorization is not null)
        {
            throw section.Error("bearer_token", "authorization is not compatible with bearer_token & bearer_token_file");
        }

        if (new object?[] { basic, authorization, oauth2, bearer }.Count(x => x is not null) > 1)
        {
            throw section.Error(bearer is null ? "at most one of basic_auth, oauth2 & authorization must be configured"
                : "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured");
        }

        return new HttpClientSettings
        {
            Basic = basic,
            Authorization = bearer is null ? authorization : new HeaderCredentials("Bearer", bearer),
            OAuth2 = oauth2,
            Tls = Tls(section.Section("tls_config"), folder),
            Proxy = Proxy(section),
            FollowRedirects = section.Bool("follow_redirects") ?? true,
            EnableHttp2 = section.Bool("enable_http2") ?? true,
            Headers = Headers(section.Section("http_headers"), folder),
        };
    }

    private static BasicCredentials Basic(YamlSection section, string folder)
    {
        var credentials = new BasicCredentials(Secret(section, "username", folder) ?? SecretText.Empty, Secret(section, "password", folder) ?? SecretText.Empty);
        RefuseReferences(section, "username_ref", "password_ref");
        section.RejectUnknown();
        return credentials;
    }

    private static HeaderCredentials Authorization(YamlSection section, string folder)
    {
        var type = section.Text("type", "Bearer").Trim();
        var credentials = Secret(section, "credentials", folder) ?? SecretText.Empty;
        RefuseReferences(section, "credentials_ref");
        section.RejectUnknown();
        return type.Equals("basic", StringComparison.OrdinalIgnoreCase)
            ? throw section.Error("type", "authorization type cannot be set to \"basic\", use \"basic_auth\" instead")
            : new HeaderCredentials(type.Length == 0 ? "Bearer" : type, credentials);
    }

    private static OAuth2Settings OAuth2(YamlSection section, string folder)
    {
        foreach (var key in new[] { "grant_type", "client_certificate_key", "client_certificate_key_file", "client_certificate_key_ref", "client_certificate_key_id", "signature_algorithm", "iss", "audience", "claims" })
        {
            if (section.Has(key) && section.Text(key) != "client_credentials")
            {
                throw section.Error(key, $"{key} is not built yet; of OAuth2 the client credentials grant with a secret is");
            }
        }

        RefuseReferences(section, "client_secret_ref");
        var client = section.Text("client_id") is { Length: > 0 } id ? id : throw section.Error("oauth2 client_id must be configured");
        var text = section.Text("token_url") is { Length: > 0 } address ? address : throw section.Error("oauth2 token_url must be configured");
        var settings = new OAuth2Settings(client, Secret(section, "client_secret", folder) ?? SecretText.Empty, Url(section, "token_url", text, "http", "https"),
            section.Texts("scopes"), section.Map("endpoint_params"), Tls(section.Section("tls_config"), folder), Proxy(section));
        section.RejectUnknown();
        return settings;
    }

    /// <summary>A <c>tls_config</c>.</summary>
    internal static TlsClientSettings Tls(YamlSection? section, string folder)
    {
        if (section is null)
        {
            return TlsClientSettings.Default;
        }

        RefuseReferences(section, "ca_ref", "cert_ref", "key_ref");
        var settings = new TlsClientSettings
        {
            Authority = Secret(section, "ca", folder),
            Certificate = Secret(section, "cert", folder),
            Key = Secret(section, "key", folder),
            ServerName = section.Text("server_name") is { Length: > 0 } name ? name : null,
            InsecureSkipVerify = section.Bool("insecure_skip_verify") ?? false,
            Versions = Versions(section),
        };
        section.RejectUnknown();
        return (settings.Certificate, settings.Key) switch
        {
            (null, not null) => throw section.Error("exactly one of cert or cert_file must be configured when a client key is configured"),
            (not null, null) => throw section.Error("exactly one of key or key_file must be configured when a client certificate is configured"),
            _ => settings,
        };
    }

    private static SslProtocols Versions(YamlSection section)
    {
        if (!section.Has("min_version") && !section.Has("max_version"))
        {
            return SslProtocols.None;
        }

        // TLS 1.2 is what Go's client starts at when only the other end is given.
        var (min, max) = (Version(section, "min_version", 2), Version(section, "max_version", 3));
        if (min > max)
        {
            throw section.Error("min_version", "tls_config.max_version must be greater than or equal to tls_config.min_version if both are specified");
        }

        var versions = SslProtocols.None;
#pragma warning disable SYSLIB0039, CA5397 // Old versions are used only where the configuration asks for them by name.
        SslProtocols[] all = [SslProtocols.Tls, SslProtocols.Tls11, SslProtocols.Tls12, SslProtocols.Tls13];
#pragma warning restore SYSLIB0039, CA5397
        for (var i = min; i <= max; i++)
        {
            versions |= all[i];
        }

        return versions;
    }

    private static int Version(YamlSection section, string key, int otherwise) => section.Text(key) switch
    {
        null or "" => otherwise,
        "TLS10" => 0,
        "TLS11" => 1,
        "TLS12" => 2,
        "TLS13" => 3,
        var other => throw section.Error(key, $"unknown TLS version: {other}"),
    };

    private static ProxySettings Proxy(YamlSection section)
    {
        var url = section.Text("proxy_url") is { Length: > 0 } text ? Url(section, "proxy_url", text, "http", "https", "socks5", "socks5h") : null;
        var fromEnvironment = section.Bool("proxy_from_environment") ?? false;
        var noProxy = section.Text("no_proxy", string.Empty);
        var headers = new List<KeyValuePair<string, SecretText>>();
        if (section.Section("proxy_connect_header") is { } connect)
        {
            foreach (var name in connect.Keys)
            {
                headers.AddRange((connect.Node(name) is YamlScalarNode ? [connect.Text(name)!] : connect.Texts(name)).Select(v => KeyValuePair.Create(name, SecretText.Of(v))));
            }
        }

        return fromEnvironment && url is not null ? throw section.Error("proxy_url", "if proxy_from_environment is configured, proxy_url must not be configured")
            : fromEnvironment && noProxy.Length > 0 ? throw section.Error("no_proxy", "if proxy_from_environment is configured, no_proxy must not be configured")
            : url is null && noProxy.Length > 0 ? throw section.Error("no_proxy", "if no_proxy is configured, proxy_url must also be configured")
            : headers.Count > 0 && url is null && !fromEnvironment ? throw section.Error("proxy_connect_header", "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured")
            : new ProxySettings { Url = url, FromEnvironment = fromEnvironment, NoProxy = noProxy, ConnectHeaders = headers };
    }

    private static List<KeyValuePair<string, SecretText>> Headers(YamlSection? section, string folder)
    {
        var headers = new List<KeyValuePair<string, SecretText>>();
        foreach (var name in section?.Keys ?? [])
        {
            if (ReservedHeaders.Contains(name.ToLowerInvariant()))
            {
                throw section!.Error(name, $"setting header \"{name}\" is not allowed");
            }

            var header = section!.Section(name)!;
            headers.AddRange(header.Texts("values").Concat(header.Texts("secrets")).Select(v => KeyValuePair.Create(name, SecretText.Of(v))));
            headers.AddRange(header.Texts("files").Select(f => KeyValuePair.Create(name, SecretText.InFile(Path.GetFullPath(f, folder)))));
            header.RejectUnknown();
        }

        return headers;
    }

    /// <summary>The secret under <paramref name="key"/>, or in the file under <paramref name="key"/><c>_file</c>; null for neither.</summary>
    private static SecretText? Secret(YamlSection section, string key, string folder)
    {
        var (value, file) = (section.Confidential(key), section.Text(key + "_file"));
        return (value, file) switch
        {
            ({ Length: > 0 }, { Length: > 0 }) => throw section.Error(key, $"at most one of {key} & {key}_file must be configured"),
            ({ Length: > 0 }, _) => SecretText.Of(value),
            (_, { Length: > 0 }) => SecretText.InFile(Path.GetFullPath(file, folder)),
            _ => null,
        };
    }

    private static Uri Url(YamlSection section, string key, string text, params ReadOnlySpan<string> schemes) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && schemes.Contains(url.Scheme) && url.Host.Length > 0
            ? url
            : throw section.Error(key, $"{key}: want a URL with {string.Join(" or ", schemes.ToArray())} and a host");

    private static void RefuseReferences(YamlSection section, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (section.Has(key))
            {
                throw section.Error(key, $"{key} is not built yet: there is no secret manager to refer to");
            }
        }
    }
}
