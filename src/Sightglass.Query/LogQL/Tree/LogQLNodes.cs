using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Filters;
using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Tree;

/// <summary>An expression that was read. Its stages keep buffers: one tree serves one execution.</summary>
/// <param name="Position">Offset of its first character.</param>
internal abstract record LogQLNode(int Position);

/// <summary>A stream selector with its pipeline.</summary>
internal sealed record LogNode(int Position, IReadOnlyList<LabelMatcher> Matchers, IReadOnlyList<LogStage> Stages) : LogQLNode(Position);

/// <summary>An expression whose value is a number for each series.</summary>
internal abstract record MetricNode(int Position) : LogQLNode(Position);

/// <summary>What <c>unwrap</c> takes as the sample.</summary>
/// <param name="Label">The label.</param>
/// <param name="Kind">How it is read.</param>
/// <param name="Conversion">The conversion as written, or empty.</param>
/// <param name="Conditions">Conditions after it.</param>
internal sealed record Unwrap(string Label, QuantityKind Kind, string Conversion, IReadOnlyList<LabelCondition> Conditions);

/// <summary>Labels that make a group.</summary>
/// <param name="Without">All but these.</param>
/// <param name="Names">The labels.</param>
internal sealed record Grouping(bool Without, IReadOnlyList<string> Names)
{
    /// <summary>Everything in one group.</summary>
    public static Grouping All { get; } = new(false, []);
}

/// <summary>An aggregation over time: <c>rate({…}[5m])</c>.</summary>
internal sealed record RangeNode(int Position, string Function, double Parameter, LogNode Log, Unwrap? Unwrap, long RangeNano, long OffsetNano, Grouping? Grouping)
    : MetricNode(Position);

/// <summary>An aggregation over series: <c>sum by (a) (…)</c>.</summary>
internal sealed record VectorNode(int Position, string Function, double Parameter, MetricNode Inner, Grouping? Grouping) : MetricNode(Position);

/// <summary><c>variants(rate(…), bytes_rate(…)) of ({…} | json [5m])</c>: several metrics of the same lines.</summary>
/// <param name="Position">Offset of its first character.</param>
/// <param name="Variants">The metrics as written.</param>
/// <param name="Joined">The metrics with the common selector and pipeline before their own.</param>
/// <param name="Log">The common selector with its pipeline.</param>
/// <param name="RangeNano">Its range.</param>
/// <param name="OffsetNano">Its offset.</param>
internal sealed record VariantsNode(int Position, IReadOnlyList<MetricNode> Variants, IReadOnlyList<MetricNode> Joined, LogNode Log, long RangeNano, long OffsetNano)
    : LogQLNode(Position);

/// <summary>How two sides of an operator are paired.</summary>
/// <param name="On">By these labels only, else by all but these.</param>
/// <param name="Names">The labels.</param>
/// <param name="Group">"left" or "right" for many-to-one, else null.</param>
/// <param name="Include">Labels taken from the one side.</param>
internal sealed record VectorMatching(bool On, IReadOnlyList<string> Names, string? Group, IReadOnlyList<string> Include);

/// <summary>An operator between two expressions.</summary>
internal sealed record BinaryNode(int Position, string Operator, MetricNode Left, MetricNode Right, bool Bool, VectorMatching Matching) : MetricNode(Position);

/// <summary>A number.</summary>
internal sealed record NumberNode(int Position, double Value) : MetricNode(Position);

/// <summary><c>vector(1)</c>: a number as a series without labels.</summary>
internal sealed record VectorLiteralNode(int Position, double Value) : MetricNode(Position);

/// <summary><c>label_replace(v, dst, replacement, src, regex)</c>.</summary>
internal sealed record LabelReplaceNode(int Position, MetricNode Inner, string Target, string Replacement, string Source, Re2 Expression) : MetricNode(Position);
