using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL.Metrics;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL;

/// <summary>Metrics of spans.</summary>
public sealed partial class TraceQLEngine
{
    private const int MaxExemplars = 1_000;

    /// <summary>Evaluates a metrics query.</summary>
    /// <exception cref="QueryException">The query does not parse, makes no sense, is not supported, or its range is none.</exception>
    /// <exception cref="LimitExceededException">A limit was reached.</exception>
    public TraceMetricsResult Metrics(TraceMetricsQuery request, CancellationToken cancellation)
    {
        var query = TraceQLRules.ParseMetrics(request.Query, limits);
        if (request.StartUnixNano < 0 || request.EndUnixNano <= request.StartUnixNano)
        {
            throw new QueryException(QueryErrorKind.BadData, "end must be greater than start");
        }

        if (request.StepNano < 0 || MetricGrid.Of(request, limits.MaxPointsPerSeries) is not { } grid)
        {
            throw new QueryException(QueryErrorKind.BadData, $"exceeded maximum resolution of {limits.MaxPointsPerSeries} points per series: want a larger step or a shorter range");
        }

        var exemplars = request.Exemplars;
        foreach (var (name, value) in query.Hints)
        {
            exemplars = name != "exemplars" ? exemplars : value.Type == TraceValueType.Int ? (int)Math.Clamp(value.Whole, 0, MaxExemplars) : value.IsTrue ? exemplars : 0;
        }

        var evaluator = new MetricEvaluator(request.Query, store, limits, grid, Math.Clamp(exemplars, 0, MaxExemplars), cancellation);
        var series = evaluator.Evaluate(query.Body);
        var times = new long[grid.Count];
        for (var i = 0; i < times.Length; i++)
        {
            times[i] = grid.TimeOf(i);
        }

        return new TraceMetricsResult(
            [
                .. series.Where(static s => Array.Exists(s.Values, static v => !double.IsNaN(v))).OrderBy(static s => s.Text, StringComparer.Ordinal)
                    .Select(static s => new TraceMetricSeries([.. s.Labels.Select(static l => new EventAttribute(l.Name, LabelOf(l.Value)))], s.Text, s.Values) { Exemplars = s.Exemplars }),
            ],
            times,
            evaluator.Spans);
    }

    private static AttributeValue LabelOf(TraceValue value) => value.Type switch
    {
        TraceValueType.Int => AttributeValue.Of(value.Whole),
        TraceValueType.Duration => AttributeValue.Of(MetricSeries.PlainText(value)),
        _ => ValueOf(value),
    };
}
