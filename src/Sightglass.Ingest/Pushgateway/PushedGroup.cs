using Sightglass.Core.Model;

namespace Sightglass.Ingest.Pushgateway;

/// <summary>A sample as pushed, under its final labels.</summary>
/// <param name="Labels">The series, name and grouping key included.</param>
/// <param name="Value">Its value; NaN beside a histogram.</param>
/// <param name="Histogram">A native histogram, or null.</param>
public sealed record PushedSample(LabelSet Labels, double Value, NativeHistogram? Histogram);

/// <summary>A metric family of a group.</summary>
/// <param name="Metadata">Name, type and help.</param>
/// <param name="Pushed">When it was pushed.</param>
/// <param name="Samples">Its samples.</param>
public sealed record PushedFamily(MetricMetadata Metadata, DateTimeOffset Pushed, IReadOnlyList<PushedSample> Samples);

/// <summary>What was pushed under one grouping key. Immutable.</summary>
/// <param name="Key">The grouping key.</param>
/// <param name="Families">Families by name.</param>
/// <param name="LastPush">When a push last succeeded; null when none did.</param>
/// <param name="LastFailure">When a push last failed; null when none did.</param>
public sealed record PushedGroup(LabelSet Key, IReadOnlyDictionary<string, PushedFamily> Families, DateTimeOffset? LastPush, DateTimeOffset? LastFailure)
{
    /// <summary>Whether the last push succeeded.</summary>
    public bool LastPushSuccessful => LastPush is not null && !(LastFailure > LastPush);
}
