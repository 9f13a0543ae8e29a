namespace Sightglass.Storage;

/// <summary>
/// Runs an engine's background work (flush, merge, retention) on one thread of its own, one step at a time, when woken and at an
/// interval. A step that fails is reported and tried again at the next interval. Thread-safe.
/// </summary>
public sealed class MergeScheduler : IDisposable
{
    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<CancellationToken, bool> _step;
    private readonly Action<Exception> _failed;
    private readonly ITimer _timer;
    private readonly Thread _thread;

    /// <summary>Starts. <paramref name="step"/> does a bounded piece of work and says whether there may be more.</summary>
    public MergeScheduler(string name, TimeSpan interval, TimeProvider time, Func<CancellationToken, bool> step, Action<Exception> failed)
    {
        ArgumentNullException.ThrowIfNull(time);
        _step = step;
        _failed = failed;
        _timer = time.CreateTimer(_ => Wake(), null, interval, interval);
        _thread = new Thread(Run) { IsBackground = true, Name = name, Priority = ThreadPriority.BelowNormal };
        _thread.Start();
    }

    /// <summary>Has the next step run soon.</summary>
    public void Wake()
    {
        // One pending wake-up is as good as many; a race costs one empty step.
        if (_wake.CurrentCount == 0)
        {
            _wake.Release();
        }
    }

    /// <summary>Cancels the step that runs, and waits for its end.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        _stop.Cancel();
        _thread.Join();
        _stop.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        var cancellation = _stop.Token;
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                _wake.Wait(cancellation);
                while (_step(cancellation))
                {
                    cancellation.ThrowIfCancellationRequested();
                }
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Nothing may end the thread: the engine goes on, and says what failed.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _failed(e);
            }
        }
    }
}
