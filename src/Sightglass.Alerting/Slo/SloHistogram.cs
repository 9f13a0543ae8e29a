using System.Globalization;
using Sightglass.Alerting.Rules;
using Sightglass.Core.Errors;
using Sightglass.Query.PromQL;

namespace Sightglass.Alerting.Slo;

/// <summary>Latencies: events are good that took no longer than a threshold, which a histogram counts.</summary>
internal static class SloHistogram
{
    /// <summary>Name and matchers of a selector of a histogram, without <c>_bucket</c>.</summary>
    /// <exception cref="QueryException">It is no selector with a name.</exception>
    public static (string Name, string Matchers) Parse(string text)
    {
        if (PromQLParser.Parse(text) is not VectorSelector { Name.Length: > 0 } selector || selector.Shift != TimeShift.None)
        {
            throw new QueryException(QueryErrorKind.BadData, "want the name of a histogram, and matchers if need be: request_seconds{job=\"shop\"}");
        }

        if (selector.Matchers.Any(static m => m.Name == "le"))
        {
            throw new QueryException(QueryErrorKind.BadData, "the bucket (le) is chosen by the threshold");
        }

        var name = selector.Name.EndsWith("_bucket", StringComparison.Ordinal) ? selector.Name[..^"_bucket".Length] : selector.Name;
        var open = text.IndexOf('{', StringComparison.Ordinal);
        var matchers = open < 0 ? string.Empty : text[(open + 1)..text.LastIndexOf('}')].Trim().TrimEnd(',');
        return name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or ':') && text.StartsWith(selector.Name, StringComparison.Ordinal)
            ? (name, matchers)
            : throw new QueryException(QueryErrorKind.BadData, "want the histogram's name before its matchers, in letters, digits and '_'");
    }

    /// <summary>The indicator.</summary>
    public static EventIndicator Indicator(string name, string matchers, decimal threshold, bool native)
    {
        var seconds = threshold.ToString("0.############################", CultureInfo.InvariantCulture);
        if (native)
        {
            var rate = $"rate({name}{{{matchers}}}[{{{{.window}}}}])";
            return new EventIndicator(
                null, Query($"(histogram_fraction(-Inf, {seconds}, {rate}) * histogram_count({rate})) >= 0"), Query($"histogram_count({rate})"), GoodIsAlwaysThere: true);
        }

        // Whole numbers are written with and without a decimal place, by clients of different make.
        var bucket = seconds.Contains('.', StringComparison.Ordinal) ? $"le=\"{seconds}\"" : $"le=~\"{seconds}([.]0)?\"";
        var before = matchers.Length > 0 ? matchers + "," : string.Empty;
        return new EventIndicator(null, Query($"{name}_bucket{{{before}{bucket}}}"), Query($"{name}_count{{{matchers}}}"), GoodIsAlwaysThere: true);
    }

    private static SloQuery Query(string text) => SloQuery.Parse(text, RuleLanguage.PromQL, counters: true);
}
