using Sightglass.Core.Model;

namespace Sightglass.Metrics.Deletion;

/// <summary>
/// Samples that were deleted and may still be on disk: those of the series that satisfy the matchers, in a range of times, in the parts that were
/// there when it was made. Later parts, merged ones too, have higher numbers and are not touched, so what is written after a deletion stays.
/// </summary>
/// <param name="BeforePart">Parts with a smaller number are meant.</param>
/// <param name="CreatedMs">When it was made, milliseconds since the Unix epoch.</param>
/// <param name="MinTime">Oldest sample, milliseconds, inclusive.</param>
/// <param name="MaxTime">Newest sample, inclusive.</param>
/// <param name="Matchers">Conditions that all hold.</param>
internal sealed record Tombstone(long BeforePart, long CreatedMs, long MinTime, long MaxTime, IReadOnlyList<LabelMatcher> Matchers)
{
    /// <summary>Whether it may concern a part.</summary>
    public bool Concerns(long part, long minTime, long maxTime) => part < BeforePart && minTime <= MaxTime && maxTime >= MinTime;
}
