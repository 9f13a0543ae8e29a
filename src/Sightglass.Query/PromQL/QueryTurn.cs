using Sightglass.Core.Errors;

namespace Sightglass.Query.PromQL;

/// <summary>One query's turn: it waits for a slot, runs, and gives the slot back. Its time counts from the start of the waiting.</summary>
internal sealed class QueryTurn : IDisposable
{
    private readonly SemaphoreSlim _slots;
    private readonly TimeProvider _time;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _deadline;
    private readonly CancellationTokenSource _linked;
    private readonly long _began;
    private bool _running;

    public QueryTurn(SemaphoreSlim slots, TimeSpan timeout, TimeProvider time, CancellationToken caller)
    {
        _slots = slots;
        _time = time;
        _caller = caller;
        _deadline = new CancellationTokenSource(timeout, time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_deadline.Token, caller);
        _began = time.GetTimestamp();
    }

    /// <summary>Waits on this thread.</summary>
    public PromQLResult Run(Func<TimeSpan, CancellationToken, PromQLResult> query)
    {
        try
        {
            _slots.Wait(_linked.Token);
            return Entered(query);
        }
        catch (OperationCanceledException) when (IsLate)
        {
            throw Late();
        }
    }

    /// <summary>Waits without a thread.</summary>
    public async Task<PromQLResult> RunAsync(Func<TimeSpan, CancellationToken, PromQLResult> query)
    {
        try
        {
            await _slots.WaitAsync(_linked.Token).ConfigureAwait(false);
            return Entered(query);
        }
        catch (OperationCanceledException) when (IsLate)
        {
            throw Late();
        }
    }

    public void Dispose()
    {
        if (_running)
        {
            _slots.Release();
        }

        _linked.Dispose();
        _deadline.Dispose();
    }

    private bool IsLate => _deadline.IsCancellationRequested && !_caller.IsCancellationRequested;

    private PromQLResult Entered(Func<TimeSpan, CancellationToken, PromQLResult> query)
    {
        _running = true;
        return query(_time.GetElapsedTime(_began), _linked.Token);
    }

    private QueryException Late() => new(QueryErrorKind.Timeout, _running ? "query timed out in expression evaluation" : "query timed out in query queue");
}
