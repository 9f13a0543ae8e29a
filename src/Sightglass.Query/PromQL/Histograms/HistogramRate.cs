using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>The change of native histograms over a window.</summary>
internal static class HistogramRate
{
    /// <summary>The change from the first to the last, counter resets made up for; null when exponential and custom buckets are mixed.</summary>
    public static NativeHistogram? Change(ReadOnlySpan<NativeHistogram> points, bool isCounter, string metric, RangeCall call)
    {
        var first = points[0];
        var last = points[^1];
        var previous = first;
        if (isCounter && (first.ResetHint == CounterResetHint.Gauge || last.ResetHint == CounterResetHint.Gauge))
        {
            NotCounter(metric, call);
        }

        if (isCounter && HistogramReset.Detect(first, points[1]))
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

        var reconciled = false;
        var result = custom ? last : HistogramLayout.ToSchema(last, schema);
        var outcome = HistogramArithmetic.Subtract(result, previous);
        result = outcome.Result!;
        reconciled |= outcome.BoundsReconciled;
        if (isCounter)
        {
            foreach (var point in points[1..])
            {
                if (HistogramReset.Detect(previous, point))
                {
                    outcome = HistogramArithmetic.Add(result, previous);
                    result = outcome.Result!;
                    reconciled |= outcome.BoundsReconciled;
                }

                previous = point;
            }
        }
        else if (first.ResetHint != CounterResetHint.Gauge || last.ResetHint != CounterResetHint.Gauge)
        {
            call.Annotations.Warn($"this native histogram metric is not a gauge: {Syntax.QuotedText.Quote(metric)}", call.Source);
        }

        if (reconciled)
        {
            call.Annotations.Info("mismatched custom buckets were reconciled during subtraction", call.Source);
        }

        return result with { ResetHint = CounterResetHint.Gauge };
    }

    /// <summary>The change between the last two.</summary>
    public static NativeHistogram? InstantChange(NativeHistogram previous, NativeHistogram last, bool isRate, string metric, RangeCall call)
    {
        if (isRate)
        {
            if (last.ResetHint == CounterResetHint.Gauge || previous.ResetHint == CounterResetHint.Gauge)
            {
                NotCounter(metric, call);
            }

            if (HistogramReset.Detect(previous, last))
            {
                return last with { ResetHint = CounterResetHint.Gauge };
            }
        }
        else if (last.ResetHint != CounterResetHint.Gauge || previous.ResetHint != CounterResetHint.Gauge)
        {
            call.Annotations.Warn($"this native histogram metric is not a gauge: {Syntax.QuotedText.Quote(metric)}", call.Source);
        }

        var outcome = HistogramArithmetic.Subtract(last, previous);
        if (outcome.Result is null)
        {
            Mixed(metric, call);
            return null;
        }

        if (outcome.BoundsReconciled)
        {
            call.Annotations.Info("mismatched custom buckets were reconciled during subtraction", call.Source);
        }

        return outcome.Result;
    }

    private static void NotCounter(string metric, RangeCall call) =>
        call.Annotations.Warn($"this native histogram metric is not a counter: {Syntax.QuotedText.Quote(metric)}", call.Source);

    private static void Mixed(string metric, RangeCall call) =>
        call.Annotations.WarnNamed("vector contains a mix of histograms with exponential and custom buckets schemas", metric, call.Source);
}
