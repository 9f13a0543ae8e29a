using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Otlp;

/// <summary>
/// The labels of the series of one data point: those of resource and scope stay from point to point, the point's own come and go. Makes
/// no objects. Labels of resource and scope win over attributes of the point, as in Prometheus' receiver.
/// </summary>
internal sealed class SeriesLabels(bool escapes) : IDisposable
{
    private readonly ByteWriter _arena = new(4096);
    private readonly List<Entry> _labels = new(32);
    private int _fixedLabels;
    private int _fixedBytes;

    /// <summary>Labels at present.</summary>
    public int Count => _labels.Count;

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _arena.Clear();
        _labels.Clear();
        _fixedLabels = 0;
        _fixedBytes = 0;
    }

    /// <summary>What is there now stays until <see cref="Cut"/>; returns a mark for it.</summary>
    public (int Labels, int Bytes) Fix() => (_fixedLabels, _fixedBytes) = (_labels.Count, _arena.Length);

    /// <summary>Goes back to a mark of <see cref="Fix"/>.</summary>
    public void Cut((int Labels, int Bytes) mark)
    {
        (_fixedLabels, _fixedBytes) = mark;
        CutPoint();
    }

    /// <summary>Drops the point's own labels.</summary>
    public void CutPoint()
    {
        _labels.RemoveRange(_fixedLabels, _labels.Count - _fixedLabels);
        _arena.Truncate(_fixedBytes);
    }

    /// <summary>Adds a label whose name is final; an earlier one of that name stays.</summary>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (value.Length > 0 && Find(name) < 0)
        {
            var at = _arena.Write(name);
            _labels.Add(new Entry(at, name.Length, _arena.Write(value), value.Length, at, name.Length));
        }
    }

    /// <summary>Adds those labels of <paramref name="others"/> whose names are not here yet.</summary>
    public void AddMissing(SeriesLabels others)
    {
        var arena = others._arena.Written;
        foreach (var label in others._labels)
        {
            Add(arena.Slice(label.NameAt, label.NameLength), arena.Slice(label.ValueAt, label.ValueLength));
        }
    }

    /// <summary>Adds an attribute under <paramref name="prefix"/> and its name made valid. The result says which limit it breaks, null when none.</summary>
    public string? AddAttribute(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> keyValue, IngestLimits limits)
    {
        var key = OtlpValues.Key(keyValue, out var value);
        var type = OtlpValues.Read(value, limits.MaxNestingDepth, out var bits, out var bytes);
        if (key.Length == 0)
        {
            return null;
        }

        if (key.Length > limits.MaxLabelNameBytes)
        {
            return OtlpValues.Limit("label name", key.Length, nameof(IngestLimits.MaxLabelNameBytes), limits.MaxLabelNameBytes);
        }

        if (bytes.Length > limits.MaxLabelValueBytes)
        {
            return OtlpValues.Limit("label value", bytes.Length, nameof(IngestLimits.MaxLabelValueBytes), limits.MaxLabelValueBytes);
        }

        if (_labels.Count >= limits.MaxLabelsPerSeries - 2)
        {
            return OtlpValues.Limit("labels of a series", _labels.Count + 3, nameof(IngestLimits.MaxLabelsPerSeries), limits.MaxLabelsPerSeries);
        }

        var rawAt = _arena.Write(prefix);
        _arena.Write(key);
        var rawLength = prefix.Length + key.Length;
        var room = _arena.GetSpan(rawLength + 4);
        var raw = _arena.Written.Slice(rawAt, rawLength);
        var nameLength = rawLength;
        if (escapes)
        {
            nameLength = MetricNames.Label(raw, room);
        }
        else
        {
            raw.CopyTo(room);
        }

        var nameAt = _arena.Length;
        _arena.Advance(nameLength);
        var valueAt = _arena.Length;
        WriteValue(type, bits, bytes);
        var valueLength = _arena.Length - valueAt;
        if (valueLength > 0)
        {
            Merge(new Entry(nameAt, nameLength, valueAt, valueLength, rawAt, rawLength));
        }

        return null;
    }

    /// <summary>Starts a series in the batch with these labels, a name, and one more label unless that is empty.</summary>
    /// <returns>The index of the series.</returns>
    public int AddTo(MetricBatch batch, ReadOnlySpan<byte> metricName, ReadOnlySpan<byte> extraName = default, ReadOnlySpan<byte> extraValue = default)
    {
        batch.BeginSeries();
        batch.AddLabel("__name__"u8, metricName);
        if (extraName.Length > 0)
        {
            batch.AddLabel(extraName, extraValue);
        }

        var arena = _arena.Written;
        foreach (var label in _labels)
        {
            var name = arena.Slice(label.NameAt, label.NameLength);
            if (!name.SequenceEqual("__name__"u8) && !(extraName.Length > 0 && name.SequenceEqual(extraName)))
            {
                batch.AddLabel(name, arena.Slice(label.ValueAt, label.ValueLength));
            }
        }

        return batch.EndSeries();
    }

    private int Find(ReadOnlySpan<byte> name)
    {
        var arena = _arena.Written;
        for (var i = 0; i < _labels.Count; i++)
        {
            if (arena.Slice(_labels[i].NameAt, _labels[i].NameLength).SequenceEqual(name))
            {
                return i;
            }
        }

        return -1;
    }

    private void WriteValue(AttributeType type, long bits, ReadOnlySpan<byte> bytes)
    {
        switch (type)
        {
            case AttributeType.String:
                _arena.Write(bytes);
                break;
            case AttributeType.Bool:
                _arena.Write(bits != 0 ? "true"u8 : "false"u8);
                break;
            case AttributeType.Int:
                _arena.Advance(GoNumberText.Int(bits, _arena.GetSpan(24)));
                break;
            case AttributeType.Double:
                _arena.Advance(GoNumberText.Json(BitConverter.Int64BitsToDouble(bits), _arena.GetSpan(GoNumberText.MaxBytes)));
                break;
            case AttributeType.Bytes:
                _arena.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes)));
                break;
            case AttributeType.Composite:
                _arena.Write(Encoding.UTF8.GetBytes(AnyValueText.ToJson(bytes)));
                break;
            default:
                break;
        }
    }

    /// <summary>Keys that become one name are joined with semicolons in the order of the keys as sent.</summary>
    private void Merge(Entry added)
    {
        var at = Find(_arena.Written.Slice(added.NameAt, added.NameLength));
        if (at < 0)
        {
            _labels.Add(added);
            return;
        }

        if (at < _fixedLabels)
        {
            return;
        }

        var existing = _labels[at];
        var arena = _arena.Written;
        var (first, second) = arena.Slice(added.RawAt, added.RawLength).SequenceCompareTo(arena.Slice(existing.RawAt, existing.RawLength)) < 0
            ? (added, existing)
            : (existing, added);
        byte[] joined = [.. arena.Slice(first.ValueAt, first.ValueLength), (byte)';', .. arena.Slice(second.ValueAt, second.ValueLength)];
        _labels[at] = existing with { ValueAt = _arena.Write(joined), ValueLength = joined.Length, RawAt = second.RawAt, RawLength = second.RawLength };
    }

    private readonly record struct Entry(int NameAt, int NameLength, int ValueAt, int ValueLength, int RawAt, int RawLength);
}
