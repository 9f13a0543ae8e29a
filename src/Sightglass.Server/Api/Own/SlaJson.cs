using System.Globalization;
using System.Text.Json;
using Sightglass.Alerting.Sla;

namespace Sightglass.Server.Api.Own;

/// <summary>Writes agreements and their reports as JSON.</summary>
internal static class SlaJson
{
    /// <summary>An agreement and how it stands, without days and incidents.</summary>
    public static void Summary(Utf8JsonWriter json, SlaReport report)
    {
        var sla = report.Sla;
        json.WriteString("name", sla.Name);
        json.WriteString("service", sla.Service);
        json.WriteString("displayName", sla.DisplayName);
        json.WriteString("description", sla.Description);
        json.WriteString("customer", sla.Customer);
        json.WriteString("file", sla.File);
        json.WriteNumber("line", sla.Line);
        json.WriteNumber("slotSeconds", (long)sla.Slot.TotalSeconds);
        json.WriteStartObject("period");
        json.WriteString("name", report.Period.Name);
        json.WriteString("kind", sla.Calendar.Kind.ToString().ToLowerInvariant());
        json.WriteString("timeZone", sla.Calendar.Zone.Id);
        json.WriteString("start", report.Period.Start.UtcDateTime);
        json.WriteString("end", report.Period.End.UtcDateTime);
        json.WriteString("until", report.Until.UtcDateTime);
        json.WriteBoolean("complete", report.IsComplete);
        json.WriteString("previous", sla.Calendar.Before(report.Period).Name);
        json.WriteString("next", sla.Calendar.After(report.Period).Name);
        json.WriteEndObject();
        json.WriteString("state", Text(report.Verdict));
        json.WriteStartArray("targets");
        foreach (var target in report.Targets)
        {
            json.WriteStartObject();
            json.WriteString("kind", target.Target.Key);
            json.WriteString("text", target.Target.Text);
            json.WriteString("promise", target.Target.IsAtLeast ? "at_least" : "at_most");
            json.WriteNumber("promised", target.Target.Promised);
            Figures(json, target.Total);
            Number(json, "allowedMinutes", target.Allowed?.TotalMinutes);
            json.WriteNumber("incidentCount", target.IncidentCount);
            json.WriteNumber("gapCount", target.GapCount);
            if (target.Error is { } error)
            {
                json.WriteString("error", error);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The whole report.</summary>
    public static void Report(Utf8JsonWriter json, SlaReport report)
    {
        Summary(json, report);
        json.WriteStartArray("days");
        var days = report.Targets.SelectMany(static t => t.Days).Select(static d => (d.Day, d.Start, d.End)).Distinct().Order();
        foreach (var (day, start, end) in days)
        {
            json.WriteStartObject();
            json.WriteString("date", day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            json.WriteString("start", start.UtcDateTime);
            json.WriteString("end", end.UtcDateTime);
            json.WriteStartArray("targets");
            foreach (var target in report.Targets)
            {
                if (target.Days.FirstOrDefault(d => d.Day == day) is { } found)
                {
                    json.WriteStartObject();
                    json.WriteString("kind", target.Target.Key);
                    Figures(json, found.Figures);
                    json.WriteEndObject();
                }
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Intervals(json, "incidents", report, static t => t.Incidents);
        Intervals(json, "gaps", report, static t => t.Gaps);
        json.WriteStartArray("maintenance");
        foreach (var window in report.Maintenance)
        {
            json.WriteStartObject();
            json.WriteString("start", window.Start.UtcDateTime);
            json.WriteString("end", window.End.UtcDateTime);
            json.WriteNumber("minutes", (window.End - window.Start).TotalMinutes);
            json.WriteString("reason", window.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>A verdict as the API writes it.</summary>
    public static string Text(SlaVerdict verdict) => verdict switch
    {
        SlaVerdict.Met => "met",
        SlaVerdict.Missed => "missed",
        SlaVerdict.NoData => "no_data",
        _ => "error",
    };

    private static void Intervals(Utf8JsonWriter json, string name, SlaReport report, Func<SlaTargetReport, IReadOnlyList<SlaInterval>> of)
    {
        json.WriteStartArray(name);
        foreach (var (target, interval) in report.Targets.SelectMany(t => of(t).Select(i => (t.Target, Interval: i))).OrderBy(static p => p.Interval.Start))
        {
            json.WriteStartObject();
            json.WriteString("kind", target.Key);
            json.WriteString("start", interval.Start.UtcDateTime);
            json.WriteString("end", interval.End.UtcDateTime);
            json.WriteNumber("minutes", (interval.End - interval.Start).TotalMinutes);
            Number(json, "worst", interval.Worst);
            json.WriteBoolean("ongoing", interval.IsOngoing && !report.IsComplete);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Figures(Utf8JsonWriter json, SlaFigures figures)
    {
        json.WriteString("state", Text(figures.Verdict));
        Number(json, "achieved", figures.Achieved);
        json.WriteNumber("goodMinutes", figures.Good.TotalMinutes);
        json.WriteNumber("missedMinutes", figures.Missed.TotalMinutes);
        json.WriteNumber("idleMinutes", figures.Idle.TotalMinutes);
        json.WriteNumber("gapMinutes", figures.Gap.TotalMinutes);
        json.WriteNumber("maintenanceMinutes", figures.Maintenance.TotalMinutes);
        Number(json, "requests", figures.Requests);
        Number(json, "failed", figures.Failed);
        Number(json, "perSecond", figures.PerSecond);
    }

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
