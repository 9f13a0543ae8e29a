using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>Buckets of one side of a histogram as sorted indexes and counts, which is what all arithmetic works on.</summary>
internal readonly record struct BucketList(int[] Indexes, double[] Counts)
{
    public static BucketList Empty { get; } = new([], []);

    public static BucketList From(BucketSpan[] spans, double[] buckets)
    {
        if (buckets.Length == 0)
        {
            return Empty;
        }

        var indexes = new int[buckets.Length];
        var at = 0;
        var index = 0;
        foreach (var span in spans)
        {
            index += span.Offset;
            for (var i = 0; i < span.Length && at < indexes.Length; i++)
            {
                indexes[at++] = index++;
            }
        }

        return new BucketList(indexes, buckets);
    }

    /// <summary>Spans and counts without the buckets that are zero.</summary>
    public (BucketSpan[] Spans, double[] Buckets) ToSpans()
    {
        var spans = new List<BucketSpan>();
        var buckets = new List<double>(Counts.Length);
        var next = 0;
        for (var i = 0; i < Counts.Length; i++)
        {
            if (Counts[i] == 0)
            {
                continue;
            }

            var index = Indexes[i];
            if (spans.Count > 0 && index == next)
            {
                spans[^1] = spans[^1] with { Length = spans[^1].Length + 1 };
            }
            else
            {
                spans.Add(new BucketSpan(spans.Count == 0 ? index : index - next, 1));
            }

            buckets.Add(Counts[i]);
            next = index + 1;
        }

        return ([.. spans], [.. buckets]);
    }

    /// <summary>Buckets under new indexes; those that fall together are added. The mapping must be monotonic.</summary>
    public BucketList Map(Func<int, int> mapping)
    {
        var indexes = new List<int>(Indexes.Length);
        var counts = new List<double>(Indexes.Length);
        for (var i = 0; i < Indexes.Length; i++)
        {
            var index = mapping(Indexes[i]);
            if (indexes.Count > 0 && indexes[^1] == index)
            {
                counts[^1] += Counts[i];
            }
            else
            {
                indexes.Add(index);
                counts.Add(Counts[i]);
            }
        }

        return new BucketList([.. indexes], [.. counts]);
    }

    /// <summary>Both lists together, the other one's counts times <paramref name="sign"/>.</summary>
    public BucketList Plus(BucketList other, int sign)
    {
        var indexes = new List<int>(Indexes.Length + other.Indexes.Length);
        var counts = new List<double>(indexes.Capacity);
        int i = 0, j = 0;
        while (i < Indexes.Length || j < other.Indexes.Length)
        {
            if (j == other.Indexes.Length || (i < Indexes.Length && Indexes[i] < other.Indexes[j]))
            {
                indexes.Add(Indexes[i]);
                counts.Add(Counts[i++]);
            }
            else if (i == Indexes.Length || other.Indexes[j] < Indexes[i])
            {
                indexes.Add(other.Indexes[j]);
                counts.Add(sign * other.Counts[j++]);
            }
            else
            {
                indexes.Add(Indexes[i]);
                counts.Add(Counts[i++] + (sign * other.Counts[j++]));
            }
        }

        return new BucketList([.. indexes], [.. counts]);
    }

    public double At(int index)
    {
        var found = Array.BinarySearch(Indexes, index);
        return found < 0 ? 0 : Counts[found];
    }
}

/// <summary>Bounds of buckets and changes of a histogram's layout.</summary>
internal static class HistogramLayout
{
    private const int FinestSchema = 8;

    private static readonly double[] Mantissas = MakeMantissas();

    public static bool IsCustom(NativeHistogram h) => h.Schema == NativeHistogram.CustomBucketsSchema;

    public static BucketList Positive(NativeHistogram h) => BucketList.From(h.PositiveSpans, h.PositiveBuckets);

    public static BucketList Negative(NativeHistogram h) => BucketList.From(h.NegativeSpans, h.NegativeBuckets);

    /// <summary>Upper bound of an exponential bucket's absolute values.</summary>
    public static double Bound(int index, int schema)
    {
        if (schema < 0)
        {
            var exponent = (long)index << -schema;
            return exponent >= 1024 ? (exponent == 1024 ? double.MaxValue : double.PositiveInfinity) : Math.ScaleB(1, (int)Math.Max(exponent, -2000));
        }

        var fraction = index & ((1 << schema) - 1);
        var power = (index >> schema) + 1;
        return fraction == 0 && power == 1025 ? double.MaxValue : Math.ScaleB(Mantissas[fraction << (FinestSchema - schema)], power);
    }

