using Sightglass.Alerting.Routing;

namespace Sightglass.Alerting.Outside;

/// <summary>Posts a body to an Alertmanager; throws an <see cref="AlertPostFailedException"/> when it was not taken.</summary>
public delegate Task AlertPost(ReadOnlyMemory<byte> body, CancellationToken cancellation);

/// <summary>An Alertmanager did not take what it was sent.</summary>
public sealed class AlertPostFailedException(string message) : Exception(message);

/// <summary>Figures of what one Alertmanager was sent.</summary>
/// <param name="Sent">Alerts sent, those that were not taken among them.</param>
/// <param name="Errors">Alerts that were not taken.</param>
/// <param name="Dropped">Alerts that it never got: not taken, or pushed out of the full queue.</param>
/// <param name="Queued">Alerts that wait.</param>
/// <param name="LastLatency">Seconds that the last request took.</param>
/// <param name="LastError">Why the last one that failed did; null when the last one was taken.</param>
public sealed record AlertQueueFigures(long Sent, long Errors, long Dropped, int Queued, double LastLatency, string? LastError);

/// <summary>
/// The alerts on their way to one Alertmanager: sent in batches, one request at a time. Nothing is sent twice: rules tell an alert again
/// after the resend delay, and the newest state is the one that counts. When the queue is full the oldest are dropped. Thread-safe.
/// </summary>
public sealed class AlertQueue : IAsyncDisposable
{
    /// <summary>Alerts of one request: Prometheus' number.</summary>
    public const int MaxBatch = 64;

    /// <summary>Alerts that wait: Prometheus' default.</summary>
    public const int Capacity = 10_000;

    // How long what waits is sent on at the end.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(5);

    private readonly AlertPost _post;
    private readonly TimeProvider _time;
    private readonly Action<string> _report;
    private readonly Lock _gate = new();
    private readonly LinkedList<PostedAlert> _waiting = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private long _sent;
    private long _errors;
    private long _dropped;
    private double _latency;
    private string? _lastError;
    private bool _closing;

    /// <summary>Makes a queue that sends.</summary>
    /// <param name="post">Sends a body.</param>
    /// <param name="time">The clock.</param>
    /// <param name="report">Told when sending begins to fail, and of full queues.</param>
    public AlertQueue(AlertPost post, TimeProvider time, Action<string> report)
    {
        (_post, _time, _report) = (post, time, report);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>What was sent so far.</summary>
    public AlertQueueFigures Figures
    {
        get
        {
            lock (_gate)
            {
                return new AlertQueueFigures(_sent, _errors, _dropped, _waiting.Count, _latency, _lastError);
            }
        }
    }

    /// <summary>Takes alerts to send.</summary>
    public void Add(IReadOnlyList<PostedAlert> alerts)
    {
        lock (_gate)
        {
            var before = _dropped;
            foreach (var alert in alerts)
            {
                if (_waiting.Count == Capacity)
                {
                    _waiting.RemoveFirst();
                    _dropped++;
                }

                _waiting.AddLast(alert);
            }

            if (before == 0 && _dropped > 0)
            {
                _report($"alert notification queue is full, the oldest of {Capacity} alerts are dropped");
            }
        }

        _wake.Release();
    }

    /// <summary>Sends what waits, for a short while, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_closing)
            {
                return;
            }

            _closing = true;
        }

        _wake.Release();
        try
        {
            await _loop.WaitAsync(DrainTime, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await _loop.ConfigureAwait(false);
        }

        _stop.Dispose();
        _wake.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            var batch = Take(out var closing);
            if (batch.Length == 0)
            {
                if (closing)
                {
                    return;
                }

                await _wake.WaitAsync().ConfigureAwait(false);
                continue;
            }

            var started = _time.GetTimestamp();
            string? error = null;
            try
            {
                await _post(PostableAlerts.Write(batch), _stop.Token).ConfigureAwait(false);
            }
            catch (AlertPostFailedException e)
            {
                error = e.Message;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            Done(batch.Length, error, _time.GetElapsedTime(started).TotalSeconds);
        }
    }

    private PostedAlert[] Take(out bool closing)
    {
        lock (_gate)
        {
            closing = _closing;
            var batch = new PostedAlert[Math.Min(_waiting.Count, MaxBatch)];
            for (var i = 0; i < batch.Length; i++)
            {
                batch[i] = _waiting.First!.Value;
                _waiting.RemoveFirst();
            }

            return batch;
        }
    }

    private void Done(int alerts, string? error, double seconds)
    {
        bool tell;
        lock (_gate)
        {
            _latency = seconds;
            _sent += alerts;
            tell = error is not null && _lastError is null;
            _lastError = error;
            if (error is not null)
            {
                _errors += alerts;
                _dropped += alerts;
            }
        }

        if (tell)
        {
            _report($"error sending {alerts} alerts: {error}");
        }
    }
}
