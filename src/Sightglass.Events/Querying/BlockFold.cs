using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;
using Sightglass.Events.Memory;

namespace Sightglass.Events.Querying;

/// <summary>
/// Counts the selected rows of blocks into a <see cref="FoldTable"/>. What tells rows apart is put together column by column into a number per row, by
/// the entries of the columns and not by their values; only what is distinct in a block is looked up by value. Scratch of one worker.
/// </summary>
internal sealed partial class BlockFold : IDisposable
{
    /// <summary>Up to so many possible pairs a table is quicker than a dictionary.</summary>
    private const long DirectPairs = 1 << 18;

    private readonly EventPlan _plan;
    private readonly EventFold _fold;
    private readonly FoldCells _cells;
    private readonly ColumnKey[] _keys;
    private readonly ColumnView?[] _views;
    private readonly bool[] _zero;
    private readonly Dictionary<EventStream, EventStream> _streamOf = [];
    private readonly Dictionary<EventScope, uint> _scopeNumbers = [];
    private readonly Dictionary<EventStream, int> _streamNumbers = [];
    private readonly List<EventStream> _streams = [];
    private readonly List<EventScope?> _scopes = [];
    private readonly List<Step> _steps = [];
    private readonly Dictionary<long, int> _pairs = [];
    private readonly DistinctValues _distinct = new();
    private readonly ByteWriter _key = new(256);
    private int[] _direct = new int[1024];
    private int[] _rows = [];
    private int[] _ids = [];
    private int[] _codes = [];
    private int _count;
    private int _combinations;

    public BlockFold(EventPlan plan)
    {
        _plan = plan;
        _fold = plan.Fold!;
        _cells = new FoldCells(plan);
        _keys = [.. plan.Columns.Select(static c => new ColumnKey(c.Scope == ColumnScope.Field, c.Name, 0))];
        _views = new ColumnView?[_keys.Length];
        _zero = new bool[_keys.Length];
    }

    /// <summary>Whether a plan can be folded here: its columns are stored with the rows.</summary>
    public static bool CanFold(EventPlan plan) => plan is { Fold: not null, Order: EventOrder.Any, AllAttributes: false, Limit: long.MaxValue }
        && FoldCells.Fit(plan)
        && AreStored(plan.Columns);

    /// <summary>Whether the values of columns are stored with the rows.</summary>
    public static bool AreStored(IReadOnlyList<ColumnRef> columns) => columns.All(static c => c.Scope == ColumnScope.Attribute
        || (c.Scope == ColumnScope.Field && c.Name is not (EventFields.ScopeName or EventFields.ScopeVersion or EventFields.Time)));

    /// <summary>Counts the rows of a block.</summary>
    public void Add(RowBlock block, RowBitmap selected, FoldTable table)
    {
        _steps.Clear();
        _streams.Clear();
        _streamNumbers.Clear();
        _scopes.Clear();
        _count = selected.PopCount();
        for (var i = 0; i < _keys.Length; i++)
        {
            // Read now: what is broken must not have been counted in part.
            _views[i] = block.Column(_keys[i]);
            _ = _views[i]?.Values;
            _zero[i] = _keys[i].MissingIsZero && block.HasField(_keys[i].Name);
        }

        var ofStream = Streams(block);
        var ofScope = Scopes(block);
        var firstCell = _cells.Of(Math.Max(block.MinTime, _plan.MinTimeUnixNano));
        var cells = _cells.Of(Math.Min(block.MaxTime, _plan.MaxTimeUnixNano - 1)) - firstCell + 1;
        var plain = cells == 1 && ofScope is null && Array.TrueForAll(_views, static v => v is null);
        if (plain && CountByRuns(block, selected, ofStream, firstCell, table))
        {
            return;
        }

        ListRows(selected);
        _combinations = 1;
        Array.Clear(_ids, 0, _count);
        if (ofStream is not null)
        {
            Take(block.StreamIndex!, ofStream);
            Combine(StepKind.Stream, 0, _streams.Count);
        }

        if (ofScope is not null)
        {
            Take(block.ScopeIndex!, ofScope);
            Combine(StepKind.Scope, 0, _scopes.Count);
        }

        for (var i = 0; i < _views.Length; i++)
        {
            if (_views[i] is { } view)
            {
                CombineColumn(view, i);
            }
        }

        var groups = Groups(table);
        if (cells == 1)
        {
            CountGroups(groups, firstCell, table);
            return;
        }

        Cells(block, firstCell);
        Combine(StepKind.Cell, 0, cells);
        CountCells(groups, firstCell, table);
    }

    public void Dispose() => _key.Dispose();

    private enum StepKind
    {
        Stream,
        Scope,
        Column,
        Cell,
    }

    /// <summary>
    /// One thing that tells rows apart: for each number, the number before it and the code that was added. A code of a column is an entry plus 1, or 0 for
    /// no value, unless a table says the entry plus 1 of each code.
    /// </summary>
    private sealed record Step(StepKind Kind, int Column, List<int> Before, List<int> Code, int[]? Entries);

    private void ListRows(RowBitmap selected)
    {
        if (_rows.Length < _count)
        {
            _rows = new int[selected.Count];
            _ids = new int[selected.Count];
            _codes = new int[selected.Count];
        }

        var at = 0;
        for (var i = 0; i < selected.Words.Length; i++)
        {
            for (var word = selected.Words[i]; word != 0; word &= word - 1)
            {
                _rows[at++] = (i << 6) + System.Numerics.BitOperations.TrailingZeroCount(word);
            }
        }
    }

    private void Take(int[] index, int[] numbers)
    {
        for (var i = 0; i < _count; i++)
        {
            _codes[i] = numbers[index[_rows[i]]];
        }
    }

