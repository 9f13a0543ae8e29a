using System.Text;
using Sightglass.Core.Bytes;

namespace Sightglass.Ingest.Scrape;

/// <summary>
/// Scrapes one target at its own offset within the interval, until it is no longer wanted; then its series end, after the time in which it may
/// come back. Thread-safe.
/// </summary>
internal sealed class TargetLoop : IAsyncDisposable
{
    // A scrape that starts this little late gets the time at which it was due: even distances compress better. Prometheus allows 2 ms; the
    // timers here are coarser.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(10);

    private readonly ScrapePool _pool;
    private readonly TimeProvider _time;
    private readonly CancellationToken _stop;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _offset;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _unwanted = new();
    private readonly CancellationTokenSource _abandon = new();
    private (ScrapeConfiguration Configuration, TargetStatus Found)? _next;
    private volatile bool _retired;
    private Task _loop = Task.CompletedTask;

    public TargetLoop(ScrapePool pool, ScrapeTarget target, TimeSpan interval, ulong seed, TimeProvider time, CancellationToken stop)
    {
        _pool = pool;
        Target = target;
        _time = time;
        _stop = stop;
        _interval = interval;
        _offset = OffsetOf(target.Status.Identity, _interval, seed);
    }

    public ScrapeTarget Target { get; }

    /// <summary>When the target's interval begins: the hash of a target spreads thousands evenly, and the same target keeps its place over restarts.</summary>
    public static TimeSpan OffsetOf(string identity, TimeSpan interval, ulong seed) =>
        TimeSpan.FromTicks((long)((Hash128.Compute(Encoding.UTF8.GetBytes(identity)).Low ^ seed) % (ulong)interval.Ticks));

    /// <summary>Begins, once <paramref name="before"/> has ended.</summary>
    public void Start(Task before) => _loop = Task.Run(() => RunAsync(before), CancellationToken.None);

    /// <summary>From the next scrape on the target has another configuration. Interval and timeout have to be the same.</summary>
    public void Reconfigure(ScrapeConfiguration configuration, TargetStatus found)
    {
        lock (_gate)
        {
            _next = (configuration, found);
        }
    }

    /// <summary>The target is no longer wanted.</summary>
    public void Retire()
    {
        _retired = true;
        _unwanted.Cancel();
    }

    /// <summary>Somebody else goes on with the series: no scrapes, no stale markers. Completes when nothing runs any more.</summary>
    public Task AbandonAsync()
    {
        _abandon.Cancel();
        _unwanted.Cancel();
        return _loop;
    }

    /// <summary>Whether the loop has come to its end.</summary>
    public bool IsDone => _loop.IsCompleted;

    public async ValueTask DisposeAsync()
    {
        await AbandonAsync();
        _unwanted.Dispose();
        _abandon.Dispose();
    }

    private async Task RunAsync(Task before)
    {
        await before;
        using var unwanted = CancellationTokenSource.CreateLinkedTokenSource(_unwanted.Token, _stop);
        var due = FirstDue();
        var scraped = false;
        try
        {
            while (true)
            {
                await DelayUntilAsync(due, unwanted.Token);
                var now = _time.GetUtcNow();
                var late = now - due;
                TakeNext();
                await Target.ScrapeAsync(_pool.Client, late <= Tolerance && late <= _interval / 100 ? due : now, _pool.ForcedError, _time, unwanted.Token);
                scraped = true;
                if (Target.Status is { Health: TargetHealth.Down } failed)
                {
                    _pool.Failures?.Write(failed.Url, failed.LastError);
                }

                due = NextDue(due);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped or no longer wanted.
        }

        if (scraped && _retired)
        {
            await EndAsync(NextDue(due - _interval));
        }
    }

    // The series end as of the next scrape that does not come, but are marked only when the target has had the time to come back.
    private async Task EndAsync(DateTimeOffset due)
    {
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(_abandon.Token, _stop);
        try
        {
            await DelayUntilAsync(due, abandon.Token);
            var ended = _time.GetUtcNow().ToUnixTimeMilliseconds();
            await DelayUntilAsync(due + _interval + (_interval / 10), abandon.Token);
            if (!_pool.IsLive(Target.Status.Labels))
            {
                Target.Retire(ended);
            }
        }
        catch (OperationCanceledException)
        {
            // The process stops and will go on where it was, or the target is back.
        }
    }

    private DateTimeOffset FirstDue()
    {
        var now = _time.GetUtcNow();
        return now + (_interval - TimeSpan.FromTicks((now.Ticks - _offset.Ticks) % _interval.Ticks));
    }

    // A scrape that took longer than the interval costs those that would have been meanwhile.
    private DateTimeOffset NextDue(DateTimeOffset due)
    {
        due += _interval;
        var behind = _time.GetUtcNow() - due;
        return behind <= TimeSpan.Zero ? due : due + (_interval * (1 + (behind.Ticks / _interval.Ticks)));
    }

    private async Task DelayUntilAsync(DateTimeOffset due, CancellationToken cancellation)
    {
        // Timers count whole milliseconds and may fire a little early.
        for (var left = due - _time.GetUtcNow(); left > TimeSpan.Zero; left = due - _time.GetUtcNow())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), _time, cancellation);
        }

        cancellation.ThrowIfCancellationRequested();
    }

    private void TakeNext()
    {
        lock (_gate)
        {
            if (_next is { } next)
            {
                Target.Reconfigure(next.Configuration, next.Found);
                _next = null;
            }
        }
    }
}
