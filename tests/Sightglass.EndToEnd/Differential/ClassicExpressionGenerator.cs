namespace Sightglass.EndToEnd.Differential;

/// <summary>Makes expressions from PromQL's grammar, mostly of the right types, as far as Prometheus 2.42 knows it.</summary>
internal sealed class ClassicExpressionGenerator(Random random, long endSeconds) : ExpressionGenerator(random, endSeconds, ["job", "instance", "code", "zone", "le", "absent"])
{
    private static readonly string[] Gauges = ["temperature", "load", "limits"];
    private static readonly string[] Counters = ["requests_total", "latency_seconds_count", "latency_seconds_sum", "latency_seconds_bucket"];
    private static readonly string[] Matchers = ["job=\"api\"", "job=~\"api|caf.*\"", "job!=\"db\"", "instance!~\"a.*\"", "job=\"café ☕\"", "zone=\"\"", "code=~\"5..\"", "instance=~\".+\"", "le=\"+Inf\""];
    private static readonly string[] VectorFunctions = ["abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "sgn", "sin", "cos", "tan", "atan", "asinh", "tanh", "deg", "rad", "timestamp", "round", "sort", "sort_desc", "absent", "day_of_week", "day_of_month", "days_in_month", "hour", "minute", "month", "year", "day_of_year"];

    public override string Next() => Vector(Random.Next(4));

    protected override string Vector(int depth)
    {
        if (depth <= 0)
        {
            return Selector();
        }

        return Random.Next(13) switch
        {
            0 or 1 => Selector() + Modifier(),
            2 => $"{Pick(Rates)}({Matrix(depth - 1)})",
            3 => $"{Pick(OverTime)}({Matrix(depth - 1)})",
            4 or 5 => $"{Pick(Aggregations)}{Grouping()}({Vector(depth - 1)})",
            6 => $"{Pick(VectorFunctions)}({Vector(depth - 1)})",
            7 or 8 => Binary(depth),
            9 => Special(depth),
            10 => $"-{Vector(depth - 1)}",
            11 => $"({Vector(depth - 1)})",
            _ => $"{Scalar(depth - 1)} {Pick(Arithmetic)} {Vector(depth - 1)}",
        };
    }

    private string Special(int depth) => Random.Next(16) switch
    {
        0 => $"histogram_quantile({Scalar(0)}, rate(latency_seconds_bucket[{Pick(Ranges)}]))",
        1 => $"histogram_quantile(0.{Random.Next(10)}, sum by (le{(Random.Next(2) == 0 ? "" : ", job")}) (increase(latency_seconds_bucket[5m])))",
        2 => $"quantile{Grouping()}(0.{Random.Next(100)}, {Vector(depth - 1)})",
        3 => $"quantile_over_time(0.{Random.Next(100)}, {Matrix(depth - 1)})",
        4 => $"topk{Grouping()}({Random.Next(4)}, load)",
        5 => $"bottomk{Grouping()}({Random.Next(4)}, load)",
        6 => $"count_values{Grouping()}(\"value\", {Selector()})",
        7 => $"label_replace({Vector(depth - 1)}, \"new\", \"x-$1\", \"{Pick(Labels)}\", \"(.).*\")",
        8 => $"label_join({Vector(depth - 1)}, \"new\", \"-\", \"job\", \"{Pick(Labels)}\")",
        9 => $"clamp({Vector(depth - 1)}, {Scalar(0)}, {Scalar(0)})",
        10 => $"clamp_{(Random.Next(2) == 0 ? "min" : "max")}({Vector(depth - 1)}, {Scalar(depth - 1)})",
        11 => $"round({Vector(depth - 1)}, {Scalar(0)})",
        12 => $"predict_linear({Matrix(depth - 1)}, {Random.Next(1, 4000)})",
        13 => $"absent_over_time({Matrix(0)})",
        14 => $"vector({Scalar(depth - 1)})",
        _ => $"{Scalar(depth - 1)}",
    };

    private string Binary(int depth)
    {
        var (left, right) = (Vector(depth - 1), Random.Next(3) == 0 ? Scalar(depth - 1) : Vector(depth - 1));
        return Random.Next(6) switch
        {
            0 => $"{left} {Pick(["and", "or", "unless"])}{Matching()} {Vector(depth - 1)}",
            1 => $"{left} {Pick(Comparisons)} {right}",
            2 => $"{left} {Pick(Comparisons)} bool {right}",
            3 => $"{left} {Pick(Arithmetic)}{Matching("group_left", "group_right", "group_left(zone)")} {Vector(depth - 1)}",
            4 => $"sum by (job, instance) ({left}) {Pick([.. Arithmetic, .. Comparisons])} on (job{(Random.Next(2) == 0 ? "" : ", instance")}) group_left{(Random.Next(2) == 0 ? "" : "(zone)")} sum by (job) ({Vector(depth - 1)})",
            _ => $"({left}) {Pick(Arithmetic)} ({right})",
        };
    }

    private string Scalar(int depth) => Random.Next(depth > 0 ? 10 : 6) switch
    {
        0 => Pick(["0", "1", "-1", "2.5", "1e3", "0x1F", "Inf", "NaN", "-Inf", "0.1"]),
        1 or 2 => Random.Next(1, 50).ToString(System.Globalization.CultureInfo.InvariantCulture),
        3 => "0.5",
        4 => "pi()",
        5 => "time()",
        6 => $"scalar({Vector(depth - 1)})",
        7 => $"({Scalar(depth - 1)} {Pick(Arithmetic)} {Scalar(depth - 1)})",
        8 => $"({Scalar(depth - 1)} {Pick(Comparisons)} bool {Scalar(depth - 1)})",
        _ => $"-{Scalar(0)}",
    };

    protected override string Selector()
    {
        var name = Random.Next(2) == 0 ? Pick(Gauges) : Pick(Counters);
        return Random.Next(3) switch
        {
            0 => name,
            1 => $"{name}{{{Pick(Matchers)}}}",
            _ => $"{name}{{{Pick(Matchers)},{Pick(Matchers)}}}",
        };
    }

}
