using Sightglass.Query.PromQL;

namespace Sightglass.Alerting.Rules;

/// <summary>Finds what an alert's expression compares with: the constant beside the outermost comparison.</summary>
internal static class RuleThreshold
{
    /// <summary>The constant as it is written, or null: <c>0.9</c> of <c>rate(x[5m]) &gt; 0.9 and on() y</c>.</summary>
    public static string? Of(PromQLExpression expression) => Find(expression) is { } constant ? Text(constant) : null;

    /// <summary>The constant, or null.</summary>
    public static PromQLExpression? Find(PromQLExpression expression) => expression switch
    {
        ParenExpression paren => Find(paren.Inner),
        BinaryExpression { Operator: BinaryOperator.And or BinaryOperator.Or or BinaryOperator.Unless } set => Find(set.Left) ?? Find(set.Right),
        BinaryExpression
        {
            Operator: BinaryOperator.Greater or BinaryOperator.GreaterOrEqual or BinaryOperator.Less or BinaryOperator.LessOrEqual or BinaryOperator.Equal or BinaryOperator.NotEqual,
        } comparison => IsConstant(comparison.Right) ? comparison.Right : IsConstant(comparison.Left) ? comparison.Left : Find(comparison.Left) ?? Find(comparison.Right),
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
