using System.Text.Json;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;
using Sightglass.Server.Api.Alerting;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>Prometheus' endpoints about scrape targets.</summary>
internal static class TargetsApi
{
    public static void Map(IEndpointRouteBuilder routes, Scraper scraper)
    {
        foreach (var prefix in new[] { "/api/v1", "/prometheus/api/v1" })
        {
            routes.MapGet($"{prefix}/targets", context => Targets(context, scraper));
            routes.MapGet($"{prefix}/scrape_pools", context => ApiResponse.Success(context, json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("scrapePools");
                foreach (var job in scraper.Targets().Select(t => t.Job).Distinct(StringComparer.Ordinal))
                {
                    json.WriteStringValue(job);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }));
        }
    }

    private static Task Targets(HttpContext context, Scraper scraper)
    {
        var state = context.Request.Query["state"].ToString().ToLowerInvariant();
        var pool = context.Request.Query["scrapePool"].ToString();
        bool Wanted(TargetStatus target) => pool.Length == 0 || target.Job == pool;
        return ApiResponse.Success(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("activeTargets");
            foreach (var target in state is "" or "any" or "active" ? scraper.Targets().Where(Wanted) : [])
            {
                Active(json, target);
            }

            json.WriteEndArray();
            json.WriteStartArray("droppedTargets");
            var dropped = scraper.Dropped().Where(Wanted).ToArray();
            foreach (var target in state is "" or "any" or "dropped" ? dropped : [])
            {
                json.WriteStartObject();
                Labels(json, "discoveredLabels", target.DiscoveredLabels);
                json.WriteString("scrapePool", target.Job);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartObject("droppedTargetCounts");
            foreach (var group in dropped.GroupBy(t => t.Job, StringComparer.Ordinal))
            {
                json.WriteNumber(group.Key, group.Count());
            }

            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private static void Active(Utf8JsonWriter json, TargetStatus target)
    {
        json.WriteStartObject();
        Labels(json, "discoveredLabels", target.DiscoveredLabels);
        Labels(json, "labels", target.Labels);
        json.WriteString("scrapePool", target.Job);
        json.WriteString("scrapeUrl", target.Url.ToString());
        json.WriteString("globalUrl", target.Url.ToString());
        json.WriteString("lastError", target.LastError);
        json.WriteString("lastScrape", ApiTime.Nano(target.LastScrape));
        json.WriteNumber("lastScrapeDuration", target.LastDuration.TotalSeconds);
        json.WriteString("health", target.Health switch { TargetHealth.Up => "up", TargetHealth.Down => "down", _ => "unknown" });
        json.WriteString("scrapeInterval", Duration(target.Interval));
        json.WriteString("scrapeTimeout", Duration(target.Timeout));
        json.WriteEndObject();
    }

    private static string Duration(TimeSpan time) => Sightglass.Alerting.PromDuration.Format(time);

    private static void Labels(Utf8JsonWriter json, string name, LabelSet labels)
    {
        json.WriteStartObject(name);
        foreach (var label in labels)
        {
            json.WriteString(label.Name, label.Value);
        }

        json.WriteEndObject();
    }
}
