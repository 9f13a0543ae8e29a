using Sightglass.Alerting.Receivers;
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
                    if (MessagingReader.Builds(kind))
                    {
                        integrations.Add(MessagingReader.Read(kind, other, global));
                        continue;
                    }

                    unsupported.Add(new UnsupportedSetting(other.Line, $"receiver integration {kind} is not built yet (receiver \"{name}\")"));
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
        if (url.Value is { } secret && !HttpReader.IsHttpUrl(secret.Reveal()))
        {
            throw section.Error("url", "url: want an http or https URL");
        }

        var configuration = new WebhookConfiguration
        {
            Url = url,
            SendResolved = section.Bool("send_resolved") ?? true,
            MaxAlerts = (int)Math.Clamp(section.Integer("max_alerts") ?? 0, 0, int.MaxValue),
            Timeout = section.Duration("timeout") ?? TimeSpan.Zero,
            Http = HttpReader.Read(section.Section("http_config"), global.Http, unsupported),
        };
        if (section.Has("payload"))
        {
            unsupported.Add(new UnsupportedSetting(section.Line, "payload of webhook_configs is not built yet"));
        }

        section.RejectUnknown();
        return configuration;
    }
}
