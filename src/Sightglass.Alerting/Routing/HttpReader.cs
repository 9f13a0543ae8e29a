using System.Security.Authentication;
using Sightglass.Alerting.Receivers;

namespace Sightglass.Alerting.Routing;

/// <summary>Reads <c>http_config</c> and <c>tls_config</c>.</summary>
internal static class HttpReader
{
    private const int Tls12 = 2;
    private const int Tls13 = 3;

#pragma warning disable SYSLIB0039, CA5397 // The old versions are there for those who ask for them by name.
    private static readonly (string Name, int Order, SslProtocols Protocol)[] Versions =
        [("TLS10", 0, SslProtocols.Tls), ("TLS11", 1, SslProtocols.Tls11), ("TLS12", Tls12, SslProtocols.Tls12), ("TLS13", Tls13, SslProtocols.Tls13)];
#pragma warning restore SYSLIB0039, CA5397

    public static bool IsHttpUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0;

    public static HttpConfiguration Read(YamlSection? section, HttpConfiguration otherwise, List<UnsupportedSetting> unsupported)
    {
        if (section is null)
        {
            return otherwise;
        }

        var (username, password) = (default(string), default(SecretSource));
        var basic = section.Section("basic_auth");
        if (basic is not null)
        {
            username = basic.Text("username", string.Empty);
            password = Pair(basic, "password") ?? new SecretSource(new Secret(string.Empty), null);
            Refuse(basic, unsupported, "username_file", "username_ref", "password_ref");
            basic.RejectUnknown();
        }

        var (type, credentials) = ("Bearer", Pair(section, "bearer_token"));
        var authorization = section.Section("authorization");
        if (authorization is not null)
        {
            if (credentials is not null || basic is not null)
            {
                throw authorization.Error("authorization is not compatible with bearer_token & basic_auth");
            }

            type = authorization.Text("type", "Bearer");
            credentials = Pair(authorization, "credentials");
            Refuse(authorization, unsupported, "credentials_ref");
            authorization.RejectUnknown();
            if (type.Equals("basic", StringComparison.OrdinalIgnoreCase))
            {
                throw authorization.Error("type", "authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
            }
        }
        else if (credentials is not null && basic is not null)
        {
            throw section.Error("at most one of basic_auth & bearer_token must be configured");
        }

        var tls = Tls(section.Section("tls_config"), unsupported);
        var proxy = section.Text("proxy_url");
        var headers = new List<KeyValuePair<string, Secret>>();
        if (section.Section("http_headers") is { } httpHeaders)
        {
            unsupported.Add(new UnsupportedSetting(httpHeaders.Line, "http_headers is not built yet"));
        }

        Refuse(section, unsupported, "oauth2", "proxy_connect_header", "no_proxy");
        section.Accept("enable_http2", "proxy_from_environment");
        var follow = section.Bool("follow_redirects") ?? true;
        section.RejectUnknown();
        if (proxy is not null && !IsHttpUrl(proxy))
        {
            unsupported.Add(new UnsupportedSetting(section.Line, "proxy_url: want an http or https URL"));
            proxy = null;
        }

        return new HttpConfiguration
        {
            Username = username,
            Password = password,
            AuthorizationType = type,
            Credentials = credentials,
            Tls = tls,
            FollowRedirects = follow,
            Proxy = proxy is null ? null : new Uri(proxy),
            Headers = headers,
        };
    }

    public static TlsConfiguration Tls(YamlSection? section, List<UnsupportedSetting> unsupported)
    {
        if (section is null)
        {
            return TlsConfiguration.Default;
        }

        var (authority, certificate, key) = (Pair(section, "ca"), Pair(section, "cert"), Pair(section, "key"));
        if ((certificate is null) != (key is null))
        {
            throw section.Error(certificate is null
                ? "exactly one of cert or cert_file must be configured when a client key is configured"
                : "exactly one of key or key_file must be configured when a client certificate is configured");
        }

        Refuse(section, unsupported, "ca_ref", "cert_ref", "key_ref");
        var (from, to) = (Version(section, "min_version"), Version(section, "max_version"));
        if (from is not null && to is not null && from > to)
        {
            throw section.Error("max_version", "tls_config.max_version must be greater than or equal to tls_config.min_version if both are specified");
        }

        var tls = new TlsConfiguration
        {
            InsecureSkipVerify = section.Bool("insecure_skip_verify") ?? false,
            Authority = authority,
            Certificate = certificate,
            Key = key,
            ServerName = section.Text("server_name") is { Length: > 0 } name ? name : null,
            Protocols = Versions.Where(v => v.Order >= (from ?? Tls12) && v.Order <= (to ?? Tls13)).Aggregate(SslProtocols.None, static (all, v) => all | v.Protocol),
        };
        section.RejectUnknown();
        return tls;
    }

    private static int? Version(YamlSection section, string key)
    {
        if (section.Text(key) is not { Length: > 0 } text)
        {
            return null;
        }

        var version = Array.Find(Versions, v => v.Name == text);
        return version.Name is null ? throw section.Error(key, $"{key}: got \"{text}\", want TLS10, TLS11, TLS12 or TLS13") : version.Order;
    }

    /// <summary>A secret under <paramref name="key"/> or in the file under <paramref name="key"/><c>_file</c>.</summary>
    public static SecretSource? Pair(YamlSection section, string key)
    {
        var (value, file) = (section.Text(key), section.Text(key + "_file"));
        if (value is { Length: > 0 } && file is { Length: > 0 })
        {
            throw section.Error(key, $"at most one of {key} & {key}_file must be configured");
        }

        return value is { Length: > 0 } ? new SecretSource(new Secret(value), null) : file is { Length: > 0 } ? new SecretSource(null, file) : null;
    }

    private static void Refuse(YamlSection section, List<UnsupportedSetting> unsupported, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (section.Has(key))
            {
                unsupported.Add(new UnsupportedSetting(section.Line, $"{key} is not built yet"));
            }
        }
    }
}
