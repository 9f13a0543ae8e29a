using System.Globalization;
using System.Text;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Rules.Testing;

/// <summary>What was expected and what came, in the form that promtool prints.</summary>
internal static class RuleTestText
{
    private const int MaxDiffLines = 2_000;

    public static string Alerts(IReadOnlyList<ExpectedAlert> alerts)
    {
        if (alerts.Count == 0)
        {
            return "[]";
        }

        var text = new StringBuilder("[");
        for (var i = 0; i < alerts.Count; i++)
        {
            text.Append(i > 0 ? "," : string.Empty).Append(CultureInfo.InvariantCulture, $"\n{i}:\n  Labels:{Labels(alerts[i].Labels)}\n  Annotations:{Labels(alerts[i].Annotations)}");
        }

        return text.Append("\n]").ToString();
    }

    public static string Labels(LabelSet labels) => "{" + string.Join(", ", labels.Select(static l => $"{l.Name}={GoFormat.Quote(l.Value)}")) + "}";

    public static string Samples(IReadOnlyList<RuleSample> samples) =>
        samples.Count == 0 ? "nil" : string.Join(", ", samples.Select(static s => $"{Labels(s.Labels)} {(s.Histogram is { } histogram ? Histogram(histogram) : Number(s.Value))}"));

    public static string Number(double value) => double.IsFinite(value) ? GoNumber.Format(value, 'e', -1).ToUpperInvariant() : GoNumber.Format(value, 'g', -1);

    /// <summary>A histogram in the notation of the tests; two histograms are alike when their texts are.</summary>
    public static string Histogram(NativeHistogram histogram)
    {
        var parts = new List<string> { $"schema:{histogram.Schema}" };
        void Add(string name, double value)
        {
            if (value != 0)
            {
                parts.Add($"{name}:{GoNumber.Format(value, 'g', -1)}");
            }
        }

        Add("count", histogram.Count);
        Add("sum", histogram.Sum);
        Add("z_bucket", histogram.ZeroCount);
        Add("z_bucket_w", histogram.ZeroThreshold);
        Buckets(parts, string.Empty, histogram.PositiveSpans, histogram.PositiveBuckets);
        Buckets(parts, "n_", histogram.NegativeSpans, histogram.NegativeBuckets);
        if (histogram.CustomBounds.Length > 0)
        {
            parts.Add($"custom_values:[{Numbers(histogram.CustomBounds)}]");
        }

        return $"{{{{{string.Join(' ', parts)}}}}}";
    }

    public static string Indent(string text, string indent) => text.Replace("\n", "\n" + indent, StringComparison.Ordinal);

    /// <summary>Both texts line by line: <c>-</c> was expected and did not come, <c>+</c> came and was not expected.</summary>
    public static string Diff(string expected, string got)
    {
        var (left, right) = (expected.Split('\n'), got.Split('\n'));
        if (left.Length > MaxDiffLines || right.Length > MaxDiffLines)
        {
            return $"- {expected}\n+ {got}";
        }

        // Lengths of the longest common subsequences of what is left of both.
        var common = new int[left.Length + 1, right.Length + 1];
        for (var i = left.Length - 1; i >= 0; i--)
        {
            for (var j = right.Length - 1; j >= 0; j--)
            {
                common[i, j] = left[i] == right[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        var lines = new List<string>();
        var (a, b) = (0, 0);
        while (a < left.Length || b < right.Length)
        {
            if (a < left.Length && b < right.Length && left[a] == right[b])
            {
                lines.Add("  " + left[a++]);
                b++;
            }
            else if (b == right.Length || (a < left.Length && common[a + 1, b] >= common[a, b + 1]))
            {
                lines.Add("- " + left[a++]);
            }
            else
            {
                lines.Add("+ " + right[b++]);
            }
        }

        return string.Join('\n', lines);
    }

    private static void Buckets(List<string> parts, string prefix, BucketSpan[] spans, double[] buckets)
    {
        // Absolute positions, without empty buckets at the ends: two layouts of the same counts read alike.
        var counts = new SortedDictionary<int, double>();
        var (position, bucket) = (0, 0);
        foreach (var span in spans)
        {
            position += span.Offset;
            for (var i = 0; i < span.Length; i++, position++, bucket++)
            {
                if (buckets[bucket] != 0)
                {
                    counts.Add(position, buckets[bucket]);
                }
            }
        }

        if (counts.Count > 0)
        {
            var first = counts.Keys.First();
            parts.Add($"{prefix}offset:{first}");
            parts.Add($"{prefix}buckets:[{Numbers(Enumerable.Range(first, counts.Keys.Last() - first + 1).Select(i => counts.GetValueOrDefault(i)))}]");
        }
    }

    private static string Numbers(IEnumerable<double> numbers) => string.Join(' ', numbers.Select(static n => GoNumber.Format(n, 'g', -1)));
}
