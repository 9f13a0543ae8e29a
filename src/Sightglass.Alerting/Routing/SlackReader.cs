using Sightglass.Alerting.Receivers;

namespace Sightglass.Alerting.Routing;

/// <summary>Reads an entry of <c>slack_configs</c>.</summary>
internal static class SlackReader
{
    public const string DefaultAppUrl = "https://slack.com/api/chat.postMessage";

    private static readonly Dictionary<string, string> Defaults = new(StringComparer.Ordinal)
    {
        ["channel"] = string.Empty,
        ["username"] = """{{ template "slack.default.username" . }}""",
        ["color"] = string.Empty,
        ["title"] = """{{ template "slack.default.title" . }}""",
        ["title_link"] = """{{ template "slack.default.titlelink" . }}""",
        ["pretext"] = """{{ template "slack.default.pretext" . }}""",
        ["text"] = """{{ template "slack.default.text" . }}""",
        ["message_text"] = string.Empty,
        ["footer"] = """{{ template "slack.default.footer" . }}""",
        ["fallback"] = """{{ template "slack.default.fallback" . }}""",
        ["callback_id"] = """{{ template "slack.default.callbackid" . }}""",
        ["icon_emoji"] = """{{ template "slack.default.iconemoji" . }}""",
        ["icon_url"] = """{{ template "slack.default.iconurl" . }}""",
        ["image_url"] = string.Empty,
        ["thumb_url"] = string.Empty,
    };

    public static SlackConfiguration Read(YamlSection section, GlobalSettings global, List<UnsupportedSetting> unsupported)
    {
        var (url, token) = (HttpReader.Pair(section, "api_url"), HttpReader.Pair(section, "app_token"));
        if (url?.Value is { } secret && !HttpReader.IsHttpUrl(secret.Reveal()))
        {
            throw section.Error("api_url", "api_url: want an http or https URL");
        }

        var appUrl = section.Text("app_url", global["slack_app_url"].Length > 0 ? global["slack_app_url"] : DefaultAppUrl);
        if (url is not null && token is not null)
        {
            throw section.Error("at most one of app_token/app_token_file & api_url/api_url_file must be configured");
        }

        var http = HttpReader.Read(section.Section("http_config"), global.Http, unsupported);
        if (url is null && token is null)
        {
            (url, token) = (global.Secret("slack_api_url"), global.Secret("slack_app_token"));
            if (url is null && token is null)
            {
                throw section.Error("no Slack API URL nor App token set either inline or in a file");
            }
        }

        var updates = section.Bool("update_message") ?? false;
        if (updates && token is null && url?.Value?.Reveal() != DefaultAppUrl)
        {
            throw section.Error("update_message", "update_message needs the Slack API with a token, not a webhook URL");
        }

        var configuration = new SlackConfiguration
        {
            Url = token is not null ? new SecretSource(new Secret(appUrl), null) : url!,
            AppToken = http.Credentials is null ? token : null,
            Http = http,
            SendResolved = section.Bool("send_resolved") ?? false,
            Timeout = section.GoTime("timeout") ?? TimeSpan.Zero,
            Texts = Defaults.ToDictionary(d => d.Key, d => section.Text(d.Key, d.Value), StringComparer.Ordinal),
            Fields = section.Has("fields") ? section.Sections("fields").ConvertAll(Field) : null,
            Actions = section.Sections("actions").ConvertAll(Action),
            UpdateMessage = updates,
            ShortFields = section.Bool("short_fields"),
            LinkNames = section.Bool("link_names") ?? false,
            MarkdownIn = section.Has("mrkdwn_in") ? section.Texts("mrkdwn_in") : ["fallback", "pretext", "text"],
        };
        section.RejectUnknown();
        return configuration;
    }

    private static SlackField Field(YamlSection section)
    {
        var field = new SlackField(section.Text("title", string.Empty), section.Text("value", string.Empty), section.Bool("short"));
        section.RejectUnknown();
        return field.Title.Length == 0 ? throw section.Error("missing title in Slack field configuration")
            : field.Value.Length == 0 ? throw section.Error("missing value in Slack field configuration") : field;
    }

    private static SlackAction Action(YamlSection section)
    {
        var action = new SlackAction(
            section.Text("type", string.Empty), section.Text("text", string.Empty), section.Text("url", string.Empty),
            section.Text("style", string.Empty), section.Text("name", string.Empty), section.Text("value", string.Empty), Confirm(section.Section("confirm")));
        section.RejectUnknown();
        return action.Type.Length == 0 ? throw section.Error("missing type in Slack action configuration")
            : action.Text.Length == 0 ? throw section.Error("missing text in Slack action configuration")
            : action.Url.Length == 0 && action.Name.Length == 0 ? throw section.Error("missing name or url in Slack action configuration") : action;
    }

    private static (string Text, string Title, string Ok, string Dismiss)? Confirm(YamlSection? section)
    {
        if (section is null)
        {
            return null;
        }

        var confirm = (section.Text("text", string.Empty), section.Text("title", string.Empty), section.Text("ok_text", string.Empty), section.Text("dismiss_text", string.Empty));
        section.RejectUnknown();
        return confirm.Item1.Length == 0 ? throw section.Error("missing text in Slack confirmation configuration") : confirm;
    }
}
