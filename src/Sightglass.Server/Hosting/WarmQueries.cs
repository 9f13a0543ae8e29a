using Sightglass.Core.Errors;
using Sightglass.Metrics;
using Sightglass.Query.PromQL;

namespace Sightglass.Server.Hosting;

/// <summary>
/// Asks a few questions when the server has started, so that the first person who does waits for the answer and not for code that is loaded at its first use:
/// after a restart, which is when somebody looks.
/// </summary>
internal static class WarmQueries
{
    private const long RangeMs = 300_000;
    private const long StepMs = 15_000;

    /// <summary>Over the server's own metrics, which it stores itself: of each kind of expression that dashboards are made of, one.</summary>
    private static readonly string[] Queries =
    [
        "up{job=\"sightglass\"}",
        "sum by (job) (rate(process_cpu_seconds_total{job=~\"sightgl.+\"}[5m]))",
        "topk(3, avg_over_time(process_resident_memory_bytes{job=\"sightglass\"}[1m]))",
        "max_over_time(sum(rate(process_cpu_seconds_total{job=\"sightglass\"}[1m]))[3m:1m])",
        "up{job=\"sightglass\"} * on (instance) group_left () (up{job=\"sightglass\"} > 0.5)",
        "quantile_over_time(0.9, up{job=\"sightglass\"}[2m]) or absent(up{job=\"sightglass\"})",
        "histogram_quantile(0.9, sum by (le) (rate(up{job=\"sightglass\"}[5m])))",
    ];

    /// <summary>What dashboards show when they are opened.</summary>
    private static readonly TimeSpan FirstLookback = TimeSpan.FromHours(3);

    /// <summary>Enough for a hundred thousand series; what is larger is read when it is asked for.</summary>
    private static readonly TimeSpan FirstPatience = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Asks one question at once, about the newest hours: what a first answer needs of code and of the newest indexes is loaded here while the web server takes the first
    /// request on another thread.
    /// </summary>
    public static void AskFirst(PromQLEngine engine, MetricStore metrics, TimeProvider time) =>
        Try(() => engine.Instant("count(up)", Math.Min(metrics.NewestMs ?? long.MaxValue, time.GetUtcNow().ToUnixTimeMilliseconds()), FirstPatience, FirstLookback));

    /// <summary>Begins, on a thread of its own that stands back for everybody else.</summary>
    public static void Run(PromQLEngine engine, TimeProvider time)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        new Thread(() => Ask(engine, now)) { IsBackground = true, Priority = ThreadPriority.BelowNormal, Name = "warm queries" }.Start();
    }

    private static void Ask(PromQLEngine engine, long now) => Try(() =>
    {
        foreach (var query in Queries)
        {
            _ = engine.Instant(query, now);
            _ = engine.Range(query, now - RangeMs, now, StepMs);
        }
    });

    private static void Try(Action ask)
    {
        try
        {
            ask();
        }
        catch (Exception e) when (e is QueryException or LimitExceededException or StorageFailedException or CorruptDataException or ObjectDisposedException)
        {
            // Whoever asks next is told; this was for nobody.
        }
    }
}
