using Sightglass.Alerting.Receivers;

namespace Sightglass.Alerting.Routing;

/// <summary>What of <c>tls_config</c> is used.</summary>
internal readonly record struct TlsSettings(bool InsecureSkipVerify, string? CaFile, string? ServerName);

/// <summary>Reads <c>http_config</c> and <c>tls_config</c>.</summary>
internal static class HttpReader
{
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

        var tls = Tls(section.Section("tls_config"));
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
            InsecureSkipVerify = tls.InsecureSkipVerify,
            CaFile = tls.CaFile,
            ServerName = tls.ServerName,
            FollowRedirects = follow,
            Proxy = proxy is null ? null : new Uri(proxy),
            Headers = headers,
        };
    }

    public static TlsSettings Tls(YamlSection? section)
    {
        if (section is null)
        {
            return default;
        }

        section.Accept("cert_file", "key_file", "cert", "key", "ca", "cert_ref", "key_ref", "ca_ref", "min_version", "max_version");
        var settings = new TlsSettings(section.Bool("insecure_skip_verify") ?? false, section.Text("ca_file"), section.Text("server_name"));
        section.RejectUnknown();
        return settings;
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
