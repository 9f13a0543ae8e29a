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

    public AlertGroup(AlertDispatcher dispatcher, Route route, LabelSet labels, TimeProvider time)
    {
        _dispatcher = dispatcher;
        Route = route;
        Labels = labels;
        Key = $"{route.Key}:{Text(labels)}";
        _timer = time.CreateTimer(static state => ((AlertGroup)state!).Due(), this, route.GroupWait, Timeout.InfiniteTimeSpan);
    }

    public Route Route { get; }

    public LabelSet Labels { get; }

    public string Key { get; }

    public Dictionary<LabelSet, Alert> Alerts { get; } = [];

    public bool HasFlushed { get; set; }

    public bool IsIdle => Alerts.Count == 0 && !_flushing;

    public Task Finished { get; private set; } = Task.CompletedTask;

    /// <summary>Adds an alert; one that has waited long enough elsewhere is told at once.</summary>
    public void Insert(Alert alert, DateTimeOffset now)
    {
        Alerts[alert.Labels] = alert;
        if (!HasFlushed && alert.StartsAt + Route.GroupWait < now)
        {
            _timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Due()
    {
        lock (_dispatcher.Gate)
        {
            if (_dispatcher.IsStopped)
            {
                return;
            }

            _timer.Change(Route.GroupInterval, Timeout.InfiniteTimeSpan);
            HasFlushed = true;
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

    private static string Text(LabelSet labels) => "{" + string.Join(", ", labels.Select(static l => $"{l.Name}={Templates.GoFormat.Quote(l.Value)}")) + "}";
}
