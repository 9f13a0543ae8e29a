using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;

namespace Sightglass.Ingest.RemoteWrite;

/// <summary>Labels as numbers of symbols: name, value, name, value, …, of one series or exemplar of remote write 2.0. Reused.</summary>
internal sealed class SymbolLabels(IngestLimits limits)
{
    private readonly uint[] _references = new uint[(limits.MaxLabelsPerSeries * 2) + 1];
    private int _count;

    public void Clear() => _count = 0;

    /// <summary>Reads the field the reader stands on; what is more than allowed is counted by <see cref="Check"/> and not kept.</summary>
    public void Read(ref ProtoReader reader)
    {
        var packedField = reader.WireType == ProtoWireType.Bytes;
        var single = reader.ReadRepeatedVarint(out var packed);
        if (!packedField)
        {
            Add(single);
        }

        while (packed.Length > 0)
        {
            Add(ProtoReader.ReadPackedVarint(ref packed));
        }
    }

    /// <summary>What is wrong with the labels; null when nothing is.</summary>
    public string? Check(in SymbolTable symbols)
    {
        if (_count > limits.MaxLabelsPerSeries * 2)
        {
            return OtlpValues.Limit("labels of a series", (_count + 1) / 2, nameof(IngestLimits.MaxLabelsPerSeries), limits.MaxLabelsPerSeries);
        }

        if (_count % 2 != 0)
        {
            return $"labels are pairs of symbols: got {_count} references";
        }

        for (var i = 0; i < _count; i++)
        {
            if (!symbols.TryGet(_references[i], out var text))
            {
                return _references[i] < (uint)symbols.Count ? $"symbol {_references[i]} is not valid UTF-8" : $"label refers to symbol {_references[i]}, there are {symbols.Count}";
            }

            var (what, setting, max) = i % 2 == 0
                ? ("label name", nameof(IngestLimits.MaxLabelNameBytes), limits.MaxLabelNameBytes)
                : ("label value", nameof(IngestLimits.MaxLabelValueBytes), limits.MaxLabelValueBytes);
            if (text.Length > max)
            {
                return OtlpValues.Limit(what, text.Length, setting, max);
            }

            if (text.Length == 0 && i % 2 == 0)
            {
                return "label without a name";
            }
        }

        return null;
    }

    /// <summary>Adds a series with these (checked) labels to a batch; -1 when a name stands twice.</summary>
    public int AddTo(MetricBatch batch, in SymbolTable symbols)
    {
        if (Bytes(symbols) is var bytes and > 0)
        {
            var room = batch.KeyRoom(bytes);
            var at = 0;
            for (var i = 0; i < _count; i++)
            {
                symbols.TryGet(_references[i], out var text);
                if (text.Length >= 0x80)
                {
                    room[at++] = (byte)(text.Length | 0x80);
                    if (text.Length >= 1 << 14)
                    {
                        room[at++] = (byte)((text.Length >> 7) | 0x80);
                        room[at++] = (byte)(text.Length >> 14);
                    }
                    else
                    {
                        room[at++] = (byte)(text.Length >> 7);
                    }
                }
                else
                {
                    room[at++] = (byte)text.Length;
                }

                text.CopyTo(room[at..]);
                at += text.Length;
            }

            return batch.AddWrittenKey(at);
        }

        batch.BeginSeries();
        for (var i = 0; i < _count; i += 2)
        {
            symbols.TryGet(_references[i], out var name);
            symbols.TryGet(_references[i + 1], out var value);
            batch.AddLabel(name, value);
        }

        return batch.EndSeries();
    }

    /// <summary>The metric's name; empty when there is none.</summary>
    public ReadOnlySpan<byte> MetricName(in SymbolTable symbols)
    {
        for (var i = 0; i < _count; i += 2)
        {
            symbols.TryGet(_references[i], out var name);
            if (name.SequenceEqual("__name__"u8))
            {
                symbols.TryGet(_references[i + 1], out var value);
                return value;
            }
        }

        return default;
    }

    /// <summary>The (checked) labels as a set.</summary>
    public LabelSet ToSet(in SymbolTable symbols)
    {
        var labels = new LabelSetBuilder();
        for (var i = 0; i < _count; i += 2)
        {
            symbols.TryGet(_references[i], out var name);
            symbols.TryGet(_references[i + 1], out var value);
            labels.Set(System.Text.Encoding.UTF8.GetString(name), System.Text.Encoding.UTF8.GetString(value));
        }

        return labels.Build();
    }

    /// <summary>Bytes that the key takes at most, when the labels are sorted, unique and without empty values; 0 otherwise.</summary>
    private int Bytes(in SymbolTable symbols)
    {
        var bytes = 0;
        ReadOnlySpan<byte> last = default;
        for (var i = 0; i < _count; i += 2)
        {
            symbols.TryGet(_references[i], out var name);
            symbols.TryGet(_references[i + 1], out var value);
            if (value.Length == 0 || last.SequenceCompareTo(name) >= 0 || Math.Max(name.Length, value.Length) >= 1 << 21)
            {
                return 0;
            }

            bytes += name.Length + value.Length + 6;
            last = name;
        }

        return bytes;
    }

    private void Add(ulong reference)
    {
        if (_count < _references.Length)
        {
            _references[_count] = (uint)Math.Min(reference, uint.MaxValue);
            _count++;
        }
    }
}
