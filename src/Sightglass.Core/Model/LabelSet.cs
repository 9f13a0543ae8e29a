using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Sightglass.Core.Bytes;

namespace Sightglass.Core.Model;

/// <summary>A label: a name and a value, both Unicode text.</summary>
/// <param name="Name">The name; never empty.</param>
/// <param name="Value">The value; never empty in a <see cref="LabelSet"/>.</param>
public readonly record struct Label(string Name, string Value);

/// <summary>
/// An immutable set of labels sorted by name (ordinal), each name once, without empty values: the identity of a series, an alert
/// or a log stream away from the hot path.
/// </summary>
public sealed class LabelSet : IReadOnlyList<Label>, IEquatable<LabelSet>, IComparable<LabelSet>
{
    /// <summary>The label that holds the metric's name.</summary>
    public const string MetricName = "__name__";

    private readonly Label[] _labels;
    private readonly int _hash;

    private LabelSet(Label[] sorted)
    {
        _labels = sorted;
        var hash = default(HashCode);
        foreach (var label in sorted)
        {
            hash.Add(label.Name, StringComparer.Ordinal);
            hash.Add(label.Value, StringComparer.Ordinal);
        }

        _hash = hash.ToHashCode();
    }

    /// <summary>The set without labels.</summary>
    public static LabelSet Empty { get; } = new([]);

    /// <inheritdoc/>
    public int Count => _labels.Length;

    /// <summary>The labels as a span, sorted by name.</summary>
    public ReadOnlySpan<Label> Span => _labels;

    /// <summary>The value of the metric name label, or the empty string.</summary>
    public string Name => this[MetricName];

    /// <inheritdoc/>
    public Label this[int index] => _labels[index];

    /// <summary>The value of <paramref name="name"/>, or the empty string where there is no such label.</summary>
    public string this[string name] => TryGet(name, out var value) ? value : string.Empty;

    /// <summary>Makes a set; empty values are left out, of several labels of one name the last wins.</summary>
    public static LabelSet From(IEnumerable<Label> labels)
    {
        var builder = new LabelSetBuilder();
        foreach (var label in labels)
        {
            builder.Set(label.Name, label.Value);
        }

        return builder.Build();
    }

    /// <summary>Makes a set from name, value, name, value, …</summary>
    public static LabelSet Of(params ReadOnlySpan<string> namesAndValues)
    {
        var builder = new LabelSetBuilder();
        for (var i = 0; i + 1 < namesAndValues.Length; i += 2)
        {
            builder.Set(namesAndValues[i], namesAndValues[i + 1]);
        }

        return builder.Build();
    }

    /// <summary>Takes labels that are already sorted by name, unique and without empty values. The array is kept.</summary>
    public static LabelSet FromSorted(Label[] labels) => labels.Length == 0 ? Empty : new LabelSet(labels);

    /// <summary>Reads the canonical key of a series (see <see cref="SeriesKey"/>).</summary>
    public static LabelSet FromKey(ReadOnlySpan<byte> key)
    {
        var labels = new List<Label>(8);
        foreach (var pair in SeriesKey.Read(key))
        {
            labels.Add(new Label(Encoding.UTF8.GetString(pair.Name), Encoding.UTF8.GetString(pair.Value)));
        }

        labels.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return FromSorted([.. labels]);
    }

    /// <summary>Looks a label up.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out string? value)
    {
        foreach (ref readonly var label in _labels.AsSpan())
        {
            if (label.Name == name)
            {
                value = label.Value;
                return true;
            }
        }

        value = null;
        return false;
    }

    /// <summary>True when the set has a label of that name.</summary>
    public bool Contains(string name) => TryGet(name, out _);

    /// <summary>The set without the named labels.</summary>
    public LabelSet Without(params ReadOnlySpan<string> names)
    {
        var kept = new List<Label>(_labels.Length);
        foreach (var label in _labels)
        {
            if (!names.Contains(label.Name))
            {
                kept.Add(label);
            }
        }

        return kept.Count == _labels.Length ? this : FromSorted([.. kept]);
    }

    /// <summary>The set with only the named labels.</summary>
    public LabelSet Only(params ReadOnlySpan<string> names)
    {
        var kept = new List<Label>(names.Length);
        foreach (var label in _labels)
        {
            if (names.Contains(label.Name))
            {
                kept.Add(label);
            }
        }

        return kept.Count == _labels.Length ? this : FromSorted([.. kept]);
    }