    private void Cells(RowBlock block, int firstCell)
    {
        var view = block.Column(ColumnKey.Time)!;
        Entries(view);
        var times = view.Values.Bits;
        var cell = firstCell;
        long start = long.MaxValue, end = long.MinValue;
        for (var i = 0; i < _count; i++)
        {
            // Rows of a stream stand in the order of time, so that most are in the cell of the row before.
            var time = _codes[i] < 0 ? 0 : times[_codes[i]];
            if (time < start || time >= end)
            {
                cell = _cells.Of(time);
                end = _cells.EndOf(cell);
                start = _cells.StartOf(cell);
            }

            _codes[i] = cell - firstCell;
        }
    }

    /// <summary>Adds a code to what tells the rows apart so far, and numbers the pairs anew.</summary>
    private void Combine(StepKind kind, int column, int codes, int[]? entries = null)
    {
        var before = new List<int>();
        var code = new List<int>();
        if ((long)_combinations * codes <= DirectPairs)
        {
            var size = _combinations * codes;
            if (_direct.Length < size)
            {
                _direct = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)size)];
            }

            _direct.AsSpan(0, size).Clear();
            for (var i = 0; i < _count; i++)
            {
                ref var number = ref _direct[(_ids[i] * codes) + _codes[i]];
                if (number == 0)
                {
                    before.Add(_ids[i]);
                    code.Add(_codes[i]);
                    number = before.Count;
                }

                _ids[i] = number - 1;
            }
        }
        else
        {
            _pairs.Clear();
            for (var i = 0; i < _count; i++)
            {
                ref var number = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_pairs, ((long)_ids[i] << 32) | (uint)_codes[i], out _);
                if (number == 0)
                {
                    before.Add(_ids[i]);
                    code.Add(_codes[i]);
                    number = before.Count;
                }

                _ids[i] = number - 1;
            }
        }

        _combinations = before.Count;
        _steps.Add(new Step(kind, column, before, code, entries));
    }

    /// <summary>The table's group for each number so far.</summary>
    private int[] Groups(FoldTable table)
    {
        var groups = new int[_combinations];
        var codes = new int[_views.Length];
        for (var id = 0; id < groups.Length; id++)
        {
            for (var i = 0; i < codes.Length; i++)
            {
                codes[i] = _views[i] is null ? 0 : 1;
            }

            var stream = _streams[0];
            var scope = _scopes[0];
            var at = id;
            for (var step = _steps.Count - 1; step >= 0; step--)
            {
                var code = _steps[step].Code[at];
                switch (_steps[step].Kind)
                {
                    case StepKind.Stream:
                        stream = _streams[code];
                        break;
                    case StepKind.Scope:
                        scope = _scopes[code];
                        break;
                    default:
                        codes[_steps[step].Column] = _steps[step].Entries is { } entries ? entries[code] : code;
                        break;
                }

                at = _steps[step].Before[at];
            }

            groups[id] = Group(table, stream, scope, i => codes[i] - 1);
        }

        return groups;
    }

    private int Group(FoldTable table, EventStream stream, EventScope? scope, Func<int, int> entryOf)
    {
        _key.Clear();
        _key.WriteUInt64(stream.Id.High);
        _key.WriteUInt64(stream.Id.Low);
        _key.WriteUInt32(scope is null ? 0 : ScopeNumber(scope));
        for (var i = 0; i < _views.Length; i++)
        {
            var entry = _views[i] is null ? -1 : entryOf(i);
            if (entry < 0)
            {
                _key.WriteByte(0);
                continue;
            }

            var values = _views[i]!.Values;
            _key.WriteByte((byte)values.TypeOf(entry));
            if (FieldTypes.HasBytes(values.TypeOf(entry)))
            {
                _key.WriteLengthPrefixed(values.BytesOf(entry));
            }
            else
            {
                _key.WriteUInt64((ulong)values.Bits[entry]);
            }
        }

        var key = Hash128.Compute(_key.Written);
        if (table.TryGet(key, out var group))
        {
            return group;
        }

        if (table.Groups >= _fold.MostGroups && AnyValue(entryOf))
        {
            return -1;
        }

        var columns = table.AddGroup(key, stream, scope, out group);
        for (var i = 0; i < columns.Length; i++)
        {
            var entry = _views[i] is null ? -1 : entryOf(i);
            if (entry >= 0)
            {
                PageBuilder.Add(_views[i]!.Values, entry, columns[i]);
            }
            else
            {
                columns[i].Add(_zero[i] ? AttributeType.Int : AttributeType.None, 0);
            }
        }

        return group;
    }

    private bool AnyValue(Func<int, int> entryOf)
    {
        for (var i = 0; i < _views.Length; i++)
        {
            if (_views[i] is not null && entryOf(i) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    private uint ScopeNumber(EventScope scope)
    {
        if (!_scopeNumbers.TryGetValue(scope, out var number))
        {
            _scopeNumbers.Add(scope, number = (uint)_scopeNumbers.Count + 1);
        }

        return number;
    }

    private void CountGroups(int[] groups, int cell, FoldTable table)
    {
        Array.Clear(_codes, 0, Math.Min(_codes.Length, groups.Length));
        for (var i = 0; i < _count; i++)
        {
            _codes[_ids[i]]++;
        }

        for (var id = 0; id < groups.Length; id++)
        {
            table.Count(groups[id], cell, _codes[id]);
        }
    }

    private void CountCells(int[] groups, int firstCell, FoldTable table)
    {
        var last = _steps[^1];
        Array.Clear(_codes, 0, _combinations);
        for (var i = 0; i < _count; i++)
        {
            _codes[_ids[i]]++;
        }

        for (var id = 0; id < _combinations; id++)
        {
            table.Count(groups[last.Before[id]], firstCell + last.Code[id], _codes[id]);
        }
    }
}
