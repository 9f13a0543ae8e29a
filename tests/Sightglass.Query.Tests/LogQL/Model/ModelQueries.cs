namespace Sightglass.Query.Tests.LogQL.Model;

/// <summary>Makes pipelines of every kind of stage.</summary>
internal sealed class ModelPipelines(Random random, IReadOnlyList<ModelLine> lines)
{
    private static readonly string[] Labels =
    [
        "app", "env", "pod", "level", "x", "y", "d", "size", "status", "msg", "user", "n_x", "n_level", "n_n_x", "app_extracted", "user_extracted",
        "level_extracted", "x_extracted", "detected_level", "missing", "req_id", "severity_number", "flag", "a_b", "_2nd", "one", "two", "service_name",
        "http_status", "host_name", "lib_kind", "scope_name", "severity_text", "trace_id", "span_id", "flags", "event_name", "map_a", "key_1st", "k8s_pod_name", "http_status_a",
    ];

    private static readonly string[] Words = ["err", "info", "10.0", "é", "漢", "x=", "\"x\":", "a", "2", "user 1", "\n", "\\", "timeout", "", "GET /a", "level", "beta gamma"];
    private static readonly string[] Expressions = ["err|warn", "(?i)INFO", "x.?[0-9]+", "^user [0-9]+", "\\d{3}$", ".*", "^$", "[^a-z]+", "a.b", "(a|b)c?"];
    private static readonly string[] Addresses = ["10.0.0.1", "10.0.0.0/28", "10.0.0.5-10.0.0.12", "2001:db8::/32", "192.168.0.0/16"];

    public string Label() => Pick(Labels);

    public string Pick(params string[] from) => from[random.Next(from.Length)];

