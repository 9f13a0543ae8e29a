using Sightglass.Core.Errors;

namespace Sightglass.Core.Limits;

/// <summary>A share of memory that holders account for. Over it, a new claim fails, and with it what wanted it and nothing else. Thread-safe.</summary>
/// <param name="name">The setting that errors name.</param>
/// <param name="limitBytes">The share, in bytes.</param>
/// <param name="message">What is said when it is used up.</param>
public sealed class MemoryBudget(string name, long limitBytes, string message)
{
    private long _used;

    /// <summary>The share, in bytes.</summary>
    public long LimitBytes { get; } = limitBytes;

    /// <summary>Bytes claimed at present.</summary>
    public long UsedBytes => Interlocked.Read(ref _used);

    /// <summary>Claims bytes.</summary>
    /// <exception cref="LimitExceededException">There is not enough left.</exception>
    public void Claim(long bytes)
    {
        var after = Interlocked.Add(ref _used, bytes);
        if (after > LimitBytes && bytes > 0)
        {
            Interlocked.Add(ref _used, -bytes);
            throw new LimitExceededException(name, LimitBytes, after, message);
        }
    }

    /// <summary>Gives claimed bytes back.</summary>
    public void Return(long bytes) => Interlocked.Add(ref _used, -bytes);
}
