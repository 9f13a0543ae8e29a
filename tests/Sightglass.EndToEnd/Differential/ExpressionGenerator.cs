using System.Globalization;

namespace Sightglass.EndToEnd.Differential;

/// <summary>What generators of expressions share: the operators of PromQL's grammar, ranges, modifiers, groupings and matchings.</summary>
internal abstract class ExpressionGenerator(Random random, long endSeconds, string[] labels)
{
    protected static readonly string[] Aggregations = ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"];
    protected static readonly string[] Arithmetic = ["+", "-", "*", "/", "%", "^", "atan2"];
    protected static readonly string[] Comparisons = ["==", "!=", ">", "<", ">=", "<="];
    protected static readonly string[] Rates = ["rate", "increase", "irate", "delta", "idelta", "deriv"];
    protected static readonly string[] OverTime = ["avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "count_over_time", "last_over_time", "present_over_time", "stddev_over_time", "stdvar_over_time", "changes", "resets"];
    protected static readonly string[] Ranges = ["1m", "2m", "5m", "10m", "30m", "47s", "90s", "16s"];

    /// <summary>Labels to group and match by.</summary>
    protected string[] Labels => labels;

    protected Random Random => random;

    /// <summary>The next expression.</summary>
    public abstract string Next();

    protected abstract string Vector(int depth);

    protected abstract string Selector();

    protected string Matrix(int depth) => depth > 0 && random.Next(3) == 0
        ? $"({Vector(depth - 1)})[{Pick(["5m", "10m", "30m"])}:{Pick(["", "1m", "30s", "77s"])}]{Modifier()}"
        : $"{Selector()}[{Pick(Ranges)}]{Modifier()}";

    protected string Modifier() => random.Next(8) switch
    {
        0 => " offset 7m",
        1 => " offset -90s",
        2 => string.Create(CultureInfo.InvariantCulture, $" @ {endSeconds - random.Next(3_600)}.5"),
        3 => Pick([" @ start()", " @ end()", " @ end() offset 3m", " offset -2m @ start()", " offset -1h", " @ 0", " @ -1e3 offset -1d"]),
        _ => string.Empty,
    };

    protected string Grouping() => random.Next(3) switch
    {
        0 => string.Empty,
        1 => $" by ({Pick(labels)}{(random.Next(2) == 0 ? "" : ", " + Pick(labels))}) ",
        _ => $" without ({Pick(labels)}) ",
    };

    protected string Matching(params string[] groups) => random.Next(5) switch
    {
        0 => string.Empty,
        4 when groups.Length > 0 => $" ignoring ({Pick(labels)}, {Pick(labels)}) {Pick(groups)}",
        1 => $" on (job, {Pick(labels)})",
        2 => $" ignoring ({Pick(labels)}, le)",
        _ => groups.Length > 0 ? $" on ({Pick(["job", "job, instance"])}) {Pick(groups)}" : " on (job)",
    };

    protected string Pick(string[] choices) => choices[random.Next(choices.Length)];
}
