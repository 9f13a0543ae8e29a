using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Routing;

/// <summary>Reads the section <c>receivers</c>.</summary>
internal static class ReceiverReader
{
    public static List<Receiver> Read(YamlSection root, GlobalSettings global, List<UnsupportedSetting> unsupported)
    {
        var receivers = new List<Receiver>();
        foreach (var section in root.Sections("receivers"))
        {
            var name = section.Text("name", string.Empty);
            if (name.Length == 0)
            {
                throw section.Error("missing name in receiver");
            }

            if (receivers.Exists(r => r.Name == name))
            {
                throw section.Error($"notification config name \"{name}\" is not unique");
            }

            // The order is that of Alertmanager's notification log: the index counts within a kind.
            var integrations = new List<IntegrationConfiguration>();
            integrations.AddRange(section.Sections("webhook_configs").ConvertAll(s => Webhook(s, global, unsupported)));
            integrations.AddRange(section.Sections("email_configs").ConvertAll(s => EmailReader.Read(s, global, unsupported)));
            integrations.AddRange(section.Sections("slack_configs").ConvertAll(s => SlackReader.Read(s, global, unsupported)));
            foreach (var kind in ForeignIntegrations.Kinds)
            {
                foreach (var other in section.Sections(kind + "_configs"))
                {
                    ForeignIntegrations.Check(kind, other, global, unsupported);
                    integrations.Add(MessagingReader.Read(kind, other, global));
                }
            }

            var labels = LabelSet.From([.. section.Map("labels").Select(static p => new Label(p.Key, p.Value))]);
            section.RejectUnknown();
            receivers.Add(new Receiver(name, labels, integrations));
        }

        return receivers;
    }

    private static WebhookConfiguration Webhook(YamlSection section, GlobalSettings global, List<UnsupportedSetting> unsupported)
    {
        var url = HttpReader.Pair(section, "url") ?? throw section.Error("one of url or url_file must be configured");
        if (url.Value is { } secret)
        {
            CheckUrl(section, secret.Reveal());
        }

        var configuration = new WebhookConfiguration
        {
            Url = url,
            SendResolved = section.Bool("send_resolved") ?? true,
            MaxAlerts = section.Integer("max_alerts") is < 0 ? throw section.Error("max_alerts", "max_alerts: want 0 or more") : (int)Math.Min(section.Integer("max_alerts") ?? 0, int.MaxValue),
            Timeout = section.GoTime("timeout") ?? TimeSpan.Zero,
            Payload = section.Node("payload") is { } payload ? new PayloadNode(payload) : null,
            Http = HttpReader.Read(section.Section("http_config"), global.Http, unsupported),
        };
        section.RejectUnknown();
        return configuration;
    }

    /// <summary>An address may be a template; then it is known only when it is used.</summary>
    private static void CheckUrl(YamlSection section, string url)
    {
        if (!url.Contains("{{", StringComparison.Ordinal))
        {
            if (!HttpReader.IsHttpUrl(url))
            {
                throw section.Error("url", "url: want an http or https URL");
            }

            return;
        }

        try
        {
            NotificationTemplates.Check("url", url);
        }
        catch (TemplateException e)
        {
            throw section.Error("url", $"invalid template syntax: {e.Message}");
        }
    }
}
