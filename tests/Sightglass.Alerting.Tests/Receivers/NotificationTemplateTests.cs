using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Model;
using Sightglass.TestKit;

namespace Sightglass.Alerting.Tests.Receivers;

/// <summary>Templates of notifications, with what Alertmanager 0.33.1 made of each from the same alerts.</summary>
public sealed class NotificationTemplateTests
{
    private static readonly ManualTimeProvider Time = new();

    [Theory]
    [InlineData("{{ .CommonLabels }}|{{ .CommonLabels.SortedPairs }}|{{ (.CommonLabels.Remove (stringSlice \"alertname\")).SortedPairs }}", "alertname=A, team=db, ü=é|alertname=A, team=db, ü=é|team=db, ü=é")]
    [InlineData("{{ printf \"%q %v %s %d %T\" \"a\" .GroupLabels .Status 5 .Status }}", "\"a\" alertname=A, team=db firing 5 string")]
    [InlineData("{{ .CommonLabels.Names }} {{ .CommonLabels.SortedPairs.Values }}", "[alertname team ü] [A db é]")]
    [InlineData("{{ title \"hello wORLD foo-bar o'neil ünï_x 3d élan\" }}|{{ title \"\" }}", "Hello World Foo-Bar O'neil Ünï_x 3D Élan|")]
    [InlineData("{{ toJson \"a<b>&\" }} {{ toJson .GroupLabels.SortedPairs }}", "\"a\\u003cb\\u003e\\u0026\" [{\"Name\":\"alertname\",\"Value\":\"A\"},{\"Name\":\"team\",\"Value\":\"db\"}]")]
    [InlineData("{{ .GroupLabels | toJson }}", "{\"alertname\":\"A\",\"team\":\"db\"}")]
    [InlineData("{{ range $i, $a := .Alerts }}{{ $i }}{{ $a.Annotations.s }}{{ if $a.Labels.team }}T{{ else if eq $i 1 }}E{{ end }}{{ end }}", "0su<m>T1su<m>T")]
    [InlineData("{{ dict \"a\" 1 \"b\" (list 1 2 \"c\") | toJson }} {{ list | len }} {{ append (list 1) 2 | toJson }}", "{\"a\":1,\"b\":[1,2,\"c\"]} 0 [1,2]")]
    [InlineData("{{ reReplaceAll \"(a)(.)\" \"$2$1\" \"abac\" }} {{ title \"foo bar-baz\" }} {{ toUpper \"aß\" }} {{ urlUnescape \"a%20b+c\" }}", "baca Foo Bar-Baz Aß a b c")]
    [InlineData("{{ humanizeDuration 3661 }} {{ humanizeDuration 0.001 }} {{ humanizeDuration \"90061\" }}", "1h 1m 1s 1ms 1d 1h 1m 1s")]
    [InlineData("{{ (tz \"Europe/Paris\" (index .Alerts 0).StartsAt).Location }} {{ (index .Alerts 0).StartsAt.Location }} {{ now.Year }} {{ since (index .Alerts 0).StartsAt | printf \"%T\" }}", "Europe/Paris UTC 2026 time.Duration")]
    [InlineData("{{ block \"blk\" . }}in {{ .Status }}{{ end }} {{ 1_000 }} {{ 0x1F }} {{ 1e3 }} {{ 'a' }} {{ print 1 2 \"x\" nil }}", "in firing 1000 31 1000 97 1 2x<nil>")]
    public void Is_rendered_as_there(string template, string expected)
    {
        var alerts = new[] { "1", "2" }.Select(static i => (new Alert
        {
            Labels = LabelSet.Of("alertname", "A", "team", "db", "inst", i, "ü", "é"),
            Annotations = LabelSet.Of("s", "su<m>", "k", i),
            StartsAt = Time.GetUtcNow(),
            EndsAt = Time.GetUtcNow(),
            UpdatedAt = Time.GetUtcNow(),
            GeneratorUrl = string.Empty,
        }, false)).ToList();
        var message = new NotificationMessage("r", "{}:{}", LabelSet.Of("alertname", "A", "team", "db"), alerts, new Uri("http://here/"));
        new NotificationTemplates([], Time).Text(template, message.Data).ShouldBe(expected);
    }
}
