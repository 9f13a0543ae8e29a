using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Exposition;

namespace Sightglass.Ingest.Scrape;

/// <summary>
/// Takes the samples of one target's answers into a batch: finds their series, applies the job's limits, counts. The readers of the formats
/// stand above it. Not thread-safe; used again at every scrape.
/// </summary>
internal sealed class SampleAppender
{
    // As far into the future as Prometheus takes a target's own timestamps.
    private static readonly long MaxAheadMs = (long)TimeSpan.FromMinutes(10).TotalMilliseconds;

    // Series that began longer ago than this are not told of it: Prometheus takes nothing older than the newer half of its two hours in memory.
    private static readonly long MaxCreatedAgeMs = (long)TimeSpan.FromHours(1).TotalMilliseconds;

    // Combined length of an exemplar's names and values in characters, by the specification of OpenMetrics.
    private const int MaxExemplarLength = 128;

    private readonly ScrapeConfiguration _configuration;
    private readonly SeriesNaming _naming;
    private readonly ClassicHistograms _classic;
    private readonly int _maxSchema;
    private MetricBatch _batch = null!;
    private long _scrapeMs;
    private long _appended;
    private int _generation;
    private bool _tooManySamples;
    private bool _tooManyBuckets;

    public SampleAppender(ScrapeConfiguration configuration, LabelSet target, IngestLimits limits)
    {
        _configuration = configuration;
        Limits = limits;
        _naming = new SeriesNaming(configuration, target, limits);
        _classic = new ClassicHistograms(_naming, Cache);
        _maxSchema = HistogramResolution.MaxSchema(configuration.Limits.HistogramMinBucketFactor);
    }

    /// <summary>The series of the target.</summary>
    public ScrapeCache Cache { get; } = new();

    /// <summary>The server's own limits.</summary>
    public IngestLimits Limits { get; }

    /// <summary>Samples of the answer.</summary>
    public int Scraped { get; private set; }

    /// <summary>Samples that relabelling left, taken or not.</summary>
    public int Kept { get; private set; }

    /// <summary>Series that were not there before.</summary>
    public int Added { get; private set; }

    /// <summary>The labels of the series at hand; a reader fills them before <see cref="Learn"/>.</summary>
    public ExposedLabels Labels { get; } = new();

    /// <summary>Whether classic histograms become native ones.</summary>
    public bool Converts => _configuration.ConvertClassicHistograms;

    /// <summary>Whether it matters when series began.</summary>
    public bool TakesCreated => _configuration.CreatedTimestampZero;

    /// <summary>Starts an answer.</summary>
    public void Begin(MetricBatch batch, long scrapeMs)
    {
        _batch = batch;
        _scrapeMs = scrapeMs;
        _generation++;
        _appended = 0;
        (_tooManySamples, _tooManyBuckets) = (false, false);
        (Scraped, Kept, Added) = (0, 0, 0);
        Cache.Begin();
    }

    /// <summary>Takes a series that the answer did not have before; its labels stand in <see cref="Labels"/>.</summary>
    /// <param name="identity">By what it is found again.</param>
    /// <param name="histogramFamily">The classic histogram family that it may be a part of, or null.</param>
    public ExposedSeries Learn(Hash128 identity, string? histogramFamily)
    {
        var series = Cache.Add(identity, _naming.KeyOf(Labels));
        if (Converts && histogramFamily is not null)
        {
            series.Part = _classic.PartOf(histogramFamily, Labels);
        }

        return series;
    }

    /// <summary>Takes a float sample; the index of its series in the batch, or -1 when it was not taken.</summary>
    /// <param name="series">Its series.</param>
    /// <param name="timestampMs">The time that the answer gives it, if any.</param>
    /// <param name="value">Its value.</param>
    /// <param name="createdMs">When the series began, 0 when nothing says so: where that is news, it gets a zero then.</param>
    public int Add(ExposedSeries series, long? timestampMs, double value, long createdMs = 0)
    {
        if (series.Part is { } part)
        {
            Collect(part, timestampMs, value);
            if (!_configuration.AlwaysClassicHistograms)
            {
                Cache.Mark(series);
                return -1;
            }
        }

        var at = Admit(series, ref timestampMs);
        if (at >= 0)
        {
            if (BeginsAt(series.Stored!, createdMs, timestampMs!.Value))
            {
                _batch.AddSample(at, createdMs, 0);
            }

            _batch.AddSample(at, timestampMs.Value, value);
        }

        return at;
    }

    /// <summary>Takes a native histogram; the index of its series in the batch, or -1 when it was not taken. Parameters as of a float sample.</summary>
    public int Add(ExposedSeries series, long? timestampMs, NativeHistogram histogram, long createdMs = 0)
    {
        if (Fit(histogram) is not { } fitting)
        {
            _tooManyBuckets = true;
            Scraped++;
            Cache.Mark(series);
            Kept += series.Stored is null ? 0 : 1;
            return -1;
        }

        var at = Admit(series, ref timestampMs);
        if (at >= 0)
        {
            if (BeginsAt(series.Stored!, createdMs, timestampMs!.Value))
            {
                _batch.Histograms.Add((at, createdMs, Empty(fitting)));
            }

            _batch.Histograms.Add((at, timestampMs.Value, fitting));
        }

        return at;
    }

