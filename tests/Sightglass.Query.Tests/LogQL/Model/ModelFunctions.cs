using Sightglass.Core.Model;

namespace Sightglass.Query.Tests.LogQL.Model;

/// <summary>Aggregations in the plainest words.</summary>
internal static class ModelFunctions
{
    public static double OverTime(string function, double parameter, List<(long Time, double Value)> unordered, long end, long range)
    {
        var samples = unordered.OrderBy(static s => s.Time).ToList();
        var values = samples.ConvertAll(static s => s.Value);
        switch (function)
        {
            case "count_over_time":
                return samples.Count;
            case "rate" or "bytes_rate":
                return values.Sum() / (range / 1e9);
            case "bytes_over_time" or "sum_over_time":
                return values.Sum();
            case "avg_over_time":
                return values.Sum() / values.Count;
            case "min_over_time":
                return OverSeries("min", values);
            case "max_over_time":
                return OverSeries("max", values);
            case "stdvar_over_time":
                return OverSeries("stdvar", values);
            case "stddev_over_time":
                return OverSeries("stddev", values);
            case "quantile_over_time":
                return Quantile(parameter, [.. values.Order()]);
            case "first_over_time":
                return One(samples.Where(s => s.Time == samples[0].Time));
            case "last_over_time":
                return One(samples.Where(s => s.Time == samples[^1].Time));
            default:
                return CounterRate(samples, end, range);
        }
    }

    public static double OverSeries(string function, List<double> values) => function switch
    {
        "sum" => values.Sum(),
        "avg" => values.Sum() / values.Count,
        "min" => values.Exists(static v => !double.IsNaN(v)) ? values.Where(static v => !double.IsNaN(v)).Min() : double.NaN,
        "max" => values.Exists(static v => !double.IsNaN(v)) ? values.Where(static v => !double.IsNaN(v)).Max() : double.NaN,
        "count" => values.Count,
        "stdvar" => values.Sum(v => Math.Pow(v - (values.Sum() / values.Count), 2)) / values.Count,
        _ => Math.Sqrt(OverSeries("stdvar", values)),
    };

    /// <summary>The largest or smallest; where the last place is shared nobody knows who has it.</summary>
    public static IEnumerable<KeyValuePair<LabelSet, double>> Best(List<KeyValuePair<LabelSet, double>> series, int count, bool largest)
    {
        if (series.Exists(static s => double.IsNaN(s.Value)))
        {
            throw new SkippedException();
        }

        var ordered = series.OrderBy(s => largest ? -s.Value : s.Value).ToList();
        return ordered.Count > count && Close(ordered[count - 1].Value, ordered[count].Value) ? throw new SkippedException() : ordered.Take(count);
    }

    public static double Operate(string symbol, double left, double right) => symbol switch
    {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" => right == 0 ? double.NaN : left / right,
        "%" => right == 0 ? double.NaN : left % right,
        "^" => Math.Pow(left, right),
        "==" => left == right ? 1 : 0,
        "!=" => left != right ? 1 : 0,
        "<" => left < right ? 1 : 0,
        "<=" => left <= right ? 1 : 0,
        ">" => left > right ? 1 : 0,
        _ => left >= right ? 1 : 0,
    };

    /// <summary>Whether two numbers are the same but for the order of additions.</summary>
    public static bool Close(double a, double b) => a.Equals(b) || Math.Abs(a - b) <= 1e-8 * Math.Max(1, Math.Max(Math.Abs(a), Math.Abs(b)));

    private static double One(IEnumerable<(long Time, double Value)> samples) => samples.Select(static s => s.Value).Distinct().ToList() is [var only] ? only : throw new SkippedException();

    private static double Quantile(double quantile, double[] sorted)
    {
        // As Loki writes it, which is NaN for an infinity.
        var at = quantile * (sorted.Length - 1);
        var below = Math.Floor(at);
        return (sorted[(int)below] * (1 - (at - below))) + (sorted[Math.Min(sorted.Length - 1, (int)below + 1)] * (at - below));
    }

    // Prometheus' rate over the samples, of which one alone gives nothing.
    private static double CounterRate(List<(long Time, double Value)> samples, long end, long range)
    {
        if (samples.Count < 2)
        {
            return 0;
        }

        if (samples.GroupBy(static s => s.Time).Any(static g => g.Count() > 1))
        {
            throw new SkippedException();
        }

        var increase = samples[^1].Value - samples[0].Value + samples.Zip(samples.Skip(1)).Where(static p => p.Second.Value < p.First.Value).Sum(static p => p.First.Value);
        var sampled = (samples[^1].Time - samples[0].Time) / 1e9;
        var between = sampled / (samples.Count - 1);
        var before = (samples[0].Time - (end - range)) / 1e9;
        var after = (end - samples[^1].Time) / 1e9;
        before = before >= between * 1.1 ? between / 2 : before;
        after = after >= between * 1.1 ? between / 2 : after;
        before = increase > 0 && samples[0].Value >= 0 ? Math.Min(before, sampled * samples[0].Value / increase) : before;
        return increase * (sampled + before + after) / sampled / (range / 1e9);
    }
}
