using Sightglass.Alerting.Receivers;

namespace Sightglass.Alerting.Routing;

/// <summary>Reads the integrations of services that get a message, after <see cref="ForeignIntegrations"/> has checked their keys.</summary>
internal static class MessagingReader
{
    private const string Description = """{{ template "__alerts_text" . }}""";
    private const string Subject = """{{ template "__subject" . }}""";
    private const string Link = """{{ template "__alertmanagerURL" . }}""";

    private static readonly string[] ListKeys = ["images", "links", "responders"];

    /// <summary>Keys that are texts, with what they are unless set.</summary>
    private static readonly Dictionary<string, (string Key, string Otherwise)[]> Texts = new(StringComparer.Ordinal)
    {
        ["pagerduty"] =
        [
            ("client", """{{ template "__alertmanager" . }}"""), ("client_url", Link), ("description", Subject), ("source", string.Empty),
            ("severity", string.Empty), ("class", string.Empty), ("component", string.Empty), ("group", string.Empty),
        ],
        ["opsgenie"] =
        [
            ("message", Subject), ("description", Description), ("source", Link), ("entity", string.Empty), ("actions", string.Empty), ("tags", string.Empty),
            ("note", string.Empty), ("priority", string.Empty), ("update_alerts", "false"),
        ],
        ["msteams"] = [("title", Subject), ("summary", Subject), ("text", Description)],
        ["msteamsv2"] = [("title", Subject), ("text", Description)],
        ["discord"] = [("content", string.Empty), ("username", string.Empty), ("avatar_url", string.Empty), ("title", Subject), ("message", Description)],
        ["telegram"] = [("chat_id", string.Empty), ("message_thread_id", string.Empty), ("message", Description), ("disable_notifications", "false"), ("parse_mode", "HTML")],
        ["pushover"] =
        [
            ("title", Subject), ("message", Description), ("url", Link), ("url_title", string.Empty), ("device", string.Empty), ("sound", string.Empty),
            ("priority", """{{ if eq .Status "firing" }}2{{ else }}0{{ end }}"""), ("retry", "1m"), ("expire", "1h"), ("ttl", "0s"), ("html", "false"), ("monospace", "false"),
        ],
    };

    private static readonly Dictionary<string, string[]> Secrets = new(StringComparer.Ordinal)
    {
        ["pagerduty"] = ["routing_key", "service_key"],
        ["opsgenie"] = ["api_key"],
        ["msteams"] = ["webhook_url"],
        ["msteamsv2"] = ["webhook_url"],
        ["discord"] = ["webhook_url"],
        ["telegram"] = ["bot_token"],
        ["pushover"] = ["user_key", "token"],
    };

    /// <summary>Where a service is unless the entry or the global section says: key of the entry, of the global section, address.</summary>
    private static readonly Dictionary<string, (string Key, string Global, string Address)> Addresses = new(StringComparer.Ordinal)
    {
        ["pagerduty"] = ("url", "pagerduty_url", "https://events.pagerduty.com/v2/enqueue"),
        ["opsgenie"] = ("api_url", "opsgenie_api_url", "https://api.opsgenie.com/"),
        ["telegram"] = ("api_url", "telegram_api_url", "https://api.telegram.org"),
    };

    /// <summary>Whether messages to a service are built.</summary>
    public static bool Builds(string kind) => Texts.ContainsKey(kind);

    public static MessagingConfiguration Read(string kind, YamlSection section, GlobalSettings global)
    {
        var texts = Texts[kind].ToDictionary(static t => t.Key, t => section.Text(t.Key, t.Otherwise), StringComparer.Ordinal);
        if (Addresses.TryGetValue(kind, out var address))
        {
            var url = section.Text(address.Key) ?? (global[address.Global].Length > 0 ? global[address.Global] : address.Address);
            texts["address"] = HttpReader.IsHttpUrl(url) ? url : throw section.Error(address.Key, $"{address.Key}: want an http or https URL");
        }

        Check(kind, section);
        var secrets = new Dictionary<string, SecretSource>(StringComparer.Ordinal);
        foreach (var key in Secrets[kind])
        {
            if ((HttpReader.Pair(section, key) ?? global.Secret($"{kind}_{key}")) is { } secret)
            {
                secrets.Add(key, secret);
            }
        }

        if (kind == "telegram" && section.Text("chat_id_file") is { Length: > 0 } file)
        {
            secrets.Add("chat_id", new SecretSource(null, file));
        }

        return new MessagingConfiguration
        {
            Service = kind,
            Texts = texts,
            Secrets = secrets,
            Details = kind is "pagerduty" or "opsgenie" ? section.Map("details") : [],
            Lists = ListKeys.ToDictionary(static l => l, l => List(section, l), StringComparer.Ordinal),
            Http = HttpReader.Read(section.Section("http_config"), global.Http, []),
            SendResolved = section.Bool("send_resolved") ?? true,
            Timeout = kind == "pagerduty" ? section.Duration("timeout") ?? TimeSpan.Zero : TimeSpan.Zero,
        };
    }

    private static void Check(string kind, YamlSection section)
    {
        foreach (var key in kind switch { "opsgenie" => ["update_alerts"], "telegram" => ["disable_notifications"], "pushover" => ["html", "monospace"], _ => (string[])[] })
        {
            section.Bool(key);
        }

        foreach (var key in kind == "pushover" ? ["retry", "expire", "ttl"] : (string[])[])
        {
            section.Duration(key);
        }

        if (kind == "telegram" && section.Text("parse_mode", "HTML") is var mode and not ("" or "Markdown" or "MarkdownV2" or "HTML"))
        {
            throw section.Error("parse_mode", $"unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty string: got \"{mode}\"");
        }
    }

    private static IReadOnlyList<IReadOnlyDictionary<string, string>> List(YamlSection section, string key) =>
        [.. section.Sections(key).Select(static item => item.Keys.ToDictionary(static k => k, k => item.Text(k, string.Empty), StringComparer.Ordinal))];
}
