namespace Sightglass.Core.Model;

/// <summary>What a histogram knows of counter resets before it.</summary>
public enum CounterResetHint : byte
{
    /// <summary>Has to be found out by comparing.</summary>
    Unknown = 0,

    /// <summary>A counter reset came before it.</summary>
    CounterReset = 1,

    /// <summary>No counter reset came before it.</summary>
    NotCounterReset = 2,

    /// <summary>It is a gauge histogram; counter resets have no meaning.</summary>
    Gauge = 3,
}

/// <summary>A run of consecutive buckets.</summary>
/// <param name="Offset">Gap to the end of the previous span, or the index of the first bucket for the first span.</param>
/// <param name="Length">Number of consecutive buckets.</param>
public readonly record struct BucketSpan(int Offset, int Length);

/// <summary>
/// A native histogram in Prometheus' model, with absolute bucket counts as doubles. Exponential for schemas −4 to 8 (bucket
/// i holds (2^(2^−schema))^(i−1) … (2^(2^−schema))^i], custom buckets for <see cref="CustomBucketsSchema"/>. Immutable.
/// </summary>
public sealed record NativeHistogram
{
    /// <summary>The schema of histograms with custom (explicit) bucket bounds.</summary>
    public const int CustomBucketsSchema = -53;

    /// <summary>Counter reset knowledge.</summary>
    public CounterResetHint ResetHint { get; init; }

    /// <summary>Resolution, −4 to 8, or <see cref="CustomBucketsSchema"/>.</summary>
    public int Schema { get; init; }

    /// <summary>Half width of the zero bucket, ≥ 0.</summary>
    public double ZeroThreshold { get; init; }

    /// <summary>Observations in the zero bucket.</summary>
    public double ZeroCount { get; init; }

    /// <summary>All observations.</summary>
    public double Count { get; init; }

    /// <summary>Sum of the observations; the stale marker here marks the series as gone.</summary>
    public double Sum { get; init; }

    /// <summary>Spans of the positive buckets.</summary>
    public BucketSpan[] PositiveSpans { get; init; } = [];

    /// <summary>Counts of the positive buckets in order, absolute.</summary>
    public double[] PositiveBuckets { get; init; } = [];

    /// <summary>Spans of the negative buckets.</summary>
    public BucketSpan[] NegativeSpans { get; init; } = [];

    /// <summary>Counts of the negative buckets in order, absolute.</summary>
    public double[] NegativeBuckets { get; init; } = [];

    /// <summary>Upper bounds of custom buckets, ascending, without +Inf; empty for exponential schemas.</summary>
    public double[] CustomBounds { get; init; } = [];
}
