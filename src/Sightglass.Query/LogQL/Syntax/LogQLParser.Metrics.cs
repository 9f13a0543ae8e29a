using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Metrics;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Tree;

namespace Sightglass.Query.LogQL.Syntax;

/// <summary>Reads metric queries.</summary>
internal sealed partial class LogQLParser
{
    private static readonly HashSet<string> VectorFunctions = new(StringComparer.Ordinal)
    {
        "sum", "avg", "min", "max", "count", "stddev", "stdvar", "topk", "bottomk", "approx_topk", "sort", "sort_desc",
    };

    // Functions over unwrapped values that may group by themselves.
    private static readonly HashSet<string> Groupable = new(StringComparer.Ordinal)
    {
        "avg_over_time", "min_over_time", "max_over_time", "stddev_over_time", "stdvar_over_time", "quantile_over_time", "first_over_time", "last_over_time",
    };

    private static readonly HashSet<string> Unwrapped = new(StringComparer.Ordinal)
    {
        "avg_over_time", "sum_over_time", "min_over_time", "max_over_time", "stddev_over_time", "stdvar_over_time", "quantile_over_time",
        "first_over_time", "last_over_time", "rate", "rate_counter", "absent_over_time",
    };

    private static readonly HashSet<string> Counted = new(StringComparer.Ordinal)
    {
        "rate", "count_over_time", "bytes_rate", "bytes_over_time", "absent_over_time",
    };

    private static readonly string[][] Precedence =
    [
        ["or"], ["and", "unless"], ["==", "!=", ">", ">=", "<", "<="], ["+", "-"], ["*", "/", "%"], ["^"],
    ];

    private MetricNode Binary(int level)
    {
        if (level == Precedence.Length)
        {
            return Unary();
        }

        var left = Binary(level + 1);
        while (true)
        {
            var token = Current;
            var isOperator = token.Kind == LogQLTokenKind.Symbol || (token.Kind == LogQLTokenKind.Identifier && token.Text is "or" or "and" or "unless");
            if (!isOperator || !Precedence[level].Contains(token.Text))
            {
                return left;
            }

            Enter(token.Position);
            _at++;
            var isBool = TakeWord("bool");
            if (isBool && level != 2)
            {
                throw Error(token.Position, "bool modifier can only be used on comparison operators");
            }

            var matching = Matching();

            // Powers bind to the right.
            var right = token.Text == "^" ? Binary(level) : Binary(level + 1);
            if (level < 2 && (left is NumberNode || right is NumberNode))
            {
                throw Error(token.Position, $"unexpected literal for side of logical/set binary operation ({token.Text})");
            }

            if (level < 2 && matching.Group is not null)
            {
                throw Error(token.Position, $"no grouping allowed for {token.Text} operation");
            }

            left = left is NumberNode a && right is NumberNode b
                ? new NumberNode(a.Position, BinaryOperator.Fold(token.Text, a.Value, b.Value))
                : new BinaryNode(token.Position, token.Text, left, right, isBool, matching);
            _depth--;
        }
    }

    private VectorMatching Matching()
    {
        var on = TakeWord("on");
        if (!on && !TakeWord("ignoring"))
        {
            return new VectorMatching(false, [], null, []);
        }

        var names = Names();
        string? group = null;
        IReadOnlyList<string> include = [];
        if (Current.IsWord("group_left") || Current.IsWord("group_right"))
        {
            group = Current.Text["group_".Length..];
            _at++;
            include = Current.Is("(") ? Names() : [];
        }

        return new VectorMatching(on, names, group, include);
    }

    private List<string> Names()
    {
        var names = new List<string>();
        Expect("(");
        while (!Take(")"))
        {
            if (names.Count > 0)
            {
                Expect(",");
            }

            names.Add(Identifier());
        }

        return names;
    }

    private MetricNode Unary()
    {
        var token = Current;
        Enter(token.Position);
        try
        {
            if (token.Kind == LogQLTokenKind.Number)
            {
                _at++;
                return new NumberNode(token.Position, token.Number);
            }

            if (token.Is("-") || token.Is("+"))
            {
                _at++;
                var number = Current.Kind == LogQLTokenKind.Number ? Current.Number : throw Unexpected("expecting NUMBER");
                _at++;
                return new NumberNode(token.Position, token.Text == "-" ? -number : number);
            }

            if (Take("("))
            {
                var inside = Binary(0);
                Expect(")");
                return inside;
            }

            if (token.Kind != LogQLTokenKind.Identifier)
            {
                throw Unexpected();
            }

            _at++;
            return token.Text switch
            {
                "vector" => VectorLiteral(token),
                "label_replace" => LabelReplace(token),
                var name when VectorFunctions.Contains(name) => Vector(token),
                var name when Unwrapped.Contains(name) || Counted.Contains(name) => Range(token),
                _ => throw Error(token.Position, $"syntax error: unexpected IDENTIFIER ({token.Text})"),
            };
        }
        finally
        {
            _depth--;
        }
    }

