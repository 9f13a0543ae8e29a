using System.Security.Authentication;
using Sightglass.Alerting.Receivers;

namespace Sightglass.Alerting.Routing;

/// <summary>Reads <c>http_config</c> and <c>tls_config</c>.</summary>
internal static class HttpReader
{
    private static readonly string[] ReservedHeaders =
    [
        "Authorization", "Host", "Content-Encoding", "Content-Length", "Content-Type", "User-Agent", "Connection", "Keep-Alive", "Proxy-Authenticate",
        "Proxy-Authorization", "Www-Authenticate", "Accept-Encoding", "X-Prometheus-Remote-Write-Version", "X-Prometheus-Remote-Read-Version",
        "X-Prometheus-Scrape-Timeout-Seconds", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256",
    ];

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

        var (user, userFile, password) = (default(string), default(SecretSource), default(SecretSource));
        var basic = section.Section("basic_auth");
        if (basic is not null)
        {
            (user, userFile) = (basic.Text("username", string.Empty), basic.Text("username_file") is { Length: > 0 } file ? new SecretSource(null, file) : null);
            Referable(basic, "username", unsupported);
            password = Referable(basic, "password", unsupported) ?? new SecretSource(new Secret(string.Empty), null);
            basic.RejectUnknown();
        }

        var oauth2 = section.Section("oauth2");
        var (type, credentials) = ("Bearer", Pair(section, "bearer_token"));
        var authorization = section.Section("authorization");
        if (authorization is not null)
        {
            if (credentials is not null || basic is not null)
            {
                throw authorization.Error("authorization is not compatible with bearer_token & basic_auth");
            }

            type = authorization.Text("type", "Bearer");
            credentials = Referable(authorization, "credentials", unsupported);
            authorization.RejectUnknown();
            if (type.Equals("basic", StringComparison.OrdinalIgnoreCase))
            {
                throw authorization.Error("type", "authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
            }
        }
        else if (credentials is not null && (basic is not null || oauth2 is not null))
        {
            throw section.Error("at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured");
        }

        if (oauth2 is not null && (basic is not null || authorization is not null))
        {
            throw oauth2.Error("at most one of basic_auth, oauth2 & authorization must be configured");
        }

        var tls = Tls(section.Section("tls_config"), unsupported);
        var proxy = ProxyReader.Read(section, unsupported);
        section.Accept("enable_http2");
        var configuration = new HttpConfiguration
        {
            Username = basic is null ? null : user,
            UsernameFile = userFile,
            Password = password,
            AuthorizationType = type,
            Credentials = credentials,
            OAuth2 = oauth2 is null ? null : OAuth2Reader.Read(oauth2, otherwise.Outgoing, unsupported),
            Tls = tls,
            FollowRedirects = section.Bool("follow_redirects") ?? true,
            Proxy = proxy,
            Headers = Headers(section.Section("http_headers")),
            Outgoing = otherwise.Outgoing,
        };
        section.RejectUnknown();
        return configuration;
    }

    private static List<KeyValuePair<string, SecretSource>> Headers(YamlSection? section)
    {
        var headers = new List<KeyValuePair<string, SecretSource>>();
        foreach (var name in section?.Keys ?? [])
        {
            if (Array.Exists(ReservedHeaders, h => h.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                throw section!.Error(name, $"setting header \"{name}\" is not allowed");
            }

            if (section!.Section(name) is not { } values)
            {
                continue;
            }

            headers.AddRange(values.Texts("values").Concat(values.Texts("secrets")).Select(v => KeyValuePair.Create(name, new SecretSource(new Secret(v), null))));
            headers.AddRange(values.Texts("files").Select(f => KeyValuePair.Create(name, new SecretSource(null, f))));
            values.RejectUnknown();
        }

        return headers;
    }

    public static TlsConfiguration Tls(YamlSection? section, List<UnsupportedSetting> unsupported)
    {
        if (section is null)
        {
            return TlsConfiguration.Default;
        }

        var (authority, certificate, key) = (Referable(section, "ca", unsupported), Referable(section, "cert", unsupported), Referable(section, "key", unsupported));
        if ((certificate is null) != (key is null))
        {
            throw section.Error(certificate is null
                ? "exactly one of cert or cert_file must be configured when a client key is configured"
                : "exactly one of key or key_file must be configured when a client certificate is configured");
        }

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
        if (section.Text(key) is not { } text)
        {
            return null;
        }

        var version = Array.Find(Versions, v => v.Name == text);
        return version.Name is null ? throw section.Error(key, $"{key}: got \"{text}\", want TLS10, TLS11, TLS12 or TLS13") : version.Order;
    }

    /// <summary>A secret under <paramref name="key"/> or in the file under <paramref name="key"/><c>_file</c>.</summary>
    public static SecretSource? Pair(YamlSection section, string key)
    {
        var (value, file) = (section.Confidential(key), section.Text(key + "_file"));
        if (value is { Length: > 0 } && file is { Length: > 0 })
        {
            throw section.Error(key, $"at most one of {key} & {key}_file must be configured");
        }

        return value is { Length: > 0 } ? new SecretSource(new Secret(value), null) : file is { Length: > 0 } ? new SecretSource(null, file) : null;
    }

    /// <summary>
    /// As <see cref="Pair"/>, with a third way that is valid and never works: <paramref name="key"/><c>_ref</c> names a secret of a manager, and neither
    /// Alertmanager nor this server has one.
    /// </summary>
    public static SecretSource? Referable(YamlSection section, string key, List<UnsupportedSetting> unsupported)
    {
        var named = key + "_ref";
        if (section.Text(named) is not { Length: > 0 })
        {
            return Pair(section, key);
        }

        if (section.Text(key) is { Length: > 0 } || section.Text(key + "_file") is { Length: > 0 })
        {
            throw section.Error(named, $"at most one of {key}, {key}_file & {named} must be configured");
        }

        unsupported.Add(new UnsupportedSetting(section.LineOf(named), $"{named}: cannot use a reference to a secret without a secret manager, and there is none; Alertmanager does not start with it either") { IsRefusedByAlertmanager = true });
        return new SecretSource(new Secret(string.Empty), null);
    }
}
