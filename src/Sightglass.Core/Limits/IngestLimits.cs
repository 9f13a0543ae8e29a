namespace Sightglass.Core.Limits;

/// <summary>Bounds on what comes from senders. Each is named in the error that it causes.</summary>
public sealed record IngestLimits
{
    /// <summary>The defaults.</summary>
    public static IngestLimits Default { get; } = new();

    /// <summary>Bytes of one request body as received, compressed or not.</summary>
    public int MaxBodyBytes { get; init; } = 32 << 20;

    /// <summary>Bytes of one request body after decompression; stops zip bombs.</summary>
    public int MaxDecompressedBodyBytes { get; init; } = 64 << 20;

    /// <summary>Levels of nesting in JSON bodies, AnyValue trees and protobuf groups.</summary>
    public int MaxNestingDepth { get; init; } = 64;

    /// <summary>Labels of one series.</summary>
    public int MaxLabelsPerSeries { get; init; } = 128;

    /// <summary>Bytes of one label or attribute name.</summary>
    public int MaxLabelNameBytes { get; init; } = 1024;

    /// <summary>Bytes of one label value of a series or stream.</summary>
    public int MaxLabelValueBytes { get; init; } = 16 << 10;

    /// <summary>Attributes of one log record, span, resource or scope.</summary>
    public int MaxAttributesPerRow { get; init; } = 1024;

    /// <summary>Bytes of one log line; longer ones are rejected (pushed) or cut with a mark (followed files).</summary>
    public int MaxLogLineBytes { get; init; } = 1 << 20;

    /// <summary>Bytes of one attribute value.</summary>
    public int MaxAttributeValueBytes { get; init; } = 1 << 20;

    /// <summary>Buckets of one histogram data point.</summary>
    public int MaxHistogramBuckets { get; init; } = 4096;

    /// <summary>Resources, scopes, samples, log records and spans of one request together; a few bytes of input can stand for each.</summary>
    public int MaxItemsPerRequest { get; init; } = 1 << 20;

    /// <summary>Bytes of one scrape answer after decompression.</summary>
    public int MaxScrapeBytes { get; init; } = 64 << 20;

    /// <summary>How far in the future a timestamp may be; further is rejected.</summary>
    public TimeSpan MaxFuture { get; init; } = TimeSpan.FromHours(24);
}
