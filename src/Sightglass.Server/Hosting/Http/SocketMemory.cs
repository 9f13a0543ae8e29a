using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Sightglass.Server.Hosting.Http;

/// <summary>
/// The blocks that bodies are received into and answers are written from, for all connections. Keeps what comes back for the next who asks, up to <see cref="MaxFreeBytes"/>,
/// until <see cref="Release"/>: what Kestrel makes of itself without its container keeps for ever as much as the largest burst took. Thread-safe.
/// </summary>
internal sealed class SocketMemory : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    /// <summary>Bytes of a block.</summary>
    public const int BlockBytes = 4096;

    /// <summary>Free blocks beyond this many bytes are left to the collector.</summary>
    public const int MaxFreeBytes = 16 << 20;

    private readonly ConcurrentQueue<Block> _free = [];
    private int _freeCount;

    public override int MaxBufferSize => BlockBytes;

    /// <summary>Bytes that are kept for the next who asks.</summary>
    public long FreeBytes => (long)Volatile.Read(ref _freeCount) * BlockBytes;

    /// <summary>One pool for all who ask.</summary>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    /// <summary>Makes a transport take its blocks from here.</summary>
    public void Serve(SocketTransportOptions transport) => SetMemoryPoolFactory(transport, this);

    /// <exception cref="ArgumentOutOfRangeException">More than <see cref="BlockBytes"/>.</exception>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        if (_free.TryDequeue(out var block))
        {
            Interlocked.Decrement(ref _freeCount);
            return block;
        }

        return new Block(this);
    }

    /// <summary>Leaves what is free to the collector.</summary>
    public void Release()
    {
        while (_free.TryDequeue(out _))
        {
            Interlocked.Decrement(ref _freeCount);
        }
    }

    protected override void Dispose(bool disposing) => Release();

    private void Return(Block block)
    {
        if (Interlocked.Increment(ref _freeCount) <= MaxFreeBytes / BlockBytes)
        {
            _free.Enqueue(block);
        }
        else
        {
            Interlocked.Decrement(ref _freeCount);
        }
    }

    // Which pool a transport has is told by the container alone otherwise.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_MemoryPoolFactory")]
    private static extern void SetMemoryPoolFactory(SocketTransportOptions transport, IMemoryPoolFactory<byte> factory);

    /// <summary>Pinned, since the kernel reads and writes it.</summary>
    private sealed class Block(SocketMemory pool) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true), 0, BlockBytes);

        public void Dispose() => pool.Return(this);
    }
}
