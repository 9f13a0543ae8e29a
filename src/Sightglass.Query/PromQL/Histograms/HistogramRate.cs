using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>The change of native histograms over a window.</summary>
internal static class HistogramRate
{
    /// <summary>The change from the first to the last, counter resets made up for; null when exponential and custom buckets are mixed.</summary>
    public static NativeHistogram? Change(ReadOnlySpan<NativeHistogram> points, ReadOnlySpan<long> times, ReadOnlySpan<long> starts, bool isCounter, string metric, RangeCall call)
    {
        var first = points[0];
        var last = points[^1];
        var previous = first;
        if (isCounter && (first.ResetHint == CounterResetHint.Gauge || last.ResetHint == CounterResetHint.Gauge))
        {
            NotCounter(metric, call);
        }

        if (isCounter && (Began(times, starts, 1) || HistogramReset.Detect(first, points[1])))
        {
            // The first one counts for nothing then, not even its layout.
            previous = new NativeHistogram { Schema = points[1].Schema, CustomBounds = points[1].CustomBounds, ZeroThreshold = points[1].ZeroThreshold };
        }

        var custom = HistogramLayout.IsCustom(previous);
        if (HistogramLayout.IsCustom(last) != custom)
        {
            Mixed(metric, call);
            return null;
        }

        var schema = Math.Min(previous.Schema, last.Schema);
        if (isCounter)
        {
            foreach (var point in points[1..^1])
            {
                if (point.ResetHint == CounterResetHint.Gauge)
                {
                    NotCounter(metric, call);
                }

                schema = Math.Min(schema, point.Schema);
                if (HistogramLayout.IsCustom(point) != custom)
                {
                    Mixed(metric, call);
                    return null;
                }
            }
        }

        var result = custom ? last : HistogramLayout.ToSchema(last, schema);
        var outcome = HistogramArithmetic.Subtract(result, previous);
        result = outcome.Result!;
        if (outcome.BoundsReconciled)
        {
            call.Annotations.Info("mismatched custom buckets were reconciled during subtraction", call.Source);
        }

        if (isCounter)
        {
            StartTimes.Check(starts, times, metric, call);
            for (var i = 1; i < points.Length; i++)
            {
                var point = points[i];
                if (Began(times, starts, i) || HistogramReset.Detect(previous, point))
                {
                    outcome = HistogramArithmetic.Add(result, previous);
                    result = outcome.Result!;
                    if (outcome.BoundsReconciled)
                    {
                        call.Annotations.Info("mismatched custom buckets were reconciled during addition", call.Source);
                    }
                }

                previous = point;
            }
        }
        else if (first.ResetHint != CounterResetHint.Gauge || last.ResetHint != CounterResetHint.Gauge)
        {
            call.Annotations.Warn($"this native histogram metric is not a gauge: {Syntax.QuotedText.Quote(metric)}", call.Source);
        }

        return result with { ResetHint = CounterResetHint.Gauge };
    }

    /// <summary>The change between the last two.</summary>
    public static NativeHistogram? InstantChange(NativeHistogram previous, NativeHistogram last, bool isRate, bool began, string metric, RangeCall call)
    {
        if (isRate)
        {
            if (last.ResetHint == CounterResetHint.Gauge || previous.ResetHint == CounterResetHint.Gauge)
            {
                NotCounter(metric, call);
            }

            if (began || HistogramReset.Detect(previous, last))
            {
                return last with { ResetHint = CounterResetHint.Gauge };
            }
        }
        else if (last.ResetHint != CounterResetHint.Gauge || previous.ResetHint != CounterResetHint.Gauge)
        {
            call.Annotations.Warn($"this native histogram metric is not a gauge: {Syntax.QuotedText.Quote(metric)}", call.Source);
        }

        return Difference(last, previous, metric, call);
    }

    /// <summary>The sum of two, null where they cannot be added.</summary>
    public static NativeHistogram? Sum(NativeHistogram left, NativeHistogram right, string metric, RangeCall call) => Combined(HistogramArithmetic.Add(left, right), "addition", metric, call);

    /// <summary>The difference of two, null where they cannot be subtracted.</summary>
    public static NativeHistogram? Difference(NativeHistogram left, NativeHistogram right, string metric, RangeCall call) => Combined(HistogramArithmetic.Subtract(left, right), "subtraction", metric, call);

    /// <summary>The result of a combination, with what Prometheus says about it.</summary>
    public static NativeHistogram? Combined(HistogramOutcome outcome, string operation, string metric, RangeCall call)
    {
        if (outcome.Result is null)
        {
            Mixed(metric, call);
        }
        else if (outcome.BoundsReconciled)
        {
            call.Annotations.Info($"mismatched custom buckets were reconciled during {operation}", call.Source);
        }

        return outcome.Result;
    }

    private static bool Began(ReadOnlySpan<long> times, ReadOnlySpan<long> starts, int at) =>
        starts.Length > 0 && StartTimes.IsReset(starts[at - 1], times[at - 1], starts[at], times[at]);

    public static void NotCounter(string metric, RangeCall call) =>
        call.Annotations.Warn($"this native histogram metric is not a counter: {Syntax.QuotedText.Quote(metric)}", call.Source);

    public static void Mixed(string metric, RangeCall call) =>
        call.Annotations.WarnNamed("vector contains a mix of histograms with exponential and custom buckets schemas", metric, call.Source);
}
