using System.Globalization;
using System.Text;
using Sightglass.Alerting.Outside;
using Sightglass.Server.Hosting;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Own;

/// <summary>The server's own metrics in Prometheus' text format.</summary>
internal static class MetricsEndpoint
{
    public static void Map(RouteTable routes, Engines engines) => routes.MapGet("/metrics", async context =>
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        await context.Response.WriteAsync(Render(engines), context.RequestAborted);
    });

    private static string Render(Engines engines)
    {
        var text = new StringBuilder(8 << 10);
        var metrics = engines.Metrics.Stats;
        var events = engines.Events.Stats();
        Family(text, "sightglass_build_info", "gauge", "Version of this build.", ($"version=\"{StatusApi.Version}\"", 1));
        Family(text, "process_start_time_seconds", "gauge", "Start time of the process since the Unix epoch.", ("", engines.StartedAt.ToUnixTimeMilliseconds() / 1000.0));
        Family(text, "process_cpu_seconds_total", "counter", "Processor time used.", ("", ProcessFigures.CpuSeconds()));
        Family(text, "process_resident_memory_bytes", "gauge", "Resident memory.", ("", ProcessFigures.ResidentBytes()));
        Family(text, "dotnet_gc_heap_bytes", "gauge", "Bytes on the managed heap.", ("", GC.GetTotalMemory(false)));
        Family(text, "dotnet_gc_collections_total", "counter", "Garbage collections by generation.", ("generation=\"0\"", GC.CollectionCount(0)), ("generation=\"1\"", GC.CollectionCount(1)), ("generation=\"2\"", GC.CollectionCount(2)));
        Family(text, "dotnet_gc_pause_seconds_total", "counter", "Time that garbage collection stopped the process.", ("", GC.GetTotalPauseDuration().TotalSeconds));
        Family(text, "sightglass_ingested_items_total", "counter", "Samples, log records and spans stored.",
            ("signal=\"metrics\"", engines.Sink.Samples), ("signal=\"logs\"", engines.Sink.Logs), ("signal=\"traces\"", engines.Sink.Spans));
        Family(text, "sightglass_rejected_items_total", "counter", "Samples, log records and spans that the stores refused.",
            ("signal=\"metrics\"", metrics.SamplesRejected), ("signal=\"logs\"", events.Logs.RejectedRows), ("signal=\"traces\"", events.Spans.RejectedRows));
        Family(text, "sightglass_active_series", "gauge", "Series in memory.", ("", metrics.ActiveSeries));
        Family(text, "sightglass_storage_bytes", "gauge", "Bytes on disk.",
            ("signal=\"metrics\"", metrics.DiskBytes), ("signal=\"logs\"", events.Logs.DiskBytes), ("signal=\"traces\"", events.Spans.DiskBytes), ("signal=\"events_wal\"", events.WalBytes));
        Family(text, "sightglass_storage_parts", "gauge", "Immutable parts.", ("signal=\"metrics\"", metrics.Parts), ("signal=\"logs\"", events.Logs.Parts), ("signal=\"traces\"", events.Spans.Parts));
        var failing = engines.StorageAlarm.Failing.Select(static f => f.Store).ToHashSet(StringComparer.Ordinal);
        Family(text, "sightglass_storage_not_writable", "gauge", "1 while the disk does not take what is to be stored.", [.. ((string[])["metrics", "logs", "traces", "state", "disk"]).Select(s => ($"store=\"{s}\"", failing.Contains(s) ? 1.0 : 0))]);
        Family(text, "sightglass_corrupt_total", "counter", "Parts and blocks set aside because they fail their check.", ("signal=\"metrics\"", metrics.Quarantined), ("signal=\"events\"", events.Logs.BadBlocks + events.Spans.BadBlocks));
        Family(text, "sightglass_alerts_received_total", "counter", "Alerts given to the dispatcher.", ("", engines.Dispatcher.ReceivedTotal));
        Family(text, "sightglass_query_cached_answer_bytes", "gauge", "Bytes of the answers to PromQL range queries that are kept, estimated.", ("", engines.PromQL.CachedAnswerBytes));
        Family(text, "sightglass_query_memory_bytes", "gauge", "Bytes that the PromQL queries running now hold, estimated.", ("", engines.PromQL.MemoryBytes));
        Series(text, engines);
        Outside(text, engines);
        Disk(text, engines);
        Forwarding(text, engines);
        Receivers(text, engines);
        Family(text, "sightglass_log_streams_active", "gauge", "Streams of logs that had a record within the last hour.", ("", engines.Pipeline.ActiveStreams));
        PipelineMetrics.Write(text, engines.Pipeline.Figures);
        AggregationMetrics.Write(text, engines.MetricPipeline);
        return text.ToString();
    }

    private static void Series(StringBuilder text, Engines engines)
    {
        var store = engines.Metrics;
        Family(text, "sightglass_series_created_total", "counter", "New series taken.", ("", store.SeriesCreated));
        Family(text, "sightglass_series_refused_samples_total", "counter", "Samples of new series beyond a limit, by sender, job and reason.",
            [.. store.SeriesRefusals.GroupBy(static r => (r.Sender, r.Job, r.Verdict), static (by, of) =>
                ($"sender=\"{Escape(by.Sender)}\",sender_job=\"{Escape(by.Job)}\",reason=\"{CardinalityApi.Reason(by.Verdict)}\"", (double)of.Sum(static r => r.RefusedSamples)))]);
        Family(text, "sightglass_sender_active_series", "gauge", "Series in memory by the sender that brought them.",
            [.. store.SeriesSenders.Select(s => ($"sender=\"{Escape(s.Sender)}\"", (double)s.ActiveSeries))]);
    }

    // Under Prometheus' names: the rules that watch a Prometheus watch this server too.
    private static void Outside(StringBuilder text, Engines engines)
    {
        if (engines.Configuration.Alerting.Alertmanagers.Count == 0)
        {
            // Alerts go to the Alertmanager in this process: nobody is to be woken for the lack of another.
            return;
        }

        var figures = engines.OutsideAlertmanagers.Figures;
        void Each(string name, string type, string help, Func<AlertQueueFigures, double> value) =>
            Family(text, name, type, help, [.. figures.Select(f => ($"alertmanager=\"{Escape(f.Url.OriginalString)}\"", value(f.Figures)))]);
        Family(text, "prometheus_notifications_alertmanagers_discovered", "gauge", "The number of alertmanagers discovered and active.", ("", figures.Count));
        Each("prometheus_notifications_sent_total", "counter", "Total number of alerts sent.", f => f.Sent);
        Each("prometheus_notifications_errors_total", "counter", "Total number of sent alerts affected by errors.", f => f.Errors);
        Each("prometheus_notifications_dropped_total", "counter", "Total number of alerts dropped due to errors when sending to Alertmanager.", f => f.Dropped);
        Each("prometheus_notifications_queue_length", "gauge", "The number of alert notifications in the queue.", f => f.Queued);
        Each("prometheus_notifications_queue_capacity", "gauge", "The capacity of the alert notifications queue.", _ => AlertQueue.Capacity);
        Each("sightglass_notifications_last_request_seconds", "gauge", "Time that the last request to an outside Alertmanager took.", f => f.LastLatency);
    }

    private static void Disk(StringBuilder text, Engines engines)
    {
        if (engines.Disk.LimitBytes is { } limit)
        {
            Family(text, "sightglass_storage_limit_bytes", "gauge", "Bytes that metrics, logs and traces may take together: storage.retention.max_disk.", ("", limit));
        }

        var dropped = engines.Disk.Dropped;
        Family(text, "sightglass_storage_dropped_parts_total", "counter", "Parts given up because of storage.retention.max_disk.", [.. dropped.Select(d => ($"signal=\"{d.Signal}\"", (double)d.Parts))]);
        Family(text, "sightglass_storage_dropped_bytes_total", "counter", "Bytes given up because of storage.retention.max_disk.", [.. dropped.Select(d => ($"signal=\"{d.Signal}\"", (double)d.Bytes))]);
    }

    private static void Forwarding(StringBuilder text, Engines engines)
    {
        var figures = engines.Forwarder.Figures;
        Family(text, "sightglass_forward_sent_samples_total", "counter", "Samples that a remote_write target took.", [.. figures.Select(f => ($"name=\"{Escape(f.Name)}\"", (double)f.Sent))]);
        Family(text, "sightglass_forward_pending_samples", "gauge", "Samples that wait on disk for a remote_write target.", [.. figures.Select(f => ($"name=\"{Escape(f.Name)}\"", (double)f.Pending))]);
        Family(text, "sightglass_forward_failed_samples_total", "counter", "Samples that a remote_write target never got: it refused them, or the queue was full or damaged.",
            [.. figures.SelectMany(f => new[] { ($"name=\"{Escape(f.Name)}\",reason=\"refused\"", (double)f.Refused), ($"name=\"{Escape(f.Name)}\",reason=\"dropped\"", (double)f.Dropped) })]);
        Family(text, "sightglass_forward_retries_total", "counter", "Requests that were tried again.", [.. figures.Select(f => ($"name=\"{Escape(f.Name)}\"", (double)f.Retries))]);
        Family(text, "sightglass_forward_queue_bytes", "gauge", "Bytes on disk of a remote_write target's queue.", [.. figures.Select(f => ($"name=\"{Escape(f.Name)}\"", (double)f.QueueBytes))]);
    }

    private static void Receivers(StringBuilder text, Engines engines)
    {
        var sources = engines.Ledger.Sources();
        Family(text, "sightglass_receiver_items_total", "counter", "Items stored by receiver and sender.",
            [.. sources.Select(s => ($"receiver=\"{Escape(s.Receiver)}\",sender=\"{Escape(s.Sender)}\"", (double)s.Stored))]);
        Family(text, "sightglass_receiver_rejected_items_total", "counter", "Items refused by receiver, sender and reason.",
            [.. sources.SelectMany(s => s.Rejections.Select(r => ($"receiver=\"{Escape(s.Receiver)}\",sender=\"{Escape(s.Sender)}\",reason=\"{Escape(r.Reason)}\"", (double)r.Items)))]);
        Family(text, "sightglass_receiver_unparsed_items_total", "counter", "Log records that did not parse and are stored as they came, by receiver and sender.",
            [.. sources.Where(s => s.Unparsed > 0).Select(s => ($"receiver=\"{Escape(s.Receiver)}\",sender=\"{Escape(s.Sender)}\"", (double)s.Unparsed))]);
        Family(text, "sightglass_receiver_bytes_total", "counter", "Bytes received by receiver and sender.",
            [.. sources.Select(s => ($"receiver=\"{Escape(s.Receiver)}\",sender=\"{Escape(s.Sender)}\"", (double)s.Bytes))]);
        Family(text, "sightglass_receiver_connections", "gauge", "Connections that receivers with ports of their own serve.",
            [.. engines.Receivers.Listeners.Where(l => l.Transport != "udp").Select(l => ($"receiver=\"{Escape(l.Receiver)}\",address=\"{Escape(l.Address)}\"", (double)l.Connections))]);
    }

    internal static void Family(StringBuilder text, string name, string type, string help, params ReadOnlySpan<(string Labels, double Value)> samples)
    {
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
        foreach (var (labels, value) in samples)
        {
            text.Append(name).Append(labels.Length > 0 ? $"{{{labels}}}" : string.Empty).Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        }
    }

    internal static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
