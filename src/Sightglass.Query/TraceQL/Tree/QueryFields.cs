namespace Sightglass.Query.TraceQL.Tree;

/// <summary>Looks through a query.</summary>
internal static class QueryFields
{
    /// <summary>Every field that the query names, in its order.</summary>
    public static void Collect(StageNode node, List<AttributeField> fields)
    {
        switch (node)
        {
            case SpanFilterNode filter:
                Collect(filter.Condition, fields);
                break;
            case SpansetOperationNode operation:
                Collect(operation.Left, fields);
                Collect(operation.Right, fields);
                break;
            case PipelineNode pipeline:
                foreach (var stage in pipeline.Stages)
                {
                    Collect(stage, fields);
                }

                break;
            case ScalarFilterNode filter:
                Collect(filter.Left, fields);
                Collect(filter.Right, fields);
                break;
            case AggregateNode { Of: { } of }:
                Collect(of, fields);
                break;
            case GroupNode group:
                Collect(group.By, fields);
                break;
            case SelectNode select:
                fields.AddRange(select.Fields);
                break;
        }
    }

    /// <summary>The first metrics function, or null.</summary>
    public static StageNode? FirstMetric(StageNode node) => node switch
    {
        MetricsFunctionNode or MetricsRankNode or MetricsFilterNode or MetricsOperationNode => node,
        PipelineNode pipeline => pipeline.Stages.Select(FirstMetric).FirstOrDefault(static m => m is not null),
        SpansetOperationNode operation => FirstMetric(operation.Left) ?? FirstMetric(operation.Right),
        _ => null,
    };

    /// <summary>Every field that an expression names and that is not among them yet.</summary>
    public static void Collect(FieldNode node, List<AttributeField> fields)
    {
        switch (node)
        {
            case AttributeField field:
                if (!fields.Exists(f => f.Scope == field.Scope && f.Name == field.Name))
                {
                    fields.Add(field);
                }

                break;
            case UnaryField unary:
                Collect(unary.Inner, fields);
                break;
            case BinaryField binary:
                Collect(binary.Left, fields);
                Collect(binary.Right, fields);
                break;
        }
    }
}
