namespace Sightglass.EndToEnd.Differential;

/// <summary>
/// Makes expressions of what <see cref="ClassicExpressionGenerator"/> leaves out: native histograms, names in UTF-8, nested subqueries, experimental functions and
/// aggregations of Prometheus 3.5, arguments at the edge, and now and then what is no expression at all.
/// </summary>
internal sealed class ModernExpressionGenerator(Random random, long endSeconds) : ExpressionGenerator(random, endSeconds, ["job", "instance", "zone", "le", "absent", "\"lbl.x\"", "version"])
{
    private static readonly string[] Floats = ["temperature", "load", "requests_total", "latency_seconds_bucket", "{\"http.server.ticks\"}", "{\"größe\"}", "{\"größe\",\"lbl.x\"=~\"y.*\"}", "target_info", "limits"];
    private static readonly string[] Histograms = ["nh_seconds", "nh_gauge", "nh_custom", "mixed", "nh_seconds{job=\"api\"}", "nh_custom{job=\"db\"}", "{__name__=~\"nh_.*\"}", "nh_gauge{instance=\"a:1\"}"];
    private static readonly string[] Steady = ["steady_total", "nh_steady", "{__name__=~\"steady_total|nh_steady\"}", "nh_steady{job=\"api\"}", "steady_total{instance=\"b:2\"}"];
    private static readonly string[] Names = ["job", "instance", "new", "__name__", "lbl.x", "le", "größe", "zone"];
    private static readonly string[] AllOverTime = [.. OverTime, "mad_over_time", "ts_of_max_over_time", "ts_of_min_over_time", "ts_of_last_over_time", "absent_over_time"];
    private static readonly string[] HistogramFunctions = ["histogram_count", "histogram_sum", "histogram_avg", "histogram_stddev", "histogram_stdvar"];
    private static readonly string[] Functions = ["abs", "ceil", "sgn", "timestamp", "sort", "absent", "round", "scalar", "exp", "hour", "sort_by_label_desc", "sort_by_label", "acosh", "atanh", "acos", "asin", "sinh", "cosh"];
    private static readonly string[] Numbers = ["0", "1", "-1", "2", "0.5", "-0", "Inf", "NaN", "-Inf", "1.5", "3", "0x1f", "1e3", "5m", "1h30m"];

    public override string Next()
    {
        var expression = Vector(Random.Next(4));
        return Random.Next(12) == 0 ? Broken(expression) : expression;
    }

    protected override string Vector(int depth)
    {
        if (depth <= 0)
        {
            return Selector();
        }

        return Random.Next(14) switch
        {
            0 => Selector() + Modifier(),
            1 or 2 => $"{Pick(Rates)}({Matrix(depth - 1)})",
            3 => $"{Pick(AllOverTime)}({Matrix(depth - 1)})",
            4 or 5 => $"{Pick(Aggregations)}{Grouping()}({Vector(depth - 1)})",
            6 => $"{Pick(Functions)}({Vector(depth - 1)})",
            7 or 8 => Binary(depth),
            9 => $"{Pick(HistogramFunctions)}({Vector(depth - 1)})",
            10 => Quantile(depth),
            11 => $"{Pick(["-", "+"])}{Vector(depth - 1)}",
            _ => Special(depth),
        };
    }

    private string Quantile(int depth) => Random.Next(5) switch
    {
        0 => $"histogram_quantile({Number()}, {Vector(depth - 1)})",
        1 => $"histogram_quantile(0.{Random.Next(100)}, {Pick(Rates)}({Pick(Histograms)}[{Pick(Ranges)}]))",
        2 => $"histogram_fraction({Number()}, {Number()}, {Vector(depth - 1)})",
        3 => $"histogram_quantile(0.{Random.Next(10)}, {Pick(["sum", "avg"])}{Grouping()}(rate({Pick(Histograms)}[5m])))",
        _ => $"quantile{Grouping()}({Number()}, {Vector(depth - 1)})",
    };

