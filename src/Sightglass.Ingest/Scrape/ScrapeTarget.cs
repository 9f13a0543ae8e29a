using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Exposition;

namespace Sightglass.Ingest.Scrape;

/// <summary>Whether the last scrape of a target went well.</summary>
public enum TargetHealth
{
    /// <summary>Not scraped yet.</summary>
    Unknown,

    /// <summary>The last scrape went well.</summary>
    Up,

    /// <summary>The last scrape failed.</summary>
    Down,
}

/// <summary>What is known of a target at one moment.</summary>
/// <param name="Job">The scrape configuration's name.</param>
/// <param name="DiscoveredLabels">Labels before relabelling.</param>
/// <param name="Labels">Labels after it.</param>
/// <param name="Url">What is asked.</param>
/// <param name="Health">How the last scrape went.</param>
/// <param name="LastScrape">When it began, or null.</param>
/// <param name="LastDuration">How long it took.</param>
/// <param name="LastError">Why it failed; empty when it did not.</param>
/// <param name="Interval">The interval in force.</param>
/// <param name="Timeout">The timeout in force.</param>
/// <param name="Samples">Samples of the last good scrape.</param>
public sealed record TargetStatus(string Job, LabelSet DiscoveredLabels, LabelSet Labels, Uri Url, TargetHealth Health, DateTimeOffset? LastScrape,
    TimeSpan LastDuration, string LastError, TimeSpan Interval, TimeSpan Timeout, int Samples);

/// <summary>One target: fetches its metrics, turns them into samples, and keeps how it went.</summary>
internal sealed class ScrapeTarget
{
    private static readonly string[] ReportNames =
        ["up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling", "scrape_series_added"];

    private readonly ScrapeConfiguration _configuration;
    private readonly IBatchSink _sink;
    private readonly IngestLimits _limits;
    private readonly ScrapeCache _cache;
    private readonly Dictionary<string, MetricMetadata> _metadata = new(StringComparer.Ordinal);
    private readonly LabelSet[] _reports;
    private volatile TargetStatus _status;

    public ScrapeTarget(ScrapeConfiguration configuration, TargetStatus initial, IBatchSink sink, IngestLimits limits)
    {
        _configuration = configuration;
        _status = initial;
        _sink = sink;
        _limits = limits;
        _cache = new ScrapeCache(configuration, initial.Labels, limits);
        _reports = Array.ConvertAll(ReportNames, name => initial.Labels.With(LabelSet.MetricName, name));
    }

    public TargetStatus Status => _status;

