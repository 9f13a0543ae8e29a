namespace Sightglass.Query.PromQL;

/// <summary>Finds expressions that have the same value at every step, because all their selectors are fixed by <c>@</c>.</summary>
internal static class StepInvariance
{
    private static readonly HashSet<string> DependOnStep = new(StringComparer.Ordinal)
    {
        "days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month", "year", "predict_linear", "time", "timestamp",
    };

    /// <summary>Whether a function's value depends on the time of evaluation, whatever its arguments are.</summary>
    public static bool DependsOnStep(string function) => DependOnStep.Contains(function);

    public static bool Of(PromQLExpression expression) => expression switch
    {
        VectorSelector s => s.Shift.At != AtModifier.None,
        MatrixSelector m => m.Vector.Shift.At != AtModifier.None,
        SubqueryExpression q => q.Shift.At != AtModifier.None,
        CallExpression c => !DependOnStep.Contains(c.Function.Name) && c.Arguments.All(Of),
        _ => expression.Children.All(Of),
    };
}
