namespace Sightglass.Metrics.Limits;

/// <summary>What may still be taken: fills up at a rate, to a most. Begins full.</summary>
internal struct TokenBucket
{
    private double _taken;
    private long _at;

    /// <summary>Whether one can be taken at the time <paramref name="nowMs"/>; takes nothing.</summary>
    public bool Has(long nowMs, double perMinute, double most)
    {
        _taken = Math.Max(0, _taken - (Math.Max(0, nowMs - _at) * perMinute / 60_000));
        _at = Math.Max(_at, nowMs);
        return _taken + 1 <= most;
    }

    /// <summary>Takes one that <see cref="Has"/> said is there.</summary>
    public void Take() => _taken++;
}
