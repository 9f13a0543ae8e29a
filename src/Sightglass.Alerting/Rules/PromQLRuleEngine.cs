using Sightglass.Core.Errors;
using Sightglass.Query.PromQL;

namespace Sightglass.Alerting.Rules;

/// <summary>Evaluates rules with the PromQL engine.</summary>
public sealed class PromQLRuleEngine(PromQLEngine engine) : IRuleQueryEngine
{
    /// <inheritdoc/>
    public IReadOnlyList<RuleSample> Query(string expression, DateTimeOffset at, CancellationToken cancellation)
    {
        var result = engine.Instant(expression, at.ToUnixTimeMilliseconds(), cancellation: cancellation);
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
}
