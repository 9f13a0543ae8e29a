namespace Sightglass.Query.PromQL;

/// <summary>How the language writes its operators.</summary>
public static class PromQLNames
{
    /// <summary>An aggregation's name.</summary>
    public static string Of(AggregateOperator op) => PromQLOperators.Name(op);

    /// <summary>A binary operator's text.</summary>
    public static string Of(BinaryOperator op) => PromQLOperators.Text(op);
}
