using Sightglass.Alerting.Receivers;

namespace Sightglass.Alerting.Routing;

/// <summary>Reads <c>proxy_url</c> and its companions, in an <c>http_config</c> or an <c>oauth2</c>.</summary>
internal static class ProxyReader
{
    public static ReceiverProxy? Read(YamlSection section, List<UnsupportedSetting> unsupported)
    {
        var (url, none) = (section.Text("proxy_url", string.Empty), section.Text("no_proxy", string.Empty));
        var fromEnvironment = section.Bool("proxy_from_environment") ?? false;
        var headers = ConnectHeaders(section.Section("proxy_connect_header"));
        if (headers.Count > 0 && url.Length == 0 && !fromEnvironment)
        {
            throw section.Error("proxy_connect_header", "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured");
        }

        if (fromEnvironment && (url.Length > 0 || none.Length > 0))
        {
            throw section.Error(url.Length > 0 ? "proxy_url" : "no_proxy", $"if proxy_from_environment is configured, {(url.Length > 0 ? "proxy_url" : "no_proxy")} must not be configured");
        }

        if (none.Length > 0 && url.Length == 0)
        {
            throw section.Error("no_proxy", "if no_proxy is configured, proxy_url must also be configured");
        }

        if (fromEnvironment)
        {
            return new ReceiverProxy(null, []) { ConnectHeaders = headers };
        }

        if (url.Length == 0)
        {
            return null;
        }

        if (!Uri.TryCreate(url, UriKind.Absolute, out var proxy) || proxy.Scheme is not ("http" or "https" or "socks5" or "socks5h"))
        {
            unsupported.Add(new UnsupportedSetting(section.Line, "proxy_url: want an http, https or socks5 URL"));
            return null;
        }

        return new ReceiverProxy(proxy, none.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)) { ConnectHeaders = headers };
    }

    private static List<KeyValuePair<string, Secret>> ConnectHeaders(YamlSection? section)
    {
        var headers = new List<KeyValuePair<string, Secret>>();
        foreach (var name in section?.Keys ?? [])
        {
            // Nothing in a header may end it: what follows would be another.
            headers.AddRange(section!.Texts(name).Select(value => name.Concat(value).Any(char.IsControl)
                ? throw section.Error(name, "proxy_connect_header: a name or value has a control character")
                : KeyValuePair.Create(name, new Secret(value))));
        }

        return headers;
    }
}
