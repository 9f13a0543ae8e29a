using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;
using Sightglass.Events.Memory;
using Sightglass.Events.Parts;

namespace Sightglass.Events.Querying;

/// <summary>Codes of rows by their streams, scopes and columns, as few as can be had without looking at values one by one.</summary>
internal sealed partial class BlockFold
{
    /// <summary>Finds the streams that stand for those of the block; a number for each of the block's, or null when one stands for all.</summary>
    private int[]? Streams(RowBlock block)
    {
        if (block is PartBlock part && part.Header.Runs.Length == 1)
        {
            _streams.Add(For(part.Streams[part.Header.Runs[0].Stream].Stream));
            return null;
        }

        // Of a part's streams a block has few.
        var numbers = new int[block.Streams.Length];
        if (block is PartBlock stored)
        {
            foreach (var run in stored.Header.Runs)
            {
                numbers[run.Stream] = StreamNumber(block.Streams[run.Stream].Stream);
            }
        }
        else
        {
            for (var i = 0; i < numbers.Length; i++)
            {
                numbers[i] = StreamNumber(block.Streams[i].Stream);
            }
        }

        return _streams.Count == 1 || block.StreamIndex is null ? null : numbers;
    }

    private int StreamNumber(EventStream stream)
    {
        var standing = For(stream);
        if (!_streamNumbers.TryGetValue(standing, out var number))
        {
            _streamNumbers.Add(standing, number = _streams.Count);
            _streams.Add(standing);
        }

        return number;
    }

    private EventStream For(EventStream stream)
    {
        if (_fold.Streams is null)
        {
            return stream;
        }

        if (!_streamOf.TryGetValue(stream, out var standing))
        {
            _streamOf.Add(stream, standing = _fold.Streams(stream));
        }

        return standing;
    }

    private int[]? Scopes(RowBlock block)
    {
        var numbers = new int[block.Scopes.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            var scope = block.Scopes[i]?.Scope;
            scope = scope is null || _fold.Scopes is null ? scope : _fold.Scopes(scope);
            numbers[i] = _scopes.IndexOf(scope);
            if (numbers[i] < 0)
            {
                numbers[i] = _scopes.Count;
                _scopes.Add(scope);
            }
        }

        // Without a column of scopes all rows have the first, which is none.
        return _scopes.Count == 1 || block.ScopeIndex is null ? null : numbers;
    }

    private void CombineColumn(ColumnView view, int column)
    {
        var values = view.Values;
        if (view.Presence is null && values.IsConstant)
        {
            // The same for all: the group's description finds it by the view.
            return;
        }

        if (view.Presence is null && values.Index is { } index)
        {
            for (var i = 0; i < _count; i++)
            {
                _codes[i] = index[_rows[i]] + 1;
            }

            Combine(StepKind.Column, column, values.EntryCount + 1);
            return;
        }

        // Entries are not distinct where a column has no dictionary.
        if (values.Index is null && !values.IsConstant && (NumberRange(view, column) || Distinct(view, column)))
        {
            return;
        }

        Entries(view);
        for (var i = 0; i < _count; i++)
        {
            _codes[i]++;
        }

        Combine(StepKind.Column, column, values.EntryCount + 1);
    }

    /// <summary>Writes the entry of each row, or -1, where the codes will be.</summary>
    private void Entries(ColumnView view)
    {
        var values = view.Values;
        var rows = _rows.AsSpan(0, _count);
        var entries = _codes.AsSpan(0, _count);
        if (view.Presence is { } presence)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                entries[i] = presence.IndexOf(rows[i]);
            }
        }
        else
        {
            rows.CopyTo(entries);
        }

        if (values.Index is { } index)
        {
            foreach (ref var entry in entries)
            {
                entry = entry < 0 ? -1 : index[entry];
            }
        }
        else if (values.EntryCount == 1)
        {
            foreach (ref var entry in entries)
            {
                entry = Math.Min(entry, 0);
            }
        }
    }

    /// <summary>Tells integers of a small range apart by their values; false for what is not that.</summary>
    private bool NumberRange(ColumnView view, int column)
    {
        var values = view.Values;
        if (values.Type is not (AttributeType.Int or AttributeType.Bool))
        {
            return false;
        }

        var bits = values.Bits.AsSpan(0, values.EntryCount);
        var (min, max) = (long.MaxValue, long.MinValue);
        foreach (var value in bits)
        {
            (min, max) = (Math.Min(min, value), Math.Max(max, value));
        }

        if ((ulong)max - (ulong)min > ushort.MaxValue)
        {
            return false;
        }

        var entries = new int[max - min + 2];
        for (var i = 0; i < bits.Length; i++)
        {
            entries[bits[i] - min + 1] = i + 1;
        }

        Entries(view);
        foreach (ref var code in _codes.AsSpan(0, _count))
        {
            code = code < 0 ? 0 : (int)(bits[code] - min) + 1;
        }

        Combine(StepKind.Column, column, entries.Length, entries);
        return true;
    }

    /// <summary>Tells values apart by a dictionary made for it; false when nearly all differ.</summary>
    private bool Distinct(ColumnView view, int column)
    {
        if (!_distinct.TryCollect(view.Values))
        {
            return false;
        }

        var entries = new int[_distinct.Count + 1];
        for (var i = 1; i < entries.Length; i++)
        {
            entries[i] = _distinct.FirstOf(i - 1) + 1;
        }

        Entries(view);
        foreach (ref var code in _codes.AsSpan(0, _count))
        {
            code = code < 0 ? 0 : _distinct.Index[code] + 1;
        }

        Combine(StepKind.Column, column, entries.Length, entries);
        return true;
    }
}
