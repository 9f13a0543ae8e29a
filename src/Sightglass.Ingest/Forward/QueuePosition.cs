using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Sightglass.Core.Bytes;

namespace Sightglass.Ingest.Forward;

/// <summary>
/// How far a queue was read, in a file of twenty bytes that is overwritten in place. A damaged one is as none: the queue is then sent again from its
/// oldest record.
/// </summary>
internal sealed class QueuePosition(string path) : IDisposable
{
    private const int Bytes = 20;

    private readonly SafeFileHandle _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);

    public (long Segment, long Offset) Read()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        return RandomAccess.Read(_file, bytes, 0) == Bytes && Crc32C.Compute(bytes[..16]) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..])
            ? (BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]))
            : (0, 0);
    }

    public void Write(long segment, long offset)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, segment);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], offset);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[16..], Crc32C.Compute(bytes[..16]));
        RandomAccess.Write(_file, bytes, 0);
    }

    public void Dispose() => _file.Dispose();
}
