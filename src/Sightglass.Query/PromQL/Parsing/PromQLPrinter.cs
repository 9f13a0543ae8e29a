using System.Text;
using Sightglass.Core.Model;
using Sightglass.Query.Syntax;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Query.PromQL;

/// <summary>Writes expressions in Prometheus' canonical form.</summary>
internal static class PromQLPrinter
{
    public static string Print(PromQLExpression expression) => expression switch
    {
        NumberLiteral { IsDuration: true } n when Math.Abs(n.Value) < 1e13 => DurationText.Format((long)Math.Round(n.Value * 1000)),
        NumberLiteral n => GoFloat.Json(n.Value),
        StringLiteral s => QuotedText.Quote(s.Value),
        ParenExpression p => $"({p.Inner})",
        UnaryExpression u => $"{(u.Negative ? "-" : "+")}{u.Operand}",
        VectorSelector v => Selector(v) + Extension(v) + Shift(v.Shift),
        MatrixSelector m => $"{Selector(m.Vector)}[{Duration(m.Range)}]{Extension(m.Vector)}{Shift(m.Vector.Shift)}",
        SubqueryExpression q => q.Inner + SubquerySuffix(q),
        CallExpression c => $"{c.Function.Name}({string.Join(", ", c.Arguments)})",
        AggregateExpression a => $"{AggregateHead(a)}({(a.Parameter is null ? string.Empty : $"{a.Parameter}, ")}{a.Inner})",
        BinaryExpression b => $"{b.Left} {BinaryHead(b)} {b.Right}",
        _ => throw new System.Diagnostics.UnreachableException("BUG: unknown expression"),
    };

    public static string SubquerySuffix(SubqueryExpression q) => $"[{Duration(q.Range)}:{(q.Step is null ? string.Empty : Duration(q.Step))}]{Shift(q.Shift)}";

    public static string AggregateHead(AggregateExpression a)
    {
        var name = PromQLOperators.Name(a.Operator);
        return a.Without ? $"{name} without ({Labels(a.Grouping)}) " : a.Grouping.Count > 0 ? $"{name} by ({Labels(a.Grouping)}) " : name;
    }

    public static string BinaryHead(BinaryExpression b)
    {
        var output = new StringBuilder(PromQLOperators.Text(b.Operator));
        if (b.ReturnBool)
        {
            output.Append(" bool");
        }

        if (b.Matching is not { } m)
        {
            return output.ToString();
        }

        var grouped = m.Cardinality is MatchCardinality.ManyToOne or MatchCardinality.OneToMany;
        if (m.Labels.Count > 0 || m.On || grouped)
        {
            output.Append(m.On ? " on (" : " ignoring (").Append(Labels(m.Labels)).Append(')');
        }

        if (grouped)
        {
            output.Append(m.Cardinality == MatchCardinality.ManyToOne ? " group_left (" : " group_right (").Append(Labels(m.Include)).Append(')');
        }

        if (m.FillLeft is { } fill && m.FillRight is { } other && fill.Equals(other))
        {
            output.Append(" fill (").Append(GoFloat.Plain(fill)).Append(')');
        }
        else
        {
            output.Append(m.FillLeft is { } l ? $" fill_left ({GoFloat.Plain(l)})" : string.Empty);
            output.Append(m.FillRight is { } r ? $" fill_right ({GoFloat.Plain(r)})" : string.Empty);
        }

        return output.ToString();
    }

    public static string Selector(VectorSelector v)
    {
        var parts = new List<string>();
        foreach (var m in v.Matchers)
        {
            if (v.Name.Length > 0 && m.Name == LabelSet.MetricName)
            {
                continue;
            }

            var op = m.Type switch { MatchType.Equal => "=", MatchType.NotEqual => "!=", MatchType.Regex => "=~", _ => "!~" };
            parts.Add($"{LabelName(m.Name)}{op}{QuotedText.Quote(m.Value)}");
        }

        parts.Sort(StringComparer.Ordinal);
        return parts.Count == 0 && v.Name.Length > 0 ? v.Name : $"{v.Name}{{{string.Join(',', parts)}}}";
    }

    private static string Extension(VectorSelector v) => v.Extension switch { RangeExtension.Anchored => " anchored", RangeExtension.Smoothed => " smoothed", _ => string.Empty };

    public static string Shift(TimeShift shift)
    {
        var output = new StringBuilder();
        output.Append(shift.At switch
        {
            AtModifier.Start => " @ start()",
            AtModifier.End => " @ end()",
            AtModifier.Time => $" @ {(shift.AtMs / 1000.0).ToString("F3", System.Globalization.CultureInfo.InvariantCulture)}",
            _ => string.Empty,
        });
        if (shift.Offset is { } offset)
        {
            output.Append(" offset ").Append(Duration(offset));
        }

        return output.ToString();
    }

    /// <summary>A number that is all of it is a duration too; among others it stays a number, as it may be a factor.</summary>
    public static string Duration(DurationExpression d) => d.IsLiteral ? DurationText.Format(d.LiteralMs) : Operand(d);

    private static string Operand(DurationExpression d) => d.Operator switch
    {
        DurationOperator.Literal => d.IsDuration ? DurationText.Format(d.LiteralMs) : GoFloat.Json(d.Seconds),
        DurationOperator.Step => "step()",
        DurationOperator.Range => "range()",
        DurationOperator.Paren => $"({Operand(d.Right!)})",
        DurationOperator.Min => $"min_of({Operand(d.Left!)}, {Operand(d.Right!)})",
        DurationOperator.Max => $"max_of({Operand(d.Left!)}, {Operand(d.Right!)})",
        _ when d.Left is null => (d.Operator == DurationOperator.Subtract ? "-" : string.Empty) + Operand(d.Right!),
        _ => $"{Operand(d.Left!)} {d.Operator switch { DurationOperator.Add => "+", DurationOperator.Subtract => "-", DurationOperator.Multiply => "*", DurationOperator.Divide => "/", DurationOperator.Modulo => "%", _ => "^" }} {Operand(d.Right!)}",
    };

    private static string Labels(IReadOnlyList<string> labels) => string.Join(", ", labels.Select(LabelName));

    private static string LabelName(string name) => IsLabelName(name) ? name : QuotedText.Quote(name);

    private static bool IsLabelName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
