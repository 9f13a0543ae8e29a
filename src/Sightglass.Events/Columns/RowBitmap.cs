using System.Numerics;

namespace Sightglass.Events.Columns;

/// <summary>A set of the rows of one block, one bit each. Bits at and beyond <see cref="Count"/> are always 0.</summary>
internal sealed class RowBitmap
{
    private readonly ulong[] _words;

    public RowBitmap(int count)
    {
        Count = count;
        _words = new ulong[(count + 63) >> 6];
    }

    public int Count { get; }

    public ReadOnlySpan<ulong> Words => _words;

    public Span<ulong> MutableWords => _words;

    public bool this[int row] => (_words[row >> 6] >> row & 1) != 0;

    public static RowBitmap All(int count)
    {
        var bitmap = new RowBitmap(count);
        bitmap.SetRange(0, count);
        return bitmap;
    }

    public void Set(int row) => _words[row >> 6] |= 1UL << row;

    public void Clear(int row) => _words[row >> 6] &= ~(1UL << row);

    public void SetRange(int start, int count)
    {
        var end = start + count;
        while (start < end && (start & 63) != 0)
        {
            Set(start++);
        }

        while (start + 64 <= end)
        {
            _words[start >> 6] = ulong.MaxValue;
            start += 64;
        }

        while (start < end)
        {
            Set(start++);
        }
    }

    public void ClearRange(int start, int count)
    {
        var end = start + count;
        while (start < end && (start & 63) != 0)
        {
            Clear(start++);
        }

        while (start + 64 <= end)
        {
            _words[start >> 6] = 0;
            start += 64;
        }

        while (start < end)
        {
            Clear(start++);
        }
    }

    /// <summary>Set rows of some that stand together.</summary>
    public int PopCount(int start, int count)
    {
        var set = 0;
        for (var (row, end) = (start, start + count); row < end;)
        {
            var length = Math.Min(64 - (row & 63), end - row);
            var word = _words[row >> 6] >> row;
            set += BitOperations.PopCount(length == 64 ? word : word & ((1UL << length) - 1));
            row += length;
        }

        return set;
    }

    public bool IsEmpty => !_words.AsSpan().ContainsAnyExcept(0UL);

    public int PopCount()
    {
        var count = 0;
        foreach (var word in _words)
        {
            count += BitOperations.PopCount(word);
        }

        return count;
    }

    public RowBitmap Clone()
    {
        var copy = new RowBitmap(Count);
        _words.CopyTo(copy._words, 0);
        return copy;
    }

    public void And(RowBitmap other)
    {
        for (var i = 0; i < _words.Length; i++)
        {
            _words[i] &= other._words[i];
        }
    }

    public void AndNot(RowBitmap other)
    {
        for (var i = 0; i < _words.Length; i++)
        {
            _words[i] &= ~other._words[i];
        }
    }

    public void Or(RowBitmap other)
    {
        for (var i = 0; i < _words.Length; i++)
        {
            _words[i] |= other._words[i];
        }
    }

    /// <summary>The first set row at or after <paramref name="from"/>, or -1.</summary>
    public int Next(int from)
    {
        if (from >= Count)
        {
            return -1;
        }

        var index = from >> 6;
        var word = _words[index] & (ulong.MaxValue << from);
        while (word == 0)
        {
            if (++index == _words.Length)
            {
                return -1;
            }

            word = _words[index];
        }

        return (index << 6) + BitOperations.TrailingZeroCount(word);
    }
}

/// <summary>Which rows of a block have a value in a column, and which of the column's values is whose.</summary>
internal sealed class Presence
{
    private readonly int[] _before;

    public Presence(RowBitmap rows)
    {
        Rows = rows;
        var words = rows.Words;
        _before = new int[words.Length];
        var count = 0;
        for (var i = 0; i < words.Length; i++)
        {
            _before[i] = count;
            count += BitOperations.PopCount(words[i]);
        }

        Count = count;
    }

    public RowBitmap Rows { get; }

    /// <summary>Rows that have a value.</summary>
    public int Count { get; }

    /// <summary>Index of the row's value, or -1.</summary>
    public int IndexOf(int row)
    {
        var word = Rows.Words[row >> 6];
        var bit = 1UL << row;
        return (word & bit) == 0 ? -1 : _before[row >> 6] + BitOperations.PopCount(word & (bit - 1));
    }
}
