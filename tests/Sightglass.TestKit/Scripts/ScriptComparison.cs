using Sightglass.Core.Model;

namespace Sightglass.TestKit.Scripts;

/// <summary>Compares results with expectations, with the tolerance that the scripts are written for.</summary>
internal static class ScriptComparison
{
    private const double Epsilon = 0.000001;

    public static bool AlmostEqual(double a, double b)
    {
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
        return a == 0 || b == 0 || sum < double.Epsilon * (1L << 52) ? difference < Epsilon * 2.2250738585072014e-308 : difference / Math.Min(sum, double.MaxValue) < Epsilon;
    }

    public static string? Compare((long Time, ScriptValue Value)[] expected, IReadOnlyList<ScriptPoint> got)
    {
        for (var i = 0; i < Math.Max(expected.Length, got.Count); i++)
        {
            if (i >= expected.Length)
            {
                return $"unexpected point {Show(got[i])}";
            }

            if (i >= got.Count || got[i].TimeMs != expected[i].Time)
            {
                return $"expected a point at {expected[i].Time} ms, got {(i < got.Count ? Show(got[i]) : "none")}";
            }

            var (time, value) = expected[i];
            if ((value.Histogram is null) != (got[i].Histogram is null))
            {
                return $"at {time} ms: expected {(value.Histogram is null ? "a float" : "a histogram")}, got {Show(got[i])}";
            }

            if (value.Histogram is not null)
            {
                if (Compare(value.Histogram, got[i].Histogram!) is { } problem)
                {
                    return $"at {time} ms: {problem}";
                }
            }
            else if (!AlmostEqual(value.Value, got[i].Value))
            {
                return $"at {time} ms: expected {value.Value:R}, got {got[i].Value:R}";
            }
        }

        return null;
    }

    public static string Show(ScriptPoint point) => $"{(point.Histogram is { } h ? Show(h) : point.Value.ToString("R", System.Globalization.CultureInfo.InvariantCulture))} @ {point.TimeMs} ms";

    private static string Show(NativeHistogram h)
    {
        static string Buckets(BucketSpan[] spans, double[] counts) => string.Join(' ', ScriptHistogramText.Populated(spans, counts).Select(b => FormattableString.Invariant($"{b.Key}:{b.Value:R}")));
        return FormattableString.Invariant($"schema {h.Schema} count {h.Count:R} sum {h.Sum:R} zero {h.ZeroCount:R}/{h.ZeroThreshold:R} hint {h.ResetHint} bounds [{string.Join(' ', h.CustomBounds)}] + [{Buckets(h.PositiveSpans, h.PositiveBuckets)}] - [{Buckets(h.NegativeSpans, h.NegativeBuckets)}]");
    }

    private static string? Compare(NativeHistogram expected, NativeHistogram got)
    {
        var same = expected.Schema == got.Schema && AlmostEqual(expected.Count, got.Count) && AlmostEqual(expected.Sum, got.Sum)
            && (expected.ResetHint == CounterResetHint.Unknown || expected.ResetHint == got.ResetHint)
            && expected.CustomBounds.AsSpan().SequenceEqual(got.CustomBounds)
            && (expected.Schema == NativeHistogram.CustomBucketsSchema || (expected.ZeroThreshold == got.ZeroThreshold && AlmostEqual(expected.ZeroCount, got.ZeroCount)))
            && Same(ScriptHistogramText.Populated(expected.PositiveSpans, expected.PositiveBuckets), ScriptHistogramText.Populated(got.PositiveSpans, got.PositiveBuckets))
            && Same(ScriptHistogramText.Populated(expected.NegativeSpans, expected.NegativeBuckets), ScriptHistogramText.Populated(got.NegativeSpans, got.NegativeBuckets));
        return same ? null : $"expected {Show(expected)}, got {Show(got)}";
    }

    private static bool Same(SortedDictionary<int, double> expected, SortedDictionary<int, double> got) =>
        expected.Count == got.Count && expected.All(e => got.TryGetValue(e.Key, out var count) && AlmostEqual(e.Value, count));
}
