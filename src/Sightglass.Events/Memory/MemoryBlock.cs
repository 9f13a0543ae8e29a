using System.Collections.Concurrent;
using Sightglass.Core.Contracts;
using Sightglass.Events.Columns;
using Sightglass.Events.Records;

namespace Sightglass.Events.Memory;

/// <summary>A chunk of the memory table as it was at one moment. Shared by readers: the lazily built views are the only state, and safe.</summary>
internal sealed class MemoryBlock : RowBlock
{
    private readonly int[] _streamOfRow;
    private readonly Dictionary<ColumnKey, MemoryColumnView> _columns;
    private readonly ConcurrentDictionary<ColumnKey, ColumnView> _views = new();
    private int[]? _rowsOfStreams;

    public MemoryBlock(EventSignal signal, int rows, long minTime, long maxTime, StreamEntry[] streams, int[] streamOfRow, ScopeIdentity?[] scopes, List<MemoryColumnView> columns)
    {
        Signal = signal;
        Rows = rows;
        MinTime = minTime;
        MaxTime = maxTime;
        Streams = streams;
        Scopes = scopes;
        _streamOfRow = streamOfRow;
        _columns = columns.ToDictionary(c => c.Key);
    }

    public override EventSignal Signal { get; }

    public override int Rows { get; }

    public override long MinTime { get; }

    public override long MaxTime { get; }

    public override StreamEntry[] Streams { get; }

    public override int[]? StreamIndex => Streams.Length == 1 ? null : _streamOfRow;

    public override ScopeIdentity?[] Scopes { get; }

    /// <summary>How many rows each stream has. Counted once.</summary>
    public ReadOnlySpan<int> RowsOfStreams => _rowsOfStreams ??= CountStreams();

    public override IReadOnlyCollection<ColumnKey> Columns => _columns.Keys;

    public override ColumnView? Column(ColumnKey key)
    {
        if (!_columns.TryGetValue(key, out var column))
        {
            return null;
        }

        return _views.GetOrAdd(key, static (_, args) => args.column.ToColumn(args.Rows), (column, Rows));
    }

    private int[] CountStreams()
    {
        var rows = new int[Streams.Length];
        for (var row = 0; row < Rows; row++)
        {
            rows[_streamOfRow[row]]++;
        }

        return rows;
    }
}