    /// <summary>What the target says of its metric families, by name.</summary>
    public IReadOnlyList<MetricMetadata> Metadata
    {
        get
        {
            lock (_metadata)
            {
                return [.. _metadata.Values.OrderBy(m => m.Family, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>One scrape. Never throws but on cancellation: a failure is the target's state and <c>up 0</c>.</summary>
    public async Task ScrapeAsync(ScrapeClient client, TimeProvider time, CancellationToken cancellation)
    {
        var began = time.GetUtcNow();
        var from = time.GetTimestamp();
        var timestampMs = began.ToUnixTimeMilliseconds();
        var counts = default(ScrapeCounts);
        var error = string.Empty;
        using var batch = MetricBatch.Rent();
        using var body = new ByteWriter(64 << 10);
        try
        {
            var limit = _configuration.BodySizeLimit > 0 ? (int)Math.Min(_configuration.BodySizeLimit, _limits.MaxScrapeBytes) : _limits.MaxScrapeBytes;
            var openMetrics = await client.FetchAsync(_status.Url, _configuration.Authorization, _status.Timeout, limit, body, time, cancellation);
            counts = Read(body.Written, openMetrics, timestampMs, batch);
            _cache.End(batch, timestampMs);
        }
        catch (Exception e) when (e is MalformedInputException or LimitExceededException or HttpRequestException or IOException or TimeoutException or InvalidDataException)
        {
            error = e is HttpRequestException { InnerException: { } inner } ? inner.Message : e.Message;
            batch.Clear();
            counts = default;
            _cache.EndAll(batch, timestampMs);
        }

        var duration = time.GetElapsedTime(from);
        Report(batch, timestampMs, [error.Length == 0 ? 1 : 0, duration.TotalSeconds, counts.Scraped, counts.Kept, counts.Added]);
        try
        {
            _sink.Append(batch);
        }
        catch (Exception e) when (e is StorageFailedException or LimitExceededException)
        {
            error = e.Message;
        }

        _status = _status with
        {
            Health = error.Length == 0 ? TargetHealth.Up : TargetHealth.Down,
            LastScrape = began,
            LastDuration = duration,
            LastError = error,
            Samples = counts.Scraped,
        };
    }

    /// <summary>Marks every series of a target that is no longer there.</summary>
    public void Retire(long timestampMs)
    {
        using var batch = MetricBatch.Rent();
        _cache.EndAll(batch, timestampMs);
        Report(batch, timestampMs, [.. Enumerable.Repeat(SpecialValues.StaleNaN, _reports.Length)]);
        try
        {
            _sink.Append(batch);
        }
        catch (Exception e) when (e is StorageFailedException or LimitExceededException)
        {
            _status = _status with { LastError = e.Message };
        }
    }

    private void Report(MetricBatch batch, long timestampMs, ReadOnlySpan<double> values)
    {
        for (var i = 0; i < _reports.Length; i++)
        {
            batch.AddSample(batch.AddSeries(_reports[i]), timestampMs, values[i]);
        }
    }

    private ScrapeCounts Read(ReadOnlySpan<byte> body, bool openMetrics, long timestampMs, MetricBatch batch)
    {
        if (!System.Text.Unicode.Utf8.IsValid(body))
        {
            throw new MalformedInputException("the answer is not valid UTF-8");
        }

        var counts = default(ScrapeCounts);
        var reader = new ExpositionReader(body, openMetrics);
        var families = new Dictionary<string, MetricMetadata>(StringComparer.Ordinal);
        _cache.Begin();
        while (reader.Next())
        {
            if (reader.Entry != ExpositionEntry.Sample)
            {
                Describe(reader, families);
                continue;
            }

            counts.Scraped++;
            var own = _configuration.HonorTimestamps && reader.TimestampMs is not null;
            if (_cache.Find(reader.Name, own, out var added) is not { } key)
            {
                continue;
            }

            counts.Kept++;
            counts.Added += added ? 1 : 0;
            if (_configuration.SampleLimit > 0 && counts.Kept > _configuration.SampleLimit)
            {
                throw new LimitExceededException("sample_limit", _configuration.SampleLimit, counts.Kept, "samples of the scrape");
            }

            var series = batch.AddSeries(key);
            var at = own ? reader.TimestampMs!.Value : timestampMs;
            batch.AddSample(series, at, reader.Value);
            if (reader.Exemplar.Length > 0)
            {
                AddExemplar(reader.Exemplar, series, at, batch);
            }
        }

        lock (_metadata)
        {
            foreach (var (name, family) in families)
            {
                if (!_metadata.TryGetValue(name, out var known) || known != family)
                {
                    _metadata[name] = family;
                    batch.Metadata.Add(family);
                }
            }
        }

        return counts;
    }

    private static void Describe(in ExpositionReader reader, Dictionary<string, MetricMetadata> families)
    {
        var name = Encoding.UTF8.GetString(reader.Name);
        var family = families.GetValueOrDefault(name) ?? new MetricMetadata(name, MetricType.Unknown, string.Empty, string.Empty);
        families[name] = reader.Entry switch
        {
            ExpositionEntry.Type => family with { Type = TypeOf(reader.Text) },
            ExpositionEntry.Help => family with { Help = ExpositionReader.Unescape(reader.Text) },
            _ => family with { Unit = Encoding.UTF8.GetString(reader.Text) },
        };
    }

    private static MetricType TypeOf(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("counter"u8) ? MetricType.Counter
        : text.SequenceEqual("gauge"u8) ? MetricType.Gauge
        : text.SequenceEqual("histogram"u8) ? MetricType.Histogram
        : text.SequenceEqual("gaugehistogram"u8) ? MetricType.GaugeHistogram
        : text.SequenceEqual("summary"u8) ? MetricType.Summary
        : text.SequenceEqual("info"u8) ? MetricType.Info
        : text.SequenceEqual("stateset"u8) ? MetricType.StateSet
        : MetricType.Unknown;

    private static void AddExemplar(ReadOnlySpan<byte> text, int series, long timestampMs, MetricBatch batch)
    {
        var end = text.LastIndexOf((byte)'}') + 1;
        if (end == 0)
        {
            throw new MalformedInputException("an exemplar has no labels");
        }

        var labels = new LabelSetBuilder();
        ExpositionReader.ReadLabels(text[..end], labels);
        var parts = Encoding.UTF8.GetString(text[end..]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length is 0 or > 2 || !double.TryParse(parts[0], System.Globalization.CultureInfo.InvariantCulture, out var value))
        {
            throw new MalformedInputException("an exemplar has no value");
        }

        var at = parts.Length == 2 && double.TryParse(parts[1], System.Globalization.CultureInfo.InvariantCulture, out var seconds) ? (long)(seconds * 1000) : timestampMs;
        batch.Exemplars.Add((series, at, value, labels.Build()));
    }

    private struct ScrapeCounts
    {
        public int Scraped;
        public int Kept;
        public int Added;
    }
}
