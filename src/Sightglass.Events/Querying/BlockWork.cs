namespace Sightglass.Events.Querying;

/// <summary>
/// The blocks of a query, claimed one by one by the query's thread and by helpers. Which of them does a block must not matter to the answer.
/// </summary>
internal abstract class BlockWork(IReadOnlyList<int> order, CancellationToken cancellation) : IDisposable
{
    private readonly object _gate = new();
    private Exception? _failure;
    private int _next;
    private int _inFlight;
    private bool _stopped;

    /// <summary>Does a block as a helper; false when there is nothing to help with at present.</summary>
    public bool Help()
    {
        if (!MayHelp || !TryClaim(out var source))
        {
            return false;
        }

        Run(source);
        return true;
    }

    /// <summary>Does a block on the query's own thread; false when none is left to claim.</summary>
    public bool Step()
    {
        if (!TryClaim(out var source))
        {
            return false;
        }

        Run(source);
        ThrowIfFailed();
        return true;
    }

    /// <summary>Waits until a block that a helper is at is done; false when there is none.</summary>
    public bool WaitForHelper()
    {
        lock (_gate)
        {
            if (_inFlight == 0)
            {
                return false;
            }

            Monitor.Wait(_gate);
        }

        ThrowIfFailed();
        return true;
    }

    public void ThrowIfFailed()
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>No block is begun any more.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
        }
    }

    /// <summary>Stops, and waits for blocks that are being done: the parts must not go before.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            while (_inFlight > 0)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>False while a helper would only pile up results.</summary>
    protected virtual bool MayHelp => true;

    /// <summary>Does one block. Called by several threads at once, with different blocks.</summary>
    protected abstract void Do(int source);

    private bool TryClaim(out int source)
    {
        lock (_gate)
        {
            if (_stopped || _next == order.Count)
            {
                source = -1;
                return false;
            }

            source = order[_next++];
            _inFlight++;
            return true;
        }
    }

    private void Run(int source)
    {
        try
        {
            cancellation.ThrowIfCancellationRequested();
            Do(source);
        }
#pragma warning disable CA1031 // Whatever a helper runs into belongs to the query, which throws it on its own thread.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, e, null);
            Stop();
        }

        lock (_gate)
        {
            _inFlight--;
            Monitor.PulseAll(_gate);
        }
    }
}
