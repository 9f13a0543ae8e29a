namespace Sightglass.Ingest.Pipeline;

/// <summary>
/// What the pipeline did with a batch that the store did not take: kept with the batch, so that it passes the pipeline once however often it is tried. What
/// processors remember beyond the batch (which record of a pattern is the next to be kept) is set back while it is not stored, for the same records may come
/// again in another batch.
/// </summary>
internal sealed class PreparedBatch(PendingObservation[] observations, long[] counts, SampleCount[] sampled, CompiledPipelines compiled, int refused)
{
    public PendingObservation[] Observations { get; } = observations;

    public long[] Counts { get; } = counts;

    /// <summary>The configuration that the counts are of.</summary>
    public CompiledPipelines Compiled { get; } = compiled;

    /// <summary>Records of streams beyond the limit, which are not in the batch any more.</summary>
    public int Refused { get; } = refused;

    public void SetBack()
    {
        foreach (var count in sampled)
        {
            count.Previous();
        }
    }

    public void SetForward()
    {
        foreach (var count in sampled)
        {
            count.Next();
        }
    }
}

/// <summary>How many records of one kind have been looked at by a sampler. Thread-safe.</summary>
internal sealed class SampleCount
{
    private long _count;

    public long Next() => Interlocked.Increment(ref _count);

    public void Previous() => Interlocked.Decrement(ref _count);
}
