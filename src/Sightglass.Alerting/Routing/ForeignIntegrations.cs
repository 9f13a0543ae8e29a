namespace Sightglass.Alerting.Routing;

/// <summary>
/// The keys of Alertmanager's other integrations, so that a configuration with them gets Alertmanager's verdict before
/// <see cref="MessagingReader"/> reads them or it is said that they are missing.
/// </summary>
internal static class ForeignIntegrations
{
    private const string Common = "send_resolved http_config ";

    private static readonly Dictionary<string, string> Keys = new(StringComparer.Ordinal)
    {
        ["pagerduty"] = "service_key service_key_file routing_key routing_key_file url client client_url description details images links source severity class component group timeout",
        ["opsgenie"] = "api_key api_key_file api_url message description source details entity responders actions tags note priority update_alerts",
        ["victorops"] = "api_key api_key_file api_url routing_key message_type state_message entity_display_name monitoring_tool custom_fields",
        ["pushover"] = "user_key user_key_file token token_file title message url url_title device sound priority retry expire ttl html monospace",
        ["wechat"] = "api_secret api_secret_file corp_id message api_url to_user to_party to_tag agent_id message_type",
        ["sns"] = "api_url sigv4 topic_arn phone_number target_arn subject message attributes",
        ["telegram"] = "api_url bot_token bot_token_file chat_id chat_id_file message_thread_id message disable_notifications parse_mode",
        ["discord"] = "webhook_url webhook_url_file content username avatar_url title message",
        ["webex"] = "api_url message room_id",
        ["msteams"] = "webhook_url webhook_url_file title summary text",
        ["msteamsv2"] = "webhook_url webhook_url_file title text",
        ["jira"] = "api_url api_type project summary description labels priority issue_type reopen_transition resolve_transition wont_fix_resolution reopen_duration fields",
        ["rocketchat"] = "api_url channel token token_file token_id token_id_file color title title_link text fields short_fields emoji icon_url image_url thumb_url link_names actions",
        ["mattermost"] = "webhook_url webhook_url_file channel username text icon_url icon_emoji attachments fields type props priority color title title_link pretext fallback author_name author_link author_icon image_url thumb_url footer footer_icon",
        ["incidentio"] = "url url_file alert_source_token alert_source_token_file max_alerts timeout",
    };

    private static readonly string[] SnsTargets = ["topic_arn", "target_arn", "phone_number"];

    public static IEnumerable<string> Kinds => Keys.Keys;

    public static void Check(string kind, YamlSection section, GlobalSettings global, List<UnsupportedSetting> unsupported)
    {
        section.Accept((Common + Keys[kind]).Split(' '));
        HttpReader.Read(section.Section("http_config"), global.Http, unsupported);
        section.RejectUnknown();
        switch (kind)
        {
            case "pagerduty":
                Keyed(section, "images", "href", "src", "alt");
                Keyed(section, "links", "href", "text");
                Need(section, HttpReader.Pair(section, "routing_key") ?? HttpReader.Pair(section, "service_key"), "missing service or routing key in PagerDuty config");
                break;
            case "opsgenie":
                Need(section, HttpReader.Pair(section, "api_key") ?? global.Secret("opsgenie_api_key"), "no global OpsGenie API Key set either inline or in a file");
                section.Sections("responders").ForEach(Responder);
                break;
            case "victorops":
                Need(section, section.Text("routing_key"), "missing Routing key in VictorOps config");
                Need(section, HttpReader.Pair(section, "api_key") ?? global.Secret("victorops_api_key"), "no global VictorOps API Key set");
                foreach (var (name, _) in section.Map("custom_fields"))
                {
                    if (name is "routing_key" or "message_type" or "state_message" or "entity_display_name" or "monitoring_tool" or "entity_id" or "entity_state")
                    {
                        throw section.Error("custom_fields", $"victorOps config contains custom field {name} which cannot be used as it conflicts with the fixed/static fields");
                    }
                }

                break;
            case "pushover":
                Need(section, HttpReader.Pair(section, "user_key"), "one of user_key or user_key_file must be configured");
                Need(section, HttpReader.Pair(section, "token"), "one of token or token_file must be configured");
                if (section.Bool("html") == true && section.Bool("monospace") == true)
                {
                    throw section.Error("monospace", "at most one of monospace & html must be configured");
                }

                break;
            case "wechat":
                Need(section, HttpReader.Pair(section, "api_secret") ?? global.Secret("wechat_api_secret"), "no global Wechat Api Secret set either inline or in a file");
                Need(section, section.Text("corp_id") ?? Filled(global["wechat_api_corp_id"]), "no global Wechat CorpID set");
                if (section.Text("message_type", "text") is not ("text" or "markdown" or "") and var messageType)
                {
                    throw section.Error("message_type", $"weChat message type \"{messageType}\" does not match valid options ^(text|markdown)$");
                }

                break;
            case "sns":
                if (SnsTargets.Count(t => section.Text(t) is { Length: > 0 }) != 1)
                {
                    throw section.Error("must provide either a Target ARN, Topic ARN, or Phone Number for SNS config");
                }

                Sigv4(section.Section("sigv4"));
                break;
            case "telegram":
                Need(section, section.Text("chat_id") ?? section.Text("chat_id_file"), "missing chat_id on telegram_config");
                Inherit(section, global, "bot_token", "telegram_bot_token", "no global Telegram bot token set");
                if (section.Integer("chat_id") == 0 && section.Text("chat_id_file") is not { Length: > 0 })
                {
                    throw section.Error("chat_id", "missing chat_id or chat_id_file on telegram_config");
                }

                section.Integer("message_thread_id");
                if (section.Integer("chat_id") is not (null or 0) && section.Text("chat_id_file") is { Length: > 0 })
                {
                    throw section.Error("chat_id_file", "at most one of chat_id & chat_id_file must be configured");
                }

                break;
            case "mattermost":
                Inherit(section, global, "webhook_url", "mattermost_webhook_url", "no global Mattermost webhook URL set");
                break;
            case "rocketchat":
                Need(section, HttpReader.Pair(section, "token_id") ?? global.Secret("rocketchat_token_id"), "no global Rocketchat TokenID set either inline or in a file");
                Need(section, HttpReader.Pair(section, "token") ?? global.Secret("rocketchat_token"), "no global Rocketchat Token set either inline or in a file");
                break;
            case "discord" or "msteams" or "msteamsv2":
                Need(section, HttpReader.Pair(section, "webhook_url"), "one of webhook_url or webhook_url_file must be configured");
                break;
            case "webex":
                Need(section, section.Text("room_id"), "missing room_id on webex_config");
                var http = section.Section("http_config");
                if (http is null ? global.Http.Credentials is null : !http.Has("authorization") && !http.Has("bearer_token") && !http.Has("bearer_token_file"))
                {
                    throw section.Error("missing webex_configs.http_config.authorization");
                }

                break;
            case "jira":
                Need(section, section.Text("project"), "missing project in jira_config");
                Need(section, section.Text("issue_type"), "missing issue_type in jira_config");
                if (section.Text("api_type", "auto") is not ("auto" or "cloud" or "datacenter"))
                {
                    throw section.Error("api_type", "unknown api_type on jira_config, must be auto, cloud or datacenter");
                }

                Need(section, section.Text("api_url") ?? Filled(global["jira_api_url"]), "no global Jira Cloud URL set");
                break;
            case "incidentio":
                Need(section, HttpReader.Pair(section, "url"), "one of url or url_file must be configured");
                if (HttpReader.Pair(section, "alert_source_token") is not null && (section.Section("http_config") is { } own ? own.Has("authorization") : global.Http.Credentials is not null))
                {
                    throw section.Error("cannot specify alert_source_token or alert_source_token_file when using http_config.authorization");
                }

                break;
        }
    }

