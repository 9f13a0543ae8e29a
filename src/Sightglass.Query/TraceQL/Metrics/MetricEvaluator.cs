using System.Diagnostics;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.Syntax;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Metrics;

/// <summary>Evaluates a metrics query over a grid. For one query.</summary>
internal sealed class MetricEvaluator(string query, IEventStore store, QueryLimits limits, MetricGrid grid, int exemplars, CancellationToken cancellation)
{
    /// <summary>Spans that were counted.</summary>
    public long Spans { get; private set; }

    public List<MetricSeries> Evaluate(StageNode node)
    {
        switch (node)
        {
            case PipelineNode pipeline:
                return Pipeline(pipeline);
            case MetricsFilterNode filter:
                return MetricStages.Filter(filter, Evaluate(filter.Inner));
            case MetricsOperationNode { Left: ConstantNode number } operation:
                return MetricStages.Combine(operation.Operator, Evaluate(operation.Right), number.Value.Number, isLeft: true);
            case MetricsOperationNode { Right: ConstantNode number } operation:
                return MetricStages.Combine(operation.Operator, Evaluate(operation.Left), number.Value.Number, isLeft: false);
            case MetricsOperationNode operation:
                return MetricStages.Combine(operation.Operator, Evaluate(operation.Left), Evaluate(operation.Right));
            default:
                throw new UnreachableException($"BUG: metrics stage {node.GetType().Name}");
        }
    }

    private List<MetricSeries> Pipeline(PipelineNode pipeline)
    {
        var first = 0;
        while (QueryFields.FirstMetric(pipeline.Stages[first]) is null)
        {
            first++;
        }

        StageNode spans = first == 1 ? pipeline.Stages[0] : new PipelineNode(pipeline.Position, [.. pipeline.Stages.Take(first)]);
        var series = pipeline.Stages[first] switch
        {
            MetricsFunctionNode function => Function(spans, function),
            MetricsFilterNode { Inner: MetricsFunctionNode function } filter => MetricStages.Filter(filter, Function(spans, function)),
            var whole => Evaluate(whole),
        };
        foreach (var stage in pipeline.Stages.Skip(first + 1))
        {
            series = stage switch
            {
                MetricsRankNode rank => MetricStages.Rank(rank, series, grid.Count),
                MetricsFilterNode { Inner: MetricsRankNode rank } filter => MetricStages.Filter(filter, MetricStages.Rank(rank, series, grid.Count)),
                _ => throw new UnreachableException($"BUG: metrics stage {stage.GetType().Name}"),
            };
        }

        return series;
    }

    private List<MetricSeries> Function(StageNode spans, MetricsFunctionNode function)
    {
        if (function.Function == "compare")
        {
            var compare = new MetricCompare(store, limits, grid);
            var compared = compare.Run(spans, function, cancellation)
                ?? throw new QueryException(QueryErrorKind.BadData, $"{SourcePosition.Describe(query, function.Position)}: not supported yet: compare() of spans that are not selected each by itself", function.Position);
            Spans += compare.Spans;
            return compared;
        }

        var table = new MetricTable(function, grid, limits);
        if (function.By.Count == 0 && !table.HasBuckets)
        {
            // Without groups there is an answer even where there are no spans.
            table.SeriesOf([]);
        }

        new MetricScan(store, limits).Run(spans, table, exemplars, cancellation);
        table.Finish();
        Spans += table.Spans;
        return MetricSeries.Of(table);
    }
}
