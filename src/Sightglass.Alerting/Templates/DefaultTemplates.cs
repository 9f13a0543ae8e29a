namespace Sightglass.Alerting.Templates;

/// <summary>The templates that every configuration has, under Alertmanager's names.</summary>
internal static class DefaultTemplates
{
    public const string Text = """
        {{ define "__alertmanager" }}Sightglass{{ end }}
        {{ define "__alertmanagerURL" }}{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver | urlquery }}{{ end }}
        {{ define "__subject" }}[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ len .Alerts.Firing }}{{ end }}] {{ join " " .GroupLabels.SortedPairs.Values }}{{ with .CommonLabels.Remove .GroupLabels.Names }}{{ if gt (len .) 0 }} ({{ join " " .Values }}){{ end }}{{ end }}{{ end }}
        {{ define "__description" }}{{ end }}
        {{ define "__text_alert_list" }}{{ range . }}Labels:
        {{ range .Labels.SortedPairs }} - {{ .Name }} = {{ .Value }}
        {{ end }}Annotations:
        {{ range .Annotations.SortedPairs }} - {{ .Name }} = {{ .Value }}
        {{ end }}Source: {{ .GeneratorURL }}
        {{ end }}{{ end }}
        {{ define "__text_alert_list_markdown" }}{{ range . }}
        Labels:
        {{ range .Labels.SortedPairs }}  - {{ .Name }} = {{ .Value }}
        {{ end }}
        Annotations:
        {{ range .Annotations.SortedPairs }}  - {{ .Name }} = {{ .Value }}
        {{ end }}
        Source: {{ .GeneratorURL }}
        {{ end }}{{ end }}
        {{ define "__alerts_text" }}{{ if gt (len .Alerts.Firing) 0 }}Alerts Firing:
        {{ template "__text_alert_list" .Alerts.Firing }}{{ end }}{{ if gt (len .Alerts.Resolved) 0 }}Alerts Resolved:
        {{ template "__text_alert_list" .Alerts.Resolved }}{{ end }}{{ if .AcknowledgeURL }}Acknowledge: {{ .AcknowledgeURL }}
        {{ end }}{{ end }}
        {{ define "slack.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "slack.default.username" }}{{ template "__alertmanager" . }}{{ end }}
        {{ define "slack.default.fallback" }}{{ template "slack.default.title" . }} | {{ template "slack.default.titlelink" . }}{{ end }}
        {{ define "slack.default.callbackid" }}{{ end }}
        {{ define "slack.default.pretext" }}{{ end }}
        {{ define "slack.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "slack.default.iconemoji" }}{{ end }}
        {{ define "slack.default.iconurl" }}{{ end }}
        {{ define "slack.default.text" }}{{ end }}
        {{ define "slack.default.footer" }}{{ end }}
        {{ define "pagerduty.default.description" }}{{ template "__subject" . }}{{ end }}
        {{ define "pagerduty.default.client" }}{{ template "__alertmanager" . }}{{ end }}
        {{ define "pagerduty.default.clientURL" }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "opsgenie.default.message" }}{{ template "__subject" . }}{{ end }}
        {{ define "opsgenie.default.description" }}{{ template "__alerts_text" . }}{{ end }}
        {{ define "opsgenie.default.source" }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "discord.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "discord.default.message" }}{{ template "__alerts_text" . }}{{ end }}
        {{ define "msteams.default.summary" }}{{ template "__subject" . }}{{ end }}
        {{ define "msteams.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "msteams.default.text" }}{{ template "__alerts_text" . }}{{ end }}
        {{ define "msteamsv2.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "msteamsv2.default.text" }}{{ template "__alerts_text" . }}{{ end }}
        {{ define "telegram.default.message" }}{{ template "__alerts_text" . }}{{ end }}
        {{ define "pushover.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "pushover.default.message" }}{{ template "__alerts_text" . }}{{ end }}
        {{ define "pushover.default.url" }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "pagerduty.default.instances" }}{{ template "__text_alert_list" . }}{{ end }}
        {{ define "slack.default.color" }}{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}{{ end }}
        {{ define "discord.default.content" }}{{ end }}
        {{ define "wechat.default.message" }}{{ template "__subject" . }}
        {{ template "__alerts_text" . }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "wechat.default.to_user" }}{{ end }}
        {{ define "wechat.default.to_party" }}{{ end }}
        {{ define "wechat.default.to_tag" }}{{ end }}
        {{ define "wechat.default.agent_id" }}{{ end }}
        {{ define "victorops.default.state_message" }}{{ template "__alerts_text" . }}{{ end }}
        {{ define "victorops.default.entity_display_name" }}{{ template "__subject" . }}{{ end }}
        {{ define "victorops.default.monitoring_tool" }}{{ template "__alertmanager" . }}{{ end }}
        {{ define "sns.default.subject" }}{{ template "__subject" . }}{{ end }}
        {{ define "sns.default.message" }}{{ template "__alerts_text" . }}{{ end }}
        {{ define "webex.default.message" }}{{ template "__alerts_text" . }}{{ end }}
        {{ define "__alerts_markdown" }}{{ if gt (len .Alerts.Firing) 0 }}# Alerts Firing:
        {{ template "__text_alert_list_markdown" .Alerts.Firing }}{{ end }}{{ if gt (len .Alerts.Resolved) 0 }}# Alerts Resolved:
        {{ template "__text_alert_list_markdown" .Alerts.Resolved }}{{ end }}{{ end }}
        {{ define "jira.default.summary" }}{{ template "__subject" . }}{{ end }}
        {{ define "jira.default.description" }}{{ template "__alerts_markdown" . }}{{ end }}
        {{ define "jira.default.priority" }}{{ $list := .Alerts.Firing }}{{ if eq (len $list) 0 }}{{ $list = .Alerts.Resolved }}{{ end }}{{ $priority := "" }}{{ range $list }}{{ if eq .Labels.severity "critical" }}{{ $priority = "High" }}{{ else if and (eq .Labels.severity "warning") (ne $priority "High") }}{{ $priority = "Medium" }}{{ else if and (eq .Labels.severity "info") (eq $priority "") }}{{ $priority = "Low" }}{{ end }}{{ end }}{{ $priority }}{{ end }}
        {{ define "rocketchat.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "rocketchat.default.alias" }}{{ template "__alertmanager" . }}{{ end }}
        {{ define "rocketchat.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "rocketchat.default.emoji" }}{{ end }}
        {{ define "rocketchat.default.iconurl" }}{{ end }}
        {{ define "rocketchat.default.text" }}{{ end }}
        {{ define "mattermost.default.username" }}{{ template "__alertmanager" . }}{{ end }}
        {{ define "mattermost.default.color" }}{{ template "slack.default.color" . }}{{ end }}
        {{ define "mattermost.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "mattermost.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "mattermost.default.fallback" }}{{ template "__subject" . }} | {{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "mattermost.default.text" }}{{ template "__alerts_markdown" . }}{{ end }}
        {{ define "email.default.subject" }}{{ template "__subject" . }}{{ end }}
        """;

