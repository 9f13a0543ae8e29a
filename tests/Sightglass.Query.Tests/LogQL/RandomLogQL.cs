namespace Sightglass.Query.Tests.LogQL;

/// <summary>Makes queries that are LogQL.</summary>
internal sealed class RandomLogQL(Random random)
{
    private int _depth;

    public string Query() => random.Next(4) == 0 ? Log() : Metric();

    private string Pick(params string[] texts) => texts[random.Next(texts.Length)];

    private string Many(int most, string separator, Func<string> one) => string.Join(separator, Enumerable.Range(0, 1 + random.Next(most)).Select(_ => one()));

    private string Label() => Pick(Measured(), "__error__");

    private string Measured() => Pick("app", "level", "x", "_y", "status_code", "count", "sum", "rate");

    private string Text() => Pick("\"a\"", "\"\"", "`b\\d`", "\"q\\\"uo\\nte\\\\\"", "\"é漢\"", "\"{{.x}}\"", "\"10.0.0.1\"");

    private string Expression() => Pick("\"a|b\"", "`(?i)\\w+`", "\".*\"", "\"[^x]\"");

    private string Selector() => $"{{{Pick("a=\"b\"", "app=~`.+`")}{Pick("", ", c!=\"d\"", ", e!~\"f|g\",h=\"\"")}}}";

    private string Log() => random.Next(6) == 0 ? $"({Selector()} {Stages()})" : $"{Selector()} {Stages()}";

    private string Stages() => string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => Stage() + Pick(" ", "\n", "\t# a comment\n")));

    private string Stage() => random.Next(14) switch
    {
        0 => $"{Pick("|=", "!=")} {Many(3, " or ", Text)}",
        1 => $"{Pick("|~", "!~")} {Many(2, " or ", Expression)}",
        2 => $"{Pick("|>", "!>")} \"{Pick("<_> a", "b <_>", "<_>=<_>;")}\"",
        3 => $"{Pick("|=", "!=")} ip(\"{Pick("10.0.0.1", "10.0.0.0/8", "10.0.0.1-10.0.0.9", "2001:db8::/32")}\")",
        4 => "| json",
        5 => $"| json {Many(3, ", ", () => Label() + "=" + Pick("\"a.b\"", "\"c[0]\"", "\"d[\\\"e f\\\"].g\""))}",
        6 => $"| logfmt{Pick("", " --strict", " --keep-empty", " --strict --keep-empty")}{(random.Next(2) == 0 ? " " + Many(2, ",", () => Label() + Pick("", "=\"k\"")) : "")}",
        7 => Pick("| pattern \"<a> - <_>\"", "| regexp `(?P<a>\\d+)`", "| unpack", "| decolorize"),
        8 => $"| line_format {Text()}",
        9 => $"| label_format {Pick("a", "b")}={Pick("c", "\"{{.d}}\"")}{Pick("", ",e=f", ", g=\"h\"")}",

        // A != behind a bare name would be its condition, not a line filter.
        10 => $"| {Pick("drop", "keep")} {Many(3, ",", () => Label() + Pick("", "=\"v\"", "=~\"w\""))},last=\"v\"",
        _ => $"| {Condition()}",
    };

    private string Condition() => random.Next(7) switch
    {
        0 when _depth < 4 => Deeper(() => $"({Condition()})"),
        1 when _depth < 4 => Deeper(() => Condition() + Pick(" and ", " or ", ", ", " ") + Condition()),
        2 => $"{Measured()}{Pick("=", "!=")}ip(\"10.0.0.0/8\")",
        3 => $"{Measured()} {Pick(">", ">=", "<", "<=", "==", "=", "!=")} {Pick("1", "-2.5", "1e3", "15e2")}",
        4 => $"{Measured()} {Pick(">", ">=", "<", "<=", "==", "!=")} {Pick("1h30m", "5ms", "2d", "1.5s", "3us")}",
        5 => $"{Measured()} {Pick(">", ">=", "<", "<=", "==", "!=")} {Pick("5KB", "1.5MiB", "2GB")}",
        _ => $"{Label()}{Pick("=", "!=")}{Text()}",
    };

    private string Metric() => random.Next(9) switch
    {
        0 when _depth < 4 => Deeper(() => $"{Metric()} {Pick("+", "-", "*", "/", "%", "^")} {Metric()}"),
        1 when _depth < 4 => Deeper(() => $"({Metric()}) {Pick("==", "!=", ">", "<=")} {Pick("", "bool ")}{Pick("", "on (a) ", "ignoring (b, c) group_left (d) ", "on () group_right () ")}({Metric()})"),
        2 when _depth < 4 => Deeper(() => $"{Range()} {Pick("and", "or", "unless")} {Pick("", "on (a) ", "ignoring (b) ")}{Range()}"),
        3 when _depth < 4 => Deeper(() => Pick($"sum by (a, b) ({Metric()})", $"max({Metric()}) without (c)", $"sort_desc({Metric()})", $"topk by (d) (3, {Metric()})", $"avg({Metric()})")),
        4 when _depth < 4 => Deeper(() => $"label_replace({Metric()}, \"a\", \"$1\", \"b\", \"(.*)\")"),
        5 => Pick("1", "2.5", "vector(3)", "-4", "1e-9"),
        6 when _depth == 0 => Deeper(() => $"variants({Many(3, ", ", Range)}) of ({Selector()} {Stages()}[5m])"),
        _ => Range(),
    };

    private string Range()
    {
        var range = $"[{Pick("5m", "1h30m", "90s", "1d", "10ms")}]";
        var offset = Pick("", "", " offset 1h", " offset -30s");
        return random.Next(3) switch
        {
            0 => $"{Pick("rate", "count_over_time", "bytes_rate", "bytes_over_time", "absent_over_time")}({Selector()} {Stages()}{range}{offset})",
            1 => $"{Pick("rate", "count_over_time")}({Selector()} {range}{offset} {Stages()})",
            _ => $"{Pick("sum_over_time(", "rate_counter(", "quantile_over_time(0.5,")}{Selector()} {Stages()} | unwrap {Pick("x", "duration(x)", "bytes(y)", "duration_seconds(z)")}{Pick("", " | __error__=\"\"", $" | {Condition()}")} {range}{offset})",
        };
    }

    private string Deeper(Func<string> make)
    {
        _depth++;
        var text = make();
        _depth--;
        return text;
    }
}
