using Sightglass.Core.Model;

namespace Sightglass.Alerting.Routing;

/// <summary>
/// Alerts of one route with the same group labels, and the clock by which they are told: first after <c>group_wait</c>, then every
/// <c>group_interval</c>. Guarded by the dispatcher's lock; flushes of one group never overlap.
/// </summary>
internal sealed class AlertGroup : IDisposable
{
    private readonly AlertDispatcher _dispatcher;
    private readonly ITimer _timer;
    private bool _flushing;
    private bool _again;
    private bool _disposed;
    private Task _before = Task.CompletedTask;

    public AlertGroup(AlertDispatcher dispatcher, Route route, LabelSet labels, TimeProvider time)
    {
        _dispatcher = dispatcher;
        Route = route;
        Labels = labels;
        Key = KeyOf(route, labels);
        _timer = time.CreateTimer(static state => ((AlertGroup)state!).Due(), this, route.GroupWait, Timeout.InfiniteTimeSpan);
    }

    public Route Route { get; }

    public LabelSet Labels { get; }

    public string Key { get; }

    public Dictionary<LabelSet, Alert> Alerts { get; } = [];

    public Task Finished { get; private set; } = Task.CompletedTask;

    /// <summary>Adds the first alert; one that has waited long enough elsewhere is told at once.</summary>
    public void Begin(Alert alert, DateTimeOffset now)
    {
        Alerts[alert.Labels] = alert;
        if (alert.StartsAt + Route.GroupWait < now)
        {
            _timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Nothing is told before a flush of the same group under another configuration is over: it would be told twice.</summary>
    public void Follow(Task flush) => _before = flush;

    public void Dispose()
    {
        _disposed = true;
        _timer.Dispose();
    }

    private void Due()
    {
        lock (_dispatcher.Gate)
        {
            if (_disposed || _dispatcher.IsStopped)
            {
                return;
            }

            _timer.Change(Route.GroupInterval, Timeout.InfiniteTimeSpan);
            if (_flushing)
            {
                _again = true;
                return;
            }

            _flushing = true;
            Finished = Task.Run(FlushAsync);
        }
    }

    private async Task FlushAsync()
    {
        await _before.ConfigureAwait(false);
        while (true)
        {
            await _dispatcher.FlushAsync(this).ConfigureAwait(false);
            lock (_dispatcher.Gate)
            {
                if (!_again || _dispatcher.IsStopped)
                {
                    _flushing = false;
                    return;
                }

                _again = false;
            }
        }
    }

    public static string KeyOf(Route route, LabelSet labels) => $"{route.Key}:{Text(labels)}";

    private static string Text(LabelSet labels) => "{" + string.Join(", ", labels.Select(static l => $"{l.Name}={Templates.GoFormat.Quote(l.Value)}")) + "}";
}
