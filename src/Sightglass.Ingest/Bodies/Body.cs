using Sightglass.Core.Bytes;

namespace Sightglass.Ingest.Bodies;

/// <summary>A request body in pooled memory. Dispose gives the memory back; the bytes are then invalid.</summary>
public sealed class Body : IDisposable
{
    private readonly BodyBudget _budget;
    private long _charged;
    private bool _disposed;

    internal Body(BodyBudget budget) => _budget = budget;

    /// <summary>The bytes, decompressed.</summary>
    public ReadOnlySpan<byte> Bytes => Writer.Written;

    /// <summary>Bytes that came over the wire.</summary>
    public long ReceivedBytes { get; internal set; }

    /// <summary>The bytes as memory, for what is framed inside of a body.</summary>
    public ReadOnlyMemory<byte> Memory => Writer.WrittenMemory;

    internal ReadOnlyMemory<byte> WrittenMemory => Writer.WrittenMemory;

    internal ByteWriter Writer { get; } = new(16 << 10);

    /// <summary>Makes sure that <paramref name="more"/> further bytes are paid for.</summary>
    internal void Charge(long more)
    {
        var wanted = Writer.Length + more;
        if (wanted > _charged)
        {
            _budget.Take(wanted - _charged);
            _charged = wanted;
        }
    }

    internal void Refund(long bytes)
    {
        _budget.Return(bytes);
        _charged -= bytes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _budget.Return(_charged);
            Writer.Dispose();
        }
    }
}
