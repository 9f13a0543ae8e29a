using System.Globalization;
using Sightglass.Alerting.Slo;

namespace Sightglass.Alerting.Sla;

/// <summary>Reads agreements: the entries of <c>slas</c> in the configuration.</summary>
public static class SlaReader
{
    /// <summary>Errors in a slot above which the service counts as down, where nothing else was agreed.</summary>
    private const decimal DownAbove = 0.1m;

    /// <summary>The same of a probe, which says of a moment that it is up or not, and whose last word holds until the next.</summary>
    private const decimal ProbeDownAbove = 0.5m;

    private static readonly TimeSpan DefaultSlot = TimeSpan.FromMinutes(5);
    private static readonly string[] LocalTimes = ["yyyy-MM-dd HH:mm", "yyyy-MM-ddTHH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm:ss"];

    /// <summary>The agreements of a text with <c>slas</c>.</summary>
    /// <exception cref="AlertingConfigurationException">Something in it is not as it has to be.</exception>
    public static IReadOnlyList<SlaDefinition> Load(string path, string text)
    {
        var root = new YamlFile(path).Read(text, "the file");
        var slas = Read(root, path);
        root.RejectUnknown();
        return slas;
    }

    /// <summary>The agreements under <c>slas</c>.</summary>
    internal static IReadOnlyList<SlaDefinition> Read(YamlSection root, string file)
    {
        var sections = root.Sections("slas");
        if (sections.Count > SlaLimits.MaxSlas)
        {
            throw root.Error("slas", $"{sections.Count} agreements, limit MaxSlas is {SlaLimits.MaxSlas}");
        }

        var slas = new List<SlaDefinition>();
        foreach (var section in sections)
        {
            var sla = One(section, file);
            slas.Add(slas.Exists(s => s.Name == sla.Name) ? throw section.Error("name", $"a second sla of the name \"{sla.Name}\"") : sla);
        }

        return slas;
    }

    private static SlaDefinition One(YamlSection section, string file)
    {
        var name = SloText.Name(section, "name");
        var service = section.Text("service") is { Length: > 0 } given ? given : throw section.Error($"sla \"{name}\": service must be set");
        var calendar = new SlaCalendar(
            section.Text("period", "month") switch
            {
                "week" => SlaPeriodKind.Week,
                "month" => SlaPeriodKind.Month,
                "quarter" => SlaPeriodKind.Quarter,
                "year" => SlaPeriodKind.Year,
                var other => throw section.Error("period", $"period: got \"{other}\", want week, month, quarter or year"),
            },
            TimeZoneInfo.TryFindSystemTimeZoneById(section.Text("time_zone", "UTC"), out var zone)
                ? zone
                : throw section.Error("time_zone", $"time_zone: got \"{section.Text("time_zone")}\", want a name of the IANA time zone database"));
        var sla = new SlaDefinition
        {
            Name = name,
            Service = service,
            DisplayName = section.Text("display_name", string.Empty),
            Description = section.Text("description", string.Empty),
            Customer = section.Text("customer", string.Empty),
            Calendar = calendar,
            Slot = Slot(section, calendar),
            Targets = Targets(section.Section("targets") ?? throw section.Error($"sla \"{name}\": targets must be set"), service),
            Maintenance = Maintenance(section, calendar),
            File = file,
            Line = section.Line,
        };
        section.RejectUnknown();
        return sla;
    }

    private static TimeSpan Slot(YamlSection section, SlaCalendar calendar)
    {
        var slot = section.Duration("slot") ?? DefaultSlot;
        if (slot < SlaLimits.MinSlot || slot > SlaLimits.MaxSlot || TimeSpan.FromHours(1).Ticks % slot.Ticks != 0)
        {
            throw section.Error("slot", $"slot: got {PromDuration.Format(slot)}, want 1m to 1h, such that an hour is a whole number of them");
        }

        var days = calendar.Kind switch { SlaPeriodKind.Week => 7, SlaPeriodKind.Month => 31, SlaPeriodKind.Quarter => 92, _ => 366 };
        return TimeSpan.FromDays(days) / slot <= SlaLimits.MaxSlots
            ? slot
            : throw section.Error("slot", $"slot: got {PromDuration.Format(slot)}, over a {calendar.Kind.ToString().ToLowerInvariant()} these are more than the limit MaxSlots, {SlaLimits.MaxSlots}");
    }

    private static List<SlaTarget> Targets(YamlSection section, string service)
    {
        var targets = new List<SlaTarget>();
        void Add(string key, Func<YamlSection, SlaTarget> read)
        {
            if (section.Section(key) is { } part)
            {
                targets.Add(read(part));
                part.RejectUnknown();
            }
        }

        Add("uptime", part => Uptime(part, service));
        Add("latency", part => Latency(part, service));
        Add("throughput", part => Throughput(part, service));
        Add("error_rate", part => ErrorRate(part, service));
        section.RejectUnknown();
        return targets.Count > 0 ? targets : throw section.Error("targets: one of uptime, latency, throughput and error_rate must be set");
    }

