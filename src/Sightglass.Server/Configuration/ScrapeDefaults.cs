using System.Buffers;
using System.Globalization;
using Sightglass.Alerting;
using Sightglass.Ingest.Scrape;

namespace Sightglass.Server.Configuration;

/// <summary>What <c>global</c> says for every scrape; a job's own keys go before it.</summary>
internal sealed record ScrapeDefaults
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");
    private static readonly string[] EscapingSchemes = ["allow-utf-8", "underscores", "dots", "values"];

    public required TimeSpan Interval { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    public IReadOnlyList<ScrapeProtocol>? Protocols { get; init; }

    public ScrapeLimits AllLimits { get; init; } = ScrapeLimits.None;

    public bool NativeHistograms { get; init; }

    public bool AlwaysClassicHistograms { get; init; }

    public bool ConvertClassicHistograms { get; init; }

    public bool CreatedTimestampZero { get; init; }

    public bool ExtraMetrics { get; init; }

    public bool LegacyNames { get; init; }

    public string? NameEscaping { get; init; }

    public string? FailureLogFile { get; init; }

    /// <summary>Equal for equal defaults. A method: a record writes its properties, and would write this one for ever.</summary>
    public string Fingerprint() => $"{this with { Protocols = null }} {string.Join(',', Protocols ?? [])}";

    /// <summary>Reads the scrape settings of <c>global</c>.</summary>
    public static ScrapeDefaults Read(YamlSection section, TimeSpan interval, string folder)
    {
        if (interval <= TimeSpan.Zero)
        {
            throw section.Error("scrape_interval", "scrape_interval has to be more than 0");
        }

        var timeout = section.Duration("scrape_timeout") ?? TimeSpan.FromTicks(Math.Min(interval.Ticks, TimeSpan.FromSeconds(10).Ticks));
        if (timeout > interval)
        {
            throw section.Error(section.Has("scrape_timeout") ? "scrape_timeout" : "scrape_interval", "global scrape timeout greater than scrape interval");
        }

        var legacy = Legacy(section) ?? false;
        return new ScrapeDefaults
        {
            Interval = interval,
            Timeout = timeout,
            Protocols = ReadProtocols(section),
            AllLimits = new ScrapeDefaults { Interval = interval }.Limits(section) with { HistogramBuckets = 0, HistogramMinBucketFactor = 0 },
            NativeHistograms = section.Bool("scrape_native_histograms") ?? false,
            AlwaysClassicHistograms = section.Bool("always_scrape_classic_histograms") ?? false,
            ConvertClassicHistograms = section.Bool("convert_classic_histograms_to_nhcb") ?? false,
            CreatedTimestampZero = section.Bool("created_timestamp_zero_ingestion") ?? false,
            ExtraMetrics = section.Bool("extra_scrape_metrics") ?? false,
            LegacyNames = legacy,
            NameEscaping = ReadEscaping(section, legacy),
            FailureLogFile = section.Text("scrape_failure_log_file") is { Length: > 0 } log ? Path.GetFullPath(log, folder) : null,
        };
    }

    /// <summary>The limits of a job: its own, or these.</summary>
    public ScrapeLimits Limits(YamlSection section) => new()
    {
        BodySize = section.Has("body_size_limit") ? Size(section, "body_size_limit") : AllLimits.BodySize,
        Samples = Count(section, "sample_limit", AllLimits.Samples),
        Targets = Count(section, "target_limit", AllLimits.Targets),
        Labels = Count(section, "label_limit", AllLimits.Labels),
        LabelNameLength = Count(section, "label_name_length_limit", AllLimits.LabelNameLength),
        LabelValueLength = Count(section, "label_value_length_limit", AllLimits.LabelValueLength),
        KeepDroppedTargets = Count(section, "keep_dropped_targets", AllLimits.KeepDroppedTargets),
        HistogramBuckets = Count(section, "native_histogram_bucket_limit", 0),
        HistogramMinBucketFactor = Factor(section, "native_histogram_min_bucket_factor"),
    };

    /// <summary><c>scrape_protocols</c>, or null.</summary>
    public static IReadOnlyList<ScrapeProtocol>? ReadProtocols(YamlSection section)
    {
        if (!section.Has("scrape_protocols"))
        {
            return null;
        }

        var protocols = new List<ScrapeProtocol>();
        foreach (var name in section.Texts("scrape_protocols"))
        {
            var protocol = Protocol(section, "scrape_protocols", name);
            if (protocols.Contains(protocol))
            {
                throw section.Error("scrape_protocols", $"duplicated protocol in scrape_protocols, got {name} twice");
            }

            protocols.Add(protocol);
        }

        return protocols.Count > 0 ? protocols : throw section.Error("scrape_protocols", "scrape_protocols cannot be empty");
    }

    public static ScrapeProtocol Protocol(YamlSection section, string key, string name) =>
        ScrapeProtocols.Parse(name) ?? throw section.Error(key, $"unknown scrape protocol {name}, supported: {ScrapeProtocols.Names}");

    /// <summary>Whether <c>metric_name_validation_scheme</c> asks for the old character set; null when it says nothing.</summary>
    public static bool? Legacy(YamlSection section) => section.Text("metric_name_validation_scheme") switch
    {
        null or "" => null,
        "utf8" => false,
        "legacy" => true,
        var other => throw section.Error("metric_name_validation_scheme", $"unknown metric name validation method specified, must be either '', 'legacy' or 'utf8', got {other}"),
    };

    public static string? ReadEscaping(YamlSection section, bool legacy)
    {
        if (section.Text("metric_name_escaping_scheme") is not { Length: > 0 } scheme)
        {
            return null;
        }

        if (!EscapingSchemes.Contains(scheme))
        {
            throw section.Error("metric_name_escaping_scheme", $"unknown metric name escaping scheme specified, must be one of '{string.Join("', '", EscapingSchemes)}', got {scheme}");
        }

        return legacy && scheme == "allow-utf-8"
            ? throw section.Error("metric_name_escaping_scheme", "utf8 metric names requested but validation scheme is not set to UTF8")
            : scheme;
    }

    /// <summary>A size such as <c>10MB</c>, units of 1024; 0 when the key is not there.</summary>
    private static long Size(YamlSection section, string key)
    {
        var text = section.Text(key)!;
        var rest = text.AsSpan();
        double total = 0;
        do
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            var number = digits < 0 ? rest : rest[..digits];
            rest = digits < 0 ? default : rest[digits..];
            var end = rest.IndexOfAnyInRange('0', '9');
            var unit = end < 0 ? rest : rest[..end];
            var power = unit switch { "" or "B" => 0, "KB" or "KiB" => 1, "MB" or "MiB" => 2, "GB" or "GiB" => 3, "TB" or "TiB" => 4, "PB" or "PiB" => 5, "EB" or "EiB" => 6, _ => -1 };
            if (power < 0 || !double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            {
                throw section.Error(key, $"{key}: got \"{text}\", want a size such as 10MB");
            }

            total += value * Math.Pow(1024, power);
            rest = rest[unit.Length..];
        }
        while (rest.Length > 0);

        return total < long.MaxValue ? (long)total : throw section.Error(key, $"{key}: got \"{text}\", which is too large");
    }

    private static long Count(YamlSection section, string key, long otherwise)
    {
        var value = section.Integer(key) ?? otherwise;
        return value >= 0 ? value == 0 ? otherwise : value : throw section.Error(key, $"{key}: got {value}, want 0 or more");
    }

    private static double Factor(YamlSection section, string key)
    {
        if (section.Text(key) is not { } text)
        {
            return 0;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value
            : throw section.Error(key, $"{key}: got \"{text}\", want a number");
    }
}
