using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Metrics.Memory;

/// <summary>
/// The labels of a registry, each once: name and value as the bytes that a series' key has of them, and the series that carry it. One writer, no readers
/// meanwhile: the registry's lock sees to it.
/// </summary>
internal sealed class LabelTable
{
    private readonly List<(string Text, List<int> Labels)> _names = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _numbersBySpan;
    private readonly ByteSlabs _texts = new();
    private Entry[] _labels = new Entry[256];
    private int[] _slots = NewSlots(1024);
    private int _metricName = -1;

    public LabelTable() => _numbersBySpan = _numbers.GetAlternateLookup<ReadOnlySpan<char>>();

    public int Count { get; private set; }

    public IEnumerable<string> Names => _numbers.Keys;

    /// <summary>Distinct values of the name that has most of them; <c>__name__</c> is not counted.</summary>
    public int MostValues { get; private set; }

    /// <summary>Series that have a metric name.</summary>
    public int NamedSeries { get; private set; }

    /// <summary>Series of the metric name that has most of them.</summary>
    public int MostSeriesOfMetric { get; private set; }

    /// <summary>Numbers of the labels of a name.</summary>
    public IReadOnlyList<int> Of(string name) => _numbers.TryGetValue(name, out var number) ? _names[number].Labels : [];

    /// <summary>Series that carry a label, by its bytes.</summary>
    public int SeriesOf(ReadOnlySpan<byte> bytes)
    {
        var label = _slots[Slot(bytes, Hash(bytes))];
        return label < 0 ? 0 : _labels[label].Series;
    }

    /// <summary>Whether a label would be one more of a name, not <c>__name__</c>, that has at least <paramref name="most"/> values.</summary>
    public bool IsOneTooMany(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> name, int most)
    {
        var number = NumberOf(name, out _);
        return number >= 0 && number != _metricName && _names[number].Labels.Count >= most && _slots[Slot(bytes, Hash(bytes))] < 0;
    }

    /// <summary>The name and value as in a key: each with its length before it.</summary>
    public ReadOnlySpan<byte> Bytes(int label) => _texts.At(_labels[label].At)[.._labels[label].Length];

    public string Value(int label)
    {
        ref var entry = ref _labels[label];
        if (entry.Value is null)
        {
            // Readers share the lock: each may make the string, any of them stays.
            var reader = new ByteReader(Bytes(label));
            reader.ReadLengthPrefixed();
            entry.Value = reader.ReadString();
        }

        return entry.Value;
    }

    public Label Label(int label) => new(_names[_labels[label].Name].Text, Value(label));

    /// <summary>The number of a label, when it is known.</summary>
    public bool TryFind(string name, string value, out int label)
    {
        using var bytes = new ByteWriter(64);
        bytes.WriteString(name);
        bytes.WriteString(value);
        var slot = Slot(bytes.Written, Hash(bytes.Written));
        label = _slots[slot];
        return label >= 0;
    }

    /// <summary>The number of a label by its bytes; a new one for a label not yet known.</summary>
    public int Intern(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> name)
    {
        var hash = Hash(bytes);
        var slot = Slot(bytes, hash);
        if (_slots[slot] >= 0)
        {
            return _slots[slot];
        }

        if (Count == _labels.Length)
        {
            Array.Resize(ref _labels, Count * 2);
        }

        var label = Count++;
        _slots[slot] = label;
        var number = Name(name);
        _labels[label] = new Entry { At = Add(bytes), Length = bytes.Length, Hash = hash, Name = number, First = -1, Last = -1 };
        var labels = _names[number].Labels;
        labels.Add(label);
        if (number != _metricName)
        {
            MostValues = Math.Max(MostValues, labels.Count);
        }

        if (Count * 2 > _slots.Length)
        {
            Rehash();
        }

        return label;
    }

    /// <summary>Adds a series, of larger id than all before, to a label.</summary>
    public void Post(int label, int series)
    {
        ref var entry = ref _labels[label];
        if (entry.First < 0)
        {
            entry.First = series;
        }
        else
        {
            if (entry.PostedBytes + 5 > (entry.Posted?.Length ?? 0))
            {
                Array.Resize(ref entry.Posted, Math.Max(8, entry.PostedBytes + (entry.PostedBytes / 2) + 5));
            }

            var gap = (uint)(series - entry.Last - 1);
            while (gap >= 0x80)
            {
                entry.Posted![entry.PostedBytes++] = (byte)(gap | 0x80);
                gap >>= 7;
            }

            entry.Posted![entry.PostedBytes++] = (byte)gap;
        }

        entry.Last = series;
        entry.Series++;
        if (entry.Name == _metricName)
        {
            NamedSeries++;
            MostSeriesOfMetric = Math.Max(MostSeriesOfMetric, entry.Series);
        }
    }

