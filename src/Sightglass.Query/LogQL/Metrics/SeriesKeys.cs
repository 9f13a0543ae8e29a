using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Tree;

namespace Sightglass.Query.LogQL.Metrics;

/// <summary>Tells which series a line belongs to: its labels, or the grouped ones. A series costs objects when it is new, a line none. Not thread-safe.</summary>
internal sealed class SeriesKeys
{
    private readonly Dictionary<string, int> _known = new(StringComparer.Ordinal);
    private readonly List<LabelSet> _labels = [];
    private readonly List<(string Name, int Start, int Length)> _parts = [];
    private readonly string[]? _by;
    private readonly HashSet<string>? _without;
    private readonly bool _whole;
    private char[] _values = new char[1024];
    private int _valuesLength;
    private char[] _key = new char[1024];

    /// <summary>
    /// Makes one for a grouping; null keeps all labels. <paramref name="unwrapped"/> is the label whose value is the sample. <paramref name="whole"/> says that the
    /// series are what is asked for, and not what an aggregation over series puts together: they have their empty labels, and their errors.
    /// </summary>
    public SeriesKeys(Grouping? grouping, string? unwrapped, bool whole)
    {
        _whole = whole;
        if (grouping is { Without: false })
        {
            _by = [.. grouping.Names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            return;
        }

        _without = [.. grouping?.Names ?? []];
        if (unwrapped is not null)
        {
            _without.Add(unwrapped);
        }
    }

    /// <summary>Labels of the series so far, by number.</summary>
    public IReadOnlyList<LabelSet> Labels => _labels;

    /// <summary>Number of the line's series.</summary>
    public int Of(LogEntry entry)
    {
        _parts.Clear();
        _valuesLength = 0;
        if (_by is not null)
        {
            foreach (var name in _by)
            {
                if (entry.TryGetShown(name, out var value) && (_whole || value.Length > 0))
                {
                    Add(name, value);
                }
            }

            if (_whole && entry.Error is { Length: > 0 } error)
            {
                AddError(LogEntry.ErrorLabel, error);
                AddError(LogEntry.ErrorDetailsLabel, entry.ErrorDetails ?? string.Empty);
                AddError(LogEntry.PreserveErrorLabel, entry.Get(LogEntry.PreserveErrorLabel));
                Sort();
            }
        }
        else
        {
            var collector = new Collector(this);
            entry.ForEach(ref collector);
            Sort();
        }

        var length = 0;
        foreach (var (name, start, valueLength) in _parts)
        {
            Ensure(ref _key, length, name.Length + valueLength + 2);
            name.CopyTo(_key.AsSpan(length));
            length += name.Length;
            _key[length++] = '\u0001';
            _values.AsSpan(start, valueLength).CopyTo(_key.AsSpan(length));
            length += valueLength;
            _key[length++] = '\0';
        }

        var lookup = _known.GetAlternateLookup<ReadOnlySpan<char>>();
        var key = _key.AsSpan(0, length);
        if (lookup.TryGetValue(key, out var number))
        {
            return number;
        }

        var labels = new Label[_parts.Count];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = new Label(_parts[i].Name, new string(_values, _parts[i].Start, _parts[i].Length));
        }

        _labels.Add(LabelSet.FromSorted(labels));
        _known.Add(key.ToString(), _labels.Count - 1);
        return _labels.Count - 1;
    }

    private void AddError(string name, ReadOnlySpan<char> value)
    {
        if (value.Length > 0 && Array.IndexOf(_by!, name) < 0)
        {
            Add(name, value);
        }
    }

    private void Add(string name, ReadOnlySpan<char> value)
    {
        Ensure(ref _values, _valuesLength, value.Length);
        value.CopyTo(_values.AsSpan(_valuesLength));
        _parts.Add((name, _valuesLength, value.Length));
        _valuesLength += value.Length;
    }

    // Few labels, mostly in order already.
    private void Sort()
    {
        for (var i = 1; i < _parts.Count; i++)
        {
            var part = _parts[i];
            var at = i;
            while (at > 0 && string.CompareOrdinal(_parts[at - 1].Name, part.Name) > 0)
            {
                _parts[at] = _parts[at - 1];
                at--;
            }

            _parts[at] = part;
        }
    }

    private static void Ensure(ref char[] buffer, int used, int more)
    {
        if (buffer.Length - used < more)
        {
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, used + more));
        }
    }

    private readonly struct Collector(SeriesKeys keys) : ILabelVisitor
    {
        public void Visit(string name, ReadOnlySpan<char> value, LabelCategory category)
        {
            if ((keys._whole || value.Length > 0) && !keys._without!.Contains(name))
            {
                keys.Add(name, value);
            }
        }
    }
}
