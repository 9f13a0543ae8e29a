using Sightglass.Core.Model;

namespace Sightglass.Query.TraceQL;

/// <summary>What to search for.</summary>
/// <param name="Query">The TraceQL text.</param>
/// <param name="MinUnixNano">Start of the range, inclusive, nanoseconds since the Unix epoch.</param>
/// <param name="MaxUnixNano">End of the range, exclusive.</param>
/// <param name="Limit">Most traces.</param>
/// <param name="SpansPerSpanset">Most spans that are listed for a spanset; 0 lists all.</param>
public sealed record TraceSearch(string Query, long MinUnixNano, long MaxUnixNano, int Limit, int SpansPerSpanset);

/// <summary>A span that was found.</summary>
/// <param name="SpanId">16 hex digits.</param>
/// <param name="Name">Its name.</param>
/// <param name="StartUnixNano">Start.</param>
/// <param name="DurationNano">Duration.</param>
/// <param name="Attributes">Fields that the query names, as Tempo names them: attributes by their key, intrinsics by their word.</param>
public sealed record FoundSpan(string SpanId, string Name, long StartUnixNano, long DurationNano, IReadOnlyList<EventAttribute> Attributes);

/// <summary>Spans of one trace that matched together.</summary>
/// <param name="Spans">Those that are listed.</param>
/// <param name="Matched">How many matched.</param>
/// <param name="Attributes">What by() and aggregates found.</param>
public sealed record FoundSpanset(IReadOnlyList<FoundSpan> Spans, int Matched, IReadOnlyList<EventAttribute> Attributes);

/// <summary>A trace that was found.</summary>
/// <param name="TraceId">Its id.</param>
/// <param name="RootServiceName">Service of the root span, empty when the root is not there.</param>
/// <param name="RootTraceName">Name of the root span, empty when the root is not there.</param>
/// <param name="StartUnixNano">Start of its first span.</param>
/// <param name="DurationNano">From its first start to its last end.</param>
/// <param name="Spansets">What matched.</param>
/// <param name="Services">Spans and errors by service.</param>
public sealed record FoundTrace(
    TraceId TraceId,
    string RootServiceName,
    string RootTraceName,
    long StartUnixNano,
    long DurationNano,
    IReadOnlyList<FoundSpanset> Spansets,
    IReadOnlyDictionary<string, (int Spans, int Errors)> Services);

/// <summary>What a search found, newest first.</summary>
/// <param name="Traces">The traces.</param>
/// <param name="InspectedTraces">Traces that were looked at.</param>
/// <param name="InspectedSpans">Spans that were read.</param>
public sealed record TraceSearchResult(IReadOnlyList<FoundTrace> Traces, int InspectedTraces, long InspectedSpans);