    /// <summary>Adds the series of a label to a set.</summary>
    public void Collect(int label, Index.SeriesBitmap into)
    {
        ref readonly var entry = ref _labels[label];
        if (entry.First < 0)
        {
            return;
        }

        var series = entry.First;
        into.Add(series);
        var reader = new ByteReader(entry.Posted.AsSpan(0, entry.PostedBytes));
        while (reader.Remaining > 0)
        {
            series += (int)reader.ReadVarint() + 1;
            into.Add(series);
        }
    }

    /// <summary>Tells each label that series of a set carry; the set may be older than the newest series.</summary>
    public void CountIn(Index.SeriesBitmap series, Index.LabelValueVisitor visit, CancellationToken cancellation)
    {
        for (var label = 0; label < Count; label++)
        {
            if (label % 4096 == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            ref readonly var entry = ref _labels[label];
            var id = entry.First;
            var found = id >= 0 && series.Contains(id) ? 1 : 0;
            var reader = new ByteReader(entry.Posted.AsSpan(0, entry.PostedBytes));
            while (reader.Remaining > 0)
            {
                id += (int)reader.ReadVarint() + 1;
                found += series.Contains(id) ? 1 : 0;
            }

            if (found > 0)
            {
                var text = new ByteReader(Bytes(label));
                text.ReadLengthPrefixed();
                visit(_names[entry.Name].Text, text.ReadLengthPrefixed(), found);
            }
        }
    }

    /// <summary>Whether a series of the label satisfies a condition.</summary>
    public bool Any(int label, Func<int, bool> holds)
    {
        ref readonly var entry = ref _labels[label];
        var series = entry.First;
        var reader = new ByteReader(entry.Posted.AsSpan(0, entry.PostedBytes));
        while (!holds(series))
        {
            if (reader.Remaining == 0)
            {
                return false;
            }

            series += (int)reader.ReadVarint() + 1;
        }

        return true;
    }

    /// <summary>For each label its place in the order of names and values as bytes.</summary>
    public int[] Ranks()
    {
        var order = new int[Count];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (a, b) => Parts.KeyOrder.Compare(Bytes(a), Bytes(b)));
        var ranks = new int[Count];
        for (var i = 0; i < order.Length; i++)
        {
            ranks[order[i]] = i;
        }

        return ranks;
    }

    private uint Add(ReadOnlySpan<byte> bytes) => bytes.Length <= ByteSlabs.SlabBytes
        ? _texts.Add(bytes)
        : throw new System.Diagnostics.UnreachableException($"BUG: a label of {bytes.Length} bytes passed the limits");

    private int Name(ReadOnlySpan<byte> bytes)
    {
        var number = NumberOf(bytes, out var text);
        if (number < 0)
        {
            text ??= Encoding.UTF8.GetString(bytes);
            number = _names.Count;
            _names.Add((text, []));
            _numbers.Add(text, number);
            if (text == LabelSet.MetricName)
            {
                _metricName = number;
            }
        }

        return number;
    }

    // Names are short: no string is made to look one up.
    private int NumberOf(ReadOnlySpan<byte> bytes, out string? text)
    {
        text = null;
        Span<char> chars = stackalloc char[128];
        ReadOnlySpan<char> name = Encoding.UTF8.TryGetChars(bytes, chars, out var length) ? chars[..length] : text = Encoding.UTF8.GetString(bytes);
        return _numbersBySpan.TryGetValue(name, out var number) ? number : -1;
    }

    private int Slot(ReadOnlySpan<byte> bytes, uint hash)
    {
        var mask = _slots.Length - 1;
        for (var slot = (int)(hash & (uint)mask); ; slot = (slot + 1) & mask)
        {
            var label = _slots[slot];
            if (label < 0 || (_labels[label].Hash == hash && Bytes(label).SequenceEqual(bytes)))
            {
                return slot;
            }
        }
    }

    private void Rehash()
    {
        _slots = NewSlots(_slots.Length * 2);
        var mask = _slots.Length - 1;
        for (var label = 0; label < Count; label++)
        {
            var slot = (int)(_labels[label].Hash & (uint)mask);
            while (_slots[slot] >= 0)
            {
                slot = (slot + 1) & mask;
            }

            _slots[slot] = label;
        }
    }

    private static uint Hash(ReadOnlySpan<byte> bytes) => (uint)Hash128.Compute(bytes).Low;

    private static int[] NewSlots(int count)
    {
        var slots = new int[count];
        Array.Fill(slots, -1);
        return slots;
    }

    private struct Entry
    {
        public string? Value;
        public byte[]? Posted;
        public int Name;
        public int Series;
        public int PostedBytes;
        public int First;
        public int Last;
        public uint At;
        public int Length;
        public uint Hash;
    }
}
