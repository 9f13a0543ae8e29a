using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Metrics.Index;

namespace Sightglass.Metrics.Memory;

/// <summary>
/// The series that memory tables hold samples of: identity, labels and label index, shared by one table and the next so that a
/// series that goes on is not learnt again. One writer at a time (the store's append lock), which excludes readers by <see cref="Lock"/> while it adds.
/// </summary>
internal sealed class SeriesRegistry : SeriesIndex
{
    private readonly LabelTable _labels = new();
    private readonly ByteSlabs _lists = new();
    private readonly Lock _orderGate = new();
    private Hash128[] _hashes = new Hash128[1024];
    private uint[] _listAt = new uint[1024];
    private int[] _slots = NewSlots(2048);
    private int[] _order = [];
    private int _count;

    /// <summary>Readers hold it for reading; the appender for writing while it adds.</summary>
    public ReaderWriterLockSlim Lock { get; } = new();

    public override int SeriesCount => _count;

    /// <summary>Distinct values of the label that has most of them; <c>__name__</c> is not counted.</summary>
    public int MostValuesOfLabel => _labels.MostValues;

    /// <summary>Series of the metric that has most of them; those without a name are one.</summary>
    public int MostSeriesOfMetric => Math.Max(_labels.MostSeriesOfMetric, _count - _labels.NamedSeries);

    public override IEnumerable<string> Names => _labels.Names;

    public override IEnumerable<string> Values(string name) => _labels.Of(name).Select(_labels.Value);

    public override void Collect(string name, string value, SeriesBitmap into)
    {
        if (_labels.TryFind(name, value, out var label))
        {
            _labels.Collect(label, into);
        }
    }

    public override void Count(SeriesBitmap series, LabelValueVisitor visit, CancellationToken cancellation) => _labels.CountIn(series, visit, cancellation);

    /// <summary>Names of labels of the series that satisfy a condition.</summary>
    public IEnumerable<string> NamesWith(Func<int, bool> holds) => _labels.Names.Where(n => _labels.Of(n).Any(l => _labels.Any(l, holds)));

    /// <summary>Values of a label of the series that satisfy a condition.</summary>
    public IEnumerable<string> ValuesWith(string name, Func<int, bool> holds) => _labels.Of(name).Where(l => _labels.Any(l, holds)).Select(_labels.Value);

    /// <summary>The id of a series. For the one writer, without the lock.</summary>
    public bool TryFind(Hash128 hash, out int id)
    {
        id = _slots[Slot(hash)];
        return id >= 0;
    }

    /// <summary>Series of the metric that a key is of; of a key without a name all without one. For the one writer, without the lock.</summary>
    public int SeriesOfMetric(ReadOnlySpan<byte> key)
    {
        var reader = new ByteReader(key);
        while (reader.Remaining > 0)
        {
            var start = reader.Position;
            var name = reader.ReadLengthPrefixed();
            reader.ReadLengthPrefixed();
            if (name.SequenceEqual("__name__"u8))
            {
                return _labels.SeriesOf(key[start..reader.Position]);
            }
        }

        return _count - _labels.NamedSeries;
    }

    /// <summary>
    /// Where in a key the first label begins that would be one more value of a label with at least <paramref name="most"/>; -1 where none would.
    /// For the one writer, without the lock.
    /// </summary>
    public int FindOneTooMany(ReadOnlySpan<byte> key, int most)
    {
        var reader = new ByteReader(key);
        while (reader.Remaining > 0)
        {
            var start = reader.Position;
            var name = reader.ReadLengthPrefixed();
            reader.ReadLengthPrefixed();
            if (_labels.IsOneTooMany(key[start..reader.Position], name, most))
            {
                return start;
            }
        }

        return -1;
    }

    /// <summary>Adds a series that is not there yet, under the lock for writing.</summary>
    public int Add(Hash128 hash, ReadOnlySpan<byte> key)
    {
        if (_count == _hashes.Length)
        {
            Array.Resize(ref _hashes, _count * 2);
            Array.Resize(ref _listAt, _count * 2);
        }

        var id = _count;
        Span<int> scratch = stackalloc int[64];
        var labels = 0;
        var reader = new ByteReader(key);
        while (reader.Remaining > 0)
        {
            var start = reader.Position;
            var name = reader.ReadLengthPrefixed();
            reader.ReadLengthPrefixed();
            if (labels == scratch.Length)
            {
                var longer = new int[labels * 2];
                scratch.CopyTo(longer);
                scratch = longer;
            }

            scratch[labels++] = _labels.Intern(key[start..reader.Position], name);
        }

        _hashes[id] = hash;
        _listAt[id] = AddList(scratch[..labels]);
        foreach (var label in scratch[..labels])
        {
            _labels.Post(label, id);
        }

        _slots[Slot(hash)] = id;
        _count++;
        if (_count * 3 > _slots.Length * 2)
        {
            Rehash();
        }

        return id;
    }