    private string Special(int depth) => Random.Next(17) switch
    {
        0 => Limited(depth),
        1 => $"limit_ratio{Grouping()}({Pick(["0.5", "-0.5", "0.1", "1", "-1", "0", "-0.9", "2", "-3"])}, {Vector(depth - 1)})",
        2 => Informed(),
        3 => $"label_join({Vector(depth - 1)}, \"{Pick(Names)}\", \"{Pick(["-", "", "\\\"", "é"])}\"{string.Concat(Enumerable.Range(0, Random.Next(4)).Select(_ => $", \"{Pick(Names)}\""))})",
        4 => $"label_replace({Vector(depth - 1)}, \"{Pick(Names)}\", \"{Pick(["$1", "x-${1}y", "$0", "", "$2", "${absent}", "$$", "$1x"])}\", \"{Pick(Names)}\", \"{Pick(["(.).*", ".*", "(?P<absent>a).*", "", "([ab]):(.)", "a"])}\")",
        5 => $"double_exponential_smoothing({Matrix(depth - 1)}, {Pick(["0.5", "0.1", "0.9", "0", "1"])}, {Pick(["0.5", "0.3"])})",
        6 => $"count_values{Grouping()}(\"{Pick(["value", "job", "größe", "__name__"])}\", {Vector(0)})",
        7 => $"quantile_over_time({Number()}, {Matrix(depth - 1)})",
        8 => $"clamp{Pick(["_min", "_max"])}({Vector(depth - 1)}, {Number()})",
        9 => $"clamp({Vector(depth - 1)}, {Number()}, {Number()})",
        10 => $"predict_linear({Matrix(depth - 1)}, {Number()})",
        11 => $"round({Vector(depth - 1)}, {Number()})",
        12 => $"scalar({Vector(depth - 1)})",
        13 => $"vector({Number()})",
        14 => $"sort_by_label{Pick(["", "_desc"])}({Vector(depth - 1)}{string.Concat(Enumerable.Range(0, Random.Next(3)).Select(_ => $", \"{Pick(Names)}\""))})",
        15 => $"{Pick(["avg", "max", "min", "sum", "last", "count"])}_over_time(({Pick(Rates)}({Matrix(0)}))[{Pick(["10m", "30m", "17m"])}:{Pick(["", "1m", "77s"])}]{Modifier()}{(Random.Next(2) == 0 ? "" : $" offset {Pick(["-10m", "-1h", "1h", "0s"])}")})",
        _ => $"({Vector(depth - 1)})",
    };

    // Which series are taken is chance there, how many and of which group is not.
    private string Limited(int depth)
    {
        var (grouping, k, vector) = (Grouping(), Pick(["-1", "0", "1", "2", "3", "4", "2.9", "NaN", "1e30", "-Inf", "time()"]), Vector(depth - 1));
        return Random.Next(4) switch
        {
            0 => $"limitk{grouping}({Pick(["1000", "0", "-3", "0x1f4"])}, {vector})",
            1 => $"limitk{grouping}({k}, {vector}) unless ({vector})",
            2 => $"count(limitk({k}, {vector}))",
            _ => $"count{grouping}(limitk{grouping}({k}, {vector}))",
        };
    }

    // 3.5 takes the wrong one's instance and job where one series among others has no sample, so here all or none have them; and it looks for info
    // series at other times than those of what is offset or fixed by @, which the conformance scripts say otherwise.
    private string Informed()
    {
        var steady = Pick(Steady);
        var argument = Random.Next(8) switch
        {
            0 => $"rate({steady}[{Pick(Ranges)}])",
            1 => $"{Pick(Aggregations)} by (job{Pick(["", ", instance", ", zone"])}) ({Pick(Steady)})",
            2 => $"topk(1000, {steady})",
            3 => $"{steady} {Pick(Arithmetic)} {Number()}",
            4 => $"label_replace({steady}, \"{Pick(["zone", "version", "new"])}\", \"{Pick(["api", "mine", ""])}\", \"job\", \"{Pick(["api", ".*"])}\")",
            5 => $"{Pick(HistogramFunctions)}({steady})",
            6 => $"last_over_time(({steady})[{Pick(["5m", "10m"])}:{Pick(["", "1m"])}])",
            _ => steady,
        };
        var info = $"info({argument}{Pick(["", "", ", {version=~\".+\"}", ", {zone=\"api\"}", ", {__name__=\"target_info\"}", ", {absent=\"\"}", ", {absent=~\".+\"}", ", {version=\"1\"}", ", {version!=\"1\", zone=~\"a.*|\"}", ", {__name__=~\".*_info\", version=\"2\"}", ", {}"])})";
        return Random.Next(3) == 0 ? $"{Pick(Aggregations)} by ({Pick(["zone", "version", "job, version"])}) ({info})" : info;
    }

    private string Binary(int depth)
    {
        var (left, right) = (Vector(depth - 1), Random.Next(3) == 0 ? Number() : Vector(depth - 1));
        return Random.Next(7) switch
        {
            0 => $"{left} {Pick(["and", "or", "unless"])}{Matching()} {Vector(depth - 1)}",
            1 => $"{left} {Pick(Comparisons)} {right}",
            2 => $"{left} {Pick(Comparisons)} bool {right}",
            3 => $"{left} {Pick(Arithmetic)}{Matching("group_left", "group_right", "group_left (zone)", "group_right (version, zone)")} {Vector(depth - 1)}",
            4 => $"{Number()} {Pick([.. Arithmetic, .. Comparisons])} {left}",
            5 => $"{Pick(Histograms)} {Pick(["+", "-", "==", "!=", "*", "/"])} {Pick(Histograms)}",
            _ => $"({left}) {Pick(["+", "-", "*", "/"])} ({right})",
        };
    }

    private string Number() => Pick(Numbers);

    protected override string Selector() => Random.Next(2) == 0 ? Pick(Histograms) : Pick(Floats);

    // A character lost, doubled or changed: most of it is refused, and both have to say the same.
    private string Broken(string expression)
    {
        var at = Random.Next(expression.Length);
        return Random.Next(3) switch
        {
            0 => expression.Remove(at, 1),
            1 => expression.Insert(at, Pick(["(", ")", "{", "}", "[", "]", "\"", ",", "!", "=", "@", " ", "1", "x", "offset", "'", "#", ":", "and", "by"])),
            _ => expression[..at],
        };
    }
}
