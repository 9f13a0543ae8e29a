using Sightglass.Core.Limits;
using Sightglass.Query.LogQL;

namespace Sightglass.Server.Api.Loki;

/// <summary><c>/loki/api/v1/drilldown-limits</c>: what Grafana's Logs Drilldown may ask for, by which it shows or hides its parts.</summary>
internal static class LokiLimitsApi
{
    /// <summary>The limits that are in force, in Loki's words; what has no bound here is 0 as there.</summary>
    public static Task Answer(HttpContext context, QueryLimits limits, string version) => LokiJson.Write(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("limits"u8);
        json.WriteBoolean("discover_log_levels"u8, true);
        json.WriteStartArray("discover_service_name"u8);
        foreach (var label in LokiNames.ServiceNameSources)
        {
            json.WriteStringValue(label);
        }

        json.WriteEndArray();
        json.WriteStartArray("log_level_fields"u8);
        foreach (var field in LokiNames.LevelFields)
        {
            json.WriteStringValue(field);
        }

        json.WriteEndArray();
        json.WriteNumber("max_entries_limit_per_query"u8, limits.MaxLogEntries);
        json.WriteBoolean("max_line_size_truncate"u8, false);
        json.WriteString("max_query_bytes_read"u8, $"{limits.MaxLogBytesScanned}B");
        json.WriteString("max_query_length"u8, limits.MaxLogRange > TimeSpan.Zero ? LokiNames.Duration(limits.MaxLogRange) : "0s");
        json.WriteString("max_query_lookback"u8, "0s");
        json.WriteString("max_query_range"u8, "0s");
        json.WriteNumber("max_query_series"u8, limits.MaxMetricSeries);
        json.WriteBoolean("metric_aggregation_enabled"u8, false);
        json.WriteStartObject("otlp_config"u8);
        json.WriteStartObject("resource_attributes"u8);
        json.WriteStartArray("attributes_config"u8);
        json.WriteStartObject();
        json.WriteString("action"u8, "index_label");
        json.WriteStartArray("attributes"u8);
        foreach (var attribute in LokiNames.IndexAttributes)
        {
            json.WriteStringValue(attribute);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteBoolean("pattern_persistence_enabled"u8, false);
        json.WriteString("query_timeout"u8, LokiNames.Duration(limits.Timeout));
        json.WriteString("retention_period"u8, "0s");
        json.WriteBoolean("volume_enabled"u8, true);
        json.WriteNumber("volume_max_series"u8, limits.MaxMetricSeries);
        json.WriteEndObject();
        json.WriteBoolean("pattern_ingester_enabled"u8, true);
        json.WriteString("version"u8, version);
        json.WriteNumber("maxDetectedFields"u8, LokiInsightApi.DefaultFields);
        json.WriteNumber("maxDetectedValues"u8, LokiInsightApi.DefaultFields);
        json.WriteNumber("maxLines"u8, limits.MaxLogEntries);
        json.WriteEndObject();
    });
}
