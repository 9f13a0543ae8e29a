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
        ["victorops"] =
        [
            ("routing_key", string.Empty), ("message_type", "CRITICAL"), ("state_message", Description), ("entity_display_name", Subject),
            ("monitoring_tool", """{{ template "__alertmanager" . }}"""),
        ],
        ["wechat"] =
        [
            ("corp_id", string.Empty), ("message", """{{ template "wechat.default.message" . }}"""), ("to_user", string.Empty), ("to_party", string.Empty), ("to_tag", string.Empty),
            ("agent_id", string.Empty), ("message_type", "text"),
        ],
        ["sns"] = [("api_url", string.Empty), ("topic_arn", string.Empty), ("target_arn", string.Empty), ("phone_number", string.Empty), ("subject", Subject), ("message", Description)],
        ["webex"] = [("message", Description), ("room_id", string.Empty)],
        ["jira"] =
        [
            ("api_type", "auto"), ("project", string.Empty), ("summary", Subject), ("description", """{{ template "jira.default.description" . }}"""),
            ("priority", """{{ template "jira.default.priority" . }}"""), ("issue_type", string.Empty), ("reopen_transition", string.Empty), ("resolve_transition", string.Empty),
            ("wont_fix_resolution", string.Empty), ("reopen_duration", "0s"),
        ],
        ["rocketchat"] =
        [
            ("channel", string.Empty), ("color", """{{ if eq .Status "firing" }}red{{ else }}green{{ end }}"""), ("title", Subject), ("title_link", Link), ("text", string.Empty),
            ("emoji", string.Empty), ("icon_url", string.Empty), ("image_url", string.Empty), ("thumb_url", string.Empty), ("short_fields", "false"),
        ],
        ["mattermost"] =
        [
            ("channel", string.Empty), ("username", """{{ template "__alertmanager" . }}"""), ("text", """{{ template "mattermost.default.text" . }}"""), ("icon_url", string.Empty),
            ("icon_emoji", string.Empty), ("type", string.Empty),
        ],
        ["incidentio"] = [("max_alerts", "0")],
    };

    /// <summary>Kinds that do not tell of resolved alerts unless they are asked to.</summary>
    private static readonly string[] SilentAboutResolved = ["wechat", "rocketchat"];

    private static readonly string[] RocketChatLists = ["fields", "actions"];
    private static readonly string[] FieldKeys = ["title", "value", "short"];
    private static readonly string[] ActionKeys = ["type", "text", "url", "msg"];

    private static readonly string[] AttachmentKeys =
        ["fallback", "color", "pretext", "text", "author_name", "author_link", "author_icon", "title", "title_link", "thumb_url", "footer", "footer_icon", "image_url"];

    private static readonly Dictionary<string, string[]> Secrets = new(StringComparer.Ordinal)
    {
        ["pagerduty"] = ["routing_key", "service_key"],
        ["opsgenie"] = ["api_key"],
        ["msteams"] = ["webhook_url"],
        ["msteamsv2"] = ["webhook_url"],
        ["discord"] = ["webhook_url"],
        ["telegram"] = ["bot_token"],
        ["pushover"] = ["user_key", "token"],
        ["victorops"] = ["api_key"],
        ["wechat"] = ["api_secret"],
        ["sns"] = [],
        ["webex"] = [],
        ["jira"] = [],
        ["rocketchat"] = ["token", "token_id"],
        ["mattermost"] = ["webhook_url"],
        ["incidentio"] = ["url", "alert_source_token"],
    };

    /// <summary>Where a service is unless the entry or the global section says: key of the entry, of the global section, address.</summary>
    private static readonly Dictionary<string, (string Key, string Global, string Address)> Addresses = new(StringComparer.Ordinal)
    {
        ["pagerduty"] = ("url", "pagerduty_url", "https://events.pagerduty.com/v2/enqueue"),
        ["opsgenie"] = ("api_url", "opsgenie_api_url", "https://api.opsgenie.com/"),
        ["telegram"] = ("api_url", "telegram_api_url", "https://api.telegram.org"),
        ["victorops"] = ("api_url", "victorops_api_url", "https://alert.victorops.com/integrations/generic/20131114/alert/"),
        ["wechat"] = ("api_url", "wechat_api_url", "https://qyapi.weixin.qq.com/cgi-bin/"),
        ["webex"] = ("api_url", "webex_api_url", "https://webexapis.com/v1/messages"),
        ["rocketchat"] = ("api_url", "rocketchat_api_url", "https://open.rocket.chat/"),
        ["jira"] = ("api_url", "jira_api_url", string.Empty),
    };

    public static MessagingConfiguration Read(string kind, YamlSection section, GlobalSettings global)
    {
        var texts = Texts[kind].ToDictionary(static t => t.Key, t => kind == "jira" && section.Node(t.Key) is YamlDotNet.RepresentationModel.YamlMappingNode ? string.Empty : section.Text(t.Key, t.Otherwise), StringComparer.Ordinal);
        if (kind == "jira")
        {
            IssueField(section, "summary", texts);
            IssueField(section, "description", texts);
        }

        if (Addresses.TryGetValue(kind, out var address))
        {
            var url = section.Text(address.Key) ?? (global[address.Global].Length > 0 ? global[address.Global] : address.Address);
            texts["address"] = HttpReader.IsHttpUrl(url) ? url : throw section.Error(address.Key, $"{address.Key}: want an http or https URL");
        }

        if (kind is "victorops" or "wechat" && !texts["address"].EndsWith('/'))
        {
            texts["address"] += "/";
        }

        if (kind == "wechat" && texts["corp_id"].Length == 0)
        {
            texts["corp_id"] = global["wechat_api_corp_id"];
        }

        Check(kind, section);
        var secrets = new Dictionary<string, SecretSource>(StringComparer.Ordinal);
        foreach (var key in Secrets[kind])
        {
            if ((HttpReader.Pair(section, key) ?? global.Secret($"{kind}_{key}")) is { } secret)
            {
                secrets.Add(key, key is not ("webhook_url" or "url") || secret.Value is null || HttpReader.IsHttpUrl(secret.Value.Reveal()) ? secret
                    : throw section.Error(key, $"{key}: want an http or https URL"));
            }
        }

        if (kind == "telegram" && section.Text("chat_id_file") is { Length: > 0 } file)
        {
            secrets.Add("chat_id", new SecretSource(null, file));
        }

        if (kind == "sns" && section.Section("sigv4") is { } sigv4)
        {
            foreach (var name in (ReadOnlySpan<string>)["region", "access_key", "profile", "role_arn", "external_id"])
            {
                texts["sigv4." + name] = sigv4.Text(name, string.Empty);
            }

            texts["sigv4.use_fips_sts_endpoint"] = sigv4.Bool("use_fips_sts_endpoint") == true ? "true" : string.Empty;
            if (sigv4.Secret("secret_key") is { } key)
            {
                secrets.Add("sigv4.secret_key", new SecretSource(key, null));
            }
        }

        if (kind == "mattermost")
        {
            Nested(section, "props", texts, "card");
            Nested(section, "priority", texts, "priority", "requested_ack", "persistent_notifications");
            section.Section("priority")?.Bool("requested_ack");
            section.Section("priority")?.Bool("persistent_notifications");
            foreach (var field in section.Sections("fields"))
            {
                Field(field, isStrict: true);
            }
        }

        return new MessagingConfiguration
        {
            Service = kind,
            Texts = texts,
            Secrets = secrets,
            Details = kind switch { "opsgenie" => section.Map("details"), "victorops" => section.Map("custom_fields"), "sns" => section.Map("attributes"), _ => [] },
            Lists = kind == "rocketchat" ? RocketChatLists.ToDictionary(static l => l, IReadOnlyList<IReadOnlyDictionary<string, string>> (l) => RocketChat(section, l), StringComparer.Ordinal)
                : kind is "pagerduty" or "opsgenie" ? ListKeys.ToDictionary(static l => l, l => List(section, l), StringComparer.Ordinal)
                : new Dictionary<string, IReadOnlyList<IReadOnlyDictionary<string, string>>>(),
            Attachments = kind == "mattermost" ? section.Sections("attachments").ConvertAll(Attachment) : [],
            Labels = kind == "jira" ? section.Texts("labels") : [],
            Trees = kind switch { "jira" => Trees(section.Section("fields")), "pagerduty" => Trees(section.Section("details")), _ => Trees(null) },
            Http = HttpReader.Read(section.Section("http_config"), global.Http, []),
            SendResolved = section.Bool("send_resolved") ?? !SilentAboutResolved.Contains(kind),
            Timeout = kind is "pagerduty" or "incidentio" ? section.GoTime("timeout") ?? TimeSpan.Zero : TimeSpan.Zero,
        };
    }

    private static Dictionary<string, PayloadNode> Trees(YamlSection? section) => section is null ? []
        : section.Keys.ToDictionary(static k => k, k => new PayloadNode(section.Node(k) ?? new YamlDotNet.RepresentationModel.YamlScalarNode(null)), StringComparer.Ordinal);

    /// <summary>A field of an issue is a template, or one that is written only into a new issue.</summary>
    private static void IssueField(YamlSection section, string key, Dictionary<string, string> texts)
    {
        if (section.Node(key) is YamlDotNet.RepresentationModel.YamlMappingNode node)
        {
            var field = section.Of(node, key);
            texts[key] = field.Text("template", string.Empty);
            texts[key + ".enable_update"] = field.Bool("enable_update") == false ? "false" : "true";
            field.RejectUnknown();
        }
    }

    private static void Nested(YamlSection section, string key, Dictionary<string, string> texts, params ReadOnlySpan<string> keys)
    {
        if (section.Section(key) is { } nested)
        {
            foreach (var name in keys)
            {
                texts[$"{key}.{name}"] = nested.Text(name, string.Empty);
            }

            nested.RejectUnknown();
        }
    }

    private static List<IReadOnlyDictionary<string, string>> RocketChat(YamlSection section, string key) =>
        section.Sections(key).ConvertAll<IReadOnlyDictionary<string, string>>(s => key == "fields" ? Field(s, isStrict: false) : TextsOf(s, ActionKeys));

    private static Dictionary<string, string> Field(YamlSection section, bool isStrict)
    {
        section.Bool("short");
        var field = TextsOf(section, FieldKeys);
        foreach (var key in isStrict ? ["title", "value"] : (string[])[])
        {
            if (field.GetValueOrDefault(key, string.Empty).Length == 0)
            {
                throw section.Error($"missing {key} in Mattermost field configuration");
            }
        }

        return field;
    }

    private static MessageAttachment Attachment(YamlSection section)
    {
        section.Accept("fields");
        var fields = section.Sections("fields").ConvertAll<IReadOnlyDictionary<string, string>>(static f => Field(f, isStrict: true));
        return new MessageAttachment(TextsOf(section, AttachmentKeys), fields);
    }

    private static Dictionary<string, string> TextsOf(YamlSection section, string[] keys)
    {
        var texts = keys.Where(section.Has).ToDictionary(static k => k, k => section.Text(k, string.Empty), StringComparer.Ordinal);
        section.RejectUnknown();
        return texts;
    }

    private static void Check(string kind, YamlSection section)
    {
        foreach (var key in kind switch { "opsgenie" => ["update_alerts"], "telegram" => ["disable_notifications"], "pushover" => ["html", "monospace"], "rocketchat" => ["short_fields", "link_names"], _ => (string[])[] })
        {
            section.Bool(key);
        }

        foreach (var key in kind == "pushover" ? ["retry", "expire", "ttl"] : (string[])[])
        {
            section.GoTime(key);
        }

        if (kind == "jira")
        {
            section.Duration("reopen_duration");
        }

        if (kind == "incidentio" && section.Integer("max_alerts") is < 0)
        {
            throw section.Error("max_alerts", "max_alerts: want 0 or more");
        }

        if (kind == "telegram" && section.Text("parse_mode", "HTML") is var mode and not ("" or "Markdown" or "MarkdownV2" or "HTML"))
        {
            throw section.Error("parse_mode", $"unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty string: got \"{mode}\"");
        }
    }

    private static IReadOnlyList<IReadOnlyDictionary<string, string>> List(YamlSection section, string key) =>
        [.. section.Sections(key).Select(static item => item.Keys.ToDictionary(static k => k, k => item.Text(k, string.Empty), StringComparer.Ordinal))];
}
