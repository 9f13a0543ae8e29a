namespace Sightglass.Core.Limits;

/// <summary>Bounds on one query. Each is named in the error that it causes.</summary>
public sealed record QueryLimits
{
    /// <summary>The defaults.</summary>
    public static QueryLimits Default { get; } = new();

    /// <summary>Longest run time of one query; also the default of the <c>timeout</c> parameter.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Samples that one PromQL query may hold in memory.</summary>
    public long MaxSamples { get; init; } = 50_000_000;

    /// <summary>Bytes that one PromQL query may hold in memory, estimated: 16 a value, 256 a series.</summary>
    public long MaxMemoryBytes { get; init; } = 2L << 30;

    /// <summary>Bytes that all PromQL queries together may hold in memory, estimated likewise; half of the machine's memory where that is less.</summary>
    public long MaxTotalMemoryBytes { get; init; } = 4L << 30;

    /// <summary>Bytes of answers to PromQL range queries that are kept to be used again, estimated; 0 keeps none.</summary>
    public long MaxCachedAnswerBytes { get; init; } = 32L << 20;

    /// <summary>PromQL queries that run at one time; others wait for their turn, within their timeout.</summary>
    public int MaxConcurrentQueries { get; init; } = 20;

    /// <summary>Points per series of a range query (Prometheus' bound).</summary>
    public int MaxPointsPerSeries { get; init; } = 11_000;

    /// <summary>Series that one selection may touch.</summary>
    public int MaxSeries { get; init; } = 5_000_000;

    /// <summary>Bytes of one query text.</summary>
    public int MaxQueryBytes { get; init; } = 256 << 10;

    /// <summary>Nesting depth of one query's expression.</summary>
    public int MaxExpressionDepth { get; init; } = 256;

    /// <summary>Log lines that one query may return (Loki's <c>max_entries_limit</c>).</summary>
    public int MaxLogEntries { get; init; } = 50_000;

    /// <summary>Series that one log or trace metric query may return.</summary>
    public int MaxMetricSeries { get; init; } = 10_000;

    /// <summary>Log lines that one query may look at: those that its stages are given; what the store rules out or counts by itself does not count.</summary>
    public long MaxLogLinesScanned { get; init; } = 2_000_000_000;

    /// <summary>Bytes of log lines that one query may look at.</summary>
    public long MaxLogBytesScanned { get; init; } = 1L << 40;

    /// <summary>Longest range of time of one log query (Loki's <c>max_query_length</c>); zero bounds nothing.</summary>
    public TimeSpan MaxLogRange { get; init; }

    /// <summary>Traces that one search may return.</summary>
    public int MaxTraces { get; init; } = 100_000;

    /// <summary>Spans of one trace that are returned.</summary>
    public int MaxSpansPerTrace { get; init; } = 200_000;

    /// <summary>PromQL's lookback delta when the query does not say.</summary>
    public TimeSpan LookbackDelta { get; init; } = TimeSpan.FromMinutes(5);
}