    /// <summary>Identity of a series: the hash of its key.</summary>
    public Hash128 HashOf(int id) => _hashes[id];

    /// <summary>Labels of a series, under the lock.</summary>
    public LabelSet LabelsOf(int id)
    {
        var list = ListOf(id, out var count);
        var labels = new Label[count];
        var sorted = true;
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = _labels.Label((int)list.ReadVarint());
            sorted &= i == 0 || string.CompareOrdinal(labels[i - 1].Name, labels[i].Name) < 0;
        }

        if (!sorted)
        {
            // Keys are in the order of bytes, label sets in the order of UTF-16: the same but for rare characters.
            Array.Sort(labels, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        }

        return LabelSet.FromSorted(labels);
    }

    /// <summary>Appends the key of a series.</summary>
    public void WriteKey(int id, ByteWriter target)
    {
        Lock.EnterReadLock();
        try
        {
            var list = ListOf(id, out var count);
            for (var i = 0; i < count; i++)
            {
                target.Write(_labels.Bytes((int)list.ReadVarint()));
            }
        }
        finally
        {
            Lock.ExitReadLock();
        }
    }

    /// <summary>Ids in the order of <see cref="Parts.KeyOrder"/>; of all series, or of more than there were at the call.</summary>
    public int[] Order()
    {
        lock (_orderGate)
        {
            Lock.EnterReadLock();
            try
            {
                return _order.Length == _count ? _order : _order = Extend(_order);
            }
            finally
            {
                Lock.ExitReadLock();
            }
        }
    }

    // The new ids are sorted and merged into the old order, which stays what it was.
    private int[] Extend(int[] known)
    {
        var ranks = _labels.Ranks();
        var added = new int[_count - known.Length];
        for (var i = 0; i < added.Length; i++)
        {
            added[i] = known.Length + i;
        }

        Array.Sort(added, (a, b) => Compare(a, b, ranks));
        var merged = new int[_count];
        var (left, right) = (0, 0);
        for (var i = 0; i < merged.Length; i++)
        {
            var takeLeft = right == added.Length || (left < known.Length && Compare(known[left], added[right], ranks) < 0);
            merged[i] = takeLeft ? known[left++] : added[right++];
        }

        return merged;
    }

    private int Compare(int a, int b, int[] ranks)
    {
        var left = ListOf(a, out var leftCount);
        var right = ListOf(b, out var rightCount);
        for (var i = 0; i < Math.Min(leftCount, rightCount); i++)
        {
            var order = ranks[(int)left.ReadVarint()].CompareTo(ranks[(int)right.ReadVarint()]);
            if (order != 0)
            {
                return order;
            }
        }

        return leftCount.CompareTo(rightCount);
    }

    private ByteReader ListOf(int id, out int count)
    {
        var reader = new ByteReader(_lists.At(_listAt[id]));
        count = (int)reader.ReadVarint();
        return reader;
    }

    private uint AddList(ReadOnlySpan<int> labels)
    {
        var room = _lists.Reserve((labels.Length + 1) * 5);
        var at = WriteVarint(room, 0, (uint)labels.Length);
        foreach (var label in labels)
        {
            at = WriteVarint(room, at, (uint)label);
        }

        return _lists.Commit(at);
    }

    private static int WriteVarint(Span<byte> into, int at, uint value)
    {
        while (value >= 0x80)
        {
            into[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        into[at++] = (byte)value;
        return at;
    }

    private int Slot(Hash128 hash)
    {
        var mask = _slots.Length - 1;
        for (var slot = hash.GetHashCode() & mask; ; slot = (slot + 1) & mask)
        {
            var id = _slots[slot];
            if (id < 0 || _hashes[id] == hash)
            {
                return slot;
            }
        }
    }

    private void Rehash()
    {
        _slots = NewSlots(_slots.Length * 2);
        for (var id = 0; id < _count; id++)
        {
            _slots[Slot(_hashes[id])] = id;
        }
    }

    private static int[] NewSlots(int count)
    {
        var slots = new int[count];
        Array.Fill(slots, -1);
        return slots;
    }
}
