using System.Text;
using Sightglass.Ingest.Aggregation;

namespace Sightglass.Server.Api.Own;

/// <summary>What the pipeline of metrics did, among the server's own metrics.</summary>
internal static class AggregationMetrics
{
    private static readonly (string Name, string Type, string Help, Func<AggregationFigure, double> Of)[] Families =
    [
        ("sightglass_aggregation_samples_total", "counter", "Samples that a rule of aggregation took.", static f => f.Samples),
        ("sightglass_aggregation_ignored_samples_total", "counter", "Samples that a rule of aggregation left out: too old, or no numbers.", static f => f.IgnoredSamples),
        ("sightglass_aggregation_overflow_total", "counter", "How often a rule of aggregation had no room for a series.", static f => f.Overflow),
        ("sightglass_aggregation_series", "gauge", "Series whose samples a rule of aggregation takes.", static f => f.Series),
        ("sightglass_aggregation_groups", "gauge", "Groups that a rule of aggregation makes of its series.", static f => f.Groups),
        ("sightglass_aggregation_results_total", "counter", "Samples that a rule of aggregation made.", static f => f.Results),
    ];

    public static void Write(StringBuilder text, MetricPipeline pipeline)
    {
        MetricsEndpoint.Family(text, "sightglass_metric_pipeline_dropped_samples_total", "counter", "Samples that relabelling or drop_input kept out of the store.", ("", pipeline.DroppedSamples));
        var figures = pipeline.Figures;
        foreach (var (name, type, help, of) in Families)
        {
            MetricsEndpoint.Family(text, name, type, help, [.. figures.Select(f => ($"rule=\"{MetricsEndpoint.Escape(f.Rule)}\"", of(f)))]);
        }
    }
}
