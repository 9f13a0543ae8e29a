using System.Globalization;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Rules;

/// <summary>
/// Reads rules for those who do not write PromQL: <c>metric</c>, <c>filters</c>, <c>aggregation</c>, <c>window</c>, <c>by</c>, <c>condition</c>,
/// <c>threshold</c>, <c>duration</c>, <c>severity</c>, made into an expression.
/// </summary>
internal static class ThresholdRule
{
    private static readonly string[] Aggregations = ["avg", "min", "max", "sum", "count", "last", "rate", "increase", "p50", "p75", "p90", "p95", "p99"];

    /// <summary>Reads the keys of a rule that has a <c>metric</c>: the expression and what it compares with.</summary>
    public static (string Expression, string Threshold) Read(YamlSection section)
    {
        var metric = section.Text("metric", string.Empty);
        var aggregation = section.Text("aggregation");
        if (aggregation is not null && !Aggregations.Contains(aggregation))
        {
            throw section.Error("aggregation", $"aggregation: got \"{aggregation}\", want one of {string.Join(", ", Aggregations)}");
        }

        var window = section.Duration("window");
        if (window <= TimeSpan.Zero)
        {
            throw section.Error("window", "window has to be more than 0");
        }

        if (window is not null && aggregation is null)
        {
            throw section.Error("window", "a window needs an aggregation");
        }

        var by = section.Texts("by");
        var value = Value(Selector(section, metric), aggregation, window, by);
        return Compare(section, value);
    }

    private static string Selector(YamlSection section, string metric)
    {
        var filters = section.Map("filters").ConvertAll(static f =>
        {
            var (op, text) = f.Value.StartsWith("=~", StringComparison.Ordinal) || f.Value.StartsWith("!~", StringComparison.Ordinal) || f.Value.StartsWith("!=", StringComparison.Ordinal)
                ? (f.Value[..2], f.Value[2..])
                : f.Value.StartsWith('=') ? ("=", f.Value[1..]) : ("=", f.Value);
            return $"{Name(f.Key)}{op}{GoFormat.Quote(text)}";
        });
        return IsPlain(metric, colon: true)
            ? metric + (filters.Count > 0 ? $"{{{string.Join(",", filters)}}}" : string.Empty)
            : $"{{{string.Join(",", filters.Prepend(GoFormat.Quote(metric)))}}}";
    }

    /// <summary>Over time first when there is a window, then over series when that is asked for.</summary>
    private static string Value(string selector, string? aggregation, TimeSpan? window, List<string> by)
    {
        if (aggregation is null or "last")
        {
            return window is null ? selector : $"last_over_time({selector}[{PromDuration.Format(window.Value)}])";
        }

        var isRate = aggregation is "rate" or "increase";
        if (isRate)
        {
            var rate = $"{aggregation}({selector}[{PromDuration.Format(window ?? TimeSpan.FromMinutes(5))}])";
            return by.Count == 0 ? rate : Over("sum", rate, by);
        }

        if (window is { } range)
        {
            var inner = aggregation[0] == 'p'
                ? $"quantile_over_time({Quantile(aggregation)}, {selector}[{PromDuration.Format(range)}])"
                : $"{aggregation}_over_time({selector}[{PromDuration.Format(range)}])";
            return by.Count == 0 ? inner : Over(aggregation == "count" ? "sum" : aggregation, inner, by);
        }

        return Over(aggregation, selector, by);
    }

    private static string Over(string aggregation, string inner, List<string> by)
    {
        var grouping = by.Count == 0 ? string.Empty : $" by ({string.Join(", ", by.Select(Name))}) ";
        return aggregation[0] == 'p' ? $"quantile{grouping}({Quantile(aggregation)}, {inner})" : $"{aggregation}{grouping}({inner})";
    }

    private static string Quantile(string aggregation) => "0." + aggregation[1..];

    private static (string Expression, string Threshold) Compare(YamlSection section, string value)
    {
        var condition = section.Text("condition") ?? throw section.Error("a rule with a metric needs a condition");
        var isRange = condition is "outside" or "inside";
        var numbers = section.Node("threshold") switch
        {
            null => throw section.Error("a rule with a metric needs a threshold"),
            YamlDotNet.RepresentationModel.YamlSequenceNode => section.Texts("threshold"),
            _ => [section.Text("threshold")!],
        };
        if (numbers.Count != (isRange ? 2 : 1))
        {
            throw section.Error("threshold", isRange ? $"threshold: condition {condition} wants a list of two numbers" : $"threshold: condition {condition} wants one number");
        }

        var limits = numbers.ConvertAll(n => double.TryParse(n, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw section.Error("threshold", $"threshold: got \"{n}\", want a number"));
        var texts = limits.ConvertAll(static l => GoNumber.Format(l, 'g', -1));
        if (isRange && limits[0] > limits[1])
        {
            throw section.Error("threshold", "threshold: the first number has to be the smaller one");
        }

        return condition switch
        {
            "greater_than" => ($"{value} > {texts[0]}", texts[0]),
            "less_than" => ($"{value} < {texts[0]}", texts[0]),
            "equals" => ($"{value} == {texts[0]}", texts[0]),
            "not_equals" => ($"{value} != {texts[0]}", texts[0]),
            "outside" => ($"{value} < {texts[0]} or {value} > {texts[1]}", $"outside {texts[0]} to {texts[1]}"),
            "inside" => ($"{value} >= {texts[0]} <= {texts[1]}", $"inside {texts[0]} to {texts[1]}"),
            _ => throw section.Error("condition", $"condition: got \"{condition}\", want greater_than, less_than, equals, not_equals, outside or inside"),
        };
    }

    private static string Name(string label) => IsPlain(label, colon: false) ? label : GoFormat.Quote(label);

    private static bool IsPlain(string name, bool colon) => name.Length > 0 && !char.IsAsciiDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_' || (colon && c == ':'));
}
