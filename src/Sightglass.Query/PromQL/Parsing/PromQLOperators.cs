namespace Sightglass.Query.PromQL;

/// <summary>How many series on each side of a binary operation belong together.</summary>
public enum MatchCardinality
{
    /// <summary>One and one.</summary>
    OneToOne,

    /// <summary>Many on the left (<c>group_left</c>).</summary>
    ManyToOne,

    /// <summary>Many on the right (<c>group_right</c>).</summary>
    OneToMany,

    /// <summary>Set operations.</summary>
    ManyToMany,
}

/// <summary>How series of two vectors find each other.</summary>
/// <param name="Cardinality">How many.</param>
/// <param name="On">True for <c>on</c>, false for <c>ignoring</c>.</param>
/// <param name="Labels">The labels of <c>on</c> or <c>ignoring</c>.</param>
/// <param name="Include">Labels that <c>group_left</c> or <c>group_right</c> copies from the one side.</param>
/// <param name="FillLeft">Value for missing left sides (an experimental part of the language), or null.</param>
/// <param name="FillRight">Value for missing right sides, or null.</param>
public sealed record VectorMatching(MatchCardinality Cardinality, bool On, IReadOnlyList<string> Labels, IReadOnlyList<string> Include, double? FillLeft = null, double? FillRight = null);

/// <summary>Binary operators.</summary>
public enum BinaryOperator
{
    /// <summary><c>+</c></summary>
    Add,

    /// <summary><c>-</c></summary>
    Subtract,

    /// <summary><c>*</c></summary>
    Multiply,

    /// <summary><c>/</c></summary>
    Divide,

    /// <summary><c>%</c></summary>
    Modulo,

    /// <summary><c>^</c></summary>
    Power,

    /// <summary><c>atan2</c></summary>
    Atan2,

    /// <summary><c>==</c></summary>
    Equal,

    /// <summary><c>!=</c></summary>
    NotEqual,

    /// <summary><c>&gt;</c></summary>
    Greater,

    /// <summary><c>&lt;</c></summary>
    Less,

    /// <summary><c>&gt;=</c></summary>
    GreaterOrEqual,

    /// <summary><c>&lt;=</c></summary>
    LessOrEqual,

    /// <summary><c>and</c></summary>
    And,

    /// <summary><c>or</c></summary>
    Or,

    /// <summary><c>unless</c></summary>
    Unless,

    /// <summary><c>&lt;/</c>: keeps a histogram's observations up to a value.</summary>
    TrimUpper,

    /// <summary><c>&gt;/</c>: keeps a histogram's observations from a value on.</summary>
    TrimLower,
}

/// <summary>Aggregation operators.</summary>
public enum AggregateOperator
{
    /// <summary><c>sum</c></summary>
    Sum,

    /// <summary><c>avg</c></summary>
    Avg,

    /// <summary><c>count</c></summary>
    Count,

    /// <summary><c>min</c></summary>
    Min,

    /// <summary><c>max</c></summary>
    Max,

    /// <summary><c>group</c></summary>
    Group,

    /// <summary><c>stddev</c></summary>
    Stddev,

    /// <summary><c>stdvar</c></summary>
    Stdvar,

    /// <summary><c>topk</c></summary>
    TopK,

    /// <summary><c>bottomk</c></summary>
    BottomK,

    /// <summary><c>count_values</c></summary>
    CountValues,

    /// <summary><c>quantile</c></summary>
    Quantile,

    /// <summary><c>limitk</c></summary>
    LimitK,

    /// <summary><c>limit_ratio</c></summary>
    LimitRatio,
}

/// <summary>Names and kinds of the operators.</summary>
internal static class PromQLOperators
{
    private static readonly Dictionary<string, AggregateOperator> Aggregates = new(StringComparer.OrdinalIgnoreCase)
    {
        ["sum"] = AggregateOperator.Sum,
        ["avg"] = AggregateOperator.Avg,
        ["count"] = AggregateOperator.Count,
        ["min"] = AggregateOperator.Min,
        ["max"] = AggregateOperator.Max,
        ["group"] = AggregateOperator.Group,
        ["stddev"] = AggregateOperator.Stddev,
        ["stdvar"] = AggregateOperator.Stdvar,
        ["topk"] = AggregateOperator.TopK,
        ["bottomk"] = AggregateOperator.BottomK,
        ["count_values"] = AggregateOperator.CountValues,
        ["quantile"] = AggregateOperator.Quantile,
        ["limitk"] = AggregateOperator.LimitK,
        ["limit_ratio"] = AggregateOperator.LimitRatio,
    };

    public static bool TryAggregate(string name, out AggregateOperator op) => Aggregates.TryGetValue(name, out op);

    public static string Name(AggregateOperator op)
    {
        foreach (var (name, value) in Aggregates)
        {
            if (value == op)
            {
                return name;
            }
        }

        throw new System.Diagnostics.UnreachableException($"BUG: aggregation {op} has no name");
    }

    public static bool HasParameter(AggregateOperator op) => op is AggregateOperator.TopK or AggregateOperator.BottomK
        or AggregateOperator.CountValues or AggregateOperator.Quantile or AggregateOperator.LimitK or AggregateOperator.LimitRatio;

    public static bool IsExperimental(AggregateOperator op) => op is AggregateOperator.LimitK or AggregateOperator.LimitRatio;

    public static string Text(BinaryOperator op) => op switch
    {
        BinaryOperator.Add => "+",
        BinaryOperator.Subtract => "-",
        BinaryOperator.Multiply => "*",
        BinaryOperator.Divide => "/",
        BinaryOperator.Modulo => "%",
        BinaryOperator.Power => "^",
        BinaryOperator.Atan2 => "atan2",
        BinaryOperator.Equal => "==",
        BinaryOperator.NotEqual => "!=",
        BinaryOperator.Greater => ">",
        BinaryOperator.Less => "<",
        BinaryOperator.GreaterOrEqual => ">=",
        BinaryOperator.LessOrEqual => "<=",
        BinaryOperator.And => "and",
        BinaryOperator.Or => "or",
        BinaryOperator.Unless => "unless",
        BinaryOperator.TrimUpper => "</",
        _ => ">/",
    };

    public static bool IsComparison(BinaryOperator op) => op is >= BinaryOperator.Equal and <= BinaryOperator.LessOrEqual;

    public static bool IsSet(BinaryOperator op) => op is BinaryOperator.And or BinaryOperator.Or or BinaryOperator.Unless;

    public static bool IsTrim(BinaryOperator op) => op is BinaryOperator.TrimUpper or BinaryOperator.TrimLower;

    /// <summary>How tightly an operator binds; higher binds tighter.</summary>
    public static int Precedence(BinaryOperator op) => op switch
    {
        BinaryOperator.Or => 1,
        BinaryOperator.And or BinaryOperator.Unless => 2,
        BinaryOperator.Add or BinaryOperator.Subtract => 4,
        BinaryOperator.Multiply or BinaryOperator.Divide or BinaryOperator.Modulo or BinaryOperator.Atan2 => 5,
        BinaryOperator.Power => 6,
        _ => 3,
    };
}
