using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Sightglass.Alerting;
using Sightglass.Server.Api.Alerting;
using Sightglass.Server.Configuration;
using Sightglass.Server.Hosting;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>Prometheus' <c>status/…</c> and <c>alertmanagers</c>.</summary>
internal sealed class StatusEndpoints(Engines engines, ListenAddresses listen)
{
    public static void Map(RouteTable routes, Engines engines, ListenAddresses listen)
    {
        var status = new StatusEndpoints(engines, listen);
        var cardinality = new CardinalityEndpoint(engines.Metrics, engines.Time);
        routes.Api(PrometheusRoutes.GetOnly, "/status/config", status.Config);
        routes.Api(PrometheusRoutes.GetOnly, "/status/flags", status.Flags);
        routes.Api(PrometheusRoutes.GetOnly, "/status/runtimeinfo", status.RuntimeInfo);
        routes.Api(PrometheusRoutes.GetOnly, "/status/walreplay", WalReplay);
        routes.Api(PrometheusRoutes.GetOnly, "/status/tsdb", cardinality.Write);
        routes.Api(PrometheusRoutes.GetOnly, "/alertmanagers", status.Alertmanagers);
    }

    private Task Config(HttpContext context, ApiParameters parameters) => ApiResponse.Success(context, json =>
    {
        json.WriteStartObject();
        json.WriteString("yaml"u8, ShownConfiguration.Text(engines.Configuration));
        json.WriteEndObject();
    });

    // Under Prometheus' names what has the same meaning here, so that tools which read a flag find it.
    private Task Flags(HttpContext context, ApiParameters parameters)
    {
        var configuration = engines.Configuration;
        var limits = engines.QueryLimits;
        var flags = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["config.file"] = configuration.Source?.Path ?? string.Empty,
            ["query.lookback-delta"] = PromDuration.Format(limits.LookbackDelta),
            ["query.max-samples"] = limits.MaxSamples.ToString(CultureInfo.InvariantCulture),
            ["query.timeout"] = PromDuration.Format(limits.Timeout),
            ["storage.tsdb.path"] = Path.Combine(engines.DataPath, "metrics"),
            ["storage.tsdb.retention.time"] = PromDuration.Format(configuration.MetricRetention),
            ["web.enable-admin-api"] = Bool(configuration.EnableAdminApi),
            ["web.enable-lifecycle"] = Bool(configuration.EnableLifecycle),
            ["web.enable-otlp-receiver"] = "true",
            ["web.enable-remote-write-receiver"] = "true",
            ["web.external-url"] = listen.HttpUri.ToString(),
            ["web.listen-address"] = listen.Http.ToString(),
            ["web.route-prefix"] = "/",
        };
        return ApiResponse.Success(context, json =>
        {
            json.WriteStartObject();
            foreach (var (name, value) in flags)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        });
    }

    private Task RuntimeInfo(HttpContext context, ApiParameters parameters) => ApiResponse.Success(context, json =>
    {
        json.WriteStartObject();
        json.WriteString("startTime"u8, ApiTime.Nano(engines.StartedAt));
        json.WriteString("CWD"u8, Directory.GetCurrentDirectory());
        json.WriteString("hostname"u8, Environment.MachineName);
        json.WriteString("serverTime"u8, ApiTime.Nano(engines.Time.GetUtcNow()));
        json.WriteBoolean("reloadConfigSuccess"u8, engines.LastReload.Succeeded);
        json.WriteString("lastConfigTime"u8, engines.LastReload.LoadedAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture));
        json.WriteNumber("corruptionCount"u8, engines.Metrics.Stats.Quarantined);

        // Not goroutines: what comes nearest are the threads. Likewise the processors and the memory that the runtime may use.
        using (var process = Process.GetCurrentProcess())
        {
            json.WriteNumber("goroutineCount"u8, process.Threads.Count);
        }

        json.WriteNumber("GOMAXPROCS"u8, Environment.ProcessorCount);
        json.WriteNumber("GOMEMLIMIT"u8, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        json.WriteString("GOGC"u8, string.Empty);
        json.WriteString("GODEBUG"u8, string.Empty);
        json.WriteString("storageRetention"u8, PromDuration.Format(engines.Configuration.MetricRetention));
        json.WriteEndObject();
    });

    // The log is replayed before a port is opened: whoever can ask finds it done.
    private static Task WalReplay(HttpContext context, ApiParameters parameters) => ApiResponse.Success(context, static json =>
    {
        json.WriteStartObject();
        json.WriteNumber("min"u8, 0);
        json.WriteNumber("max"u8, 0);
        json.WriteNumber("current"u8, 0);
        json.WriteEndObject();
    });

    // The one in this process is among them unless it has no configuration and there are others.
    private Task Alertmanagers(HttpContext context, ApiParameters parameters)
    {
        var outside = engines.OutsideAlertmanagers;
        var (active, dropped) = (outside.Active, outside.Dropped);
        var own = engines.Configuration.Alertmanager is not null || active.Count == 0;
        return ApiResponse.Success(context, json =>
        {
            json.WriteStartObject();
            Urls(json, "activeAlertmanagers", own ? [new Uri(listen.HttpUri, "alertmanager/api/v2/alerts"), .. active] : active);
            Urls(json, "droppedAlertmanagers", dropped);
            json.WriteEndObject();
        });
    }

    private static void Urls(Utf8JsonWriter json, string name, IReadOnlyList<Uri> urls)
    {
        json.WriteStartArray(name);
        foreach (var url in urls)
        {
            json.WriteStartObject();
            json.WriteString("url"u8, url.OriginalString);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Bool(bool value) => value ? "true" : "false";
}
