namespace Sightglass.Ingest.Bodies;

/// <summary>
/// Bounds the memory of all request bodies that are read at one time. A body that does not fit is refused and the sender asked to come
/// again, so that many large bodies slow their senders and never fill the process. Thread-safe.
/// </summary>
public sealed class BodyBudget(long maxBytes)
{
    /// <summary>Default of <see cref="MaxBytes"/>: two bodies of the largest size with their decompressed forms.</summary>
    public const long DefaultBytes = 192L << 20;

    private long _used;

    /// <summary>Bytes that all bodies together may take.</summary>
    public long MaxBytes { get; } = maxBytes;

    /// <summary>Bytes in use.</summary>
    public long UsedBytes => Interlocked.Read(ref _used);

    internal void Take(long bytes)
    {
        var used = Interlocked.Add(ref _used, bytes);
        if (used > MaxBytes)
        {
            Interlocked.Add(ref _used, -bytes);
            throw new BodyException(BodyError.Busy, $"request bodies use {used - bytes} bytes of memory, limit BodyBudget is {MaxBytes}");
        }
    }

    internal void Return(long bytes) => Interlocked.Add(ref _used, -bytes);
}
