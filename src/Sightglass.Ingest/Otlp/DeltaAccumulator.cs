using Sightglass.Core.Bytes;

namespace Sightglass.Ingest.Otlp;

/// <summary>
/// Remembers the running totals of series of delta temporality, which are stored as cumulative. Bounded: a series that was quiet for
/// <see cref="IdleTime"/> is forgotten, a new one beyond <see cref="MaxSeries"/> is refused. Thread-safe where <see cref="Gate"/> is held.
/// </summary>
public sealed class DeltaAccumulator(TimeProvider time)
{
    private readonly Dictionary<Hash128, DeltaState> _states = [];
    private long _lastSweep = time.GetTimestamp();

    /// <summary>Most series that totals are kept of.</summary>
    public int MaxSeries { get; init; } = 500_000;

    /// <summary>How long a series may be quiet before its total is forgotten.</summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Series that totals are kept of now.</summary>
    public int Count
    {
        get
        {
            lock (Gate)
            {
                return _states.Count;
            }
        }
    }

    /// <summary>To be held from <see cref="Find"/> until the state was read.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>
    /// The state that a point of this time goes into; null, with the reason, when it can go into none. A point of the very time of the one
    /// before is that point sent again after a failure: <see cref="DeltaState.Repeated"/> then says that it is counted already.
    /// </summary>
    internal DeltaState? Find(Hash128 series, long timeUnixNano, out string? refusal)
    {
        Sweep();
        refusal = null;
        if (_states.TryGetValue(series, out var state))
        {
            if (timeUnixNano < state.TimeUnixNano)
            {
                refusal = "data point of delta temporality is older than the one before it of its series";
                return null;
            }
        }
        else if (_states.Count >= MaxSeries)
        {
            refusal = $"series of delta temporality: got {_states.Count + 1}, limit {nameof(MaxSeries)} is {MaxSeries}";
            return null;
        }
        else
        {
            state = new DeltaState { TimeUnixNano = long.MinValue };
            _states.Add(series, state);
        }

        state.Repeated = state.TimeUnixNano == timeUnixNano;
        state.TimeUnixNano = timeUnixNano;
        state.Used = time.GetTimestamp();
        return state;
    }

    private void Sweep()
    {
        // Once in a sixteenth of the idle time, so that its cost is spread over many points.
        if (time.GetElapsedTime(_lastSweep) < IdleTime / 16)
        {
            return;
        }

        _lastSweep = time.GetTimestamp();
        foreach (var (series, state) in _states)
        {
            if (time.GetElapsedTime(state.Used) >= IdleTime)
            {
                _states.Remove(series);
            }
        }
    }
}

/// <summary>The running total of one series: a number, a classic or an exponential histogram.</summary>
internal sealed class DeltaState
{
    public long TimeUnixNano { get; set; }

    public long Used { get; set; }

    public bool Repeated { get; set; }

    public double Value { get; set; }

    public double Count { get; set; }

    public double Sum { get; set; }

    public double[] Bounds { get; set; } = [];

    public double[] Buckets { get; set; } = [];

    public int Scale { get; set; } = int.MaxValue;

    public double ZeroCount { get; set; }

    public double ZeroThreshold { get; set; }

    public ExponentialBuckets? Positive { get; set; }

    public ExponentialBuckets? Negative { get; set; }
}
