using Sightglass.Core.Model;
using Sightglass.Query.Vectors;

namespace Sightglass.Query.PromQL.Caching;

/// <summary>How much of an answer is known, and where the rest goes. Immutable.</summary>
/// <param name="Key">What it is kept under.</param>
/// <param name="Reach">What its values depend on.</param>
/// <param name="Grid">The steps that are asked for.</param>
/// <param name="Revision">The store's, before anything was looked at.</param>
internal sealed record CachedAnswer(CacheKey Key, AnswerReach Reach, StepGrid Grid, long Revision)
{
    /// <summary>Time up to which, itself included, the values are known; <see cref="long.MinValue"/> when none is.</summary>
    public long ThroughMs { get; private init; } = long.MinValue;

    /// <summary>Whether nothing is left to evaluate.</summary>
    public bool IsWhole => ThroughMs >= Grid.EndMs;

    /// <summary>First step that is not known.</summary>
    public long EvaluateFromMs => ThroughMs == long.MinValue ? Grid.StartMs : Grid.Time((int)((ThroughMs - Grid.StartMs) / Grid.StepMs) + 1);

    /// <summary>The values that are known, sorted by labels.</summary>
    public IReadOnlyList<ResultSeries> Known { get; private init; } = [];

    /// <summary>With the values of <paramref name="series"/> up to a time.</summary>
    public CachedAnswer With(IReadOnlyList<ResultSeries> series, long throughMs)
    {
        var known = new List<ResultSeries>(series.Count);
        foreach (var one in series)
        {
            var from = LowerBound(one.TimestampsMs, Grid.StartMs);
            var to = LowerBound(one.TimestampsMs, throughMs + 1);
            if (from < to)
            {
                known.Add(to - from == one.Count ? one : new ResultSeries(one.Labels, one.TimestampsMs[from..to], one.Values[from..to], null));
            }
        }

        return this with { ThroughMs = throughMs, Known = known };
    }

    /// <summary>The values that are known and after them those of the other steps; sorted by labels.</summary>
    public List<ResultSeries> Join(IReadOnlyList<ResultSeries> rest)
    {
        var joined = new List<ResultSeries>(Math.Max(Known.Count, rest.Count));
        var (k, r) = (0, 0);
        while (k < Known.Count || r < rest.Count)
        {
            var order = k == Known.Count ? 1 : r == rest.Count ? -1 : Known[k].Labels.CompareTo(rest[r].Labels);
            joined.Add(order < 0 ? Known[k++] : order > 0 ? rest[r++] : Join(Known[k++], rest[r++]));
        }

        return joined;
    }

    private static ResultSeries Join(ResultSeries first, ResultSeries second)
    {
        // Known values are floats only.
        NativeHistogram?[]? histograms = second.Histograms is { } later ? [.. new NativeHistogram?[first.Count], .. later] : null;
        return new ResultSeries(first.Labels, [.. first.TimestampsMs, .. second.TimestampsMs], [.. first.Values, .. second.Values], histograms);
    }

    private static int LowerBound(long[] times, long time)
    {
        var at = Array.BinarySearch(times, time);
        return at < 0 ? ~at : at;
    }
}
