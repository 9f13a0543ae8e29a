namespace Sightglass.Metrics.Cardinality;

/// <summary>Series, or values, or bytes, under a name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">How many.</param>
public sealed record CardinalityItem(string Name, long Value);

/// <summary>A label and how many series carry one value of it.</summary>
/// <param name="Label">The label.</param>
/// <param name="Value">The value.</param>
/// <param name="Series">Series that carry it.</param>
public sealed record CardinalityPair(string Label, string Value, long Series);

/// <summary>Which metrics, labels and values make the series of a range of time.</summary>
public sealed record CardinalityReport
{
    /// <summary>Series.</summary>
    public required long Series { get; init; }

    /// <summary>Distinct pairs of a label and a value.</summary>
    public required long LabelPairs { get; init; }

    /// <summary>Oldest sample, milliseconds since the Unix epoch; null without samples.</summary>
    public required long? MinTimeMs { get; init; }

    /// <summary>Newest sample, milliseconds since the Unix epoch; null without samples.</summary>
    public required long? MaxTimeMs { get; init; }

    /// <summary>Series by metric name, most first.</summary>
    public required IReadOnlyList<CardinalityItem> Metrics { get; init; }

    /// <summary>Distinct values by label, most first.</summary>
    public required IReadOnlyList<CardinalityItem> LabelValues { get; init; }

    /// <summary>Bytes of the values in all series by label, most first.</summary>
    public required IReadOnlyList<CardinalityItem> LabelBytes { get; init; }

    /// <summary>Series by label, most first.</summary>
    public required IReadOnlyList<CardinalityItem> LabelSeries { get; init; }

    /// <summary>Series by pair of label and value, most first.</summary>
    public required IReadOnlyList<CardinalityPair> Pairs { get; init; }

    /// <summary>Series by value of the label that was asked for, most first; empty when none was.</summary>
    public required IReadOnlyList<CardinalityItem> Values { get; init; }
}
