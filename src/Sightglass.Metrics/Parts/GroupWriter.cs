using Sightglass.Core.Bytes;
using Sightglass.Storage;

namespace Sightglass.Metrics.Parts;

/// <summary>Gathers blocks or columns to groups, and compresses and writes a group when it is large enough. Not thread-safe.</summary>
internal sealed class GroupWriter(PartFileWriter file, int level) : IDisposable
{
    private readonly ByteWriter _packed = new(PartFormat.GroupBytes);

    /// <summary>The open group; what is written here stands at <see cref="ByteWriter.Length"/> of group <see cref="Count"/>.</summary>
    public ByteWriter Open { get; } = new(PartFormat.GroupBytes * 2);

    /// <summary>References to the groups so far.</summary>
    public ByteWriter References { get; } = new(4096);

    /// <summary>Groups closed so far: the number of the open one.</summary>
    public int Count { get; private set; }

    /// <summary>Closes the open group when it has its size.</summary>
    public void CloseWhenFull()
    {
        if (Open.Length >= PartFormat.GroupBytes)
        {
            Close();
        }
    }

    /// <summary>Closes the open group when it has anything.</summary>
    public void Close()
    {
        if (Open.Length == 0)
        {
            return;
        }

        _packed.Clear();
        Zstd.Compress(Open.Written, _packed, level);
        file.Append(_packed.Written).Write(References);
        References.WriteVarint((ulong)Open.Length);
        Open.Clear();
        Count++;
    }

    public void Dispose()
    {
        _packed.Dispose();
        Open.Dispose();
        References.Dispose();
    }
}
