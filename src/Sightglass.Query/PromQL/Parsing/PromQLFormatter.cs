namespace Sightglass.Query.PromQL;

/// <summary>Lays expressions out over several lines where they are long, as <c>format_query</c> answers.</summary>
public static class PromQLFormatter
{
    /// <summary>Longest expression that stays on one line.</summary>
    private const int MaxLine = 100;

    /// <summary>The text of an expression.</summary>
    public static string Format(PromQLExpression expression)
    {
        ArgumentNullException.ThrowIfNull(expression);
        return Format(expression, 0);
    }

    private static string Format(PromQLExpression expression, int level)
    {
        var indent = new string(' ', level * 2);
        var line = expression.ToString();
        if (line.Length <= MaxLine)
        {
            return indent + line;
        }

        switch (expression)
        {
            case AggregateExpression aggregate:
                var parameter = aggregate.Parameter is null ? string.Empty : $"{Format(aggregate.Parameter, level + 1)},\n";
                return $"{indent}{PromQLPrinter.AggregateHead(aggregate)}(\n{parameter}{Format(aggregate.Inner, level + 1)}\n{indent})";
            case BinaryExpression binary:
                return $"{Format(binary.Left, level + 1)}\n{indent}{PromQLPrinter.BinaryHead(binary)}\n{Format(binary.Right, level + 1)}";
            case CallExpression call:
                return $"{indent}{call.Function.Name}(\n{string.Join(",\n", call.Arguments.Select(a => Format(a, level + 1)))}\n{indent})";
            case ParenExpression paren:
                return $"{indent}(\n{Format(paren.Inner, level + 1)}\n{indent})";
            case SubqueryExpression subquery:
                return Format(subquery.Inner, level) + PromQLPrinter.SubquerySuffix(subquery);
            case UnaryExpression unary:
                return $"{indent}{(unary.Negative ? "-" : "+")}{Format(unary.Operand, level).TrimStart()}";
            default:
                return indent + line;
        }
    }
}
