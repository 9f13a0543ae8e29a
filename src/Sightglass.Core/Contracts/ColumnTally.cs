using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Core.Contracts;

/// <summary>
/// How many rows of a selection have each value of a column. When there are more values than it may hold, the rarest of those it has make room, and
/// their rows go to <see cref="Others"/>: then the counts are at least those of the rows that have a value. Not thread-safe.
/// </summary>
/// <param name="most">Most values that are held; at least 4.</param>
public sealed class ColumnTally(int most)
{
    /// <summary>Bytes of texts that are held.</summary>
    public const int MaxBytes = 16 << 20;

    // A value that every hundredth row has is one to show.
    private const int RowsOfNote = 100;

    private readonly int _most = Math.Max(most, 4);
    private long[] _rows = new long[64];
    private ulong[] _hashes = new ulong[64];
    private int[] _slots = new int[128];
    private int _mask = 127;
    private long _bytes;

    /// <summary>The values, each once. One with a type; never None.</summary>
    public EventColumn Values { get; private set; } = new();

    /// <summary>Values.</summary>
    public int Count => Values.Count;

    /// <summary>Rows whose value is not among <see cref="Values"/>, or was not when they were counted; 0 says that all counts are exact.</summary>
    public long Others { get; private set; }

    /// <summary>There were so many different values that none stood out when room had to be made: to go on counting them tells nothing.</summary>
    public bool IsScattered { get; private set; }

    /// <summary>Rows with a value.</summary>
    public long Total { get; private set; }

    /// <summary>Rows with a value of <see cref="Values"/>.</summary>
    public long RowsOf(int value) => _rows[value];

    /// <summary>Counts rows with a number or truth value.</summary>
    public void Add(AttributeType type, long bits, long rows)
    {
        var hash = Mix((ulong)bits * 0x9e3779b97f4a7c15, type);
        var slot = (int)hash & _mask;
        for (; _slots[slot] != 0; slot = (slot + 1) & _mask)
        {
            var value = _slots[slot] - 1;
            if (_hashes[value] == hash && Values.TypeOf(value) == type && Values.Bits(value) == bits)
            {
                CountKnown(value, rows);
                return;
            }
        }

        slot = Begin(hash, slot, 0);
        Values.Add(type, bits);
        End(hash, slot, rows);
    }

    /// <summary>Counts rows with a text, bytes or a composite.</summary>
    public void Add(AttributeType type, ReadOnlySpan<byte> bytes, long rows)
    {
        var hash = Mix(Hash128.Compute(bytes).Low, type);
        var slot = (int)hash & _mask;
        for (; _slots[slot] != 0; slot = (slot + 1) & _mask)
        {
            var value = _slots[slot] - 1;
            if (_hashes[value] == hash && Values.TypeOf(value) == type && Values.Bytes(value).SequenceEqual(bytes))
            {
                CountKnown(value, rows);
                return;
            }
        }

        if (bytes.Length > MaxBytes / 4)
        {
            AddOthers(rows);
            return;
        }

        slot = Begin(hash, slot, bytes.Length);
        Values.Add(type, bytes);
        _bytes += bytes.Length;
        End(hash, slot, rows);
    }

    /// <summary>Counts rows whose value nobody looked at.</summary>
    public void AddOthers(long rows)
    {
        Others += rows;
        Total += rows;
    }

    /// <summary>Counts the columns of a plan row by row.</summary>
    public static IReadOnlyList<ColumnTally> OfRows(IEventStore store, EventPlan plan, int most, CancellationToken cancellation)
    {
        var tallies = new ColumnTally[plan.Columns.Count];
        for (var i = 0; i < tallies.Length; i++)
        {
            tallies[i] = new ColumnTally(most);
        }

        using var cursor = store.Query(plan with { Order = EventOrder.Any, Limit = long.MaxValue, AllAttributes = false, Fold = null }, cancellation);
        while (cursor.Next())
        {
            for (var i = 0; i < tallies.Length; i++)
            {
                var column = cursor.Page.Columns[i];
                var isNumberField = plan.Columns[i] is { Scope: ColumnScope.Field, Name: not EventFields.Body };
                for (var row = 0; row < cursor.Page.Count; row++)
                {
                    switch (column.TypeOf(row))
                    {
                        case AttributeType.None:
                        case AttributeType.Int when column.Bits(row) == 0 && isNumberField:
                            break;
                        case AttributeType.String or AttributeType.Bytes or AttributeType.Composite:
                            tallies[i].Add(column.TypeOf(row), column.Bytes(row), 1);
                            break;
                        default:
                            tallies[i].Add(column.TypeOf(row), column.Bits(row), 1);
                            break;
                    }
                }
            }
        }

        return tallies;
    }

    private static ulong Mix(ulong hash, AttributeType type)
    {
        hash ^= hash >> 29;
        return hash + (ulong)type;
    }

    private void CountKnown(int value, long rows)
    {
        _rows[value] += rows;
        Total += rows;
    }

    /// <summary>Makes room for a value; where it goes.</summary>
    private int Begin(ulong hash, int slot, int bytes)
    {
        if (Count < _most && _bytes + bytes <= MaxBytes && Count < _rows.Length)
        {
            return slot;
        }

        if (Count == _most || _bytes + bytes > MaxBytes)
        {
            DropRarest();
        }
        else
        {
            Array.Resize(ref _rows, Count * 2);
            Array.Resize(ref _hashes, Count * 2);
            _slots = new int[_rows.Length * 2];
            _mask = _slots.Length - 1;
            FillSlots();
        }

        return FreeSlot(hash);
    }

    private void End(ulong hash, int slot, long rows)
    {
        _rows[Count - 1] = rows;
        _hashes[Count - 1] = hash;
        _slots[slot] = Count;
        Total += rows;
    }

    /// <summary>Keeps the most frequent quarter, and of these no more than half the bytes.</summary>
    private void DropRarest()
    {
        var ordered = _rows.AsSpan(0, Count).ToArray();
        Array.Sort(ordered);
        var keep = Math.Min(Count, Math.Max(_most / 4, 1));
        var least = ordered[Count - keep];
        var ofLeast = keep - (Count - (ordered.AsSpan().LastIndexOf(least) + 1));
        IsScattered = ordered[^1] * RowsOfNote < Total;
        var (values, rows, hashes) = (Values, _rows, _hashes);
        (Values, _rows, _hashes, _bytes) = (new EventColumn(), new long[rows.Length], new ulong[hashes.Length], 0);
        for (var from = 0; from < values.Count; from++)
        {
            var type = values.TypeOf(from);
            var hasBytes = type is AttributeType.String or AttributeType.Bytes or AttributeType.Composite;
            var size = hasBytes ? values.Bytes(from).Length : 0;
            if (rows[from] < least || (rows[from] == least && ofLeast-- <= 0) || _bytes + size > MaxBytes / 2)
            {
                Others += rows[from];
                continue;
            }

            (_rows[Count], _hashes[Count]) = (rows[from], hashes[from]);
            _bytes += size;
            if (hasBytes)
            {
                Values.Add(type, values.Bytes(from));
            }
            else
            {
                Values.Add(type, values.Bits(from));
            }
        }

        Array.Clear(_slots);
        FillSlots();
    }

    private void FillSlots()
    {
        for (var value = 0; value < Count; value++)
        {
            _slots[FreeSlot(_hashes[value])] = value + 1;
        }
    }

    private int FreeSlot(ulong hash)
    {
        var slot = (int)hash & _mask;
        while (_slots[slot] != 0)
        {
            slot = (slot + 1) & _mask;
        }

        return slot;
    }
}