    /// <summary>A pipeline of what a store may decide or count by itself.</summary>
    public ModelLog Plain() => Log(0) with
    {
        Stages = [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(4) switch
        {
            0 => LineFilter(),
            1 => new ModelSelect(random.Next(3) == 0, [(Label(), null, string.Empty), ("last", "=", "v")]),
            _ => (ModelStage)new ModelFilter(Condition(1)),
        })],
    };

    public ModelLog Log(int mostStages)
    {
        var matchers = new List<(string, string, string)>();
        switch (random.Next(6))
        {
            case 0:
                matchers.Add(("env", "=", Pick("prod", "dev")));
                break;
            case 1:
                matchers.Add(("app", Pick("=", "!="), Pick("web", "db", "api.v2")));
                matchers.Add(("pod", "=~", "p-.+"));
                break;
            case 2:
                matchers.Add(("service_name", "=~", Pick("web|db", "unknown.*", ".+")));
                break;
            case 3:
                matchers.Add(("pod", Pick("=~", "!~"), Pick("p-[0-3]", "p-1|p-2")));
                matchers.Add(("env", "=~", ".+"));
                break;
            default:
                matchers.Add((Pick("env", "service_name"), "=~", ".+"));
                break;
        }

        return new ModelLog(matchers, [.. Enumerable.Range(0, random.Next(mostStages + 1)).Select(_ => Stage())]);
    }

    public ModelStage Stage() => random.Next(24) switch
    {
        < 5 => LineFilter(),
        5 => new ModelIpFilter(random.Next(3) == 0, Pick(Addresses)),
        < 9 => new ModelJson(),
        9 => JsonPicks(),
        10 or 11 => new ModelLogfmt(random.Next(3) == 0, random.Next(3) == 0, []),
        12 => new ModelLogfmt(random.Next(3) == 0, random.Next(3) == 0, [.. Some(2, static p => (Pick(p, "x", "one", "app"), Pick(p, "x", "y", "level")))]),
        13 => random.Next(2) == 0 ? new ModelRegexp("user (?P<one>\\d+) did (?P<two>.*) in", ["one", "two"]) : new ModelRegexp("(?P<x>\\d+)(?P<one>[a-z]+)?", ["x", "one"]),
        14 => new ModelPattern(random.Next(3) switch { 0 => ["<one>", " - ", "<_>", " [", "<two>", "]"], 1 => ["user ", "<one>", " did ", "<two>"], _ => ["<x>", "="] }),
        15 => new ModelUnpack(),
        16 => new ModelLineFormat(Template()),
        17 => LabelFormat(),

        // The last with a condition: a != behind a bare name would be its, not a line filter's.
        18 => new ModelSelect(random.Next(3) == 0, [.. Some(3, p => (random.Next(8) == 0 ? p.Pick(ModelEntry.ErrorLabel, ModelEntry.DetailsLabel) : p.Label(), random.Next(3) == 0 ? p.Pick("=", "!=", "=~", "!~") : null, Pick("web", "5", "info", "a.*"))), ("last", "=", "v")]),
        _ => new ModelFilter(Condition(0)),
    };

    public ModelCondition Condition(int depth) => random.Next(depth > 2 ? 7 : 9) switch
    {
        0 => new ModelQuantity(Label(), Pick("==", "!=", "<", "<=", ">", ">=", "="), ModelUnit.Number, Pick("1", "5", "200", "-2.5", "400")),
        1 => new ModelQuantity(Pick("d", "x", "n_d"), Pick("==", "!=", "<", "<=", ">", ">="), ModelUnit.Duration, Pick("5ms", "1h", "1.5s", "90s")),
        2 => new ModelQuantity(Pick("size", "x", "n_size"), Pick("==", "!=", "<", "<=", ">", ">="), ModelUnit.Bytes, Pick("5KB", "1.5MiB", "700B", "1GB")),
        3 => new ModelIpCondition(Pick("msg", "user", "one"), random.Next(2) == 0, Pick(Addresses)),
        4 => random.Next(6) == 0 ? new ModelTextCondition(ModelEntry.DetailsLabel, Pick("=", "!="), "")
            : new ModelTextCondition(ModelEntry.ErrorLabel, Pick("=", "!="), Pick("", "", "JSONParserErr", "LabelFilterErr")),
        5 when lines[random.Next(lines.Count)].Metadata is [_, ..] row => Same(row[random.Next(row.Count)]),
        5 or 6 => new ModelTextCondition(Label(), Pick("=", "!=", "=~", "!~"), Pick("web", "info", "error", "5", "200", "", "alpha", "e.*", ".+", "warn|error", "db|", "10\\..*")),
        _ => new ModelBoth(Pick("and", "or"), Condition(depth + 1), Condition(depth + 1)),
    };

    private ModelTextCondition Same((string Name, string Value) label) => new(label.Name, Pick("=", "=", "!="), label.Value);

    private static string Pick(ModelPipelines pipelines, params string[] from) => pipelines.Pick(from);

    private List<T> Some<T>(int most, Func<ModelPipelines, T> one) => [.. Enumerable.Range(0, 1 + random.Next(most)).Select(_ => one(this))];

    private ModelLineFilter LineFilter() => random.Next(5) switch
    {
        0 => new ModelLineFilter(Pick("|~", "!~"), Some(2, static p => p.Pick(Expressions))),
        1 => new ModelLineFilter(Pick("|>", "!>"), [Pick("<_> - <_>", "user <_> did <_>", "<_>x=<_>", "{<_>}", "<_>", "plain text of a line")]),
        2 => new ModelLineFilter(Pick("|=", "|=", "!="), Some(2, static p => p.Pick(Words))),
        3 => new ModelLineFilter(Pick("|~", "|~", "!~"), Some(2, static p => p.Around())),
        _ => new ModelLineFilter(Pick("|=", "|=", "!="), Some(2, static p => p.Piece())),
    };

    // A piece of a line that there is, mostly where words begin and end; now and then one that there nearly is.
    private string Piece()
    {
        var text = lines[random.Next(lines.Count)].Text;
        text = text.Length > 200 ? text[..200] : text;
        var from = random.Next(text.Length + 1);
        var piece = text.Substring(from, random.Next(Math.Min(text.Length - from, random.Next(2) == 0 ? 6 : 40) + 1));
        piece = piece.Length > 0 && (char.IsLowSurrogate(piece[0]) || char.IsHighSurrogate(piece[^1])) ? string.Empty : piece;
        return random.Next(10) == 0 && piece.Length > 2 && piece.All(char.IsAscii) ? piece[..^1] + (char)(piece[^1] ^ 1) : piece;
    }

    // The same as an expression, with a hole or in other letters.
    private string Around()
    {
        var (one, two) = (Escape(Piece()), Escape(Piece()));
        return random.Next(6) switch
        {
            0 => one + ".*" + two,
            1 => "^" + one,
            2 => one + "$",
            3 when one.All(char.IsAscii) => "(?i)" + one.ToUpperInvariant().Replace("\\N", "\\n", StringComparison.Ordinal),
            4 => $"({one}|{two})",
            _ => one + "[0-9a-z]?",
        };
    }

    private static string Escape(string text) => string.Concat(text.Select(static c => @"\.+*?()|[]{}^$".Contains(c) ? @"\" + c : c.ToString()));

    private ModelJsonPicks JsonPicks() => new(Some(2, static p => p.Pick("x", "one", "app", "level")).Distinct().Select(label => random.Next(5) switch
    {
        0 => (label, "n.x", new[] { "n", "x" }),
        1 => (label, "list[1]", ["list", "#1"]),
        2 => (label, "list[3].a", ["list", "#3", "a"]),
        3 => (label, "[\"é k\"]", ["é k"]),
        _ => (label, "x", ["x"]),
    }).ToList());

    private ModelLabelFormat LabelFormat() => new(Some(3, static p => p.Label()).Distinct()
        .Select(label => random.Next(2) == 0 ? (label, (string?)Label(), (ModelTemplate?)null) : (label, null, Template())).ToList());

    private ModelTemplate Template() => new(Some(3, _ => random.Next(8) switch
    {
        0 or 1 => ("text", Pick("lit ", "x=5 ", "err ", "漢 ")),
        2 => ("line", string.Empty),
        3 => ("upper", Label()),
        4 => ("if", Label()),
        5 when random.Next(4) == 0 => ("fail", string.Empty),
        _ => ("label", Label()),
    }));
}

/// <summary>Makes metrics over pipelines.</summary>
internal sealed class ModelMetrics(Random random, ModelPipelines pipelines)
{
    private const long Ms = 1_000_000;

    public ModelMetric Metric(int depth)
    {
        if (depth > 2)
        {
            return Range();
        }

        switch (random.Next(9))
        {
            case 0:
                return new ModelVector(pipelines.Pick("topk", "bottomk"), random.Next(1, 4), Metric(depth + 1), random.Next(2) == 0 ? Grouping() : null);
            case 1:
                return Binary(depth);
            case 2:
                return new ModelLabelReplace(Metric(depth + 1), pipelines.Pick("app", "env", "fresh"), pipelines.Pick("$1", "k", ""), pipelines.Pick("pod", "level", "app"), pipelines.Pick("(.*)", "p-(.+)", "w.*(b)"));
            case 3 or 4:
                var range = Range();
                var grouping = random.Next(4) == 0 ? null : Grouping();
                var injects = range.Grouping is null && range.Function is "count_over_time" or "rate" or "bytes_over_time" or "bytes_rate" or "sum_over_time";
                return new ModelVector("sum", 0, injects ? range with { Outer = grouping ?? new ModelGrouping(false, []) } : range, grouping);
            case 5:
                return new ModelVector(pipelines.Pick("avg", "min", "max", "count", "stddev", "stdvar", "sort", "sort_desc"), 0, Metric(depth + 1), null);
            case 6:
                return new ModelVector(pipelines.Pick("avg", "min", "max", "count", "sum", "stddev"), 0, NotSummed(depth), Grouping());
            default:
                return Range();
        }
    }

    /// <summary>Several metrics of the same lines.</summary>
    public ModelVariants Variants()
    {
        var common = random.Next(2) == 0 ? pipelines.Plain() : pipelines.Log(3);
        var shown = new List<ModelMetric>();
        var joined = new List<ModelMetric>();
        var same = Range();
        for (var i = random.Next(2, 5); i > 0; i--)
        {
            // Some that differ only in what they make of the lines, and some in everything.
            var own = random.Next(3) == 0 ? Range() : same with { Function = same.Unwrap is null ? pipelines.Pick("count_over_time", "rate", "bytes_over_time") : same.Function };
            own = own with { Log = own.Log with { Matchers = common.Matchers, Stages = [.. own.Log.Stages.Take(2)] } };
            var whole = own with { Log = common with { Stages = [.. common.Stages, .. own.Log.Stages] } };
            if (random.Next(2) == 0 && own.Grouping is null && own.Function is "count_over_time" or "rate" or "bytes_over_time" or "bytes_rate" or "sum_over_time")
            {
                var grouping = random.Next(4) == 0 ? null : Grouping();
                shown.Add(new ModelVector("sum", 0, own, grouping));
                joined.Add(new ModelVector("sum", 0, whole with { Outer = grouping ?? new ModelGrouping(false, []) }, grouping));
            }
            else
            {
                shown.Add(own);
                joined.Add(whole);
            }
        }

        return new ModelVariants(common, same.Range, shown, joined);
    }

    // What is summed directly has another way (case 3).
    private ModelMetric NotSummed(int depth) => Metric(depth + 1) is var inner && inner is ModelRange ? new ModelVector("max", 0, inner, Grouping()) : inner;

    private ModelGrouping Grouping() => new(random.Next(3) == 0, [.. Enumerable.Range(0, random.Next(3)).Select(_ => pipelines.Label()).Distinct()]);

    private ModelBinary Binary(int depth)
    {
        var symbol = pipelines.Pick("+", "-", "*", "/", "%", "^", "==", "!=", ">", "<", "<=", ">=", "and", "or", "unless");
        var isSet = symbol is "and" or "or" or "unless";
        var isBool = symbol is "==" or "!=" or ">" or "<" or "<=" or ">=" && random.Next(2) == 0;
        if (!isSet && random.Next(3) == 0)
        {
            var number = new ModelNumber(random.Next(4));
            return random.Next(2) == 0 ? new(symbol, isBool, null, number, Metric(depth + 1)) : new(symbol, isBool, null, Metric(depth + 1), number);
        }

        string[] names = [.. new[] { "app", "env", "pod", "level" }.Where(_ => random.Next(2) == 0)];
        var matching = random.Next(3) == 0 ? null
            : new ModelMatching(random.Next(2) == 0, names, isSet ? string.Empty : pipelines.Pick("", "left", "right"), random.Next(2) == 0 ? ["level"] : []);
        return new ModelBinary(symbol, isBool, matching, Operand(depth), Operand(depth));
    }

    // Mostly few series, so that some of them meet.
    private ModelMetric Operand(int depth) => random.Next(6) switch
    {
        0 => new ModelVectorLiteral(random.Next(4)),
        1 => Metric(depth + 1),
        _ => new ModelVector("max", 0, Range(), new ModelGrouping(false, [.. new[] { "app", "env", "pod", "level" }.Where(_ => random.Next(2) == 0)])),
    };

    private ModelRange Range()
    {
        var log = random.Next(3) == 0 ? pipelines.Plain() : pipelines.Log(4);
        var range = new[] { 10, 500, 30_000, 90_000, 600_000, 3_600_000 }[random.Next(6)] * Ms;
        var offset = random.Next(4) == 0 ? random.Next(-60, 600) * 1000 * Ms : 0;
        if (random.Next(2) == 0)
        {
            // Most lines fail some parser, and one of them is enough: mostly such are left out.
            log = random.Next(5) == 0 ? log : log with { Stages = [.. log.Stages, new ModelFilter(new ModelTextCondition(ModelEntry.ErrorLabel, "=", string.Empty))] };
            return new ModelRange(pipelines.Pick("count_over_time", "count_over_time", "rate", "bytes_rate", "bytes_over_time", "absent_over_time"), 0, log, null, range, offset, null);
        }

        log = log with { Stages = [.. log.Stages, .. random.Next(3) == 0 ? [] : new ModelStage[] { random.Next(2) == 0 ? new ModelJson() : new ModelLogfmt(false, false, []) }] };
        var conversion = pipelines.Pick("", "", "bytes", "duration", "duration_seconds");
        var label = conversion switch { "" => pipelines.Pick("x", "y", "status", "n_y", "one"), "bytes" => pipelines.Pick("size", "x"), _ => pipelines.Pick("d", "n_d") };
        var conditions = random.Next(5) == 0 ? new List<ModelCondition>() : [new ModelTextCondition(ModelEntry.ErrorLabel, "=", string.Empty)];
        if (random.Next(4) == 0)
        {
            conditions.Insert(random.Next(conditions.Count + 1), pipelines.Condition(2));
        }

        var function = pipelines.Pick("sum_over_time", "avg_over_time", "min_over_time", "max_over_time", "stddev_over_time", "stdvar_over_time", "quantile_over_time", "first_over_time", "last_over_time", "rate", "rate_counter", "absent_over_time");
        var groups = function is not ("sum_over_time" or "rate" or "rate_counter" or "absent_over_time") && random.Next(2) == 0;
        return new ModelRange(function, random.Next(11) / 10.0, log, new ModelUnwrap(label, conversion, conditions), range, offset, groups ? Grouping() : null);
    }
}