    /// <summary>The set with one label set to a value; an empty value removes it.</summary>
    public LabelSet With(string name, string value) => new LabelSetBuilder(this).Set(name, value).Build();

    /// <summary>Appends the canonical key of this series to <paramref name="writer"/>.</summary>
    public void WriteKey(ByteWriter writer)
    {
        foreach (var label in _labels)
        {
            writer.WriteString(label.Name);
            writer.WriteString(label.Value);
        }
    }

    /// <inheritdoc/>
    public bool Equals(LabelSet? other) =>
        other is not null && (ReferenceEquals(this, other) || (_hash == other._hash && _labels.AsSpan().SequenceEqual(other._labels)));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LabelSet);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <inheritdoc/>
    public int CompareTo(LabelSet? other)
    {
        if (other is null)
        {
            return 1;
        }

        var shared = Math.Min(_labels.Length, other._labels.Length);
        for (var i = 0; i < shared; i++)
        {
            var order = string.CompareOrdinal(_labels[i].Name, other._labels[i].Name);
            if (order == 0)
            {
                order = string.CompareOrdinal(_labels[i].Value, other._labels[i].Value);
            }

            if (order != 0)
            {
                return order;
            }
        }

        return _labels.Length.CompareTo(other._labels.Length);
    }

    /// <summary>Equality, as the values have it.</summary>
    public static bool operator ==(LabelSet? left, LabelSet? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Inequality, as the values have it.</summary>
    public static bool operator !=(LabelSet? left, LabelSet? right) => !(left == right);

    /// <summary>Order by labels.</summary>
    public static bool operator <(LabelSet left, LabelSet right) => left.CompareTo(right) < 0;

    /// <summary>Order by labels.</summary>
    public static bool operator >(LabelSet left, LabelSet right) => left.CompareTo(right) > 0;

    /// <summary>Order by labels.</summary>
    public static bool operator <=(LabelSet left, LabelSet right) => left.CompareTo(right) <= 0;

    /// <summary>Order by labels.</summary>
    public static bool operator >=(LabelSet left, LabelSet right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public IEnumerator<Label> GetEnumerator() => ((IEnumerable<Label>)_labels).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => _labels.GetEnumerator();

    /// <summary>The set as Prometheus writes it: <c>name{a="b"}</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Name).Append('{');
        var first = true;
        foreach (var label in _labels)
        {
            if (label.Name == MetricName)
            {
                continue;
            }

            text.Append(first ? string.Empty : ", ").Append(label.Name).Append("=\"")
                .Append(label.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal))
                .Append('"');
            first = false;
        }

        return first && Name.Length > 0 ? Name : text.Append('}').ToString();
    }
}

/// <summary>Changes labels and makes a <see cref="LabelSet"/> of them. Not thread-safe.</summary>
public sealed class LabelSetBuilder
{
    private readonly SortedList<string, string> _labels = new(StringComparer.Ordinal);

    /// <summary>Starts empty.</summary>
    public LabelSetBuilder()
    {
    }

    /// <summary>Starts with the labels of <paramref name="from"/>.</summary>
    public LabelSetBuilder(LabelSet from) => Reset(from);

    /// <summary>Starts again with the labels of <paramref name="from"/>.</summary>
    public void Reset(LabelSet from)
    {
        _labels.Clear();
        foreach (var label in from.Span)
        {
            _labels.Add(label.Name, label.Value);
        }
    }

    /// <summary>The value of a label, or the empty string.</summary>
    public string Get(string name) => _labels.GetValueOrDefault(name, string.Empty);

    /// <summary>The names at present, sorted.</summary>
    public IList<string> Names => _labels.Keys;

    /// <summary>Sets a label; an empty value removes it.</summary>
    public LabelSetBuilder Set(string name, string value)
    {
        if (value.Length == 0)
        {
            _labels.Remove(name);
        }
        else
        {
            _labels[name] = value;
        }

        return this;
    }

    /// <summary>Removes a label.</summary>
    public LabelSetBuilder Remove(string name)
    {
        _labels.Remove(name);
        return this;
    }

    /// <summary>The labels as a set.</summary>
    public LabelSet Build()
    {
        var labels = new Label[_labels.Count];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = new Label(_labels.GetKeyAtIndex(i), _labels.GetValueAtIndex(i));
        }

        return LabelSet.FromSorted(labels);
    }
}
