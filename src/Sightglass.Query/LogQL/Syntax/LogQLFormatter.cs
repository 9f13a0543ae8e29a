using System.Text;
using Sightglass.Query.LogQL.Tree;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.LogQL.Syntax;

/// <summary>Writes LogQL: on one line, or broken into lines with a stage or an argument on each where it is long, as Loki's formatter does.</summary>
internal sealed class LogQLFormatter
{
    // What is longer than this is broken (Loki's).
    private const int MaxLineLength = 100;

    // Precedence of what needs no brackets within any operator.
    private const int Whole = 10;

    private readonly int _maxLineLength;

    private LogQLFormatter(int maxLineLength) => _maxLineLength = maxLineLength;

    /// <summary>The query on one line.</summary>
    public static string OneLine(LogQLNode node) => new LogQLFormatter(int.MaxValue).Write(node, 0);

    /// <summary>The query in lines of at most so many characters where it can be broken.</summary>
    public static string Pretty(LogQLNode node, int maxLineLength = MaxLineLength) => new LogQLFormatter(maxLineLength).Write(node, 0);

    /// <summary>A duration with the largest units that it is a whole number of; nanoseconds.</summary>
    public static string Duration(long nanoseconds) => nanoseconds % 1_000_000 == 0
        ? (nanoseconds < 0 ? "-" : string.Empty) + DurationText.Format(Math.Abs(nanoseconds) / 1_000_000)
        : Quantities.FormatDuration(nanoseconds);

    private string Write(LogQLNode node, int level)
    {
        if (_maxLineLength != int.MaxValue)
        {
            var line = OneLine(node);
            if (line.Length <= _maxLineLength)
            {
                return Indent(level) + line;
            }
        }

        return node switch
        {
            LogNode log => Log(log, level),
            RangeNode range => Range(range, level),
            VectorNode vector => Call(vector.Function + Grouping(vector.Grouping), vector.Function is "topk" or "bottomk" or "approx_topk" ? [Number(vector.Parameter)] : [], vector.Inner, [], level),
            BinaryNode binary => Binary(binary, level),
            LabelReplaceNode replace => Call(
                "label_replace",
                [],
                replace.Inner,
                [QuotedText.Quote(replace.Target), QuotedText.Quote(replace.Replacement), QuotedText.Quote(replace.Source), QuotedText.Quote(replace.Expression.Pattern)],
                level),
            VariantsNode variants => Variants(variants, level),
            VectorLiteralNode literal => $"{Indent(level)}vector({Number(literal.Value)})",
            NumberNode number => Indent(level) + Number(number.Value),
            _ => throw new System.Diagnostics.UnreachableException($"BUG: node {node.GetType().Name}"),
        };
    }

    private bool Breaks => _maxLineLength != int.MaxValue;

    // Ends of lines where lines are broken, else nothing.
    private string Break => Breaks ? "\n" : string.Empty;

    private string Log(LogNode log, int level)
    {
        var text = new StringBuilder(Indent(level)).Append('{').AppendJoin(", ", log.Matchers.Select(static m => new Filters.TextCondition(m).ToString())).Append('}');
        foreach (var stage in Stages(log))
        {
            text.Append(Breaks ? "\n" + Indent(level + 1) : " ").Append(stage);
        }

        return text.ToString();
    }

    // Line filters one after the other stay together where there is room.
    private List<string> Stages(LogNode log)
    {
        var output = new List<string>();
        for (var i = 0; i < log.Stages.Count; i++)
        {
            var run = log.Stages.Skip(i).TakeWhile(static s => s is Filters.LineFilterStage).Select(static s => s.ToString()).ToList();
            if (run.Count < 2 || string.Join(' ', run) is not { } joined || joined.Length > _maxLineLength)
            {
                output.Add(log.Stages[i].ToString());
                continue;
            }

            output.Add(joined);
            i += run.Count - 1;
        }

        return output;
    }

    private static IEnumerable<string> Unwrapping(Unwrap? unwrap)
    {
        if (unwrap is null)
        {
            return [];
        }

        var what = unwrap.Conversion.Length > 0 ? $"{unwrap.Conversion}({unwrap.Label})" : unwrap.Label;
        return [$"| unwrap {what}", .. unwrap.Conditions.Select(static c => $"| {c}")];
    }

