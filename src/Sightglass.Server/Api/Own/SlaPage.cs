using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Sightglass.Alerting.Sla;

namespace Sightglass.Server.Api.Own;

/// <summary>Writes a report of an agreement as one page of HTML to print or keep: no script, nothing from elsewhere.</summary>
internal static class SlaPage
{
    private const string Style = """

        :root { color-scheme: light; }
        body { font: 14px/1.5 system-ui, sans-serif; color: #1b1f24; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
        p { margin: .25rem 0; } .dim { color: #57606a; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #d0d7de; vertical-align: top; }
        th { font-weight: 600; color: #57606a; } td.n, th.n { text-align: right; white-space: nowrap; }
        .met { color: #1a7f37; } .missed { color: #b42318; font-weight: 600; } .no_data, .error { color: #8a5a00; }
        .state { display: inline-block; border: 1px solid currentColor; border-radius: .3rem; padding: 0 .5rem; }
        @page { margin: 15mm; }
        @media print { body { margin: 0; max-width: none; font-size: 11px; } h2 { break-after: avoid; } tr { break-inside: avoid; } thead { display: table-header-group; } }

        """;

    private const string Bare = "yyyy-MM-dd HH:mm";

    /// <summary>Allows the style of the page, by its hash, and nothing else.</summary>
    public static readonly string SecurityPolicy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

    /// <summary>The page.</summary>
    public static string Render(SlaReport report, DateTimeOffset now)
    {
        var (sla, html) = (report.Sla, new StringBuilder());
        var title = $"{(sla.DisplayName.Length > 0 ? sla.DisplayName : sla.Name)}: {report.Period.Name}";
        html.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>").Append(Escaped(title))
            .Append("</title>\n<style>").Append(Style).Append("</style>\n</head>\n<body>\n<h1>").Append(Escaped(title)).Append("</h1>\n");
        Line(html, $"Service {sla.Service}{(sla.Customer.Length > 0 ? $", for {sla.Customer}" : string.Empty)}");
        if (sla.Description.Length > 0)
        {
            Line(html, sla.Description);
        }

        Line(html, $"{Time(sla, report.Period.Start)} to {Time(sla, report.Period.End)}, {sla.Calendar.Zone.Id}");
        if (!report.IsComplete)
        {
            Line(html, $"The period is not over: this is what is known up to {Time(sla, report.Until)}.");
        }

        html.Append("<p><span class=\"state ").Append(SlaJson.Text(report.Verdict)).Append("\">").Append(Words(report.Verdict)).Append("</span></p>\n");
        Targets(html, report);
        Intervals(html, report, "Incidents", "missed", static t => t.Incidents, static t => t.IncidentCount);
        Intervals(html, report, "Gaps: nothing is known, neither good nor bad", "not known", static t => t.Gaps, static t => t.GapCount);
        Maintenance(html, report);
        Days(html, report);
        html.Append("<h2>How it is reckoned</h2>\n");
        Line(html, $"Time is cut into slots of {sla.Slot.TotalMinutes.ToString(CultureInfo.InvariantCulture)} min. Uptime and throughput are shares of the slots that something is known of; slots without traffic are up. "
            + "Latency and error rate are shares of requests. What maintenance touches and gaps count for neither side.");
        return html.Append("<p class=\"dim\">Made ").Append(Time(sla, now)).Append(", ").Append(Escaped(sla.Calendar.Zone.Id)).Append(", by Sightglass.</p>\n</body>\n</html>\n").ToString();
    }

