namespace Sightglass.Ingest.Listening;

/// <summary>How much one sender may send to one receiver; 0 is without bound. A second's worth may come at once.</summary>
/// <param name="MaxLinesPerSecond">Records a second.</param>
/// <param name="MaxBytesPerSecond">Bytes a second, as they come over the wire after decompression.</param>
public sealed record SourceRateLimit(long MaxLinesPerSecond, long MaxBytesPerSecond)
{
    /// <summary>Without bound.</summary>
    public static SourceRateLimit None { get; } = new(0, 0);
}

/// <summary>
/// The allowance of one sender: two buckets that fill by the second. Whoever has something left may send a batch of any size and pays for it afterwards, so
/// that a large batch is not shut out for ever. Thread-safe.
/// </summary>
internal sealed class SourceRate(TimeProvider time)
{
    private readonly Lock _gate = new();
    private SourceRateLimit _limit = SourceRateLimit.None;
    private double _lines;
    private double _bytes;
    private long _filledAt;

    /// <summary>Takes an amount; false when the sender has to wait, with the limit that it has reached and how long that takes.</summary>
    public bool TryTake(SourceRateLimit limit, long lines, long bytes, out string reached, out TimeSpan wait)
    {
        reached = string.Empty;
        wait = TimeSpan.Zero;
        if (limit.MaxLinesPerSecond <= 0 && limit.MaxBytesPerSecond <= 0)
        {
            return true;
        }

        lock (_gate)
        {
            Fill(limit);
            if (limit.MaxLinesPerSecond > 0 && _lines < 1)
            {
                reached = nameof(SourceRateLimit.MaxLinesPerSecond);
                wait = Until(_lines, limit.MaxLinesPerSecond);
                return false;
            }

            if (limit.MaxBytesPerSecond > 0 && _bytes < 1)
            {
                reached = nameof(SourceRateLimit.MaxBytesPerSecond);
                wait = Until(_bytes, limit.MaxBytesPerSecond);
                return false;
            }

            _lines -= lines;
            _bytes -= bytes;
            return true;
        }
    }

    private void Fill(SourceRateLimit limit)
    {
        var now = time.GetTimestamp();
        if (limit != _limit)
        {
            (_limit, _lines, _bytes, _filledAt) = (limit, limit.MaxLinesPerSecond, limit.MaxBytesPerSecond, now);
            return;
        }

        var seconds = time.GetElapsedTime(_filledAt, now).TotalSeconds;
        _filledAt = now;
        _lines = Math.Min(limit.MaxLinesPerSecond, _lines + (seconds * limit.MaxLinesPerSecond));
        _bytes = Math.Min(limit.MaxBytesPerSecond, _bytes + (seconds * limit.MaxBytesPerSecond));
    }

    private static TimeSpan Until(double level, long perSecond) => TimeSpan.FromSeconds(((1 - level) / perSecond) + 0.001);
}
