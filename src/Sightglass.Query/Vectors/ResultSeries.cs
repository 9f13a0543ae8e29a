using Sightglass.Core.Model;

namespace Sightglass.Query.Vectors;

/// <summary>A series of a result: points as parallel arrays, ascending in time. Immutable by habit.</summary>
/// <param name="Labels">Its labels.</param>
/// <param name="TimestampsMs">Milliseconds since the Unix epoch.</param>
/// <param name="Values">Values; without meaning where <paramref name="Histograms"/> has a histogram.</param>
/// <param name="Histograms">Native histograms by index, null for floats; null when there is none at all.</param>
public sealed record ResultSeries(LabelSet Labels, long[] TimestampsMs, double[] Values, NativeHistogram?[]? Histograms)
{
    /// <summary>Points.</summary>
    public int Count => TimestampsMs.Length;

    /// <summary>The histogram of a point, or null for a float.</summary>
    public NativeHistogram? HistogramAt(int index) => Histograms?[index];
}
