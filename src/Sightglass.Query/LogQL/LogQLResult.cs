using Sightglass.Core.Model;

namespace Sightglass.Query.LogQL;

/// <summary>What a query's answer is made of.</summary>
public enum LogQLResultKind
{
    /// <summary>Log lines.</summary>
    Streams,

    /// <summary>One value for each series.</summary>
    Vector,

    /// <summary>Values over time for each series.</summary>
    Matrix,

    /// <summary>One number.</summary>
    Scalar,
}

/// <summary>Order of log lines.</summary>
public enum LogDirection
{
    /// <summary>Newest first.</summary>
    Backward,

    /// <summary>Oldest first.</summary>
    Forward,
}

/// <summary>A label of a log line.</summary>
/// <param name="Name">Name.</param>
/// <param name="Value">Value; a label that a stage set may be empty.</param>
/// <param name="Source">Where it comes from.</param>
public readonly record struct LogLabel(string Name, string Value, LogLabelSource Source);

/// <summary>Where a label of a log line comes from.</summary>
public enum LogLabelSource
{
    /// <summary>The stream's index labels.</summary>
    Stream,

    /// <summary>Structured metadata.</summary>
    StructuredMetadata,

    /// <summary>A stage of the pipeline.</summary>
    Parsed,
}

/// <summary>A log line.</summary>
/// <param name="TimeUnixNano">Nanoseconds since the Unix epoch.</param>
/// <param name="Line">The text.</param>
/// <param name="Labels">Its labels, sorted by name.</param>
public sealed record LogLine(long TimeUnixNano, string Line, IReadOnlyList<LogLabel> Labels);

/// <summary>A series of a metric query.</summary>
/// <param name="Labels">Labels.</param>
/// <param name="TimesUnixNano">Times, ascending.</param>
/// <param name="Values">A value for each time.</param>
public sealed record LogQLSeries(LabelSet Labels, IReadOnlyList<long> TimesUnixNano, IReadOnlyList<double> Values);

/// <summary>What a query cost.</summary>
public sealed class LogQLStatistics
{
    /// <summary>Lines that the store gave.</summary>
    public long LinesProcessed { get; internal set; }

    /// <summary>Bytes of those lines.</summary>
    public long BytesProcessed { get; internal set; }

    /// <summary>Lines that came through the pipeline.</summary>
    public long LinesKept { get; internal set; }

    /// <summary>Lines that were looked at: those of <see cref="LinesProcessed"/> that the store did not count by itself.</summary>
    public long LinesScanned { get; internal set; }

    /// <summary>Bytes of structured metadata that was read with them, names and values.</summary>
    public long MetadataBytes { get; internal set; }
}

/// <summary>The answer to a query.</summary>
/// <param name="Kind">What it is made of.</param>
/// <param name="Lines">Log lines, in the order asked for.</param>
/// <param name="Series">Series; sorted by labels unless the query sorts them.</param>
/// <param name="Scalar">The number.</param>
/// <param name="Statistics">What it cost.</param>
public sealed record LogQLResult(LogQLResultKind Kind, IReadOnlyList<LogLine> Lines, IReadOnlyList<LogQLSeries> Series, double Scalar, LogQLStatistics Statistics);
