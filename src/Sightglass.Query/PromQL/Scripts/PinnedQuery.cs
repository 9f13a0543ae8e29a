namespace Sightglass.Query.PromQL.Scripts;

/// <summary>A query with all its selectors fixed by <c>@</c>: it has the same value at whatever time it is evaluated.</summary>
internal static class PinnedQuery
{
    private static readonly HashSet<string> DependOnQuery = new(StringComparer.Ordinal) { "start", "end", "range", "step" };

    /// <summary>The text of the fixed query; null for one whose value depends on the time of evaluation all the same.</summary>
    public static string? Of(PromQLExpression expression, long timeMs) => DependsOnTime(expression) ? null : Pin(expression, timeMs).ToString();

    private static bool DependsOnTime(PromQLExpression expression) => expression switch
    {
        CallExpression c when StepInvariance.DependsOnStep(c.Function.Name) || DependOnQuery.Contains(c.Function.Name) => true,
        VectorSelector v => DependsOnRange(v.Shift),
        SubqueryExpression q => DependsOnRange(q.Shift) || !q.Range.IsLiteral || q.Step is { IsLiteral: false } || DependsOnTime(q.Inner),
        MatrixSelector m => !m.Range.IsLiteral || DependsOnTime(m.Vector),
        _ => expression.Children.Any(DependsOnTime),
    };

    private static bool DependsOnRange(TimeShift shift) => shift.At is AtModifier.Start or AtModifier.End || shift.Offset is { IsLiteral: false };

    private static PromQLExpression Pin(PromQLExpression expression, long timeMs) => expression switch
    {
        VectorSelector v => v with { Shift = Pin(v.Shift, timeMs) },
        MatrixSelector m => m with { Vector = m.Vector with { Shift = Pin(m.Vector.Shift, timeMs) } },
        SubqueryExpression q => q with { Shift = Pin(q.Shift, timeMs) },
        ParenExpression p => p with { Inner = Pin(p.Inner, timeMs) },
        UnaryExpression u => u with { Operand = Pin(u.Operand, timeMs) },
        CallExpression c => c with { Arguments = [.. c.Arguments.Select(a => Pin(a, timeMs))] },
        AggregateExpression a => a with { Inner = Pin(a.Inner, timeMs), Parameter = a.Parameter is null ? null : Pin(a.Parameter, timeMs) },
        BinaryExpression b => b with { Left = Pin(b.Left, timeMs), Right = Pin(b.Right, timeMs) },
        _ => expression,
    };

    private static TimeShift Pin(TimeShift shift, long timeMs) => shift.At == AtModifier.None ? shift with { At = AtModifier.Time, AtMs = timeMs } : shift;
}
