using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL;

namespace Sightglass.Alerting.Rules;

/// <summary>Evaluates rules whose language is LogQL.</summary>
public sealed class LogQLRuleEngine(LogQLEngine engine) : IRuleQueryEngine
{
    private const long NanosecondsPerTick = 100;

    /// <inheritdoc/>
    public IReadOnlyList<RuleSample> Query(string expression, DateTimeOffset at, CancellationToken cancellation)
    {
        var result = engine.Query(expression, (at - DateTimeOffset.UnixEpoch).Ticks * NanosecondsPerTick, cancellation);
        return result.Kind switch
        {
            LogQLResultKind.Scalar => [new RuleSample(LabelSet.Empty, result.Scalar)],
            LogQLResultKind.Vector => [.. result.Series.Where(static s => s.Values.Count > 0).Select(static s => new RuleSample(WithoutEmpty(s.Labels), s.Values[^1]))],
            _ => throw new QueryException(QueryErrorKind.Execution, "a rule needs a metric query, this is a query of log lines"),
        };
    }

    // LogQL's series may have empty labels; of an alert or a metric they would be none.
    private static LabelSet WithoutEmpty(LabelSet labels) =>
        labels.Any(static l => l.Value.Length == 0) ? LabelSet.FromSorted([.. labels.Where(static l => l.Value.Length > 0)]) : labels;
}
