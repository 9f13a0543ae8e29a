using Shop.Telemetry;

namespace Shop.Visitors;

/// <summary><c>shop visitors</c>: lets visitors arrive at random, more and fewer of them in slow waves.</summary>
internal sealed class VisitorTraffic(ShopOptions options, HttpClient front, ShopMetrics metrics, Random random, TimeProvider time, ILogger<Visit> logger)
    : BackgroundService
{
    /// <summary>Above this, newcomers are turned away: a hanging shop must not fill this process.</summary>
    private const int MaxVisitors = 1_000;
    private static readonly TimeSpan WaveLength = TimeSpan.FromMinutes(6);

    private int _visitors;

    public static void Register(IServiceCollection services, ShopOptions options)
    {
        services.AddSingleton(_ => new HttpClient { BaseAddress = options.Front, Timeout = TimeSpan.FromSeconds(20) });
        services.AddHostedService<VisitorTraffic>();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            var wave = 1 + 0.35 * Math.Sin(2 * Math.PI * (time.GetElapsedTime(started) / WaveLength));
            var pause = TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / (options.Rate * wave));
            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!stoppingToken.IsCancellationRequested && Volatile.Read(ref _visitors) < MaxVisitors)
            {
                _ = VisitAsync(stoppingToken);
            }
        }
    }

    private async Task VisitAsync(CancellationToken stoppingToken)
    {
        Interlocked.Increment(ref _visitors);
        metrics.VisitorCame();
        var visit = new Visit(front, random, time, logger);
        try
        {
            await visit.RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            metrics.VisitorLeft();
            Interlocked.Decrement(ref _visitors);
        }
    }
}
