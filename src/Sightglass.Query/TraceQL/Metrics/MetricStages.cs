using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Metrics;

/// <summary>What is done with the series of metrics functions: ranks, comparisons, arithmetic.</summary>
internal static class MetricStages
{
    /// <summary>At each time the so many highest or lowest values.</summary>
    public static List<MetricSeries> Rank(MetricsRankNode node, List<MetricSeries> input, int points)
    {
        if (node.Count >= input.Count)
        {
            return input;
        }

        var kept = input.ConvertAll(static s => (double[]?)null);
        var order = Enumerable.Range(0, input.Count).OrderBy(i => input[i].Text, StringComparer.Ordinal).ToArray();
        for (var point = 0; point < points; point++)
        {
            var at = point;
            var present = order.Where(i => !double.IsNaN(input[i].Values[at]));
            var ranked = node.Function == "topk" ? present.OrderByDescending(i => input[i].Values[at]) : present.OrderBy(i => input[i].Values[at]);
            foreach (var i in ranked.Take((int)node.Count))
            {
                var values = kept[i] ??= Nothing(points);
                values[point] = input[i].Values[point];
            }
        }

        return [.. order.Where(i => kept[i] is not null).Select(i => input[i] with { Values = kept[i]! })];
    }

    /// <summary>Only the values that compare so; a series without any is left out.</summary>
    public static List<MetricSeries> Filter(MetricsFilterNode node, List<MetricSeries> input)
    {
        // Answers have times in seconds.
        var other = node.Value.Type == TraceValueType.Duration ? node.Value.Number / 1e9 : node.Value.Number;
        var result = new List<MetricSeries>();
        foreach (var series in input)
        {
            var values = Array.ConvertAll(series.Values, v => Holds(node.Operator, v, other) ? v : double.NaN);
            if (Array.Exists(values, static v => !double.IsNaN(v)))
            {
                result.Add(series with { Values = values });
            }
        }

        return result;
    }

    /// <summary>Series of both sides with the same labels, the name of the function aside.</summary>
    public static List<MetricSeries> Combine(string op, List<MetricSeries> left, List<MetricSeries> right)
    {
        var others = new Dictionary<string, MetricSeries>(StringComparer.Ordinal);
        foreach (var series in right)
        {
            others.TryAdd(MetricSeries.TextOf(Named(series)), series);
        }

        var result = new List<MetricSeries>();
        foreach (var series in left)
        {
            var labels = Named(series).ToArray();
            if (others.TryGetValue(MetricSeries.TextOf(labels), out var other))
            {
                var values = new double[series.Values.Length];
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = Calculate(op, series.Values[i], other.Values[i]);
                }

                result.Add(MetricSeries.Of(labels, values, series.Exemplars));
            }
        }

        return result;
    }

    /// <summary>Series with a number.</summary>
    public static List<MetricSeries> Combine(string op, List<MetricSeries> series, double number, bool isLeft) =>
        series.ConvertAll(s => s with { Values = Array.ConvertAll(s.Values, v => isLeft ? Calculate(op, number, v) : Calculate(op, v, number)) });

    private static IEnumerable<(string Name, TraceValue Value)> Named(MetricSeries series) => series.Labels.Where(static l => l.Name != MetricSeries.NameLabel);

    private static double[] Nothing(int points)
    {
        var values = new double[points];
        Array.Fill(values, double.NaN);
        return values;
    }

    private static double Calculate(string op, double a, double b) => op switch { "+" => a + b, "-" => a - b, "*" => a * b, _ => a / b };

    private static bool Holds(string op, double value, double other) => !double.IsNaN(value) && op switch
    {
        "=" => value == other,
        "!=" => value != other,
        "<" => value < other,
        "<=" => value <= other,
        ">" => value > other,
        _ => value >= other,
    };
}
