using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Scrape;

/// <summary>
/// One target: fetches its metrics, turns them into samples, and keeps how it went. One scrape at a time; <see cref="Status"/> and
/// <see cref="Metadata"/> from any thread.
/// </summary>
internal sealed class ScrapeTarget
{
    private static readonly string[] ReportNames =
    [
        "up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling", "scrape_series_added",
        "scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes",
    ];

    private const int ExtraReports = 3;

    private readonly IBatchSink _sink;
    private readonly IngestLimits _limits;
    private readonly MetricFamilies _families = new();
    private readonly byte[][] _reports;
    private ScrapeConfiguration _configuration;
    private SampleAppender _appender;
    private TextAnswer _text;
    private ProtobufAnswer? _protobuf;
    private int _lastBytes = 16 << 10;
    private volatile TargetStatus _status;

    public ScrapeTarget(ScrapeConfiguration configuration, TargetStatus initial, IBatchSink sink, IngestLimits limits)
    {
        _configuration = configuration;
        _status = initial;
        _sink = sink;
        _limits = limits;
        _appender = new SampleAppender(configuration, initial.Labels, limits);
        _text = new TextAnswer(_appender, _families);
        _reports = Array.ConvertAll(ReportNames, name => KeyOf(initial.Labels.With(LabelSet.MetricName, name)));
    }

    public TargetStatus Status => _status;

    /// <summary>The families of the last good scrape.</summary>
    public IReadOnlyList<MetricMetadata> Metadata => _families.Snapshot;

    /// <summary>Goes on under another configuration of the same job, or with other labels before relabelling. Not during a scrape.</summary>
    public void Reconfigure(ScrapeConfiguration configuration, TargetStatus found)
    {
        _status = _status with { DiscoveredLabels = found.DiscoveredLabels, Interval = found.Interval, Timeout = found.Timeout };
        if (ReferenceEquals(configuration, _configuration))
        {
            return;
        }

        _configuration = configuration;
        var appender = new SampleAppender(configuration, _status.Labels, _limits);
        appender.Cache.Inherit(_appender.Cache);
        _appender = appender;
        _text = new TextAnswer(appender, _families);
        _protobuf = null;
    }

    /// <summary>Takes over the live series of a target with the same labels that is scraped no more. Before the first scrape.</summary>
    public void Continue(ScrapeTarget other) => _appender.Cache.Inherit(other._appender.Cache);

    /// <summary>One scrape. Never throws but on cancellation: a failure is the target's state and <c>up 0</c>.</summary>
    /// <param name="client">Asks.</param>
    /// <param name="began">The time that the samples get.</param>
    /// <param name="forcedError">Set when the job is over a limit: nothing is asked then, and the scrape has failed with this.</param>
    /// <param name="time">Measures.</param>
    /// <param name="cancellation">Ends the scrape without a trace.</param>
    public async Task ScrapeAsync(ScrapeClient client, DateTimeOffset began, string? forcedError, TimeProvider time, CancellationToken cancellation)
    {
        var from = time.GetTimestamp();
        var timestampMs = began.ToUnixTimeMilliseconds();
        var error = forcedError ?? string.Empty;
        var bytes = 0L;
        using var batch = MetricBatch.Rent();
        using var body = new ByteWriter(Math.Min(_lastBytes + (_lastBytes >> 3), 4 << 20));
        _appender.Begin(batch, timestampMs);
        try
        {
            if (forcedError is null)
            {
                var contentType = await client.FetchAsync(_configuration, _status.Url, _status.Timeout, _limits.MaxScrapeBytes, body, time, cancellation);
                bytes = _lastBytes = body.Length;
                Read(body.Written, ScrapeProtocols.FormatOf(contentType, _configuration.FallbackProtocol), timestampMs, batch);
            }
        }
        catch (Exception e) when (e is ScrapeFailedException or MalformedInputException or LimitExceededException or TimeoutException)
        {
            error = e.Message;
            bytes = e is BodyTooLargeException ? -1 : bytes;
        }

        if (error.Length > 0)
        {
            batch.Clear();
            _appender.Cache.EndAll(batch, timestampMs);
        }

        var duration = time.GetElapsedTime(from);
        batch.Sender = $"scrape {_configuration.JobName}";
        Report(batch, timestampMs,
        [
            error.Length == 0 ? 1 : 0, duration.TotalSeconds, _appender.Scraped, _appender.Kept, _appender.Added,
            _status.Timeout.TotalSeconds, _configuration.Limits.Samples, bytes,
        ]);
        try
        {
            var result = _sink.Append(batch);
            if (result.SeriesLimited > 0 && error.Length == 0)
            {
                // As with sample_limit the target counts as failed; what it has of known series is kept.
                error = result.FirstReason ?? "too many series";
                batch.Clear();
                batch.AddSample(batch.AddSeries(_reports[0]), timestampMs, 0);
                _sink.Append(batch);
            }
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
            Samples = error.Length == 0 ? _appender.Scraped : 0,
        };
    }

    /// <summary>Marks every series of a target that is no longer there.</summary>
    public void Retire(long timestampMs)
    {
        using var batch = MetricBatch.Rent();
        _appender.Cache.EndAll(batch, timestampMs);
        Span<double> stale = stackalloc double[ReportNames.Length];
        stale.Fill(SpecialValues.StaleNaN);
        Report(batch, timestampMs, stale);
        try
        {
            _sink.Append(batch);
        }
        catch (Exception e) when (e is StorageFailedException or LimitExceededException)
        {
            _status = _status with { LastError = e.Message };
        }
    }

    private void Read(ReadOnlySpan<byte> body, AnswerFormat format, long timestampMs, MetricBatch batch)
    {
        _families.Begin();
        if (format == AnswerFormat.Protobuf)
        {
            _protobuf ??= new ProtobufAnswer(_appender, _families, _configuration);
            _protobuf.Read(body);
        }
        else
        {
            _text.Read(body, format == AnswerFormat.OpenMetrics);
        }

        _appender.End();
        _families.End(batch);
        _appender.Cache.End(batch, timestampMs);
    }

    private void Report(MetricBatch batch, long timestampMs, ReadOnlySpan<double> values)
    {
        var count = _configuration.ExtraMetrics ? _reports.Length : _reports.Length - ExtraReports;
        for (var i = 0; i < count; i++)
        {
            batch.AddSample(batch.AddSeries(_reports[i]), timestampMs, values[i]);
        }
    }

    private static byte[] KeyOf(LabelSet labels)
    {
        using var key = new ByteWriter(256);
        labels.WriteKey(key);
        return key.Written.ToArray();
    }
}
