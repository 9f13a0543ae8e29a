using Sightglass.Core.Model;

namespace Sightglass.Alerting.Routing;

/// <summary>
/// Alerts of one route with the same group labels, and the clock by which they are told: first after <c>group_wait</c>, then every
/// <c>group_interval</c>. Guarded by the dispatcher's lock; one integration is never told of a group twice at one time.
/// </summary>
internal sealed class AlertGroup : IDisposable
{
    private readonly AlertDispatcher _dispatcher;
    private readonly ITimer _timer;
    private readonly HashSet<string> _busy = new(StringComparer.Ordinal);
    private readonly HashSet<string> _missed = new(StringComparer.Ordinal);
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
    public void Start(Alert alert, DateTimeOffset now)
    {
        Alerts[alert.Labels] = alert;
        if (alert.StartsAt + Route.GroupWait < now)
        {
            _timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Nothing is told before a flush of the same group under another configuration is over: it would be told twice.</summary>
    public void Follow(Task flush) => _before = flush;

    /// <summary>Whether an integration may be told of this group now; false while it is being told already.</summary>
    public bool TryEnter(string channel)
    {
        lock (_dispatcher.Gate)
        {
            if (_busy.Add(channel))
            {
                return true;
            }

            _missed.Add(channel);
            return false;
        }
    }

    /// <summary>
    /// An integration has been told or given up; what it missed meanwhile is told at once. What another missed waits for that one: beside one that hangs, the group
    /// would be looked at again and again without a pause.
    /// </summary>
    public void Leave(string channel)
    {
        lock (_dispatcher.Gate)
        {
            _busy.Remove(channel);
            if (_missed.Remove(channel) && !_disposed && !_dispatcher.IsStopped)
            {
                Begin();
            }
        }
    }

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
            Begin();
        }
    }

    /// <summary>Begins a flush beside those that may still wait for a receiver. Under the dispatcher's lock.</summary>
    private void Begin()
    {
        var flush = Task.Run(FlushAsync);
        Finished = Finished.IsCompleted ? flush : Task.WhenAll(Finished, flush);
    }

    private async Task FlushAsync()
    {
        await _before.ConfigureAwait(false);
        await _dispatcher.FlushAsync(this).ConfigureAwait(false);
    }

    public static string KeyOf(Route route, LabelSet labels) => $"{route.Key}:{Text(labels)}";

    private static string Text(LabelSet labels) => "{" + string.Join(", ", labels.Select(static l => $"{l.Name}={Templates.GoFormat.Quote(l.Value)}")) + "}";
}
