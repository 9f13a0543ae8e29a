using System.Globalization;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Slo;

/// <summary>Reads objectives in the short form: the entries of <c>slos</c> in the configuration.</summary>
internal static class SloReader
{
    private const string DefaultWindow = "30d";
    private static readonly DateTime Monday = new(2024, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);

    /// <summary>Reads one.</summary>
    public static SloDefinition Read(YamlSection section, string file)
    {
        var name = SloText.Name(section, "name");
        var service = section.Text("service") is { Length: > 0 } given ? given : throw section.Error($"slo \"{name}\": service must be set");
        var target = SloText.Share(section, "objective", SloText.Number(section, "objective") ?? throw section.Error($"slo \"{name}\": objective must be set, in percent"), 100);
        var window = Window(section);
        var slo = new SloDefinition
        {
            Name = name,
            Service = service,
            DisplayName = section.Text("display_name", string.Empty),
            Description = section.Text("description", string.Empty),
            Target = target,
            Window = window,
            Indicator = Indicator(section, service),
            Labels = SloText.Labels(section, "labels"),
            Alerting = Alerting(section.Section("alerting")),
            File = file,
            Line = section.Line,
        };
        section.RejectUnknown();
        SloText.Check(section, "window", slo.Indicator, window);
        return slo;
    }

    /// <summary>Reads <c>slo_defaults</c>.</summary>
    public static SloDefaults Defaults(YamlSection? section)
    {
        var defaults = new SloDefaults();
        if (section is null)
        {
            return defaults;
        }

        defaults = defaults with
        {
            Enabled = section.Bool("enabled") ?? true,
            Objective = SloText.Number(section, "objective") is { } percent ? SloText.Share(section, "objective", percent, 100) : defaults.Objective,
            Window = Window(section),
            Alerting = Alerting(section.Section("alerting")),
        };
        if (section.Section("latency") is { } latency)
        {
            defaults = defaults with
            {
                LatencyObjective = !(latency.Bool("enabled") ?? true) ? null
                    : SloText.Number(latency, "objective") is { } share ? SloText.Share(latency, "objective", share, 100)
                    : defaults.LatencyObjective,
                LatencyThreshold = Threshold(latency) ?? defaults.LatencyThreshold,
            };
            latency.RejectUnknown();
        }

        section.RejectUnknown();
        return defaults;
    }

