using Sightglass.Core.Errors;

namespace Sightglass.Storage;

/// <summary>A share of memory that holders account for. Over it, new claims fail so that the sender slows down. Thread-safe.</summary>
public sealed class MemoryBudget(string name, long limitBytes)
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
            throw new LimitExceededException(name, LimitBytes, after, "memory budget exhausted");
        }
    }

    /// <summary>Gives claimed bytes back.</summary>
    public void Return(long bytes) => Interlocked.Add(ref _used, -bytes);
}
