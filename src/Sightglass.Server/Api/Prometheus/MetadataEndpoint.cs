using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>
/// <c>metadata</c>: every description that the targets give of a family now, each once, as Prometheus shows it; of families that no target has, what was
/// last written or pushed of them.
/// </summary>
/// <param name="store">The store, which keeps one description of each family.</param>
/// <param name="targets">What each target's last scrape told.</param>
internal sealed class MetadataEndpoint(IMetricStore store, Func<IEnumerable<IReadOnlyList<MetricMetadata>>> targets)
{
    public Task Query(HttpContext context, ApiParameters parameters)
    {
        var limit = parameters.Count("limit") ?? -1;
        var perMetric = parameters.Count("limit_per_metric") ?? -1;
        var metric = parameters.Text("metric");
        var families = Families(metric);
        return ApiResponse.Success(context, json =>
        {
            json.WriteStartObject();
            foreach (var (family, descriptions) in limit >= 0 ? families.Take(limit) : families)
            {
                json.WriteStartArray(family);
                foreach (var item in perMetric > 0 ? descriptions.Take(perMetric) : descriptions)
                {
                    json.WriteStartObject();
                    json.WriteString("type"u8, TypeName(item.Type));
                    json.WriteString("help"u8, item.Help);
                    json.WriteString("unit"u8, item.Unit);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        });
    }

    internal static string TypeName(MetricType type) => type switch
    {
        MetricType.Counter => "counter",
        MetricType.Gauge => "gauge",
        MetricType.Histogram => "histogram",
        MetricType.GaugeHistogram => "gaugehistogram",
        MetricType.Summary => "summary",
        MetricType.Info => "info",
        MetricType.StateSet => "stateset",
        _ => "unknown",
    };

    private SortedDictionary<string, List<MetricMetadata>> Families(string metric)
    {
        var families = new SortedDictionary<string, List<MetricMetadata>>(StringComparer.Ordinal);
        var seen = new HashSet<MetricMetadata>();
        foreach (var one in targets().SelectMany(t => t).Where(m => metric.Length == 0 || m.Family == metric))
        {
            if (!seen.Add(one))
            {
                continue;
            }

            if (!families.TryGetValue(one.Family, out var descriptions))
            {
                families.Add(one.Family, descriptions = []);
            }

            descriptions.Add(one);
        }

        foreach (var stored in store.Metadata(metric.Length > 0 ? metric : null))
        {
            families.TryAdd(stored.Family, [stored]);
        }

        return families;
    }
}
