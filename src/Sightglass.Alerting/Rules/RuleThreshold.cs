using Sightglass.Query.PromQL;

namespace Sightglass.Alerting.Rules;

/// <summary>Finds what an alert's expression compares with: the constant beside the outermost comparison.</summary>
internal static class RuleThreshold
{
    /// <summary>The constant as it is written, or null: <c>0.9</c> of <c>rate(x[5m]) &gt; 0.9 and on() y</c>.</summary>
    public static string? Of(PromQLExpression expression) => expression switch
    {
        ParenExpression paren => Of(paren.Inner),
        BinaryExpression { Operator: BinaryOperator.And or BinaryOperator.Or or BinaryOperator.Unless } set => Of(set.Left) ?? Of(set.Right),
        BinaryExpression
        {
            Operator: BinaryOperator.Greater or BinaryOperator.GreaterOrEqual or BinaryOperator.Less or BinaryOperator.LessOrEqual or BinaryOperator.Equal or BinaryOperator.NotEqual,
        } comparison => IsConstant(comparison.Right) ? Text(comparison.Right) : IsConstant(comparison.Left) ? Text(comparison.Left) : Of(comparison.Left) ?? Of(comparison.Right),
        _ => null,
    };

    private static string Text(PromQLExpression expression) => expression is ParenExpression paren ? Text(paren.Inner) : expression.ToString();

    private static bool IsConstant(PromQLExpression expression) => expression switch
    {
        NumberLiteral => true,
        ParenExpression or UnaryExpression => expression.Children.All(IsConstant),
        BinaryExpression { Type: PromQLType.Scalar } => expression.Children.All(IsConstant),
        _ => false,
    };
}
