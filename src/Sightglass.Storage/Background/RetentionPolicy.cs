namespace Sightglass.Storage;

/// <summary>How long data is kept, by its own time.</summary>
/// <param name="Age">Older is dropped; zero or less keeps everything.</param>
public readonly record struct RetentionPolicy(TimeSpan Age)
{
    /// <summary>The oldest time kept, milliseconds since the Unix epoch.</summary>
    public long CutoffMs(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        return Age <= TimeSpan.Zero ? long.MinValue : time.GetUtcNow().ToUnixTimeMilliseconds() - (long)Age.TotalMilliseconds;
    }
}
