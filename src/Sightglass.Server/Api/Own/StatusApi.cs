using System.Reflection;
using System.Text.Json;
using Sightglass.Server.Hosting;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Own;

/// <summary>Our own API: the state of this server and what sends data to it.</summary>
internal static class StatusApi
{
    /// <summary>The version of this build.</summary>
    public static string Version { get; } = typeof(StatusApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    public static void Map(RouteTable routes, Engines engines, ListenAddresses listen)
    {
        routes.MapGet("/sightglass/v1/status", context => WriteAsync(context, json => Status(json, engines, listen)));
        routes.MapGet("/sightglass/v1/sources", context => WriteAsync(context, json => Sources(json, engines)));
    }

    private static async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json";
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        });
    }

    private static void Status(Utf8JsonWriter json, Engines engines, ListenAddresses listen)
    {
        var now = engines.Time.GetUtcNow();
        var metrics = engines.Metrics.Stats;
        var events = engines.Events.Stats();
        json.WriteString("version", Version);
        json.WriteString("startedAt", engines.StartedAt);
        json.WriteNumber("uptimeSeconds", (now - engines.StartedAt).TotalSeconds);
        json.WriteString("now", now);
        json.WriteBoolean("ready", true);
        json.WriteString("dataPath", engines.DataPath);
        json.WriteStartObject("listen");
        json.WriteString("http", listen.Http.ToString());
        json.WriteString("otlpGrpc", listen.OtlpGrpc.ToString());
        json.WriteString("otlpHttp", listen.OtlpHttp.ToString());
        json.WriteEndObject();
        Listeners(json, engines);
        json.WriteStartObject("ingest");
        Signal(json, "metrics", engines.Sink.Samples, metrics.SamplesRejected);
        Signal(json, "logs", engines.Sink.Logs, events.Logs.RejectedRows);
        Signal(json, "traces", engines.Sink.Spans, events.Spans.RejectedRows);
        json.WriteEndObject();
        json.WriteStartObject("storage");
        json.WriteNumber("metricsBytes", metrics.DiskBytes);
        json.WriteNumber("logsBytes", events.Logs.DiskBytes);
        json.WriteNumber("spansBytes", events.Spans.DiskBytes);
        json.WriteNumber("eventsWalBytes", events.WalBytes);
        json.WriteNumber("activeSeries", metrics.ActiveSeries);
        json.WriteStartArray("notWritable");
        foreach (var (store, since, error) in engines.StorageAlarm.Failing)
        {
            json.WriteStartObject();
            json.WriteString("store", store);
            json.WriteString("since", since);
            json.WriteString("error", error);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartObject("retentionSeconds");
        json.WriteNumber("metrics", engines.Configuration.MetricRetention.TotalSeconds);
        json.WriteNumber("logs", engines.Configuration.LogRetention.TotalSeconds);
        json.WriteNumber("traces", engines.Configuration.TraceRetention.TotalSeconds);
        json.WriteEndObject();
        json.WriteStartObject("process");
        json.WriteNumber("residentBytes", ProcessFigures.ResidentBytes());
        json.WriteNumber("cpuSeconds", ProcessFigures.CpuSeconds());
        json.WriteEndObject();
    }

    private static void Listeners(Utf8JsonWriter json, Engines engines)
    {
        json.WriteStartArray("receivers");
        foreach (var listener in engines.Listeners)
        {
            json.WriteStartObject();
            json.WriteString("receiver", listener.Receiver);
            json.WriteString("transport", listener.Transport);
            json.WriteString("address", listener.Address);
            json.WriteNumber("connections", listener.Connections);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Signal(Utf8JsonWriter json, string name, long items, long rejected)
    {
        json.WriteStartObject(name);
        json.WriteNumber("items", items);
        json.WriteNumber("rejected", rejected);
        json.WriteEndObject();
    }

    private static void Sources(Utf8JsonWriter json, Engines engines)
    {
        var now = engines.Time.GetUtcNow();
        json.WriteStartArray("sources");
        foreach (var file in engines.Tailer.Files())
        {
            Source(json, "file", file.Path, State(now, file.LastLine, false), file.LastLine, file.Lines, 0, null);
        }

        foreach (var listener in engines.Listeners)
        {
            Source(json, listener.Receiver, $"{listener.Receiver} · listens on {listener.Transport} {listener.Address}", "up", null, 0, 0, null);
        }

        foreach (var source in engines.Ledger.Sources().Where(s => s.Receiver != Ingest.Tail.FileTailer.Receiver))
        {
            var failed = source.LastError is { } error && error.Time > (source.LastItem ?? DateTimeOffset.MinValue);
            var name = source.Sender.Length > 0 ? $"{source.Receiver} · {source.Sender}" : source.Receiver;
            Source(json, source.Receiver, name, State(now, source.LastItem, failed), source.LastItem, source.Stored, source.RejectedItems, source.LastError?.Message);
        }

        foreach (var target in engines.Scraper.Targets())
        {
            var state = target.Health switch { Ingest.Scrape.TargetHealth.Up => "up", Ingest.Scrape.TargetHealth.Down => "down", _ => "idle" };
            Source(json, "scrape", $"{target.Job} · {target.Url}", state, target.LastScrape, target.Samples, 0, target.LastError.Length > 0 ? target.LastError : null);
        }

        json.WriteEndArray();
    }

    private static string State(DateTimeOffset now, DateTimeOffset? last, bool failed) =>
        failed ? "down" : last is { } at && now - at < TimeSpan.FromMinutes(5) ? "up" : "idle";

    private static void Source(Utf8JsonWriter json, string kind, string name, string state, DateTimeOffset? last, long items, long rejected, string? error)
    {
        json.WriteStartObject();
        json.WriteString("kind", kind);
        json.WriteString("name", name);
        json.WriteString("state", state);
        if (last is { } at)
        {
            json.WriteString("lastItemAt", at);
        }
        else
        {
            json.WriteNull("lastItemAt");
        }

        json.WriteNumber("items", items);
        json.WriteNumber("rejected", rejected);
        json.WriteString("lastError", error);
        json.WriteEndObject();
    }
}
