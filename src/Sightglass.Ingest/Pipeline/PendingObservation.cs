using System.Globalization;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Pipeline;

/// <summary>What a metric is to be told of a record.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Labels">Labels of the record.</param>
/// <param name="Value">What is observed.</param>
/// <param name="Weight">How many records it stands for.</param>
/// <param name="Overflow">The number under which it is counted when the metric has too many label sets.</param>
internal readonly record struct PendingObservation(LogMetric Metric, LabelSet Labels, double Value, long Weight, int Overflow)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Metric.Name}{Labels} {(Metric.IsHistogram ? "observes" : "adds")} {Value}{(Weight > 1 ? $" {Weight} times" : string.Empty)}");
}
