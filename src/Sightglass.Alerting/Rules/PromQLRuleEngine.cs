using Sightglass.Core.Errors;
using Sightglass.Query.PromQL;

namespace Sightglass.Alerting.Rules;

/// <summary>A query of a rule that ran.</summary>
/// <param name="Expression">The query.</param>
/// <param name="At">The time that it was evaluated at.</param>
/// <param name="File">File of the rule's group.</param>
/// <param name="Group">The group's name.</param>
/// <param name="Result">What came of it, or null.</param>
/// <param name="Error">Why nothing did, or null.</param>
public sealed record RuleQueryRun(string Expression, DateTimeOffset At, string File, string Group, PromQLResult? Result, string? Error);

/// <summary>Evaluates rules with the PromQL engine.</summary>
public sealed class PromQLRuleEngine(PromQLEngine engine) : IRuleQueryEngine
{
    private string _file = string.Empty;
    private string _group = string.Empty;

    /// <summary>Told of every query that ran; called from any thread.</summary>
    public Action<RuleQueryRun>? Ran { get; init; }

    /// <inheritdoc/>
    public IRuleQueryEngine For(string file, string group) => Ran is null ? this : new PromQLRuleEngine(engine) { Ran = Ran, _file = file, _group = group };

    /// <inheritdoc/>
    public IReadOnlyList<RuleSample> Query(string expression, DateTimeOffset at, CancellationToken cancellation)
    {
        var result = Run(expression, at, cancellation);
        if (result.Type == PromQLType.Scalar)
        {
            return [new RuleSample(Core.Model.LabelSet.Empty, result.Scalar)];
        }

        if (result.Type != PromQLType.Vector)
        {
            throw new QueryException(QueryErrorKind.Execution, "rule result is not a vector or scalar");
        }

        var samples = new List<RuleSample>(result.Series.Count);
        foreach (var series in result.Series)
        {
            if (series.Count > 0)
            {
                var histogram = series.HistogramAt(0);
                samples.Add(new RuleSample(series.Labels, histogram is null ? series.Values[0] : 0, histogram));
            }
        }

        return samples;
    }

    private PromQLResult Run(string expression, DateTimeOffset at, CancellationToken cancellation)
    {
        try
        {
            var result = engine.Instant(expression, at.ToUnixTimeMilliseconds(), cancellation: cancellation);
            Ran?.Invoke(new RuleQueryRun(expression, at, _file, _group, result, null));
            return result;
        }
        catch (Exception e) when (e is QueryException or LimitExceededException or CorruptDataException && Ran is { } ran)
        {
            ran(new RuleQueryRun(expression, at, _file, _group, null, e.Message));
            throw;
        }
    }
}