    private static SlaTarget Uptime(YamlSection section, string service)
    {
        var promised = Percent(section, "objective", null, whole: true);
        var limit = Percent(section, "down_above", section.Has("up") ? ProbeDownAbove : DownAbove, whole: false);
        SloIndicator indicator = !section.Has("up") ? SloReader.Indicator(section, service)
            : section.Has("indicator") ? throw section.Error("indicator", "uptime: only one of up and indicator can be set")
            : SampledIndicator.OfThreshold(SloText.Query(section, "up", SloText.Instant), ">", 0);
        return new SlaTarget
        {
            Kind = SlaTargetKind.Uptime,
            Promised = promised,
            Indicator = indicator,
            Limit = limit,
            Text = $"up {Text(promised)}% of the time",
        };
    }

    private static SlaTarget Latency(YamlSection section, string service)
    {
        if (section.Has("p") == section.Has("objective"))
        {
            throw section.Error("latency: one of objective and p must be set");
        }

        var promised = Percent(section, section.Has("p") ? "p" : "objective", null, whole: false);
        var (indicator, text) = (SloReader.Latency(section, service), section.Text("threshold", string.Empty));
        return new SlaTarget
        {
            Kind = SlaTargetKind.Latency,
            Promised = promised,
            Indicator = indicator,
            Limit = 1 - promised,
            Text = $"{Text(promised)}% of requests within {text}{(char.IsAsciiDigit(text[^1]) ? " s" : string.Empty)}",
        };
    }

    private static SlaTarget Throughput(YamlSection section, string service)
    {
        var least = SloText.Number(section, "at_least") is { } number and > 0 ? number : throw section.Error("throughput: at_least must be set, in requests per second above 0");
        var promised = Percent(section, "objective", 1, whole: true);
        var language = SloText.Language(section, "query_language");
        var counters = section.Bool("counter") ?? true;
        var total = section.Has("query") ? SloText.Query(section, "query", text => SloQuery.Parse(text, language, counters)) : SloReader.Availability(service).Total;
        return new SlaTarget
        {
            Kind = SlaTargetKind.Throughput,
            Promised = promised,
            Indicator = new EventIndicator(null, total, total),
            Limit = least,
            Text = $"{SloIndicator.Number(least)} per second or more, {Text(promised)}% of the time",
        };
    }

    private static SlaTarget ErrorRate(YamlSection section, string service)
    {
        var most = Percent(section, "at_most", null, whole: false);
        return new SlaTarget
        {
            Kind = SlaTargetKind.ErrorRate,
            Promised = most,
            Indicator = SloReader.Indicator(section, service),
            Limit = most,
            Text = $"no more than {Text(most)}% of requests fail",
        };
    }

    private static string Text(decimal share) => SloIndicator.Number(share * 100);

    private static decimal Percent(YamlSection section, string key, decimal? otherwise, bool whole) => SloText.Number(section, key) switch
    {
        null => otherwise ?? throw section.Error($"{section.What}: {key} must be set, in percent"),
        100 when whole => 1,
        { } value => SloText.Share(section, key, value, 100),
    };

    private static List<SlaMaintenance> Maintenance(YamlSection section, SlaCalendar calendar)
    {
        var entries = section.Sections("maintenance");
        return entries.Count <= SlaLimits.MaxMaintenance
            ? entries.ConvertAll(entry => Entry(entry, calendar))
            : throw section.Error("maintenance", $"{entries.Count} entries, limit MaxMaintenance is {SlaLimits.MaxMaintenance}");
    }

    private static SlaMaintenance Entry(YamlSection entry, SlaCalendar calendar)
    {
        var reason = entry.Text("reason", string.Empty);
        SlaMaintenance maintenance;
        if (entry.Has("weekdays"))
        {
            var days = entry.Texts("weekdays").ConvertAll(text => Enum.TryParse<DayOfWeek>(text, ignoreCase: true, out var day) && !char.IsAsciiDigit(text[0])
                ? day
                : throw entry.Error("weekdays", $"weekdays: got \"{text}\", want monday to sunday"));
            maintenance = days.Count > 0 ? new SlaMaintenance.Weekly(days, Clock(entry, "from"), Clock(entry, "to"), reason) : throw entry.Error("weekdays", "weekdays: want a list of days");
        }
        else
        {
            var (start, end) = (Moment(entry, "from", calendar), Moment(entry, "to", calendar));
            maintenance = start < end ? new SlaMaintenance.Once(start, end, reason) : throw entry.Error("to", "to: want a time after from");
        }

        entry.RejectUnknown();
        return maintenance;
    }

    private static TimeOnly Clock(YamlSection entry, string key) =>
        TimeOnly.TryParseExact(entry.Text(key, string.Empty), "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time
            : throw entry.Error(key, $"{key}: got \"{entry.Text(key)}\", want a time of day such as '02:00'");

    private static DateTimeOffset Moment(YamlSection entry, string key, SlaCalendar calendar)
    {
        var text = entry.Text(key) ?? throw entry.Error($"maintenance: {key} must be set");
        return DateTime.TryParseExact(text, LocalTimes, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) ? calendar.At(local)
            : DateTimeOffset.TryParseExact(text, ["yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mmK"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var moment) ? moment.ToUniversalTime()
            : throw entry.Error(key, $"{key}: got \"{text}\", want a time such as '2026-10-03 02:00', by the clock of time_zone, or 2026-10-03T02:00:00Z");
    }
}
