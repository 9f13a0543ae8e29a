namespace Sightglass.Events.Querying;

/// <summary>
/// Threads that help queries with their blocks. A query always works on its own thread; what processors are left over go round the queries that have
/// blocks to do, a block at a time, so that a long query does not keep a short one from its share. Thread-safe.
/// </summary>
internal sealed class QueryHelpers(int threads)
{
    private readonly Lock _gate = new();
    private readonly Queue<BlockWork> _waiting = [];
    private int _running;

    /// <summary>One less than there are processors: the query's own thread is the first worker.</summary>
    public static QueryHelpers ForProcessors() => new(Environment.ProcessorCount - 1);

    /// <summary>Lets helpers take blocks of a query from now on.</summary>
    public void Offer(BlockWork work)
    {
        lock (_gate)
        {
            if (threads <= 0)
            {
                return;
            }

            // As often in line as there may be helpers: a query that is alone gets them all.
            for (var i = 0; i < threads; i++)
            {
                _waiting.Enqueue(work);
            }

            while (_running < threads && _running < _waiting.Count)
            {
                _running++;
                ThreadPool.UnsafeQueueUserWorkItem(static helpers => helpers.Run(), this, preferLocal: false);
            }
        }
    }

    private void Run()
    {
        while (true)
        {
            BlockWork? work;
            lock (_gate)
            {
                if (!_waiting.TryDequeue(out work))
                {
                    _running--;
                    return;
                }
            }

            if (work.Help())
            {
                lock (_gate)
                {
                    _waiting.Enqueue(work);
                }
            }
        }
    }
}
