using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>What a thread needs to go through series, used again from query to query.</summary>
internal sealed class SeriesScratch
{
    /// <summary>Samples that a buffer may have held to be kept.</summary>
    private const int KeptSamples = 1 << 16;

    [ThreadStatic]
    private static SeriesScratch? _idle;

    private int _largest;

    public SampleBuffer Buffer { get; } = new();

    public RateSteps Rates { get; } = new();

    public WindowSteps Windows { get; } = new();

    public static SeriesScratch Rent()
    {
        var scratch = _idle ?? new SeriesScratch();
        _idle = null;
        return scratch;
    }

    /// <summary>Notes how much a series took.</summary>
    public void Note(int samples) => _largest = Math.Max(_largest, samples);

    public void Return()
    {
        Buffer.Clear();
        if (_largest <= KeptSamples)
        {
            _idle = this;
        }
    }
}

/// <summary>Runs work for each series of a selection, on several cores where there are enough of them.</summary>
internal static class SeriesLoop
{
    /// <summary>Fewer series than this are not worth a second core.</summary>
    private const int ParallelFrom = 64;

    /// <summary>But where one takes as long as this, a second core has begun before two are done.</summary>
    private static readonly TimeSpan LongSeries = TimeSpan.FromMicroseconds(200);

    /// <summary>Series that a core takes at a time.</summary>
    private const int Block = 16;

    public static void Run(int count, QueryRun run, Action<int, SeriesScratch> body) => Run(0, count, run, body);

    public static void Run(int from, int to, QueryRun run, Action<int, SeriesScratch> body)
    {
        var block = Block;
        if (to - from < ParallelFrom && Environment.ProcessorCount > 1)
        {
            from = UntilOneIsLong(from, to, run, body);
            block = 1;
        }

        if (from == to)
        {
            return;
        }

        var next = from;
        void Work()
        {
            var scratch = SeriesScratch.Rent();
            try
            {
                int first;
                while ((first = Interlocked.Add(ref next, block) - block) < to)
                {
                    run.Check();
                    var end = Math.Min(to, first + block);
                    for (var i = first; i < end; i++)
                    {
                        body(i, scratch);
                    }
                }
            }
            finally
            {
                scratch.Return();
            }
        }

        if (Environment.ProcessorCount == 1)
        {
            Work();
        }
        else
        {
            Split(Environment.ProcessorCount, _ => Work());
        }
    }

    // What few series take is not known before the first: one after the other until one took long. The first that is left.
    private static int UntilOneIsLong(int from, int to, QueryRun run, Action<int, SeriesScratch> body)
    {
        var scratch = SeriesScratch.Rent();
        try
        {
            for (; from < to; from++)
            {
                run.Check();
                var began = Stopwatch.GetTimestamp();
                body(from, scratch);
                if (from + 2 < to && Stopwatch.GetElapsedTime(began) > LongSeries)
                {
                    return from + 1;
                }
            }

            return to;
        }
        finally
        {
            scratch.Return();
        }
    }

    /// <summary>Runs parts side by side; the first error that says something to the user is the one that is thrown.</summary>
    public static void Split(int parts, Action<int> part) => new Parts(parts, part).Run();

    /// <summary>
    /// Parts that the caller and the threads of the pool that come in time take one after the other. Unlike the framework's loop it waits for nobody who has not begun: with
    /// every thread busy the caller does all of them, and a small loop is over before another core wakes.
    /// </summary>
    private sealed class Parts(int count, Action<int> part) : IThreadPoolWorkItem
    {
        private readonly List<Exception> _errors = [];
        private int _next;
        private int _done;

        public void Run()
        {
            for (var i = Math.Min(count, Environment.ProcessorCount); i > 1; i--)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }

            Execute();
            lock (_errors)
            {
                while (_done < count)
                {
                    Monitor.Wait(_errors);
                }
            }

            if (_errors.Count > 0)
            {
                ExceptionDispatchInfo.Throw(
                    _errors.Find(static e => e is LimitExceededException or QueryException or CorruptDataException) ?? _errors.Find(static e => e is OperationCanceledException) ?? _errors[0]);
            }
        }

        public void Execute()
        {
            int at;
            while ((at = Interlocked.Increment(ref _next) - 1) < count)
            {
                Exception? error = null;
                try
                {
                    part(at);
                }
                catch (Exception e)
                {
                    error = e;
                }

                lock (_errors)
                {
                    if (error is not null)
                    {
                        _errors.Add(error);
                    }

                    if (++_done == count)
                    {
                        Monitor.PulseAll(_errors);
                    }
                }
            }
        }
    }
}
