using Sightglass.Alerting.Receivers;

namespace Sightglass.Alerting.Routing;

/// <summary>The section <c>global</c>: defaults of the receivers.</summary>
internal sealed class GlobalSettings
{
    /// <summary>Pairs of a secret and the file that may hold it instead: both together are refused at once.</summary>
    private static readonly (string Value, string File)[] StrictPairs =
    [
        ("slack_api_url", "slack_api_url_file"), ("slack_app_token", "slack_app_token_file"), ("opsgenie_api_key", "opsgenie_api_key_file"),
        ("victorops_api_key", "victorops_api_key_file"), ("wechat_api_secret", "wechat_api_secret_file"), ("rocketchat_token", "rocketchat_token_file"),
        ("rocketchat_token_id", "rocketchat_token_id_file"), ("smtp_auth_password", "smtp_auth_password_file"), ("smtp_auth_secret", "smtp_auth_secret_file"),
    ];

    private static readonly string[] Keys =
    [
        "slack_app_url", "pagerduty_url", "opsgenie_api_url", "wechat_api_url", "wechat_api_corp_id", "victorops_api_url", "telegram_api_url",
        "telegram_bot_token", "telegram_bot_token_file", "webex_api_url", "rocketchat_api_url", "mattermost_webhook_url", "mattermost_webhook_url_file",
        "jira_api_url", "smtp_from", "smtp_hello", "smtp_smarthost", "smtp_auth_username", "smtp_auth_identity",
    ];

    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    public TimeSpan ResolveTimeout { get; private init; }

    public HttpConfiguration Http { get; private init; } = HttpConfiguration.Default;

    public bool RequireTls { get; private init; }

    public bool? ImplicitTls { get; private init; }

    public TlsConfiguration Tls { get; private init; } = TlsConfiguration.Default;

    public string this[string key] => _texts.GetValueOrDefault(key, string.Empty);

    public SecretSource? Secret(string key) =>
        this[key].Length > 0 ? new SecretSource(new Secret(this[key]), null) : this[key + "_file"].Length > 0 ? new SecretSource(null, this[key + "_file"]) : null;

    public static GlobalSettings Read(YamlSection section, OutgoingPolicy outgoing, List<UnsupportedSetting> unsupported)
    {
        var settings = new GlobalSettings
        {
            ResolveTimeout = section.Duration("resolve_timeout") ?? TimeSpan.FromMinutes(5),
            Http = HttpReader.Read(section.Section("http_config"), HttpConfiguration.Default with { Outgoing = outgoing }, unsupported),
            RequireTls = section.Bool("smtp_require_tls") ?? true,
            ImplicitTls = section.Bool("smtp_force_implicit_tls"),
            Tls = HttpReader.Tls(section.Section("smtp_tls_config"), unsupported),
        };
        foreach (var key in Keys.Concat(StrictPairs.SelectMany(static p => new[] { p.Value, p.File })))
        {
            if (section.Confidential(key) is { Length: > 0 } text)
            {
                settings._texts.Add(key, text);
            }
        }

        section.RejectUnknown();
        foreach (var (value, file) in StrictPairs)
        {
            if (settings[value].Length > 0 && settings[file].Length > 0)
            {
                throw section.Error(file, $"at most one of {value} & {file} must be configured");
            }
        }

        if (settings["smtp_smarthost"] is { Length: > 0 } smarthost)
        {
            EmailReader.Address(section, smarthost);
        }

        foreach (var key in Keys.Append("slack_api_url").Where(static k => k.EndsWith("_url", StringComparison.Ordinal)))
        {
            if (settings[key].Length > 0 ? !HttpReader.IsHttpUrl(settings[key]) : section.Has(key) && section.Text(key) is not null)
            {
                throw section.Error(key, $"{key}: want an http or https URL");
            }
        }

        // The API's own address beside a token is the older way of using a token.
        var appUrl = settings["slack_app_url"].Length > 0 ? settings["slack_app_url"] : SlackReader.DefaultAppUrl;
        if (settings.Secret("slack_app_token") is not null && settings.Secret("slack_api_url") is not null && settings["slack_api_url"] != appUrl)
        {
            throw section.Error("slack_api_url", "at most one of slack_app_token & slack_api_url must be configured");
        }

        return settings;
    }
}
