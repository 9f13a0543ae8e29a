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

    /// <summary>Series that a core takes at a time.</summary>
    private const int Block = 16;

    public static void Run(int count, QueryRun run, Action<int, SeriesScratch> body) => Run(0, count, run, body);

    public static void Run(int from, int to, QueryRun run, Action<int, SeriesScratch> body)
    {
        var next = from;
        void Work()
        {
            var scratch = SeriesScratch.Rent();
            try
            {
                int block;
                while ((block = Interlocked.Add(ref next, Block) - Block) < to)
                {
                    run.Check();
                    var end = Math.Min(to, block + Block);
                    for (var i = block; i < end; i++)
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

        if (to - from < ParallelFrom || Environment.ProcessorCount == 1)
        {
            Work();
        }
        else
        {
            Split(Environment.ProcessorCount, _ => Work());
        }
    }

    private static Exception? Known(AggregateException e) =>
        e.InnerExceptions.FirstOrDefault(inner => inner is LimitExceededException or QueryException or CorruptDataException)
        ?? e.InnerExceptions.FirstOrDefault(inner => inner is OperationCanceledException);

    /// <summary>Runs parts side by side; the first error that says something to the user is the one that is thrown.</summary>
    public static void Split(int parts, Action<int> part)
    {
        try
        {
            Parallel.For(0, parts, part);
        }
        catch (AggregateException e) when (Known(e) is { } known)
        {
            ExceptionDispatchInfo.Throw(known);
        }
    }
}
