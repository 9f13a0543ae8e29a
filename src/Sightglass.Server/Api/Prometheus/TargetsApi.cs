using System.Text.Json;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;
using Sightglass.Query.PromQL;
using Sightglass.Server.Api.Alerting;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>Prometheus' endpoints about scrape targets: <c>targets</c>, <c>targets/metadata</c>, <c>metadata</c>, <c>scrape_pools</c>.</summary>
internal static class TargetsApi
{
    public static void Map(RouteTable routes, Scraper scraper, IMetricStore store)
    {
        routes.Api(PrometheusRoutes.GetOnly, "/metadata", new MetadataEndpoint(store, () => scraper.TargetMetadata().Select(t => t.Families)).Query);
        routes.Api(PrometheusRoutes.GetOnly, "/targets", (context, parameters) => Targets(context, parameters, scraper));
        routes.Api(PrometheusRoutes.GetOnly, "/targets/metadata", (context, parameters) => Metadata(context, parameters, scraper));
        routes.Api(PrometheusRoutes.GetOnly, "/scrape_pools", (context, _) => ApiResponse.Success(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("scrapePools");
            foreach (var pool in scraper.Pools())
            {
                json.WriteStringValue(pool);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }));
    }

    private static Task Targets(HttpContext context, ApiParameters parameters, Scraper scraper)
    {
        var state = parameters.Text("state").ToLowerInvariant();
        var pool = parameters.Text("scrapePool");
        bool Wanted(TargetStatus target) => pool.Length == 0 || target.Job == pool;
        var withDropped = state is "" or "any" or "dropped";
        return ApiResponse.Success(context, json =>
        {
            var dropped = withDropped ? scraper.Dropped() : [];
            json.WriteStartObject();
            json.WriteStartArray("activeTargets");
            foreach (var target in state is "" or "any" or "active" ? scraper.Targets().Where(Wanted) : [])
            {
                Active(json, target);
            }

            json.WriteEndArray();
            json.WriteStartArray("droppedTargets");
            foreach (var target in dropped.Where(Wanted).OrderBy(t => t.Job, StringComparer.Ordinal))
            {
                json.WriteStartObject();
                RulesApi.WriteLabels(json, "discoveredLabels", target.DiscoveredLabels);
                json.WriteString("scrapePool", target.Job);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (withDropped)
            {
                var counts = scraper.DroppedCounts();
                json.WriteStartObject("droppedTargetCounts");
                foreach (var name in scraper.Pools())
                {
                    json.WriteNumber(name, counts.GetValueOrDefault(name));
                }

                json.WriteEndObject();
            }
            else
            {
                json.WriteNull("droppedTargetCounts");
            }

            json.WriteEndObject();
        });
    }

    // The limit is looked at before each target, as Prometheus does: a target's families are told all or not at all.
    private static Task Metadata(HttpContext context, ApiParameters parameters, Scraper scraper)
    {
        var limit = parameters.Count("limit") ?? -1;
        var metric = parameters.Text("metric");
        var match = parameters.Text("match_target");
        var matchers = match.Length > 0 ? ApiParameters.Named("match_target", () => PromQLParser.ParseSelector(match)) : [];
        return ApiResponse.Success(context, json =>
        {
            var written = 0;
            json.WriteStartArray();
            foreach (var (target, families) in scraper.TargetMetadata())
            {
                if (limit >= 0 && written >= limit)
                {
                    break;
                }

                if (!matchers.All(m => m.Matches(target.Labels[m.Name])))
                {
                    continue;
                }

                foreach (var family in metric.Length == 0 ? families : families.Where(f => f.Family == metric))
                {
                    written++;
                    Family(json, target, family, withName: metric.Length == 0);
                }
            }

            json.WriteEndArray();
        });
    }

    private static void Family(Utf8JsonWriter json, TargetStatus target, MetricMetadata family, bool withName)
    {
        json.WriteStartObject();
        RulesApi.WriteLabels(json, "target", target.Labels);
        if (withName)
        {
            json.WriteString("metric", family.Family);
        }

        json.WriteString("type", MetadataEndpoint.TypeName(family.Type));
        json.WriteString("help", family.Help);
        json.WriteString("unit", family.Unit);
        json.WriteEndObject();
    }

    private static void Active(Utf8JsonWriter json, TargetStatus target)
    {
        json.WriteStartObject();
        RulesApi.WriteLabels(json, "discoveredLabels", target.DiscoveredLabels);
        RulesApi.WriteLabels(json, "labels", target.Labels);
        json.WriteString("scrapePool", target.Job);
        json.WriteString("scrapeUrl", target.Url.OriginalString);
        json.WriteString("globalUrl", target.Url.OriginalString);
        json.WriteString("lastError", target.LastError);
        json.WriteString("lastScrape", ApiTime.Nano(target.LastScrape));
        json.WriteNumber("lastScrapeDuration", target.LastDuration.TotalSeconds);
        json.WriteString("health", target.Health switch { TargetHealth.Up => "up", TargetHealth.Down => "down", _ => "unknown" });
        json.WriteString("scrapeInterval", Sightglass.Alerting.PromDuration.Format(target.Interval));
        json.WriteString("scrapeTimeout", Sightglass.Alerting.PromDuration.Format(target.Timeout));
        json.WriteEndObject();
    }
}