    /// <summary>Takes an exemplar of the series that <see cref="Add(ExposedSeries, long?, double, long)"/> gave an index for.</summary>
    public void AddExemplar(int series, ExposedSeries exposed, double value, long? timestampMs, long? sampleMs, LabelSet labels)
    {
        var length = 0;
        foreach (var label in labels.Span)
        {
            length += label.Name.Length + label.Value.Length;
        }

        if (length > MaxExemplarLength)
        {
            return;
        }

        var at = timestampMs ?? (_configuration.HonorTimestamps ? sampleMs : null) ?? _scrapeMs;
        if (exposed.Part is { } part && part.Histogram.SeenIn == _generation)
        {
            part.Histogram.Exemplars.Add((value, at, labels));
        }

        if (series >= 0)
        {
            _batch.Exemplars.Add((series, at, value, labels));
        }
    }

    /// <summary>Takes the classic histograms whose series the answer had. A family's end is soon enough.</summary>
    public void FlushHistograms()
    {
        foreach (var histogram in _classic.Pending)
        {
            if (histogram.Build() is not { } native)
            {
                continue;
            }

            var timestampMs = histogram.TimestampMs;
            var at = Admit(histogram.Stored, ref timestampMs, isNew: false);
            if (at < 0)
            {
                continue;
            }

            if (Fit(native) is not { } fitting)
            {
                _tooManyBuckets = true;
                continue;
            }

            _batch.Histograms.Add((at, timestampMs!.Value, fitting));
            foreach (var (value, exemplarMs, labels) in histogram.Exemplars)
            {
                _batch.Exemplars.Add((at, exemplarMs!.Value, value, labels));
            }
        }

        _classic.Pending.Clear();
    }

    /// <summary>Ends an answer that was read to its end.</summary>
    /// <exception cref="ScrapeFailedException">It was over a limit.</exception>
    public void End()
    {
        FlushHistograms();
        if (_tooManySamples)
        {
            throw new ScrapeFailedException($"sample limit exceeded (limit: {_configuration.Limits.Samples}, samples: {_appended})");
        }

        if (_tooManyBuckets)
        {
            throw new ScrapeFailedException($"histogram bucket limit exceeded (limit: {_configuration.Limits.HistogramBuckets})");
        }

        if (Converts)
        {
            _classic.Forget(_generation);
        }
    }

    private void Collect(ClassicPart part, long? timestampMs, double value)
    {
        var histogram = part.Histogram;
        if (histogram.SeenIn != _generation)
        {
            histogram.Clear();
            histogram.SeenIn = _generation;
            _classic.Pending.Add(histogram);
        }

        histogram.TimestampMs = timestampMs ?? histogram.TimestampMs;
        histogram.Add(part.Role, part.Bound, value);
    }

    private int Admit(ExposedSeries series, ref long? timestampMs)
    {
        var repeated = !Cache.Mark(series);
        if (repeated && series.Stored is not null && (timestampMs is null || !_configuration.HonorTimestamps))
        {
            // The same series twice at the same time: the first sample stands, and both are counted.
            Scraped++;
            Kept++;
            return -1;
        }

        var at = Admit(series.Stored, ref timestampMs, !series.Known);
        series.Known |= at >= 0;
        return at;
    }

    private int Admit(StoredSeries? stored, ref long? timestampMs, bool isNew)
    {
        Scraped++;
        if (stored is null)
        {
            return -1;
        }

        Kept++;
        var own = timestampMs is not null && _configuration.HonorTimestamps;
        timestampMs = own ? timestampMs : _scrapeMs;
        if (++_appended > _configuration.Limits.Samples && _configuration.Limits.Samples > 0)
        {
            _tooManySamples = true;
            return -1;
        }

        if (timestampMs - _scrapeMs > MaxAheadMs || (!own && !Cache.Take(stored)))
        {
            return -1;
        }

        if (!own || _configuration.TrackTimestampsStaleness)
        {
            Cache.Track(stored);
        }

        Added += isNew && !_tooManyBuckets ? 1 : 0;
        return _batch.AddSeries(stored.Key);
    }

    // Only what is news is told, once: later than all that the series has, and earlier than the sample at hand.
    private bool BeginsAt(StoredSeries stored, long createdMs, long timestampMs)
    {
        var news = TakesCreated && createdMs != 0 && createdMs < timestampMs && createdMs > stored.LastMs && createdMs >= _scrapeMs - MaxCreatedAgeMs;
        stored.LastMs = Math.Max(stored.LastMs, timestampMs);
        return news;
    }

    private static NativeHistogram Empty(NativeHistogram like) => new()
    {
        ResetHint = CounterResetHint.CounterReset,
        Schema = like.Schema,
        ZeroThreshold = like.ZeroThreshold,
        CustomBounds = like.CustomBounds,
    };

    private NativeHistogram? Fit(NativeHistogram histogram)
    {
        if (histogram.Schema != NativeHistogram.CustomBucketsSchema && histogram.Schema > _maxSchema)
        {
            histogram = HistogramResolution.Reduce(histogram, _maxSchema);
        }

        return _configuration.Limits.HistogramBuckets > 0 ? HistogramResolution.Limit(histogram, _configuration.Limits.HistogramBuckets) : histogram;
    }
}
