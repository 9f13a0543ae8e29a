namespace Sightglass.Core.Model;

/// <summary>A sample that stands for many, with labels that lead to more, usually to a trace.</summary>
/// <param name="Labels">Its own labels, not those of the series.</param>
/// <param name="Value">The value that was measured.</param>
/// <param name="TimestampMs">When, in milliseconds since the Unix epoch.</param>
public readonly record struct Exemplar(LabelSet Labels, double Value, long TimestampMs);

/// <summary>The exemplars of one series.</summary>
/// <param name="Series">Labels of the series, the metric's name included.</param>
/// <param name="Exemplars">Its exemplars, the oldest first.</param>
public sealed record ExemplarSeries(LabelSet Series, IReadOnlyList<Exemplar> Exemplars);
