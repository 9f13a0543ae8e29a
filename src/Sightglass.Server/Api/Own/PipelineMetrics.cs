using System.Text;
using Sightglass.Ingest.Pipeline;

namespace Sightglass.Server.Api.Own;

/// <summary>What pipelines of logs did, among the server's own metrics.</summary>
internal static class PipelineMetrics
{
    private static readonly (PipelineCount Count, string Name, string Help)[] Families =
    [
        (PipelineCount.Records, "sightglass_pipeline_records_total", "Log records that came to a pipeline."),
        (PipelineCount.Dropped, "sightglass_pipeline_dropped_records_total", "Log records that a processor took out, by filter or by sampling."),
        (PipelineCount.Redacted, "sightglass_pipeline_redactions_total", "Places in log records that were overwritten, by rule."),
        (PipelineCount.Unmatched, "sightglass_pipeline_unmatched_records_total", "Log records that the expression of a derive did not match."),
        (PipelineCount.Unread, "sightglass_pipeline_metric_unread_records_total", "Log records whose field is no number that a metric from logs could be told."),
        (PipelineCount.Overflow, "sightglass_pipeline_metric_overflow_records_total", "Log records that a metric from logs counted under overflow, having as many label sets as it may."),
    ];

    public static void Write(StringBuilder text, IReadOnlyList<PipelineFigure> figures)
    {
        foreach (var (count, name, help) in Families)
        {
            MetricsEndpoint.Family(text, name, "counter", help, [.. figures.Where(f => f.Count == count).Select(f => (Labels(f), (double)f.Total))]);
        }
    }

    private static string Labels(PipelineFigure figure)
    {
        var labels = new StringBuilder($"pipeline=\"{MetricsEndpoint.Escape(figure.Pipeline)}\",receiver=\"{MetricsEndpoint.Escape(figure.Receiver)}\"");
        if (figure.Processor.Length > 0)
        {
            labels.Append($",processor=\"{MetricsEndpoint.Escape(figure.Processor)}\"");
        }

        if (figure.Rule.Length > 0)
        {
            labels.Append($",{(figure.Count == PipelineCount.Redacted ? "rule" : "metric")}=\"{MetricsEndpoint.Escape(figure.Rule)}\"");
        }

        return labels.ToString();
    }
}