    private static void Targets(StringBuilder html, SlaReport report)
    {
        html.Append("<h2>Promised and achieved</h2>\n<table>\n<thead><tr><th>promise</th><th class=\"n\">achieved</th><th></th><th class=\"n\">missed</th><th class=\"n\">allowed</th><th class=\"n\">no traffic</th><th class=\"n\">gaps</th><th class=\"n\">maintenance</th><th class=\"n\">requests</th><th class=\"n\">failed</th></tr></thead>\n<tbody>\n");
        foreach (var target in report.Targets)
        {
            var total = target.Total;
            html.Append("<tr><td>").Append(Escaped(target.Target.Text)).Append(target.Error is { } error ? $"<br>{Escaped(error)}" : string.Empty).Append("</td>");
            Cell(html, Percent(total.Achieved) + (total.PerSecond is { } rate ? $" ({rate.ToString("0.##", CultureInfo.InvariantCulture)}/s)" : string.Empty));
            html.Append("<td class=\"").Append(SlaJson.Text(total.Verdict)).Append("\">").Append(Words(total.Verdict)).Append("</td>");
            Cell(html, Minutes(total.Missed));
            Cell(html, target.Allowed is { } allowed ? Minutes(allowed) : "–");
            Cell(html, Minutes(total.Idle));
            Cell(html, Minutes(total.Gap));
            Cell(html, Minutes(total.Maintenance));
            Cell(html, Number(total.Requests));
            Cell(html, Number(total.Failed));
            html.Append("</tr>\n");
        }

        html.Append("</tbody>\n</table>\n");
    }

    private static void Intervals(StringBuilder html, SlaReport report, string title, string column, Func<SlaTargetReport, IReadOnlyList<SlaInterval>> of, Func<SlaTargetReport, int> count)
    {
        html.Append("<h2>").Append(title).Append("</h2>\n");
        var found = report.Targets.SelectMany(t => of(t).Select(i => (t.Target, Interval: i))).OrderBy(static p => p.Interval.Start).ToArray();
        if (found.Length == 0)
        {
            Line(html, "None.");
            return;
        }

        html.Append("<table>\n<thead><tr><th>from</th><th>to</th><th class=\"n\">").Append(column).Append("</th><th>promise</th><th class=\"n\">worst</th></tr></thead>\n<tbody>\n");
        foreach (var (target, interval) in found)
        {
            html.Append("<tr><td>").Append(Time(report.Sla, interval.Start)).Append("</td><td>").Append(Time(report.Sla, interval.End))
                .Append(interval.IsOngoing && !report.IsComplete ? " (goes on)" : string.Empty).Append("</td>");
            Cell(html, Minutes(interval.End - interval.Start));
            html.Append("<td>").Append(Escaped(target.Text)).Append("</td>");
            Cell(html, interval.Worst is not { } worst ? "–" : target.Kind == SlaTargetKind.Throughput ? $"{worst.ToString("0.##", CultureInfo.InvariantCulture)}/s" : $"{Percent(worst)} failed");
            html.Append("</tr>\n");
        }

        html.Append("</tbody>\n</table>\n");
        var more = report.Targets.Sum(count) - found.Length;
        if (more > 0)
        {
            Line(html, $"And {more.ToString(CultureInfo.InvariantCulture)} more.");
        }
    }

    private static void Maintenance(StringBuilder html, SlaReport report)
    {
        if (report.Maintenance.Count == 0)
        {
            return;
        }

        html.Append("<h2>Maintenance</h2>\n<table>\n<thead><tr><th>from</th><th>to</th><th>reason</th></tr></thead>\n<tbody>\n");
        foreach (var window in report.Maintenance)
        {
            html.Append("<tr><td>").Append(Time(report.Sla, window.Start)).Append("</td><td>").Append(Time(report.Sla, window.End)).Append("</td><td>").Append(Escaped(window.Reason)).Append("</td></tr>\n");
        }

        html.Append("</tbody>\n</table>\n");
    }

    private static void Days(StringBuilder html, SlaReport report)
    {
        html.Append("<h2>Days</h2>\n<table>\n<thead><tr><th>day</th>");
        foreach (var target in report.Targets)
        {
            html.Append("<th class=\"n\">").Append(Escaped(target.Target.Text)).Append("</th><th class=\"n\">missed</th><th class=\"n\">gaps</th>");
        }

        html.Append("</tr></thead>\n<tbody>\n");
        foreach (var day in report.Targets.SelectMany(static t => t.Days).Select(static d => d.Day).Distinct().Order())
        {
            html.Append("<tr><td>").Append(day.ToString("yyyy-MM-dd ddd", CultureInfo.InvariantCulture)).Append("</td>");
            foreach (var target in report.Targets)
            {
                var figures = target.Days.FirstOrDefault(d => d.Day == day)?.Figures;
                html.Append("<td class=\"n ").Append(figures is null ? "no_data" : SlaJson.Text(figures.Verdict)).Append("\">").Append(Percent(figures?.Achieved)).Append("</td>");
                Cell(html, figures is null ? "–" : Minutes(figures.Missed));
                Cell(html, figures is null ? "–" : Minutes(figures.Gap));
            }

            html.Append("</tr>\n");
        }

        html.Append("</tbody>\n</table>\n");
    }

    private static void Line(StringBuilder html, string text) => html.Append("<p>").Append(Escaped(text)).Append("</p>\n");

    private static void Cell(StringBuilder html, string text) => html.Append("<td class=\"n\">").Append(Escaped(text)).Append("</td>");

    private static string Escaped(string text) => HtmlEncoder.Default.Encode(text);

    private static string Time(SlaDefinition sla, DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, sla.Calendar.Zone).ToString(Bare, CultureInfo.InvariantCulture);

    // Never rounded up to what was promised: 99.8996 % is not 99.9 %.
    private static string Percent(double? share) =>
        share is { } value ? (Math.Floor(Math.Round(value * 1e6, 6)) / 1e4).ToString("0.####", CultureInfo.InvariantCulture) + "%" : "–";

    private static string Minutes(TimeSpan span) => span.TotalMinutes.ToString("0.#", CultureInfo.InvariantCulture) + " min";

    private static string Number(double? value) => value is { } number ? Math.Round(number).ToString("#,0", CultureInfo.InvariantCulture) : "–";

    private static string Words(SlaVerdict verdict) => verdict switch
    {
        SlaVerdict.Met => "kept",
        SlaVerdict.Missed => "missed",
        SlaVerdict.NoData => "not known",
        _ => "could not be evaluated",
    };
}
