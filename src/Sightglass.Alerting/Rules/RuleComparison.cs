using Sightglass.Query.LogQL;
using Sightglass.Query.PromQL;
using Sightglass.Query.TraceQL;

namespace Sightglass.Alerting.Rules;

/// <summary>A comparison with a constant in a rule's expression, so that the value can be drawn beside its threshold.</summary>
/// <param name="Expression">What is compared, in the rule's language.</param>
/// <param name="Operator">The operator as if the constant stood on its right.</param>
/// <param name="Threshold">The constant.</param>
internal sealed record RuleComparison(string Expression, string Operator, double Threshold)
{
    /// <summary>The comparisons of a rule in the order of its expression; none where nothing is compared with a constant.</summary>
    public static IReadOnlyList<RuleComparison> Of(RuleDefinition rule)
    {
        if (rule.Language == RuleLanguage.LogQL)
        {
            return LogQLRules.Comparison(rule.Expression) is var (expression, op, threshold) ? [new RuleComparison(expression, op, threshold)] : [];
        }

        if (rule.Language == RuleLanguage.TraceQL)
        {
            return TraceQLRules.Comparison(rule.Expression) is var (spans, sign, number, _, hints) ? [new RuleComparison(spans + hints, sign == "=" ? "==" : sign, number)] : [];
        }

        var found = new List<RuleComparison>();
        Collect(PromQLParser.Parse(rule.Query), found);
        return found;
    }

    private static void Collect(PromQLExpression expression, List<RuleComparison> found)
    {
        switch (expression)
        {
            case ParenExpression paren:
                Collect(paren.Inner, found);
                break;
            case BinaryExpression { Operator: BinaryOperator.And or BinaryOperator.Or or BinaryOperator.Unless } set:
                Collect(set.Left, found);
                Collect(set.Right, found);
                break;
            case BinaryExpression comparison when Text(comparison.Operator, flipped: false) is { } op:
                if (Constant(comparison.Right) is { } right && comparison.Left.Type == PromQLType.Vector)
                {
                    found.Add(new RuleComparison(Bare(comparison.Left), op, right));
                }
                else if (Constant(comparison.Left) is { } left && comparison.Right.Type == PromQLType.Vector)
                {
                    found.Add(new RuleComparison(Bare(comparison.Right), Text(comparison.Operator, flipped: true)!, left));
                }

                break;
        }
    }

    private static string Bare(PromQLExpression expression) => expression is ParenExpression paren ? Bare(paren.Inner) : expression.ToString();

    private static string? Text(BinaryOperator op, bool flipped) => op switch
    {
        BinaryOperator.Equal => "==",
        BinaryOperator.NotEqual => "!=",
        BinaryOperator.Greater => flipped ? "<" : ">",
        BinaryOperator.Less => flipped ? ">" : "<",
        BinaryOperator.GreaterOrEqual => flipped ? "<=" : ">=",
        BinaryOperator.LessOrEqual => flipped ? ">=" : "<=",
        _ => null,
    };

    private static double? Constant(PromQLExpression expression) => expression switch
    {
        NumberLiteral number => number.Value,
        ParenExpression paren => Constant(paren.Inner),
        UnaryExpression unary => unary.Negative ? -Constant(unary.Operand) : Constant(unary.Operand),
        BinaryExpression { Type: PromQLType.Scalar } binary when Constant(binary.Left) is { } left && Constant(binary.Right) is { } right => binary.Operator switch
        {
            BinaryOperator.Add => left + right,
            BinaryOperator.Subtract => left - right,
            BinaryOperator.Multiply => left * right,
            BinaryOperator.Divide => left / right,
            BinaryOperator.Modulo => left % right,
            BinaryOperator.Power => Math.Pow(left, right),
            _ => null,
        },
        _ => null,
    };
}
