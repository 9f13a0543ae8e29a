using Sightglass.Events.Columns;
using Sightglass.Events.Deletion;
using Sightglass.Events.Memory;
using Sightglass.Events.Records;

namespace Sightglass.Events.Parts;

/// <summary>
/// Merges parts of one day, oldest flush first, into one: stream after stream, rows by time, hidden rows left out. Held in memory are the blocks that the rows of the next
/// block come from, about one per part.
/// </summary>
internal sealed class PartMerge
{
    private readonly BlockSink _sink;
    private readonly Action _between;
    private readonly CancellationToken _cancellation;
    private readonly List<Source> _sources = [];
    private readonly List<RowRef> _rows = [];
    private readonly List<RowBlock> _blocks = [];
    private readonly Dictionary<PartBlock, int> _blockNumbers = [];
    private readonly int _maxRows;

    /// <param name="parts">The parts, in the order of their flushes.</param>
    /// <param name="sink">Takes the blocks.</param>
    /// <param name="between">Called before each block.</param>
    /// <param name="cancellation">Asked for each block.</param>
    public PartMerge(IReadOnlyList<EventPart> parts, BlockSink sink, Action between, CancellationToken cancellation)
    {
        _sink = sink;
        _between = between;
        _cancellation = cancellation;
        long tieOffset = 0;
        long bytes = 0;
        foreach (var part in parts)
        {
            _sources.Add(new Source(part, tieOffset));
            MaxTie = tieOffset + part.Directory.MaxTie;
            tieOffset = MaxTie + 1;
            bytes += part.Directory.Blocks.Sum(static b => b.ValueBytes);
        }

        _maxRows = BlockBounds.RowsFor(bytes, parts.Sum(p => p.Directory.Rows));
    }

    /// <summary>Largest tie of the new part.</summary>
    public long MaxTie { get; }

    public void Run()
    {
        foreach (var source in _sources)
        {
            source.Start();
        }

        while (FirstStream() is { } stream)
        {
            if (_rows.Count >= BlockBounds.EnoughRows)
            {
                Emit();
            }

            MergeStream(stream);
        }

        if (_rows.Count > 0)
        {
            Emit();
        }
    }

    private StreamEntry? FirstStream()
    {
        StreamEntry? first = null;
        foreach (var source in _sources)
        {
            if (source.Stream is { } stream && (first is null || stream.CompareTo(first) < 0))
            {
                first = stream;
            }
        }

        return first;
    }

    private void MergeStream(StreamEntry stream)
    {
        while (true)
        {
            Source? next = null;
            foreach (var source in _sources)
            {
                // Of equal times the older part's row comes first.
                if (ReferenceEquals(source.Stream, stream) && (next is null || source.Time < next.Time))
                {
                    next = source;
                }
            }

            if (next is null)
            {
                return;
            }

            if (_rows.Count >= _maxRows)
            {
                Emit();
            }

            _rows.Add(new RowRef(NumberOf(next.Block!), next.Row, next.Tie));
            next.NextRow();
        }
    }

    private int NumberOf(PartBlock block)
    {
        if (!_blockNumbers.TryGetValue(block, out var number))
        {
            number = _blocks.Count;
            _blocks.Add(block);
            _blockNumbers.Add(block, number);
        }

        return number;
    }

    private void Emit()
    {
        _cancellation.ThrowIfCancellationRequested();
        _between();
        _sink.Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_rows), _blocks);
        _rows.Clear();
        _blocks.Clear();
        _blockNumbers.Clear();
    }

    /// <summary>Walks the rows of a part.</summary>
    private sealed class Source(EventPart part, long tieOffset)
    {
        private readonly HiddenRows _hidden = new();
        private RowBitmap? _visible;
        private int _nextBlock;
        private int _run = -1;
        private int _rowsOfRun;
        private ColumnView? _times;
        private ColumnView? _ties;

        public PartBlock? Block { get; private set; }

        public StreamEntry? Stream { get; private set; }

        public int Row { get; private set; }

        public long Time { get; private set; }

        public long Tie => (_ties?.NumberOfRow(Row) ?? 0) + tieOffset;

        public void Start()
        {
            NextRun();
            SkipHidden();
        }

        public void NextRow()
        {
            Advance();
            SkipHidden();
        }

        private void SkipHidden()
        {
            while (_visible is not null && Stream is not null && !_visible[Row])
            {
                Advance();
            }
        }

        private void Advance()
        {
            Row++;
            if (--_rowsOfRun > 0)
            {
                Time = _times!.NumberOfRow(Row);
            }
            else
            {
                NextRun();
            }
        }

        private void NextRun()
        {
            _run++;
            while (Block is null || _run == Block.Header.Runs.Length)
            {
                if (_nextBlock == part.Directory.Blocks.Length)
                {
                    Stream = null;
                    return;
                }

                var block = new PartBlock(part, _nextBlock++);
                if (part.IsBad(block.Number))
                {
                    continue;
                }

                (Block, _run, Row) = (block, 0, 0);
                _visible = _hidden.Visible(block);
                _times = block.Column(ColumnKey.Time);
                _ties = block.Column(ColumnKey.Tie);
            }

            var run = Block.Header.Runs[_run];
            Stream = Block.Streams[run.Stream];
            _rowsOfRun = run.Rows;
            Time = _times!.NumberOfRow(Row);
        }
    }
}
