using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>Runs work for each series of a selection, on several cores where there are enough of them.</summary>
internal static class SeriesLoop
{
    /// <summary>Fewer series than this are not worth a second core.</summary>
    private const int ParallelFrom = 64;

    public static void Run(int count, QueryRun run, Action<int, SampleBuffer> body)
    {
        if (count < ParallelFrom || Environment.ProcessorCount == 1)
        {
            var buffer = new SampleBuffer();
            for (var i = 0; i < count; i++)
            {
                if ((i & 127) == 0)
                {
                    run.Check();
                }

                body(i, buffer);
            }

            return;
        }

        try
        {
            Parallel.For(0, count, new ParallelOptions { CancellationToken = run.Cancellation }, static () => new SampleBuffer(), (i, _, buffer) =>
            {
                body(i, buffer);
                return buffer;
            }, static _ => { });
        }
        catch (AggregateException e) when (e.InnerExceptions.FirstOrDefault(inner => inner is LimitExceededException or QueryException or CorruptDataException or OperationCanceledException) is { } known)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(known);
        }
    }
}
