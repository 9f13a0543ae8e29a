using System.Runtime.InteropServices;
using Sightglass.Core.Bytes;

namespace Sightglass.Metrics.Parts;

/// <summary>Symbols and postings of a part being written: each text once, and for each label the series that have it. Not thread-safe.</summary>
internal sealed class PostingsWriter : IDisposable
{
    private readonly Dictionary<Hash128, int> _symbolIds = [];
    private readonly ByteWriter _texts = new(64 << 10);
    private readonly List<(int At, int Length)> _symbols = [];
    private readonly Dictionary<long, int> _labelIds = [];
    private readonly List<(int Name, int Value, int Count)> _labels = [];
    private readonly List<int> _seriesLabels = [];
    private readonly List<int> _seriesEnds = [];

    public void Dispose() => _texts.Dispose();

    /// <summary>Adds a label of the current series and returns the symbols of its name and value.</summary>
    public (int Name, int Value) Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var pair = (Name: Symbol(name), Value: Symbol(value));
        ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(_labelIds, ((long)pair.Name << 32) | (uint)pair.Value, out var known);
        if (!known)
        {
            id = _labels.Count;
            _labels.Add((pair.Name, pair.Value, 0));
        }

        CollectionsMarshal.AsSpan(_labels)[id].Count++;
        _seriesLabels.Add(id);
        return pair;
    }

    /// <summary>Ends the current series.</summary>
    public void EndSeries() => _seriesEnds.Add(_seriesLabels.Count);

    public void WriteSymbols(ByteWriter into)
    {
        into.WriteVarint((ulong)_symbols.Count);
        foreach (var (at, length) in _symbols)
        {
            into.WriteLengthPrefixed(_texts.Written.Slice(at, length));
        }
    }

    /// <summary>Names and values in the order of their bytes, so that a reader finds one without a table of its own.</summary>
    public void WritePostings(ByteWriter into)
    {
        var (starts, series) = BySeries();
        var order = Enumerable.Range(0, _labels.Count).ToArray();
        Array.Sort(order, (a, b) => Compare(_labels[a], _labels[b]));
        into.WriteVarint((ulong)order.Select(l => _labels[l].Name).Distinct().Count());
        for (var at = 0; at < order.Length;)
        {
            var name = _labels[order[at]].Name;
            var end = at;
            while (end < order.Length && _labels[order[end]].Name == name)
            {
                end++;
            }

            into.WriteVarint((ulong)name);
            into.WriteVarint((ulong)(end - at));
            for (; at < end; at++)
            {
                var label = order[at];
                into.WriteVarint((ulong)_labels[label].Value);
                into.WriteVarint((ulong)_labels[label].Count);
                var previous = -1;
                foreach (var id in series.AsSpan(starts[label], _labels[label].Count))
                {
                    into.WriteVarint((ulong)(id - previous - 1));
                    previous = id;
                }
            }
        }
    }

    // The series of each label, ascending, one label after the other.
    private (int[] Starts, int[] Series) BySeries()
    {
        var starts = new int[_labels.Count];
        for (var i = 1; i < starts.Length; i++)
        {
            starts[i] = starts[i - 1] + _labels[i - 1].Count;
        }

        var next = (int[])starts.Clone();
        var series = new int[_seriesLabels.Count];
        var at = 0;
        for (var id = 0; id < _seriesEnds.Count; id++)
        {
            for (; at < _seriesEnds[id]; at++)
            {
                series[next[_seriesLabels[at]]++] = id;
            }
        }

        return (starts, series);
    }

    private int Compare((int Name, int Value, int Count) a, (int Name, int Value, int Count) b)
    {
        var order = a.Name == b.Name ? 0 : Text(a.Name).SequenceCompareTo(Text(b.Name));
        return order != 0 ? order : Text(a.Value).SequenceCompareTo(Text(b.Value));
    }

    private ReadOnlySpan<byte> Text(int symbol) => _texts.Written.Slice(_symbols[symbol].At, _symbols[symbol].Length);

    private int Symbol(ReadOnlySpan<byte> text)
    {
        ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(_symbolIds, Hash128.Compute(text), out var known);
        if (!known)
        {
            id = _symbols.Count;
            _symbols.Add((_texts.Write(text), text.Length));
        }

        return id;
    }
}
