using System.Text;
using Sightglass.Query.Syntax;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Metrics;

/// <summary>A series between two stages of a metrics query.</summary>
internal sealed record MetricSeries(IReadOnlyList<(string Name, TraceValue Value)> Labels, string Text, double[] Values, IReadOnlyList<TraceExemplar> Exemplars)
{
    /// <summary>The label of a series that is not grouped: the function.</summary>
    public const string NameLabel = "__name__";

    private const string BucketLabel = "__bucket";
    private const string QuantileLabel = "p";

    public static MetricSeries Of(IReadOnlyList<(string Name, TraceValue Value)> labels, double[] values, IReadOnlyList<TraceExemplar> exemplars) => new(labels, TextOf(labels), values, exemplars);

    /// <summary>The series of a table that is filled.</summary>
    public static List<MetricSeries> Of(MetricTable table)
    {
        var function = table.Function;
        if (function.Function == "quantile_over_time")
        {
            return Quantiles(table);
        }

        var divisor = MetricScan.IsTime(function.Of) ? 1e9 : 1;
        var series = new List<MetricSeries>();
        for (var i = 0; i < table.Count; i++)
        {
            var values = MetricKey.Read(table.Key(i));
            var labels = LabelsOf(function, values);
            if (table.HasBuckets)
            {
                labels.Add((BucketLabel, TraceValue.Of(Math.ScaleB(1, (int)values[^1].Whole) / divisor)));
            }

            series.Add(Of(labels.Count > 0 ? labels : [(NameLabel, TraceValue.Of(function.Function))], table.Values(i), table.Exemplars(i)));
        }

        return series;
    }

    private static List<MetricSeries> Quantiles(MetricTable table)
    {
        // A key ends with the bucket: a type and eight bytes.
        const int BucketBytes = 9;
        var groups = new Dictionary<byte[], List<int>>(new MetricKeyComparer());
        for (var i = 0; i < table.Count; i++)
        {
            var key = table.Key(i)[..^BucketBytes].ToArray();
            if (!groups.TryGetValue(key, out var members))
            {
                groups.Add(key, members = []);
            }

            members.Add(i);
        }

        var divisor = MetricScan.IsTime(table.Function.Of) ? 1e9 : 1;
        var series = new List<MetricSeries>();
        foreach (var (key, members) in groups)
        {
            var labels = LabelsOf(table.Function, MetricKey.Read(key));
            var buckets = members.ConvertAll(i => (Index: i, Max: Math.ScaleB(1, (int)MetricKey.Read(table.Key(i))[^1].Whole) / divisor));
            buckets.Sort(static (a, b) => a.Max.CompareTo(b.Max));
            var exemplars = members.SelectMany(table.Exemplars).ToArray();
            foreach (var q in table.Function.Parameters)
            {
                series.Add(Of([.. labels, (QuantileLabel, TraceValue.Of(q.Number))], Quantile(table, buckets, q.Number), exemplars));
            }
        }

        return series;
    }

    private static double[] Quantile(MetricTable table, List<(int Index, double Max)> buckets, double share)
    {
        var values = new double[table.Grid.Count];
        Span<(double Max, double Count)> counted = buckets.Count <= 64 ? stackalloc (double, double)[buckets.Count] : new (double, double)[buckets.Count];
        for (var interval = 0; interval < values.Length; interval++)
        {
            var count = 0;
            foreach (var (index, max) in buckets)
            {
                if (table.Values(index)[interval] is > 0 and var found)
                {
                    counted[count++] = (max, found);
                }
            }

            values[interval] = Log2Buckets.Quantile(share, counted[..count]);
        }

        return values;
    }

    // A value that is not there makes no label; where none is there, the first says so.
    private static List<(string Name, TraceValue Value)> LabelsOf(MetricsFunctionNode function, List<TraceValue> values)
    {
        var labels = new List<(string, TraceValue)>();
        for (var i = 0; i < function.By.Count; i++)
        {
            if (values[i].Type != TraceValueType.Nil)
            {
                labels.Add((FieldText.Of(function.By[i]), values[i]));
            }
        }

        if (labels.Count == 0 && function.By.Count > 0)
        {
            labels.Add((FieldText.Of(function.By[0]), TraceValue.Nil));
        }

        return labels;
    }

    /// <summary>Labels as Prometheus writes them.</summary>
    public static string TextOf(IEnumerable<(string Name, TraceValue Value)> labels)
    {
        var text = new StringBuilder("{");
        foreach (var (name, value) in labels.OrderBy(static l => l.Name, StringComparer.Ordinal))
        {
            text.Append(text.Length > 1 ? ", " : string.Empty)
                .Append(IsPlain(name) ? name : QuotedText.Quote(name)).Append('=').Append(QuotedText.Quote(PlainText(value)));
        }

        return text.Append('}').ToString();
    }

    private static bool IsPlain(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_');

    /// <summary>A value as a label of Prometheus.</summary>
    public static string PlainText(TraceValue value) => value switch
    {
        { Type: TraceValueType.Nil } or { Text: "nil" } => "<nil>",
        { Text: "" } => "<empty>",
        { Type: TraceValueType.Duration } => LogQL.Syntax.Quantities.FormatDuration(value.Number),
        _ => value.ToString(),
    };
}
