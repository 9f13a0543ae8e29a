namespace Sightglass.Query.TraceQL.Tree;

/// <summary>A part of a query above single spans.</summary>
/// <param name="Position">Offset of its first character.</param>
internal abstract record StageNode(int Position);

/// <summary><c>{ … }</c>.</summary>
internal sealed record SpanFilterNode(int Position, FieldNode Condition) : StageNode(Position);

/// <summary>Two spansets with an operator between.</summary>
internal sealed record SpansetOperationNode(int Position, string Operator, StageNode Left, StageNode Right) : StageNode(Position);

/// <summary>Stages one after the other. One that ends with an aggregate is a number, one that ends with a metrics function a metric.</summary>
internal sealed record PipelineNode(int Position, IReadOnlyList<StageNode> Stages) : StageNode(Position);

/// <summary><c>count() &gt; 2</c>.</summary>
internal sealed record ScalarFilterNode(int Position, string Operator, StageNode Left, StageNode Right) : StageNode(Position);

/// <summary><c>by(…)</c>.</summary>
internal sealed record GroupNode(int Position, FieldNode By) : StageNode(Position);

/// <summary><c>coalesce()</c>.</summary>
internal sealed record CoalesceNode(int Position) : StageNode(Position);

/// <summary><c>select(…)</c>.</summary>
internal sealed record SelectNode(int Position, IReadOnlyList<AttributeField> Fields) : StageNode(Position);

/// <summary>A number over a spanset: <c>count()</c>, <c>avg(duration)</c>.</summary>
internal sealed record AggregateNode(int Position, string Function, FieldNode? Of) : StageNode(Position);

/// <summary>A constant outside of braces.</summary>
internal sealed record ConstantNode(int Position, TraceValue Value) : StageNode(Position);

/// <summary>Arithmetic of aggregates and constants, or of whole pipelines.</summary>
internal sealed record ScalarOperationNode(int Position, string Operator, StageNode Left, StageNode Right) : StageNode(Position);

/// <summary>A metrics function: <c>rate() by (name)</c>, <c>compare({…})</c>.</summary>
internal sealed record MetricsFunctionNode(int Position, string Function, FieldNode? Of, IReadOnlyList<TraceValue> Parameters, SpanFilterNode? Selection, IReadOnlyList<FieldNode> By) : StageNode(Position);

/// <summary><c>topk(n)</c> or <c>bottomk(n)</c>.</summary>
internal sealed record MetricsRankNode(int Position, string Function, long Count) : StageNode(Position);

/// <summary>Metric series compared with a constant.</summary>
internal sealed record MetricsFilterNode(int Position, string Operator, StageNode Inner, TraceValue Value) : StageNode(Position);

/// <summary>Arithmetic of metrics.</summary>
internal sealed record MetricsOperationNode(int Position, string Operator, StageNode Left, StageNode Right) : StageNode(Position);

/// <summary>A whole query.</summary>
/// <param name="Position">Offset.</param>
/// <param name="Body">What it says.</param>
/// <param name="Hints">Hints of <c>with(…)</c>.</param>
internal sealed record TraceQuery(int Position, StageNode Body, IReadOnlyList<(string Name, TraceValue Value)> Hints) : StageNode(Position);
