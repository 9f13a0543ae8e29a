using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>What came of adding or subtracting histograms.</summary>
/// <param name="Result">The histogram, null when exponential and custom buckets met.</param>
/// <param name="ResetCollision">One side came after a counter reset and the other did not.</param>
/// <param name="BoundsReconciled">Custom bounds differed and were reduced to the common ones.</param>
internal readonly record struct HistogramOutcome(NativeHistogram? Result, bool ResetCollision, bool BoundsReconciled);

/// <summary>Arithmetic of native histograms. All results are new histograms.</summary>
internal static class HistogramArithmetic
{
    public static NativeHistogram Scale(NativeHistogram h, double factor) => h with
    {
        ZeroCount = h.ZeroCount * factor,
        Count = h.Count * factor,
        Sum = h.Sum * factor,
        PositiveBuckets = Array.ConvertAll(h.PositiveBuckets, b => b * factor),
        NegativeBuckets = Array.ConvertAll(h.NegativeBuckets, b => b * factor),
        ResetHint = factor < 0 ? CounterResetHint.Gauge : h.ResetHint,
    };

    public static NativeHistogram Divide(NativeHistogram h, double divisor)
    {
        var hint = divisor < 0 ? CounterResetHint.Gauge : h.ResetHint;
        var result = h with { ZeroCount = h.ZeroCount / divisor, Count = h.Count / divisor, Sum = h.Sum / divisor, ResetHint = hint };
        if (divisor == 0)
        {
            // No bucket has a meaning any more.
            return result with { PositiveSpans = [], PositiveBuckets = [], NegativeSpans = [], NegativeBuckets = [] };
        }

        return result with
        {
            PositiveBuckets = Array.ConvertAll(h.PositiveBuckets, b => b / divisor),
            NegativeBuckets = Array.ConvertAll(h.NegativeBuckets, b => b / divisor),
        };
    }

    public static HistogramOutcome Add(NativeHistogram left, NativeHistogram right) => Combine(left, right, 1);

    /// <summary>The difference, which is always a gauge.</summary>
    public static HistogramOutcome Subtract(NativeHistogram left, NativeHistogram right)
    {
        var outcome = Combine(left, right, -1);
        return outcome.Result is null ? outcome : outcome with { Result = outcome.Result with { ResetHint = CounterResetHint.Gauge } };
    }

    /// <summary>The hint of a combination, and whether both hints contradict each other.</summary>
    public static CounterResetHint CombineHints(CounterResetHint left, CounterResetHint right, out bool collision)
    {
        collision = false;
        if (left == right)
        {
            return left;
        }

        if (left == CounterResetHint.Gauge || right == CounterResetHint.Gauge)
        {
            return CounterResetHint.Gauge;
        }

        collision = left != CounterResetHint.Unknown && right != CounterResetHint.Unknown;
        return CounterResetHint.Unknown;
    }

    /// <summary>Brings both to one layout; false when one has custom buckets and the other has not.</summary>
    public static bool Align(ref NativeHistogram left, ref NativeHistogram right, out bool boundsReconciled)
    {
        boundsReconciled = false;
        if (HistogramLayout.IsCustom(left) != HistogramLayout.IsCustom(right))
        {
            return false;
        }

        if (HistogramLayout.IsCustom(left))
        {
            if (!left.CustomBounds.AsSpan().SequenceEqual(right.CustomBounds))
            {
                boundsReconciled = true;
                var bounds = HistogramLayout.CommonBounds(left.CustomBounds, right.CustomBounds);
                left = HistogramLayout.ToBounds(left, bounds);
                right = HistogramLayout.ToBounds(right, bounds);
            }

            return true;
        }

        var zero = HistogramLayout.CommonZero(left, right);
        left = HistogramLayout.WithZero(left, zero);
        right = HistogramLayout.WithZero(right, zero);
        var schema = Math.Min(left.Schema, right.Schema);
        left = HistogramLayout.ToSchema(left, schema);
        right = HistogramLayout.ToSchema(right, schema);
        return true;
    }

    /// <summary>Bit-wise equality of all that is in a histogram but its hint.</summary>
    public static bool AreEqual(NativeHistogram left, NativeHistogram right)
    {
        static bool Same(double a, double b) => BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b);
        static bool SameBuckets(BucketList a, BucketList b)
        {
            if (!a.Indexes.AsSpan().SequenceEqual(b.Indexes))
            {
                return false;
            }

            for (var i = 0; i < a.Counts.Length; i++)
            {
                if (!Same(a.Counts[i], b.Counts[i]))
                {
                    return false;
                }
            }

            return true;
        }

        return left.Schema == right.Schema && Same(left.Count, right.Count) && Same(left.Sum, right.Sum)
            && (HistogramLayout.IsCustom(left)
                ? left.CustomBounds.AsSpan().SequenceEqual(right.CustomBounds)
                : left.ZeroThreshold == right.ZeroThreshold && Same(left.ZeroCount, right.ZeroCount) && SameBuckets(HistogramLayout.Negative(left), HistogramLayout.Negative(right)))
            && SameBuckets(HistogramLayout.Positive(left), HistogramLayout.Positive(right));
    }

    private static HistogramOutcome Combine(NativeHistogram left, NativeHistogram right, int sign)
    {
        if (!Align(ref left, ref right, out var reconciled))
        {
            return new HistogramOutcome(null, false, false);
        }

        var hint = CombineHints(left.ResetHint, right.ResetHint, out var collision);
        var result = left with
        {
            ResetHint = hint,
            ZeroCount = left.ZeroCount + (sign * right.ZeroCount),
            Count = left.Count + (sign * right.Count),
            Sum = left.Sum + (sign * right.Sum),
        };
        result = HistogramLayout.With(
            result,
            HistogramLayout.Positive(left).Plus(HistogramLayout.Positive(right), sign),
            HistogramLayout.Negative(left).Plus(HistogramLayout.Negative(right), sign));
        return new HistogramOutcome(result, collision, reconciled);
    }
}
