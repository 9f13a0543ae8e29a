using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Events.Memory;
using Sightglass.Storage;

namespace Sightglass.Events.Parts;

/// <summary>Writes the blocks of one new part, one after the other, and then its look-up and directory. Not thread-safe.</summary>
internal sealed class BlockSink(EventSignal signal, int day, int compressionLevel, PartFileWriter columnFile, Func<IStoredFile> scratch) : IDisposable
{
    private readonly BlockAssembler _assembler = new(compressionLevel);
    private readonly PartTables _tables = new();
    private readonly ByteWriter _buffer = new(1 << 20);
    private readonly List<BlockHeader> _blocks = [];
    private readonly TracePairs _traces = new(scratch);

    /// <summary>Rows written.</summary>
    public long Rows { get; private set; }

    /// <summary>Writes a block. The rows are sorted by stream, time and tie.</summary>
    public void Add(ReadOnlySpan<RowRef> rows, IReadOnlyList<RowBlock> sources)
    {
        _buffer.Clear();
        _blocks.Add(_assembler.Assemble(rows, sources, _tables, _buffer, columnFile.Length, _traces, _blocks.Count));
        _traces.EndBlock();
        columnFile.Append(_buffer.Written);
        Rows += rows.Length;
    }

    /// <summary>Writes the trace look-up and the directory, when all blocks are written.</summary>
    public void Finish(long firstFlush, long lastFlush, long maxTie, AppendBytes traceFile, ByteWriter directoryFile)
    {
        TraceIndex.Write(_traces, _blocks.Count, traceFile);
        new PartDirectory
        {
            Signal = signal,
            Day = day,
            FirstFlush = firstFlush,
            LastFlush = lastFlush,
            MaxTie = maxTie,
            Rows = Rows,
            Streams = [.. _tables.Streams],
            Scopes = [.. _tables.Scopes],
            Keys = [.. _tables.Keys],
            Blocks = [.. _blocks],
        }.Write(directoryFile);
    }

    public void Dispose()
    {
        _assembler.Dispose();
        _buffer.Dispose();
    }
}