    public const string Email = """
        {{ define "email.default.html" }}<!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>{{ template "__subject" . }}</title></head>
        <body style="margin:0;padding:16px;background:#f4f5f7;font-family:Helvetica,Arial,sans-serif;font-size:14px;color:#1f2933">
        <table role="presentation" width="640" style="margin:0 auto;background:#ffffff;border:1px solid #d9dee4;border-radius:6px;border-collapse:separate">
        <tr><td style="padding:14px 18px;color:#ffffff;font-size:16px;background:{{ if eq .Status "firing" }}#b42318{{ else }}#067647{{ end }}">
        {{ len .Alerts }} alert{{ if gt (len .Alerts) 1 }}s{{ end }} for {{ range .GroupLabels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}</td></tr>
        <tr><td style="padding:14px 18px"><a href="{{ template "__alertmanagerURL" . }}">Open in {{ template "__alertmanager" . }}</a>{{ if .AcknowledgeURL }} &middot; <a href="{{ .AcknowledgeURL }}">Acknowledge</a>{{ end }}</td></tr>
        {{ if gt (len .Alerts.Firing) 0 }}<tr><td style="padding:4px 18px"><strong>[{{ len .Alerts.Firing }}] Firing</strong></td></tr>{{ template "__email_alerts" .Alerts.Firing }}{{ end }}
        {{ if gt (len .Alerts.Resolved) 0 }}<tr><td style="padding:4px 18px"><strong>[{{ len .Alerts.Resolved }}] Resolved</strong></td></tr>{{ template "__email_alerts" .Alerts.Resolved }}{{ end }}
        </table></body></html>{{ end }}
        {{ define "__email_alerts" }}{{ range . }}<tr><td style="padding:8px 18px;border-top:1px solid #e4e7eb">
        <strong>Labels</strong><br>{{ range .Labels.SortedPairs }}{{ .Name }} = {{ .Value }}<br>{{ end }}
        {{ if gt (len .Annotations) 0 }}<strong>Annotations</strong><br>{{ range .Annotations.SortedPairs }}{{ .Name }} = {{ .Value }}<br>{{ end }}{{ end }}
        <a href="{{ .GeneratorURL }}">Source</a></td></tr>{{ end }}{{ end }}
        """;
}
