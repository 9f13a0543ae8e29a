using Sightglass.Core.Model;

namespace Sightglass.Ingest.Otlp;

/// <summary>Sparse buckets of one sign of an exponential histogram, by Prometheus' index. Empty ones are not kept. Not thread-safe.</summary>
internal sealed class ExponentialBuckets
{
    private SortedDictionary<int, double> _buckets = [];

    /// <summary>Buckets that are not empty.</summary>
    public int Count => _buckets.Count;

    public void Clear() => _buckets.Clear();

    /// <summary>Adds observations to a bucket.</summary>
    public void Add(int index, double count)
    {
        if (count != 0)
        {
            _buckets[index] = _buckets.GetValueOrDefault(index) + count;
        }
    }

    /// <summary>Halves the resolution as many times; bucket i is at most base^i, so that 1 and 2 become 1.</summary>
    public void Downscale(int times)
    {
        if (times <= 0 || _buckets.Count == 0)
        {
            return;
        }

        var coarser = new SortedDictionary<int, double>();
        foreach (var (index, count) in _buckets)
        {
            var at = (int)((((long)index - 1) >> Math.Min(times, 62)) + 1);
            coarser[at] = coarser.GetValueOrDefault(at) + count;
        }

        _buckets = coarser;
    }

    /// <summary>Adds the buckets of another of the same resolution.</summary>
    public void Merge(ExponentialBuckets other)
    {
        foreach (var (index, count) in other._buckets)
        {
            Add(index, count);
        }
    }

    /// <summary>As spans with absolute counts.</summary>
    public (BucketSpan[] Spans, double[] Counts) ToSpans()
    {
        var spans = new List<BucketSpan>();
        long end = 0;
        foreach (var index in _buckets.Keys)
        {
            if (spans.Count > 0 && index == end)
            {
                spans[^1] = spans[^1] with { Length = spans[^1].Length + 1 };
            }
            else
            {
                spans.Add(new BucketSpan(spans.Count == 0 ? index : (int)Math.Min(index - end, int.MaxValue), 1));
            }

            end = (long)index + 1;
        }

        return ([.. spans], [.. _buckets.Values]);
    }
}