    private string Range(RangeNode range, int level)
    {
        var parameter = range.Function == "quantile_over_time" ? Number(range.Parameter) : null;
        var text = new StringBuilder(Indent(level)).Append(range.Function).Append('(').Append(Break);
        if (parameter is not null)
        {
            text.Append(Indent(level + 1)).Append(parameter).Append(',').Append(Break);
        }

        text.Append(LogRange(range.Log, range.Unwrap, range.RangeNano, range.OffsetNano, level + 1)).Append(Break);
        return text.Append(Breaks ? Indent(level) : string.Empty).Append(')').Append(Grouping(range.Grouping)).ToString();
    }

    private string LogRange(LogNode log, Unwrap? unwrap, long range, long offset, int level)
    {
        var lines = Unwrapping(unwrap).Prepend(Write(log, level));
        var text = string.Join(Breaks ? "\n" + Indent(level + 1) : " ", lines);
        return $"{text}{(Breaks ? " " : string.Empty)}[{Duration(range)}]{(offset != 0 ? $" offset {Duration(offset)}" : string.Empty)}";
    }

    private string Call(string function, string[] before, MetricNode inner, string[] after, int level)
    {
        var arguments = before.Select(a => Indent(level + 1) + a).Append(Write(inner, level + 1)).Concat(after.Select(a => Indent(level + 1) + a));
        return Indent(level) + function + "(" + Break + string.Join("," + Break, arguments) + Break + (Breaks ? Indent(level) : string.Empty) + ")";
    }

    private string Variants(VariantsNode node, int level) =>
        $"{Indent(level)}variants({Break}{string.Join("," + (Breaks ? "\n" : " "), node.Variants.Select(v => Write(v, level + 1)))}{Break}{(Breaks ? Indent(level) : string.Empty)})"
        + $" of ({Break}{LogRange(node.Log, null, node.RangeNano, node.OffsetNano, level + 1)}{Break}{(Breaks ? Indent(level) : string.Empty)})";

    private string Binary(BinaryNode node, int level)
    {
        if (!Breaks)
        {
            return $"({Write(node.Left, 0)} {Operator(node, node.Right is BinaryNode)} {Write(node.Right, 0)})";
        }

        // Lines have brackets only where the order of the operators needs them.
        var rank = Rank(node);
        var left = Operand(node.Left, level, node.Operator == "^" ? Rank(node.Left) <= rank : Rank(node.Left) < rank);
        var right = Operand(node.Right, level, node.Operator == "^" ? Rank(node.Right) < rank : Rank(node.Right) <= rank);
        return $"{left}\n{Indent(level)}{Operator(node, right.AsSpan().TrimStart().StartsWith("("))}\n{right}";
    }

    private string Operand(MetricNode node, int level, bool brackets)
    {
        if (!brackets || OneLine(node).Length <= _maxLineLength)
        {
            return Write(node, level + 1);
        }

        return $"{Indent(level + 1)}(\n{Write(node, level + 2)}\n{Indent(level + 1)})";
    }

    private static int Rank(LogQLNode node) => node is not BinaryNode binary ? Whole : binary.Operator switch
    {
        "or" => 0,
        "and" or "unless" => 1,
        "+" or "-" => 3,
        "*" or "/" or "%" => 4,
        "^" => 5,
        _ => 2,
    };

    // A bracket behind group_left would begin its labels, so that it needs the empty ones before it.
    private static string Operator(BinaryNode node, bool bracketFollows)
    {
        var text = new StringBuilder(node.Operator).Append(node.Bool ? " bool" : string.Empty);
        var matching = node.Matching;
        if (matching.On || matching.Names.Count > 0 || matching.Group is not null)
        {
            text.Append(matching.On ? " on (" : " ignoring (").AppendJoin(", ", matching.Names).Append(')');
        }

        if (matching.Group is not null)
        {
            text.Append(" group_").Append(matching.Group);
            if (matching.Include.Count > 0)
            {
                text.Append(" (").AppendJoin(", ", matching.Include).Append(')');
            }
            else if (bracketFollows)
            {
                text.Append(" ()");
            }
        }

        return text.ToString();
    }

    private string Grouping(Grouping? grouping) => grouping is null ? string.Empty
        : $" {(grouping.Without ? "without" : "by")} ({string.Join(Breaks ? ", " : ",", grouping.Names)})";

    // LogQL has no words for these; numbers are reckoned with while a query is read.
    private static string Number(double value) => double.IsNaN(value) ? "(0 / 0)"
        : double.IsInfinity(value) ? (value > 0 ? "(2 ^ 1024)" : "(0 - 2 ^ 1024)")
        : GoFloat.Plain(value);

    private string Indent(int level) => Breaks ? new string(' ', 2 * level) : string.Empty;
}
