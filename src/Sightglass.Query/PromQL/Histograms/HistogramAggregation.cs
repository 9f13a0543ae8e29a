using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>Sums and averages of many histograms: they are brought to one layout, then every field is summed with compensation.</summary>
internal static class HistogramAggregation
{
    private const string MixedSchemas = "vector contains a mix of histograms with exponential and custom buckets schemas";

    public static void SumOrAverage(AggregateExpression aggregate, List<Column> columns, Column result, Annotations annotations)
    {
        var average = aggregate.Operator == AggregateOperator.Avg;
        var floats = new List<double>(columns.Count);
        var histograms = new List<NativeHistogram>(columns.Count);
        for (var step = 0; step < result.Values.Length; step++)
        {
            floats.Clear();
            histograms.Clear();
            var (mixed, floatFirst) = (false, false);
            foreach (var column in columns)
            {
                if (column.Histogram(step) is { } histogram)
                {
                    // Histograms that do not go together end the group, unless a float came first.
                    if (histograms.Count > 0 && HistogramLayout.IsCustom(histogram) != HistogramLayout.IsCustom(histograms[0]) && !floatFirst)
                    {
                        annotations.WarnNamed(MixedSchemas, column.Labels.Name, aggregate.Inner);
                        mixed = true;
                        break;
                    }

                    histograms.Add(histogram);
                }
                else if (column.Has(step))
                {
                    floatFirst |= histograms.Count == 0;
                    floats.Add(column.Values[step]);
                }
            }

            if (floats.Count > 0 && histograms.Count > 0)
            {
                annotations.Warn("encountered a mix of histograms and floats for aggregation", aggregate.Inner);
            }
            else if (histograms.Count > 0 && !mixed)
            {
                var combined = Combine(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(histograms), average, out _, out var collision, out var reconciled);
                Report(annotations, aggregate.Inner, collision, reconciled);
                result.Set(step, combined!);
            }
            else if (floats.Count > 0)
            {
                result.Values[step] = average ? Means.Average(floats.ToArray()) : Sum(floats);
            }
        }
    }

    public static NativeHistogram? OverTime(ReadOnlySpan<NativeHistogram> histograms, bool average, string metric, RangeCall call)
    {
        var combined = Combine(histograms, average, out var mixed, out var collision, out var reconciled);
        if (mixed)
        {
            call.Annotations.WarnNamed(MixedSchemas, metric, call.Source);
        }

        Report(call.Annotations, call.Source, collision, reconciled);
        return combined;
    }

    private static void Report(Annotations annotations, PromQLExpression at, bool collision, bool reconciled)
    {
        if (collision)
        {
            annotations.Warn("conflicting counter resets during histogram aggregation", at);
        }

        if (reconciled)
        {
            annotations.Info("mismatched custom buckets were reconciled during aggregation", at);
        }
    }

    private static double Sum(List<double> values)
    {
        double sum = 0, compensation = 0;
        foreach (var value in values)
        {
            KahanSum.Add(value, ref sum, ref compensation);
        }

        return sum + compensation;
    }

    private static NativeHistogram? Combine(ReadOnlySpan<NativeHistogram> histograms, bool average, out bool mixed, out bool collision, out bool reconciled)
    {
        mixed = false;
        collision = false;
        reconciled = false;
        if (histograms.Length == 1)
        {
            return histograms[0];
        }

        // First pass: the common layout. Where zero buckets differ in width it is found as the sum's, because one that would end inside a bucket with
        // observations, of whichever histogram, takes all of that bucket.
        var layout = histograms[0];
        var sameZero = true;
        foreach (var histogram in histograms)
        {
            sameZero &= histogram.ZeroThreshold == layout.ZeroThreshold;
        }

        var hint = layout.ResetHint;
        var seenReset = hint == CounterResetHint.CounterReset;
        var seenNoReset = hint == CounterResetHint.NotCounterReset;
        foreach (var histogram in histograms[1..])
        {
            var other = histogram;
            if (!HistogramArithmetic.Align(ref layout, ref other, out var boundsDiffered))
            {
                mixed = true;
                return null;
            }

            layout = sameZero ? layout : HistogramArithmetic.Add(layout, other).Result!;
            reconciled |= boundsDiffered;
            hint = HistogramArithmetic.CombineHints(hint, histogram.ResetHint, out _);
            seenReset |= histogram.ResetHint == CounterResetHint.CounterReset;
            seenNoReset |= histogram.ResetHint == CounterResetHint.NotCounterReset;
        }

        collision = seenReset && seenNoReset;
        var aligned = new NativeHistogram[histograms.Length];
        for (var i = 0; i < aligned.Length; i++)
        {
            var target = layout;
            aligned[i] = histograms[i];
            HistogramArithmetic.Align(ref target, ref aligned[i], out _);
        }

        return HistogramLayout.With(
            layout with
            {
                ResetHint = hint,
                ZeroCount = Reduce(aligned, average, h => h.ZeroCount),
                Count = Reduce(aligned, average, h => h.Count),
                Sum = Reduce(aligned, average, h => h.Sum),
            },
            ReduceBuckets(Array.ConvertAll(aligned, HistogramLayout.Positive), average),
            ReduceBuckets(Array.ConvertAll(aligned, HistogramLayout.Negative), average));
    }

    private static BucketList ReduceBuckets(BucketList[] lists, bool average)
    {
        var indexes = new SortedSet<int>();
        foreach (var list in lists)
        {
            indexes.UnionWith(list.Indexes);
        }

        int[] sorted = [.. indexes];
        return new BucketList(sorted, Array.ConvertAll(sorted, index => Reduce(lists, average, list => list.At(index))));
    }

    private static double Reduce<T>(T[] items, bool average, Func<T, double> field)
    {
        if (average)
        {
            return Means.Average(Array.ConvertAll(items, i => field(i)));
        }

        double sum = 0, compensation = 0;
        foreach (var item in items)
        {
            KahanSum.Add(field(item), ref sum, ref compensation);
        }

        return sum + compensation;
    }
}