    private static SloWindow Window(YamlSection section)
    {
        var text = section.Text("window", DefaultWindow);
        var name = section.Text("time_zone", "UTC");
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone))
        {
            throw section.Error("time_zone", $"time_zone: got \"{name}\", want a name of the IANA time zone database");
        }

        return text switch
        {
            "day" => SloWindow.CalendarLength(TimeSpan.FromDays(1), Monday, zone, text),
            "week" => SloWindow.CalendarLength(TimeSpan.FromDays(7), Monday, zone, text),
            "month" => SloWindow.CalendarMonths(1, Monday, zone, text),
            "quarter" => SloWindow.CalendarMonths(3, Monday, zone, text),
            "year" => SloWindow.CalendarMonths(12, Monday, zone, text),
            _ when !PromDuration.TryParse(text, out _) => throw section.Error("window", $"window: got \"{text}\", want a duration such as 30d, or day, week, month, quarter or year"),
            _ when section.Has("time_zone") => throw section.Error("time_zone", "time_zone: only windows of the calendar have one"),
            _ => SloText.Rolling(section, "window", PromDuration.TryParse(text, out var length) ? length : default),
        };
    }

    /// <summary>What the section's <c>indicator</c> measures; without one, what the application counts under the agreed name.</summary>
    internal static EventIndicator Indicator(YamlSection parent, string service)
    {
        var indicator = parent.Section("indicator");
        if (indicator is null)
        {
            return Availability(service);
        }

        var language = SloText.Language(indicator, "query_language");
        var (ratio, latency) = (indicator.Section("ratio"), indicator.Section("latency"));
        var spans = indicator.Section("spans");
        indicator.RejectUnknown();
        if (spans is not null)
        {
            return ratio is null && latency is null ? Spans(spans, service) : throw indicator.Error("spans", "indicator: only one of ratio, latency and spans can be set");
        }

        return (ratio, latency) switch
        {
            ({ } one, null) => Ratio(one, language),
            (null, { } one) when language == RuleLanguage.PromQL => Latency(one, service),
            (null, { } one) => throw one.Error("a latency is read from a histogram: query_language has to be promql; over spans write spans with a threshold"),
            (null, null) => throw indicator.Error("indicator: one of ratio, latency and spans must be set"),
            _ => throw indicator.Error("latency", "indicator: only one of ratio and latency can be set"),
        };
    }

    /// <summary>What an application counts under the agreed name: it needs no query.</summary>
    internal static EventIndicator Availability(string service)
    {
        var label = GoFormat.Quote(service);
        return new EventIndicator(
            SloQuery.Parse($"sli_availability_total{{service={label},status=\"failure\"}}", RuleLanguage.PromQL, counters: true),
            null,
            SloQuery.Parse($"sli_availability_total{{service={label}}}", RuleLanguage.PromQL, counters: true));
    }

    // Without a selection, the requests that the service answers; bad are those with an error, or those that took too long.
    private static EventIndicator Spans(YamlSection section, string service)
    {
        SloQuery Query(string key) => SloText.Query(section, key, static text => SloQuery.Parse(text, RuleLanguage.TraceQL, counters: true));
        var total = section.Has("total") ? Query("total") : SloQuery.Parse($"{{ resource.service.name = {GoFormat.Quote(service)} && kind = server }}", RuleLanguage.TraceQL, counters: true);
        var threshold = Threshold(section);
        if ((section.Has("errors") ? 1 : 0) + (section.Has("good") ? 1 : 0) + (threshold is null ? 0 : 1) > 1)
        {
            throw section.Error("spans: only one of errors, good and threshold can be set");
        }

        var condition = threshold is { } seconds ? $"duration > {SloIndicator.Number(Math.Round(seconds * 1_000_000_000))}ns" : "status = error";
        var indicator = section.Has("good") ? new EventIndicator(null, Query("good"), total)
            : section.Has("errors") ? new EventIndicator(Query("errors"), null, total)
            : new EventIndicator(section.Has("total") ? SloText.Query(section, "total", _ => total.And(condition)) : total.And(condition), null, total);
        section.RejectUnknown();
        return indicator;
    }

    private static EventIndicator Ratio(YamlSection section, RuleLanguage language)
    {
        var counters = section.Bool("counter") ?? true;
        var (errors, good) = (section.Has("errors"), section.Has("good"));
        if (errors == good)
        {
            throw section.Error("ratio: one of errors and good must be set");
        }

        SloQuery Query(string key) => SloText.Query(section, key, text => SloQuery.Parse(text, language, counters));
        var indicator = new EventIndicator(errors ? Query("errors") : null, good ? Query("good") : null, Query("total"));
        section.RejectUnknown();
        return indicator;
    }

    /// <summary>Requests that took no longer than the section's <c>threshold</c> are good.</summary>
    internal static EventIndicator Latency(YamlSection section, string service)
    {
        var threshold = Threshold(section) ?? throw section.Error("latency: threshold must be set");
        var native = section.Bool("native") ?? false;
        if (!section.Has("histogram") && !native)
        {
            section.RejectUnknown();
            return Latency(service, threshold);
        }

        var (name, matchers) = section.Has("histogram") ? SloText.Query(section, "histogram", SloHistogram.Parse) : OwnHistogram(service);
        section.RejectUnknown();
        return SloHistogram.Indicator(name, matchers, threshold, native);
    }

    private static decimal? Threshold(YamlSection section) => section.Text("threshold") is not { } text ? null
        : decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
        : PromDuration.TryParse(text, out var span) && span > TimeSpan.Zero ? (decimal)span.Ticks / TimeSpan.TicksPerSecond
        : throw section.Error("threshold", $"threshold: got \"{text}\", want seconds or a duration such as 300ms");

    /// <summary>What an application measures under the agreed name.</summary>
    internal static EventIndicator Latency(string service, decimal seconds)
    {
        var (name, matchers) = OwnHistogram(service);
        return SloHistogram.Indicator(name, matchers, seconds, native: false);
    }

    private static (string Name, string Matchers) OwnHistogram(string service) => ("sli_latency_seconds", $"service={GoFormat.Quote(service)}");

    private static SloAlerting Alerting(YamlSection? section)
    {
        var alerting = new SloAlerting();
        if (section is null)
        {
            return alerting;
        }

        alerting = alerting with
        {
            AlertName = section.Text("name") is { Length: > 0 } name ? name : alerting.AlertName,
            Labels = SloText.Labels(section, "labels"),
            Annotations = LabelSet.From([.. section.Map("annotations").Select(static p => new Label(p.Key, p.Value))]),
            Page = Class(section, "page", alerting.Page),
            Ticket = Class(section, "ticket", alerting.Ticket),
        };
        var enabled = section.Bool("enabled") ?? true;
        section.RejectUnknown();
        return enabled ? alerting : alerting with { Page = null, Ticket = null };
    }

    private static LabelSet? Class(YamlSection parent, string key, LabelSet? otherwise)
    {
        if (parent.Section(key) is not { } section)
        {
            return otherwise;
        }

        var labels = SloText.Labels(section, "labels");
        var enabled = section.Bool("enabled") ?? true;
        section.RejectUnknown();
        return !enabled ? null : labels["severity"].Length > 0 ? labels : LabelSet.From([.. otherwise!, .. labels]);
    }
}
