using System.Diagnostics;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;

namespace Sightglass.Query.PromQL;

/// <summary>What all parts of one query's evaluation share: the store, the limits and what has been used of them, the annotations.</summary>
internal sealed class QueryRun(IMetricStore store, QueryLimits limits, PromQLOptions options, string text, long startMs, long endMs, long stepMs, long lookbackMs, long defaultSubqueryStepMs, MemoryBudget budget, CancellationToken cancellation) : IDisposable
{
    private long _samples;
    private long _peak;
    private long _preparationTicks;
    private long _series;
    private readonly Lock _claimGate = new();
    private long _claimed;

    /// <summary>Bytes that are claimed of the budget of all queries at a time.</summary>
    private const long ClaimStep = 1 << 20;

    /// <summary>Bytes of a value with its share of what stands around it, for the estimate of memory.</summary>
    private const int BytesPerSample = 16;

    /// <summary>Bytes of a series' labels and column, for the estimate of memory.</summary>
    private const int BytesPerSeries = 256;

    public IMetricStore Store { get; } = store;

    public QueryLimits Limits { get; } = limits;

    public PromQLOptions Options { get; } = options;

    public string Text { get; } = text;

    public long StartMs { get; } = startMs;

    public long EndMs { get; } = endMs;

    public long StepMs { get; } = stepMs;

    public long LookbackMs { get; } = lookbackMs;

    public long DefaultSubqueryStepMs { get; } = defaultSubqueryStepMs;

    public CancellationToken Cancellation { get; } = cancellation;

    public Annotations Annotations { get; } = new(text);

    /// <summary>What is counted for the query's statistics; another one while a subquery's or a constant part's inside is evaluated.</summary>
    public SampleCount Counted { get; set; } = new(1, perStep: false);

    /// <summary>Most samples held at one moment.</summary>
    public long PeakSamples => Interlocked.Read(ref _peak);

    /// <summary>Time spent in finding series.</summary>
    public TimeSpan Preparation => TimeSpan.FromTicks(Interlocked.Read(ref _preparationTicks));

    /// <summary>How far back the newest sample of a series can lie: the lookback, or more where samples are downsampled.</summary>
    public long ReachMs => Math.Max(LookbackMs, Store.CoarsestMs);

    /// <summary>Finds series, and counts them and the time it took.</summary>
    public ISeriesSelection Select(MetricSelection selection)
    {
        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        var found = Store.Select(selection, Cancellation);
        Interlocked.Add(ref _preparationTicks, System.Diagnostics.Stopwatch.GetElapsedTime(began).Ticks);
        try
        {
            TakeSeries(found.Count);
            foreach (var warning in found.Warnings)
            {
                Annotations.Warn(warning);
            }

            return found;
        }
        catch
        {
            found.Dispose();
            throw;
        }
    }

    /// <summary>Counts samples that the query keeps.</summary>
    public void Take(long samples)
    {
        var now = Interlocked.Add(ref _samples, samples);
        if (now > Limits.MaxSamples)
        {
            throw TooManySamples(now);
        }

        CheckMemory(now);

        for (var peak = PeakSamples; now > peak; peak = PeakSamples)
        {
            Interlocked.CompareExchange(ref _peak, now, peak);
        }
    }

    /// <summary>Gives what was claimed of the budget of all queries back.</summary>
    public void Dispose()
    {
        lock (_claimGate)
        {
            budget.Return(_claimed);
            _claimed = 0;
        }
    }

    /// <summary>Gives samples back.</summary>
    public void Release(long samples) => Interlocked.Add(ref _samples, -samples);

    /// <summary>Counts series that a selection touches.</summary>
    private void TakeSeries(long series)
    {
        var now = Interlocked.Add(ref _series, series);
        if (now > Limits.MaxSeries)
        {
            throw new LimitExceededException(nameof(QueryLimits.MaxSeries), Limits.MaxSeries, now, "query touches too many series");
        }

        CheckMemory(Interlocked.Read(ref _samples));
    }

    /// <summary>Ends the evaluation when its time is over or nobody waits for it.</summary>
    public void Check() => Cancellation.ThrowIfCancellationRequested();

    /// <summary>Length in milliseconds of a duration.</summary>
    public long Milliseconds(DurationExpression duration, bool positive)
    {
        if (duration.IsLiteral)
        {
            return duration.LiteralMs;
        }

        var seconds = duration.Evaluate(StepMs / 1000.0, (EndMs - StartMs) / 1000.0);
        if (positive && !(seconds > 0))
        {
            throw duration.Error("duration must be greater than 0");
        }

        return Math.Abs(seconds) <= 9_223_372_036 ? (long)(seconds * 1000) : throw duration.Error("duration is out of range");
    }

    /// <summary>The time that a step's selectors look at.</summary>
    public long Reference(TimeShift shift, long offsetMs, long timeMs) => (shift.At switch
    {
        AtModifier.None => timeMs,
        AtModifier.Start => StartMs,
        AtModifier.End => EndMs,
        AtModifier.Time => shift.AtMs,
        _ => throw new UnreachableException("BUG: unknown @ modifier"),
    }) - offsetMs;

    private void CheckMemory(long samples)
    {
        var bytes = (samples * BytesPerSample) + (Interlocked.Read(ref _series) * BytesPerSeries);
        if (bytes > Limits.MaxMemoryBytes)
        {
            throw new LimitExceededException(nameof(QueryLimits.MaxMemoryBytes), Limits.MaxMemoryBytes, bytes, "query would use too much memory");
        }

        if (bytes > Interlocked.Read(ref _claimed))
        {
            Claim(bytes);
        }
    }

    // What is given back is kept for the query's next need: only its end returns it.
    private void Claim(long bytes)
    {
        lock (_claimGate)
        {
            var more = bytes - _claimed;
            if (more > 0)
            {
                more = (more + ClaimStep - 1) / ClaimStep * ClaimStep;
                budget.Claim(more);
                Interlocked.Add(ref _claimed, more);
            }
        }
    }

    private LimitExceededException TooManySamples(long now) => new(nameof(QueryLimits.MaxSamples), Limits.MaxSamples, now, "query processing would load too many samples into memory in query execution");
}