    /// <summary>A secret of the entry itself hides the global ones; those are checked only when they are used.</summary>
    private static void Inherit(YamlSection section, GlobalSettings global, string key, string globalKey, string missing)
    {
        if (HttpReader.Pair(section, key) is not null)
        {
            return;
        }

        if (global[globalKey].Length > 0 && global[globalKey + "_file"].Length > 0)
        {
            throw section.Error($"at most one of {globalKey} & {globalKey}_file must be configured");
        }

        Need(section, global.Secret(globalKey), missing);
    }

    private static void Keyed(YamlSection section, string list, params ReadOnlySpan<string> keys)
    {
        foreach (var item in section.Sections(list))
        {
            item.Accept(keys);
            item.RejectUnknown();
        }
    }

    private static void Responder(YamlSection section)
    {
        section.Accept("id", "name", "username", "type");
        section.RejectUnknown();
        var type = section.Text("type", string.Empty);
        if (section.Text("id", string.Empty).Length + section.Text("name", string.Empty).Length + section.Text("username", string.Empty).Length == 0)
        {
            throw section.Error("opsGenieConfig responder has to have at least one of id, username or name specified");
        }

        if (!type.Contains("{{", StringComparison.Ordinal) && type.ToLowerInvariant() is not ("team" or "teams" or "user" or "escalation" or "schedule"))
        {
            throw section.Error($"opsGenieConfig responder type \"{type}\" does not match valid options ^(team|teams|user|escalation|schedule)$");
        }
    }

    private static void Sigv4(YamlSection? section)
    {
        if (section is null)
        {
            return;
        }

        // SNS signs as sns whatever service_name says, as with Alertmanager.
        section.Accept("region", "access_key", "secret_key", "profile", "role_arn", "external_id", "use_fips_sts_endpoint", "service_name");
        section.Bool("use_fips_sts_endpoint");
        section.RejectUnknown();
        if (string.IsNullOrEmpty(section.Text("access_key")) != string.IsNullOrEmpty(section.Text("secret_key")))
        {
            throw section.Error("must provide a AWS SigV4 Access key and Secret Key if credentials are specified in the SigV4 config");
        }

        if (section.Text("external_id") is { Length: > 0 } && section.Text("role_arn") is not { Length: > 0 })
        {
            throw section.Error("external_id", "external_id can only be used with role_arn");
        }
    }

    private static string? Filled(string text) => text.Length > 0 ? text : null;

    private static void Need(YamlSection section, object? value, string message)
    {
        if (value is null or "")
        {
            throw section.Error(message);
        }
    }
}