    private VectorLiteralNode VectorLiteral(LogQLToken start)
    {
        Expect("(");
        var inside = Binary(0);
        Expect(")");
        return inside is NumberNode number ? new VectorLiteralNode(start.Position, number.Value) : throw Error(start.Position, "vector expects a number");
    }

    private LabelReplaceNode LabelReplace(LogQLToken start)
    {
        Expect("(");
        var inner = Binary(0);
        Expect(",");
        var target = Text();
        Expect(",");
        var replacement = Text();
        Expect(",");
        var source = Text();
        Expect(",");
        var at = Current.Position;
        var regex = Text();
        Expect(")");
        try
        {
            return new LabelReplaceNode(start.Position, inner, target, replacement, source, Re2.Anchored(regex));
        }
        catch (QueryException e)
        {
            throw Error(at, e.Message);
        }
    }

    private VectorNode Vector(LogQLToken start)
    {
        var grouping = GroupingOrNull();
        Expect("(");
        var parameter = 0d;
        if (start.Text is "topk" or "bottomk" or "approx_topk")
        {
            var token = Current;
            if (token.Kind != LogQLTokenKind.Number)
            {
                throw Error(token.Position, $"parameter required for operation {start.Text}");
            }

            parameter = token.Number >= 1 && token.Number <= int.MaxValue && token.Number == Math.Floor(token.Number)
                ? token.Number
                : throw Error(token.Position, $"invalid parameter (must be greater than 0) {start.Text}({token.Text}");
            _at++;
            Expect(",");
        }

        var inner = Binary(0);
        Expect(")");
        grouping ??= GroupingOrNull();
        if (start.Text == "approx_topk")
        {
            // Loki estimates here to save memory; all series are at hand, so the best ones are exact.
            return grouping is null ? new VectorNode(start.Position, start.Text, parameter, inner, null) : throw Error(start.Position, "grouping not allowed for approx_topk aggregation");
        }

        return start.Text is "sort" or "sort_desc" && grouping is not null
            ? throw Error(start.Position, $"{start.Text} does not group")
            : new VectorNode(start.Position, start.Text, parameter, inner, grouping);
    }

    private Grouping? GroupingOrNull()
    {
        var without = Current.IsWord("without");
        if (!without && !Current.IsWord("by"))
        {
            return null;
        }

        _at++;
        return new Grouping(without, Names());
    }

    private RangeNode Range(LogQLToken start)
    {
        Expect("(");
        var parameter = 0d;
        if (start.Text == "quantile_over_time")
        {
            parameter = Current.Kind == LogQLTokenKind.Number ? Current.Number : throw Unexpected("expecting NUMBER");
            _at++;
            Expect(",");
        }

        var (own, unwrap, range, offset) = LogRange();
        var log = Joined(own);
        Expect(")");
        var grouping = GroupingOrNull();
        if (grouping is not null && !Groupable.Contains(start.Text))
        {
            throw Error(start.Position, $"grouping not allowed for {start.Text} aggregation");
        }

        if (unwrap is not null && !Unwrapped.Contains(start.Text))
        {
            throw Error(start.Position, $"invalid aggregation {start.Text} with unwrap");
        }

        if (unwrap is null && !Counted.Contains(start.Text))
        {
            throw Error(start.Position, $"invalid aggregation {start.Text} without unwrap");
        }

        return new RangeNode(start.Position, start.Text, parameter, log, unwrap, range, offset, grouping);
    }

    // {…} | … [5m] offset 1h, in brackets or not.
    private (LogNode Log, Unwrap? Unwrap, long Range, long Offset) LogRange()
    {
        var brackets = 0;
        var position = Current.Position;
        while (Take("("))
        {
            brackets++;
        }

        var matchers = Selector(requireMatch: true);
        var stages = new List<LogStage>();
        Unwrap? unwrap = null;
        long range = 0;
        long offset = 0;
        while (true)
        {
            var before = _at;
            Stages(stages, inRange: unwrap is null, out var found);
            unwrap ??= found;
            if (range == 0 && Take("["))
            {
                range = DurationToken("expecting RANGE");
                Expect("]");
            }

            if (range != 0 && TakeWord("offset"))
            {
                var negative = Take("-");
                offset = negative ? -DurationToken("expecting DURATION") : DurationToken("expecting DURATION");
            }

            if (brackets > 0 && Take(")"))
            {
                brackets--;
            }

            if (before == _at)
            {
                break;
            }
        }

        if (range <= 0)
        {
            throw Unexpected("expecting RANGE");
        }

        while (brackets-- > 0)
        {
            Expect(")");
        }

        return (new LogNode(position, matchers, stages), unwrap, range, offset);
    }

    private long DurationToken(string want)
    {
        if (Current.Kind != LogQLTokenKind.Duration)
        {
            throw Unexpected(want);
        }

        var value = (long)Current.Number;
        _at++;
        return value;
    }
}
