using System.Diagnostics;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Receivers;

/// <summary>Makes what delivers the messages of an integration.</summary>
internal static class Notifiers
{
    public static INotifier Of(IntegrationConfiguration configuration, NotificationTemplates templates, TimeProvider time) => configuration switch
    {
        WebhookConfiguration webhook => new WebhookNotifier(webhook, templates, time),
        SlackConfiguration slack => new SlackNotifier(slack, templates, time),
        EmailConfiguration email => new EmailNotifier(email, templates, time),
        MessagingConfiguration messaging => Of(messaging, templates, time),
        _ => throw new UnreachableException("BUG: unknown integration " + configuration.Kind),
    };

    private static INotifier Of(MessagingConfiguration configuration, NotificationTemplates templates, TimeProvider time) => configuration.Service switch
    {
        "pagerduty" => new PagerDutyNotifier(configuration, templates, time),
        "opsgenie" => new OpsgenieNotifier(configuration, templates, time),
        "pushover" => new PushoverNotifier(configuration, templates, time: time),
        "victorops" => new VictorOpsNotifier(configuration, templates, time),
        "wechat" => new WeChatNotifier(configuration, templates, time),
        "sns" => new SnsNotifier(configuration, templates, time),
        "jira" => new JiraNotifier(configuration, templates, time),
        "incidentio" => new IncidentIoNotifier(configuration, time),
        "webex" or "rocketchat" or "mattermost" => new RoomNotifier(configuration, templates, time),
        "msteams" or "msteamsv2" or "discord" or "telegram" => new ChatNotifier(configuration, templates, time),
        _ => throw new UnreachableException("BUG: unknown integration " + configuration.Service),
    };
}
