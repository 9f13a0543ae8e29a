using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>Which bounds belong to a bucket, by the numbers of Prometheus' API.</summary>
public enum BucketBounds
{
    /// <summary>The upper one.</summary>
    OpenLeft = 0,

    /// <summary>The lower one.</summary>
    OpenRight = 1,

    /// <summary>None.</summary>
    OpenBoth = 2,

    /// <summary>Both.</summary>
    ClosedBoth = 3,
}

/// <summary>A bucket of a native histogram as APIs show it.</summary>
/// <param name="Bounds">Which bounds belong to it.</param>
/// <param name="Lower">Lower bound.</param>
/// <param name="Upper">Upper bound.</param>
/// <param name="Count">Observations.</param>
public readonly record struct BucketView(BucketBounds Bounds, double Lower, double Upper, double Count)
{
    /// <summary>The populated buckets of a histogram from the lowest to the highest.</summary>
    public static IReadOnlyList<BucketView> Of(NativeHistogram histogram)
    {
        ArgumentNullException.ThrowIfNull(histogram);
        var custom = HistogramLayout.IsCustom(histogram);
        var output = new List<BucketView>();
        foreach (var bucket in HistogramBuckets.Of(histogram))
        {
            if (bucket.Count != 0)
            {
                var bounds = bucket.IsZero || (custom && double.IsNegativeInfinity(bucket.Lower)) ? BucketBounds.ClosedBoth
                    : !custom && bucket.Upper <= 0 ? BucketBounds.OpenRight
                    : BucketBounds.OpenLeft;
                output.Add(new BucketView(bounds, bucket.Lower, bucket.Upper, bucket.Count));
            }
        }

        return output;
    }
}
