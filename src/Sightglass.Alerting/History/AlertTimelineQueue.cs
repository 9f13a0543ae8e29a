using System.Threading.Channels;
using Sightglass.Core.Errors;

namespace Sightglass.Alerting.History;

/// <summary>
/// Takes events at once and stores them a little later: who tells of them never waits for a disk. Where the store fails they wait; beyond
/// <see cref="AlertingLimits.MaxWaitingEvents"/> new ones are left out and counted.
/// </summary>
public sealed class AlertTimelineQueue : IAlertTimeline, IAsyncDisposable
{
    private const int MaxBatch = 1_000;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    private readonly IAlertTimeline _store;
    private readonly TimeProvider _time;
    private readonly Action<string>? _report;
    private readonly Channel<AlertEvent> _waiting;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private long _dropped;
    private bool _failing;

    /// <summary>Starts; <paramref name="report"/> is told when storing begins to fail.</summary>
    public AlertTimelineQueue(IAlertTimeline store, TimeProvider time, Action<string>? report = null)
    {
        (_store, _time, _report) = (store, time, report);
        _waiting = Channel.CreateBounded<AlertEvent>(
            new BoundedChannelOptions(AlertingLimits.MaxWaitingEvents) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite }, _ => Interlocked.Increment(ref _dropped));
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Events left out because too many waited.</summary>
    public long DroppedTotal => Interlocked.Read(ref _dropped);

    /// <inheritdoc/>
    public void Append(IReadOnlyList<AlertEvent> events)
    {
        foreach (var e in events)
        {
            _waiting.Writer.TryWrite(e);
        }
    }

    /// <inheritdoc/>
    public AlertEventPage List(AlertEventFilter filter) => _store.List(filter);

    /// <inheritdoc/>
    public IReadOnlyList<AlertEvent> Open() => _store.Open();

    /// <inheritdoc/>
    public IReadOnlyList<AlertEvent> FiringAt(DateTimeOffset at) => _store.FiringAt(at);

    /// <summary>Stores what waits and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_waiting.Writer.TryComplete())
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await _loop.ConfigureAwait(false);
            _stop.Dispose();
        }
    }

    private async Task RunAsync()
    {
        var batch = new List<AlertEvent>(MaxBatch);
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            while (batch.Count < MaxBatch && _waiting.Reader.TryRead(out var e))
            {
                batch.Add(e);
            }

            while (!TryStore(batch))
            {
                try
                {
                    await Task.Delay(RetryDelay, _time, _stop.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    TryStore(batch);
                    return;
                }
            }

            batch.Clear();
        }
    }

    private bool TryStore(List<AlertEvent> batch)
    {
        try
        {
            _store.Append(batch);
            _failing = false;
            return true;
        }
        catch (StorageFailedException e)
        {
            if (!_failing)
            {
                _failing = true;
                _report?.Invoke($"history of alerts: {e.Message}");
            }

            return false;
        }
    }
}