    /// <summary>
    /// 2^(i/256 - 1) as the clients that fill such histograms have it: each schema's bounds are those of the one before with their products with its factor
    /// between them, and the root of two is rounded down. The nearest doubles would be other ones for a part of them.
    /// </summary>
    private static double[] MakeMantissas()
    {
        double[] bounds = [0.5];
        for (var schema = 1; schema <= FinestSchema; schema++)
        {
            var factor = schema == 1 ? Math.BitDecrement(Math.Sqrt(2)) : Math.Pow(2, Math.ScaleB(1, -schema));
            var finer = new double[bounds.Length * 2];
            for (var i = 0; i < bounds.Length; i++)
            {
                finer[2 * i] = bounds[i];
                finer[(2 * i) + 1] = bounds[i] * factor;
            }

            bounds = finer;
        }

        return bounds;
    }

    /// <summary>Upper bound of a custom bucket.</summary>
    public static double CustomBound(int index, double[] bounds) =>
        index < 0 ? double.NegativeInfinity : index < bounds.Length ? bounds[index] : double.PositiveInfinity;

    public static double Upper(NativeHistogram h, int index) => IsCustom(h) ? CustomBound(index, h.CustomBounds) : Bound(index, h.Schema);

    public static double Lower(NativeHistogram h, int index) => IsCustom(h) ? CustomBound(index - 1, h.CustomBounds) : Bound(index - 1, h.Schema);

    /// <summary>The histogram at a lower resolution.</summary>
    public static NativeHistogram ToSchema(NativeHistogram h, int schema)
    {
        if (schema == h.Schema || IsCustom(h))
        {
            return h;
        }

        var shift = h.Schema - schema;
        int Target(int index) => ((index - 1) >> shift) + 1;
        return With(h with { Schema = schema }, Positive(h).Map(Target), Negative(h).Map(Target));
    }

    /// <summary>A custom-bucket histogram over fewer bounds, all of which it has.</summary>
    public static NativeHistogram ToBounds(NativeHistogram h, double[] bounds)
    {
        if (h.CustomBounds.AsSpan().SequenceEqual(bounds))
        {
            return h;
        }

        int Target(int index)
        {
            if (index >= h.CustomBounds.Length)
            {
                return bounds.Length;
            }

            var found = Array.BinarySearch(bounds, h.CustomBounds[index]);
            return found >= 0 ? found : ~found;
        }

        return With(h with { CustomBounds = bounds }, Positive(h).Map(Target), BucketList.Empty);
    }

    public static double[] CommonBounds(double[] left, double[] right) => left.AsSpan().SequenceEqual(right) ? left : [.. left.Where(b => Array.BinarySearch(right, b) >= 0)];

    public static NativeHistogram With(NativeHistogram h, BucketList positive, BucketList negative)
    {
        var (positiveSpans, positiveBuckets) = positive.ToSpans();
        var (negativeSpans, negativeBuckets) = negative.ToSpans();
        return h with { PositiveSpans = positiveSpans, PositiveBuckets = positiveBuckets, NegativeSpans = negativeSpans, NegativeBuckets = negativeBuckets };
    }

    /// <summary>The count and the threshold of a zero bucket that is at least as wide as <paramref name="threshold"/>: populated buckets are never split.</summary>
    public static (double Count, double Threshold) WidenedZero(NativeHistogram h, double threshold)
    {
        var positive = Positive(h);
        var negative = Negative(h);
        while (true)
        {
            var count = h.ZeroCount;
            var wanted = threshold;
            foreach (var side in (ReadOnlySpan<BucketList>)[positive, negative])
            {
                for (var i = 0; i < side.Indexes.Length; i++)
                {
                    if (Lower(h, side.Indexes[i]) >= threshold)
                    {
                        break;
                    }

                    count += side.Counts[i];
                    var upper = Upper(h, side.Indexes[i]);
                    if (upper > threshold)
                    {
                        if (side.Counts[i] != 0)
                        {
                            wanted = Math.Max(wanted, upper);
                        }

                        break;
                    }
                }
            }

            if (wanted == threshold)
            {
                return (count, threshold);
            }

            threshold = wanted;
        }
    }

    /// <summary>The histogram with a zero bucket of exactly this width, which <see cref="WidenedZero"/> found.</summary>
    public static NativeHistogram WithZero(NativeHistogram h, double threshold)
    {
        if (h.ZeroThreshold == threshold)
        {
            return h;
        }

        var (count, _) = WidenedZero(h, threshold);
        BucketList Outside(BucketList side)
        {
            var from = 0;
            while (from < side.Indexes.Length && Lower(h, side.Indexes[from]) < threshold)
            {
                from++;
            }

            return new BucketList(side.Indexes[from..], side.Counts[from..]);
        }

        return With(h with { ZeroCount = count, ZeroThreshold = threshold }, Outside(Positive(h)), Outside(Negative(h)));
    }

    /// <summary>The width at which both histograms' zero buckets can meet.</summary>
    public static double CommonZero(NativeHistogram left, NativeHistogram right)
    {
        var l = left.ZeroThreshold;
        var r = right.ZeroThreshold;
        while (l != r)
        {
            if (l > r)
            {
                r = WidenedZero(right, l).Threshold;
            }

            if (r > l)
            {
                l = WidenedZero(left, r).Threshold;
            }
        }

        return l;
    }
}
