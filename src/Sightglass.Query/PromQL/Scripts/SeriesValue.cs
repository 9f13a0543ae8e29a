using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL.Scripts;

/// <summary>A value in a series description: omitted, a number or a histogram.</summary>
/// <param name="Omitted">No sample at this step.</param>
/// <param name="Value">The number, without meaning where there is a histogram; a stale marker where it says <c>stale</c>.</param>
/// <param name="Histogram">The histogram, or null.</param>
/// <param name="HintGiven">The histogram's counter reset hint was written down.</param>
public readonly record struct SeriesValue(bool Omitted, double Value, NativeHistogram? Histogram, bool HintGiven = false);
