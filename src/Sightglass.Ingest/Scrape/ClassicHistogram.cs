using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Ingest.Exposition;

namespace Sightglass.Ingest.Scrape;

/// <summary>What a series is in a classic histogram.</summary>
internal enum ClassicRole
{
    /// <summary>It is <c>…_bucket</c>.</summary>
    Bucket,

    /// <summary>It is <c>…_sum</c>.</summary>
    Sum,

    /// <summary>It is <c>…_count</c>.</summary>
    Count,
}

/// <summary>A series that is a part of a classic histogram.</summary>
/// <param name="Histogram">The histogram.</param>
/// <param name="Role">Which part.</param>
/// <param name="Bound">The bucket's upper bound.</param>
internal sealed record ClassicPart(ClassicHistogram Histogram, ClassicRole Role, double Bound);

/// <summary>A classic histogram that is put together from its series to become a native one with custom buckets. Not thread-safe.</summary>
internal sealed class ClassicHistogram(StoredSeries? stored)
{
    private readonly List<(double Bound, double Count)> _buckets = [];
    private double? _count;
    private double _sum;

    /// <summary>What the native histogram is stored as; null when relabelling drops it.</summary>
    public StoredSeries? Stored { get; } = stored;

    /// <summary>The scrape that the parts are of.</summary>
    public int SeenIn { get; set; } = ScrapeCache.Never;

    /// <summary>The parts' own timestamp, if any.</summary>
    public long? TimestampMs { get; set; }

    /// <summary>Whether it goes up and down.</summary>
    public bool Gauge { get; set; }

    /// <summary>Exemplars of its buckets.</summary>
    public List<(double Value, long? TimestampMs, LabelSet Labels)> Exemplars { get; } = [];

    /// <summary>Starts again.</summary>
    public void Clear()
    {
        _buckets.Clear();
        Exemplars.Clear();
        _count = null;
        _sum = 0;
        TimestampMs = null;
    }

    public void Add(ClassicRole role, double bound, double value)
    {
        switch (role)
        {
            case ClassicRole.Bucket:
                _buckets.Add((bound, value));
                break;
            case ClassicRole.Sum:
                _sum = value;
                break;
            default:
                _count = value;
                break;
        }
    }

    /// <summary>The native histogram; null when the parts do not make one (counts that go down, not a number).</summary>
    public NativeHistogram? Build()
    {
        _buckets.Sort(static (a, b) => a.Bound.CompareTo(b.Bound));
        var total = _count ?? (_buckets.Count > 0 ? _buckets[^1].Count : 0);
        if (_buckets.Count == 0 || !double.IsPositiveInfinity(_buckets[^1].Bound))
        {
            _buckets.Add((double.PositiveInfinity, total));
        }

        var bounds = new double[_buckets.Count - 1];
        var spans = new List<BucketSpan>();
        var counts = new List<double>();
        var (before, gap) = (0.0, 0);
        for (var i = 0; i < _buckets.Count; i++)
        {
            var (bound, cumulative) = _buckets[i];
            if (double.IsNaN(bound) || !(cumulative >= before) || cumulative > total || (i > 0 && bound <= _buckets[i - 1].Bound))
            {
                return null;
            }

            if (i < bounds.Length)
            {
                bounds[i] = bound;
            }

            if (cumulative == before)
            {
                gap++;
                continue;
            }

            // Empty buckets take no place: a run of others is a span.
            if (gap > 0 || spans.Count == 0)
            {
                spans.Add(new BucketSpan(gap, 1));
            }
            else
            {
                spans[^1] = spans[^1] with { Length = spans[^1].Length + 1 };
            }

            counts.Add(cumulative - before);
            (before, gap) = (cumulative, 0);
        }

        return before != total ? null : new NativeHistogram
        {
            Schema = NativeHistogram.CustomBucketsSchema,
            ResetHint = Gauge ? CounterResetHint.Gauge : CounterResetHint.Unknown,
            Count = total,
            Sum = _sum,
            CustomBounds = bounds,
            PositiveSpans = [.. spans],
            PositiveBuckets = [.. counts],
        };
    }
}

/// <summary>The classic histograms of one target. Not thread-safe.</summary>
internal sealed class ClassicHistograms(SeriesNaming naming, ScrapeCache cache)
{
    private readonly Dictionary<Hash128, ClassicHistogram> _known = [];
    private readonly List<ClassicHistogram> _pending = [];

    /// <summary>Histograms of this scrape, in the order in which their first parts came.</summary>
    public List<ClassicHistogram> Pending => _pending;

    /// <summary>The part that a series is, or null when it is none. The labels are changed.</summary>
    /// <param name="family">The family whose type is histogram.</param>
    /// <param name="labels">The series.</param>
    public ClassicPart? PartOf(string family, ExposedLabels labels)
    {
        var name = labels.Get(LabelSet.MetricName);
        if (!name.StartsWith(family, StringComparison.Ordinal))
        {
            return null;
        }

        var bound = 0.0;
        ClassicRole role;
        switch (name[family.Length..])
        {
            case "_bucket" when GoNumber.TryParse(labels.Get("le"), out bound):
                role = ClassicRole.Bucket;
                labels.Take("le");
                break;
            case "_sum":
                role = ClassicRole.Sum;
                break;
            case "_count":
                role = ClassicRole.Count;
                break;
            default:
                return null;
        }

        labels.Set(LabelSet.MetricName, family);
        return new ClassicPart(Of(labels), role, bound);
    }

    /// <summary>The histogram of that name and those labels.</summary>
    public ClassicHistogram Of(ExposedLabels labels)
    {
        using var key = new ByteWriter(256);
        labels.ToSet().WriteKey(key);
        var identity = Hash128.Compute(key.Written);
        if (!_known.TryGetValue(identity, out var histogram))
        {
            histogram = new ClassicHistogram(cache.Store(naming.KeyOf(labels)));
            _known.Add(identity, histogram);
        }

        return histogram;
    }

    /// <summary>Forgets histograms that <paramref name="generation"/> did not have.</summary>
    public void Forget(int generation)
    {
        foreach (var (identity, histogram) in _known)
        {
            if (histogram.SeenIn != generation)
            {
                _known.Remove(identity);
            }
        }
    }
}
