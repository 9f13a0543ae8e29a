using Sightglass.Core.Model;
using Sightglass.Query.Syntax;
using Sightglass.Query.Vectors;

namespace Sightglass.Query.PromQL.Scripts;

/// <summary>What a script expected and what came.</summary>
internal sealed record ScriptProblem(string Expected, string Got);

/// <summary>Compares results with expectations, with the tolerance that the scripts are written for.</summary>
internal static class ScriptComparison
{
    private const double Epsilon = 0.000001;
    private const double SmallestNormal = 2.2250738585072014e-308;

    public static bool AlmostEqual(double a, double b)
    {
        if (SpecialValues.IsStale(a) || SpecialValues.IsStale(b))
        {
            return SpecialValues.IsStale(a) == SpecialValues.IsStale(b);
        }

        if (double.IsNaN(a) || double.IsNaN(b))
        {
            return double.IsNaN(a) && double.IsNaN(b);
        }

        if (a == b)
        {
            return true;
        }

        var sum = Math.Abs(a) + Math.Abs(b);
        var difference = Math.Abs(a - b);
        return a == 0 || b == 0 || sum < SmallestNormal ? difference < Epsilon * SmallestNormal : difference / Math.Min(sum, double.MaxValue) < Epsilon;
    }

    /// <summary>Compares the points of a series at their times.</summary>
    public static ScriptProblem? Compare(List<(long Time, SeriesValue Value)> expected, ResultSeries got)
    {
        for (var i = 0; i < Math.Max(expected.Count, got.Count); i++)
        {
            if (i >= expected.Count)
            {
                return new ScriptProblem("no further point", Show(got, i));
            }

            var (time, value) = expected[i];
            if (i >= got.Count || got.TimestampsMs[i] != time)
            {
                return new ScriptProblem($"{Show(value)} @ {time} ms", i < got.Count ? Show(got, i) : "no further point");
            }

            var histogram = got.HistogramAt(i);
            var same = value.Histogram is null
                ? histogram is null && AlmostEqual(value.Value, got.Values[i])
                : histogram is not null && Same(value, histogram);
            if (!same)
            {
                return new ScriptProblem($"{Show(value)} @ {time} ms", Show(got, i));
            }
        }

        return null;
    }

    public static string Show(ResultSeries series, int point) => $"{(series.HistogramAt(point) is { } h ? Show(h) : GoFloat.General(series.Values[point]))} @ {series.TimestampsMs[point]} ms";

    private static string Show(SeriesValue value) => value.Histogram is { } h ? Show(h) : GoFloat.General(value.Value);

    private static string Show(NativeHistogram h)
    {
        static string Buckets(BucketSpan[] spans, double[] counts) => string.Join(' ', HistogramNotation.Populated(spans, counts).Select(b => $"{b.Key}={GoFloat.General(b.Value)}"));
        var output = new List<string> { $"schema:{h.Schema} count:{GoFloat.General(h.Count)} sum:{GoFloat.General(h.Sum)}" };
        if (h.ZeroCount != 0 || h.ZeroThreshold != 0)
        {
            output.Add($"z_bucket:{GoFloat.General(h.ZeroCount)} z_bucket_w:{GoFloat.General(h.ZeroThreshold)}");
        }

        if (h.CustomBounds.Length > 0)
        {
            output.Add($"custom_values:[{string.Join(' ', h.CustomBounds.Select(GoFloat.General))}]");
        }

        if (h.ResetHint != CounterResetHint.Unknown)
        {
            output.Add($"counter_reset_hint:{h.ResetHint switch { CounterResetHint.CounterReset => "reset", CounterResetHint.NotCounterReset => "not_reset", _ => "gauge" }}");
        }

        output.Add($"buckets:[{Buckets(h.PositiveSpans, h.PositiveBuckets)}]");
        if (h.NegativeBuckets.Length > 0)
        {
            output.Add($"n_buckets:[{Buckets(h.NegativeSpans, h.NegativeBuckets)}]");
        }

        return $"{{{{{string.Join(' ', output)}}}}}";
    }

    private static bool Same(SeriesValue value, NativeHistogram got)
    {
        var expected = value.Histogram!;
        return expected.Schema == got.Schema && AlmostEqual(expected.Count, got.Count) && AlmostEqual(expected.Sum, got.Sum)
            && (!value.HintGiven || expected.ResetHint == got.ResetHint)
            && expected.CustomBounds.AsSpan().SequenceEqual(got.CustomBounds)
            && expected.ZeroThreshold == got.ZeroThreshold && AlmostEqual(expected.ZeroCount, got.ZeroCount)
            && SameBuckets(HistogramNotation.Populated(expected.PositiveSpans, expected.PositiveBuckets), HistogramNotation.Populated(got.PositiveSpans, got.PositiveBuckets))
            && SameBuckets(HistogramNotation.Populated(expected.NegativeSpans, expected.NegativeBuckets), HistogramNotation.Populated(got.NegativeSpans, got.NegativeBuckets));
    }

    private static bool SameBuckets(SortedDictionary<int, double> expected, SortedDictionary<int, double> got) =>
        expected.Count == got.Count && expected.All(e => got.TryGetValue(e.Key, out var count) && AlmostEqual(e.Value, count));
}
