using Sightglass.Core.Model;

namespace Sightglass.Query.TraceQL.Metrics;

/// <summary>A metrics query over a range, or over one interval.</summary>
/// <param name="Query">TraceQL.</param>
/// <param name="StartUnixNano">Start of the range: spans that start later count.</param>
/// <param name="EndUnixNano">End of the range, inclusive.</param>
/// <param name="StepNano">Time between two points; 0 makes the range one interval with one point.</param>
public sealed record TraceMetricsQuery(string Query, long StartUnixNano, long EndUnixNano, long StepNano)
{
    /// <summary>Whether intervals begin at the start itself, and not at multiples of the step as Tempo's do.</summary>
    public bool BeginsAtStart { get; init; }

    /// <summary>Exemplars wanted of the whole answer; a hint of the query goes before.</summary>
    public int Exemplars { get; init; }
}

/// <summary>What a metrics query answers.</summary>
/// <param name="Series">Its series, in the order of their labels' text.</param>
/// <param name="TimesUnixNano">The times of points: the ends of the intervals.</param>
/// <param name="InspectedSpans">Spans that were counted.</param>
public sealed record TraceMetricsResult(IReadOnlyList<TraceMetricSeries> Series, IReadOnlyList<long> TimesUnixNano, long InspectedSpans);

/// <summary>A series of a metrics query.</summary>
/// <param name="Labels">Its labels with the values that spans have.</param>
/// <param name="Text">The labels as Prometheus writes them.</param>
/// <param name="Values">A value for each time; no number where there is none.</param>
public sealed record TraceMetricSeries(IReadOnlyList<EventAttribute> Labels, string Text, double[] Values)
{
    /// <summary>Spans that stand for others.</summary>
    public IReadOnlyList<TraceExemplar> Exemplars { get; init; } = [];
}

/// <summary>A span that stands for others of its series.</summary>
/// <param name="TraceId">Its trace.</param>
/// <param name="SpanId">Its id, in hex.</param>
/// <param name="TimeUnixNano">When it began.</param>
/// <param name="Value">The value that was looked at, or its duration in seconds.</param>
public sealed record TraceExemplar(TraceId TraceId, string SpanId, long TimeUnixNano, double Value);
