using Sightglass.Core.Bytes;

namespace Sightglass.Metrics.Limits;

/// <summary>What was decided of a series that is not in memory; the default is that it is taken.</summary>
/// <param name="Verdict">Whether it was refused, and why.</param>
/// <param name="Limit">The bound that it is beyond, as it was at that moment.</param>
/// <param name="LabelAt">Where in its key the label begins that has too many values.</param>
internal readonly record struct SeriesJudgement(SeriesVerdict Verdict, int Limit, int LabelAt = 0)
{
    /// <summary>The name of the label that has too many values.</summary>
    public ReadOnlySpan<byte> LabelIn(ReadOnlySpan<byte> key) => new ByteReader(key[LabelAt..]).ReadLengthPrefixed();
}
