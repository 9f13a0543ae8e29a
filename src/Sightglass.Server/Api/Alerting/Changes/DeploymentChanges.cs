using Sightglass.Core.Model;
using Sightglass.Query.LogQL;
using Sightglass.Query.PromQL;
using Sightglass.Query.TraceQL;
using Sightglass.Query.TraceQL.Metrics;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Server.Api.Alerting.Changes;

/// <summary>Finds versions of the alert's services that came, in metrics, logs and spans.</summary>
internal sealed class DeploymentChanges(PromQLEngine promQL, LogQLEngine logQL, TraceQLEngine traceQL)
{
    private const int Steps = 120;
    private const long NanosecondsPerMillisecond = 1_000_000;

    private static readonly string[] ServiceLabels = ["job", "service_name", "service"];

    private static readonly string[] VersionLabels = ["service_version", "version", "app_version", "image_tag", "revision"];

    public IEnumerable<AlertChange> Find(ChangeScope scope, CancellationToken cancellation)
    {
        var (start, end) = (scope.BaselineFrom.ToUnixTimeMilliseconds(), scope.To.ToUnixTimeMilliseconds());
        var step = Math.Max(1_000, (end - start) / Steps);
        var sightings = new VersionSightings(scope.BaselineFrom, TimeSpan.FromMilliseconds(step));
        Metrics(scope, sightings, start, end, step, cancellation);
        Logs(scope, sightings, start, end, step, cancellation);
        Spans(scope, sightings, start, end, step, cancellation);
        return sightings.Changes(scope.From);
    }

    private void Metrics(ChangeScope scope, VersionSightings sightings, long start, long end, long step, CancellationToken cancellation)
    {
        var names = new LabelMatcher(MatchType.Regex, LabelSet.MetricName, "target_info|build_info|.+_build_info");
        var expression = string.Join(" or ", ServiceLabels.Select(l => $"{{{names}, {new LabelMatcher(MatchType.Regex, l, l == "job" ? $"(.+/)?({scope.ServicePattern})" : scope.ServicePattern)}}}"));
        var query = new ChangeQuery("promql", expression);
        foreach (var series in promQL.Range(expression, start, end, step, cancellation: cancellation).Series)
        {
            // Of the runtime and the exporter, not of the service.
            if (series.Count == 0 || series.Labels.Name is "go_build_info" or "prometheus_build_info" && scope.Services.All(static s => s != "prometheus"))
            {
                continue;
            }

            var job = series.Labels["job"];
            var service = series.Labels["service_name"] is { Length: > 0 } named ? named : job[(job.LastIndexOf('/') + 1)..];
            var version = VersionLabels.Select(l => series.Labels[l]).FirstOrDefault(static v => v.Length > 0) ?? string.Empty;
            sightings.Add(service, version, DateTimeOffset.FromUnixTimeMilliseconds(series.TimestampsMs[0]), query);
        }
    }

    private void Logs(ChangeScope scope, VersionSightings sightings, long start, long end, long step, CancellationToken cancellation)
    {
        var expression = $"sum by (service_name, service_version) (count_over_time({{{new LabelMatcher(MatchType.Regex, "service_name", scope.ServicePattern)}}} | service_version != \"\" [{step}ms]))";
        var range = new LogQLRange(expression, start * NanosecondsPerMillisecond, end * NanosecondsPerMillisecond) { StepNano = step * NanosecondsPerMillisecond };
        foreach (var series in logQL.QueryRange(range, cancellation).Series)
        {
            if (series.TimesUnixNano.Count > 0)
            {
                sightings.Add(series.Labels["service_name"], series.Labels["service_version"], DateTimeOffset.FromUnixTimeMilliseconds(series.TimesUnixNano[0] / NanosecondsPerMillisecond), new ChangeQuery("logql", expression));
            }
        }
    }

    private void Spans(ChangeScope scope, VersionSightings sightings, long start, long end, long step, CancellationToken cancellation)
    {
        var expression = $"{{ resource.service.name =~ {Query.Syntax.QuotedText.Quote(scope.ServicePattern)} && resource.service.version != nil }} | rate() by (resource.service.name, resource.service.version)";
        var result = traceQL.Metrics(new TraceMetricsQuery(expression, start * NanosecondsPerMillisecond, end * NanosecondsPerMillisecond, step * NanosecondsPerMillisecond), cancellation);
        foreach (var series in result.Series)
        {
            var first = Array.FindIndex(series.Values, static v => v > 0);
            if (first >= 0 && series.Labels.Count == 2)
            {
                sightings.Add($"{series.Labels[0].Value}", $"{series.Labels[1].Value}", DateTimeOffset.FromUnixTimeMilliseconds(result.TimesUnixNano[first] / NanosecondsPerMillisecond), new ChangeQuery("traceql", expression));
            }
        }
    }
}
