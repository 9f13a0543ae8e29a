namespace Sightglass.Query.PromQL;

/// <summary>What one query cost. Times are wall-clock.</summary>
public sealed record QueryStatistics
{
    /// <summary>Waiting for other queries to end.</summary>
    public TimeSpan Queue { get; init; }

    /// <summary>From the start of the evaluation to the sorted result.</summary>
    public TimeSpan EvalTotal { get; init; }

    /// <summary>Finding the series in the store; a part of <see cref="EvalTotal"/>.</summary>
    public TimeSpan Preparation { get; init; }

    /// <summary>Putting the result in order; a part of <see cref="EvalTotal"/>.</summary>
    public TimeSpan ResultSort { get; init; }

    /// <summary>Samples that selectors and range windows handed to the evaluation, counted once per step that used them.</summary>
    public long TotalSamples { get; init; }

    /// <summary>The same by step, with the step's time in milliseconds; empty unless asked for.</summary>
    public IReadOnlyList<(long TimeMs, long Samples)> SamplesPerStep { get; init; } = [];

    /// <summary>Most samples held at one moment.</summary>
    public long PeakSamples { get; init; }
}
