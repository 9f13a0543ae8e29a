using System.Numerics;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;

namespace Sightglass.Events.Querying;

/// <summary>
/// Counts the selected rows of a block by the entries of a column, and gives a tally each value that occurs once with its count. Scratch of one worker.
/// </summary>
internal sealed class ColumnCounter
{
    /// <summary>Integers whose values lie so close together are counted by value.</summary>
    private const long DirectRange = 1 << 16;

    private readonly DistinctValues _distinct = new();
    private RowBitmap _selected = RowBitmap.All(0);
    private int _count;
    private int[] _entries = [];
    private int[] _counts = [];

    /// <summary>Turns to the rows of a block.</summary>
    public void Begin(RowBitmap selected)
    {
        _selected = selected;
        _count = selected.PopCount();
    }

    /// <summary>Counts a column of the block.</summary>
    /// <param name="view">The column.</param>
    /// <param name="skipsZero">The integer 0 is no value.</param>
    /// <param name="tally">Gets the counts; other workers may add to it at the same time.</param>
    public void Count(ColumnView view, bool skipsZero, ColumnTally tally)
    {
        var rows = Present(view);
        if (rows == 0)
        {
            return;
        }

        bool isScattered;
        lock (tally)
        {
            isScattered = tally.IsScattered;
        }

        if (isScattered)
        {
            lock (tally)
            {
                tally.AddOthers(rows);
            }

            return;
        }

        var values = view.Values;
        if (values.IsConstant)
        {
            lock (tally)
            {
                Add(tally, values, 0, rows, skipsZero);
            }

            return;
        }

        ListEntries(view, rows);
        var listed = _entries.AsSpan(0, rows);
        if (values.Index is null && CountRange(values, listed, skipsZero, tally))
        {
            return;
        }

        // What is distinct is looked for in the whole column, which does not pay for few of its rows.
        if (values.Index is null && rows > values.Count / 4 && _distinct.TryCollect(values))
        {
            foreach (ref var entry in listed)
            {
                entry = _distinct.Index[entry];
            }

            CountEntries(listed, _distinct.Count);
            lock (tally)
            {
                for (var i = 0; i < _distinct.Count; i++)
                {
                    Add(tally, values, _distinct.FirstOf(i), _counts[i], skipsZero);
                }
            }

            return;
        }

        if (values.Index is null)
        {
            lock (tally)
            {
                foreach (var entry in listed)
                {
                    Add(tally, values, entry, 1, skipsZero);
                }
            }

            return;
        }

        CountEntries(listed, values.EntryCount);
        lock (tally)
        {
            for (var i = 0; i < values.EntryCount; i++)
            {
                Add(tally, values, i, _counts[i], skipsZero);
            }
        }
    }

    /// <summary>How many of the selected rows have a value.</summary>
    private int Present(ColumnView view)
    {
        if (view.Presence is not { } presence)
        {
            return _count;
        }

        var count = 0;
        var selected = _selected.Words;
        var present = presence.Rows.Words;
        for (var i = 0; i < selected.Length; i++)
        {
            count += BitOperations.PopCount(selected[i] & present[i]);
        }

        return count;
    }

    /// <summary>Writes the entry of each selected row that has a value.</summary>
    private void ListEntries(ColumnView view, int rows)
    {
        if (_entries.Length < rows)
        {
            _entries = new int[Math.Max(rows, _selected.Count)];
        }

        var values = view.Values;
        var at = 0;
        if (rows == values.Count)
        {
            for (; at < rows; at++)
            {
                _entries[at] = at;
            }
        }
        else
        {
            var selected = _selected.Words;
            var presence = view.Presence;
            for (var i = 0; i < selected.Length; i++)
            {
                for (var word = selected[i] & (presence is null ? ulong.MaxValue : presence.Rows.Words[i]); word != 0; word &= word - 1)
                {
                    var row = (i << 6) + BitOperations.TrailingZeroCount(word);
                    _entries[at++] = presence is null ? row : presence.IndexOf(row);
                }
            }
        }

        if (values.Index is { } index)
        {
            foreach (ref var entry in _entries.AsSpan(0, rows))
            {
                entry = index[entry];
            }
        }
    }

    private void CountEntries(ReadOnlySpan<int> listed, int entries)
    {
        if (_counts.Length < entries)
        {
            _counts = new int[(int)BitOperations.RoundUpToPowerOf2((uint)entries)];
        }

        Array.Clear(_counts, 0, entries);
        foreach (var entry in listed)
        {
            _counts[entry]++;
        }
    }

    /// <summary>Counts integers of a small range by their values; false for what is not that.</summary>
    private bool CountRange(ValueVector values, ReadOnlySpan<int> listed, bool skipsZero, ColumnTally tally)
    {
        if (values.Type is not (AttributeType.Int or AttributeType.Bool))
        {
            return false;
        }

        var (min, max) = (long.MaxValue, long.MinValue);
        foreach (var entry in listed)
        {
            var value = values.Bits[entry];
            (min, max) = (Math.Min(min, value), Math.Max(max, value));
        }

        if ((ulong)max - (ulong)min >= DirectRange)
        {
            return false;
        }

        var range = (int)(max - min) + 1;
        if (_counts.Length < range)
        {
            _counts = new int[(int)BitOperations.RoundUpToPowerOf2((uint)range)];
        }

        Array.Clear(_counts, 0, range);
        foreach (var entry in listed)
        {
            _counts[(int)(values.Bits[entry] - min)]++;
        }

        lock (tally)
        {
            for (var i = 0; i < range; i++)
            {
                if (_counts[i] > 0 && !(skipsZero && min + i == 0))
                {
                    tally.Add(values.Type, min + i, _counts[i]);
                }
            }
        }

        return true;
    }

    private static void Add(ColumnTally tally, ValueVector values, int entry, long rows, bool skipsZero)
    {
        if (rows == 0)
        {
            return;
        }

        var type = values.TypeOf(entry);
        if (FieldTypes.HasBytes(type))
        {
            tally.Add(type, values.BytesOf(entry), rows);
        }
        else if (type != AttributeType.None && !(skipsZero && type == AttributeType.Int && values.Bits[entry] == 0))
        {
            tally.Add(type, values.Bits[entry], rows);
        }
    }
}
