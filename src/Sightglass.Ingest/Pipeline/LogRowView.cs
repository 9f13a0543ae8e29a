using System.Buffers.Text;
using System.Text;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Pipeline;

/// <summary>One record of a batch as processors see and change it. Reused from record to record; used by one thread at a time.</summary>
internal sealed class LogRowView
{
    private static readonly byte[] WeightKey = Encoding.UTF8.GetBytes(SampleConfiguration.WeightAttribute);
    private static readonly byte[][] LevelKeys = ["level"u8.ToArray(), "severity"u8.ToArray(), "detected_level"u8.ToArray(), "lvl"u8.ToArray()];
    private readonly List<(TextRef Key, AttributeType Type, long Bits)> _edited = [];
    private readonly List<PendingObservation> _observations = [];
    private readonly Dictionary<(int Resource, (byte[] Name, byte[] Value)[] Labels), int> _routes = [];
    private readonly byte[] _number = new byte[64];
    private char[] _characters = new char[1024];
    private readonly List<SampleCount> _sampled = [];
    private LogBatch _batch = null!;
    private long[] _counts = [];
    private int _counters;
    private int _row;
    private long _weight;
    private bool _isEdited;

    public LogBatch Batch => _batch;

    public ref LogRow Row => ref _batch.Rows[_row];

    /// <summary>How many records this one stands for: what a sampler before, here or at the sender, has written down.</summary>
    public long Weight
    {
        get
        {
            if (_weight == 0)
            {
                _weight = 1;
                for (var i = 0; i < AttributeCount; i++)
                {
                    var (key, type, bits) = Attribute(i);
                    if (type == AttributeType.Int && bits > 0 && _batch.Text(key).SequenceEqual(WeightKey))
                    {
                        _weight = bits;
                    }
                }
            }

            return _weight;
        }

        set => _weight = value;
    }

    /// <summary>What metrics of the batch are to be told once it is stored.</summary>
    public List<PendingObservation> Observations => _observations;

    /// <summary>
    /// The severity number, else what the severity's text says, else what an attribute of the usual names or a label <c>level</c> says, as Loki's senders have it; 0 where none is
    /// there.
    /// </summary>
    public int Severity
    {
        get
        {
            ref readonly var row = ref Row;
            if (row.SeverityNumber != 0 || row.SeverityText.Length > 0)
            {
                return row.SeverityNumber != 0 ? row.SeverityNumber : Records.Severity.FromWord(_batch.Text(row.SeverityText));
            }

            foreach (var name in LevelKeys)
            {
                if (TryAttribute(name, out var word) && Records.Severity.FromWord(word) is > 0 and var severity)
                {
                    return severity;
                }
            }

            return TryResource(LevelKeys[0], out var label) ? Records.Severity.FromWord(label) : 0;
        }
    }

    /// <summary>What the run has counted, by the numbers of its configuration.</summary>
    public Span<long> Counts => _counts.AsSpan(0, _counters);

    /// <summary>Counts of samplers that the run has moved on, once for each record.</summary>
    public List<SampleCount> Sampled => _sampled;

    public void Use(LogBatch batch, int counters)
    {
        _batch = batch;
        _counters = counters;
        _counts = _counts.Length >= counters ? _counts : new long[counters];
        Counts.Clear();
        _sampled.Clear();
        _observations.Clear();
        _routes.Clear();
    }

    public void Begin(int row)
    {
        _row = row;
        _isEdited = false;
        _weight = 0;
    }

    /// <summary>Writes changed attributes into the batch.</summary>
    public void End()
    {
        if (!_isEdited)
        {
            return;
        }

        foreach (var (key, type, bits) in _edited)
        {
            _batch.AddAttribute(key, type, bits);
        }

        _batch.ReplaceAttributes(_row);
    }

    /// <summary>The field as text. Valid until the batch changes or another number is asked for.</summary>
    public bool TryText(in LogField field, out ReadOnlySpan<byte> text)
    {
        ref readonly var row = ref Row;
        text = default;
        switch (field.Kind)
        {
            case LogFieldKind.Body:
                text = row.BodyType is AttributeType.None ? default : ValueText(row.BodyType, row.BodyBits);
                return row.BodyType != AttributeType.None;
            case LogFieldKind.Level:
                text = LogLevel.NameOf(Severity);
                return text.Length > 0;
            case LogFieldKind.SeverityText:
                text = _batch.Text(row.SeverityText);
                return text.Length > 0;
            case LogFieldKind.EventName:
                text = _batch.Text(row.EventName);
                return text.Length > 0;
            case LogFieldKind.TraceId:
                text = row.TraceId.IsEmpty ? default : Encoding.ASCII.GetBytes(row.TraceId.ToString());
                return text.Length > 0;
            case LogFieldKind.SpanId:
                text = row.SpanId == 0 ? default : Encoding.ASCII.GetBytes($"{row.SpanId:x16}");
                return text.Length > 0;
            case LogFieldKind.Attribute when TryAttribute(field.Key, out text):
                return true;
            default:
                return TryResource(field.Key, out text);
        }
    }

    /// <summary>A text in UTF-16. Valid until the next call.</summary>
    public ReadOnlySpan<char> Characters(ReadOnlySpan<byte> text)
    {
        if (_characters.Length < text.Length)
        {
            _characters = new char[text.Length * 2];
        }

        return _characters.AsSpan(0, Encoding.UTF8.GetChars(text, _characters));
    }

    /// <summary>The attributes, to be changed.</summary>
    public List<(TextRef Key, AttributeType Type, long Bits)> Edit()
    {
        if (!_isEdited)
        {
            _edited.Clear();
            var range = Row.Attributes;
            for (var i = range.Start; i < range.Start + range.Count; i++)
            {
                _edited.Add((_batch.AttributeKeyRef(i), _batch.AttributeTypeOf(i), _batch.AttributeBits(i)));
            }

            _isEdited = true;
        }

        return _edited;
    }

    /// <summary>Adds one to what is counted under a number.</summary>
    public void Count(int counter, long by = 1) => _counts[counter] += by;

    /// <summary>How many attributes there are now.</summary>
    public int AttributeCount => _isEdited ? _edited.Count : Row.Attributes.Count;

    /// <summary>An attribute as it is now.</summary>
    public (TextRef Key, AttributeType Type, long Bits) Attribute(int index)
    {
        if (_isEdited)
        {
            return _edited[index];
        }

        var at = Row.Attributes.Start + index;
        return (_batch.AttributeKeyRef(at), _batch.AttributeTypeOf(at), _batch.AttributeBits(at));
    }

    /// <summary>Whether the record has an attribute now.</summary>
    public bool HasAttribute(byte[] key) => TryAttribute(key, out _);

    /// <summary>Sets an attribute, or the body or the level.</summary>
    public void Set(in LogField field, ReadOnlySpan<byte> value)
    {
        switch (field.Kind)
        {
            case LogFieldKind.Body:
                Row.BodyType = AttributeType.String;
                Row.BodyBits = _batch.AddText(value).Packed;
                break;
            case LogFieldKind.Level:
                Row.SeverityNumber = Records.Severity.FromWord(value);
                Row.SeverityText = _batch.AddText(value);
                break;
            default:
                SetAttribute(field.Key, AttributeType.String, _batch.AddText(value).Packed);
                break;
        }
    }

    public void SetAttribute(byte[] key, AttributeType type, long bits)
    {
        var attributes = Edit();
        for (var i = 0; i < attributes.Count; i++)
        {
            if (_batch.Text(attributes[i].Key).SequenceEqual(key))
            {
                attributes[i] = (attributes[i].Key, type, bits);
                return;
            }
        }

        attributes.Add((_batch.AddText(key), type, bits));
    }

    /// <summary>The resource of the record with these labels besides; made once for all records of one resource in a batch.</summary>
    public int ResourceWith((byte[] Name, byte[] Value)[] labels)
    {
        var from = Row.Resource;
        if (_routes.TryGetValue((from, labels), out var known))
        {
            return known;
        }

        var entry = _batch.Resources[from];
        for (var i = entry.Attributes.Start; i < entry.Attributes.Start + entry.Attributes.Count; i++)
        {
            if (!Array.Exists(labels, l => _batch.AttributeKey(i).SequenceEqual(l.Name)))
            {
                _batch.AddAttribute(_batch.AttributeKeyRef(i), _batch.AttributeTypeOf(i), _batch.AttributeBits(i));
            }
        }

        foreach (var (name, value) in labels)
        {
            _batch.AddAttribute(name, AttributeType.String, value);
        }

        return _routes[(from, labels)] = _batch.EndResource(entry.Kind, entry.SchemaUrl);
    }

    private bool TryAttribute(byte[] key, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (_isEdited)
        {
            foreach (var (name, type, bits) in _edited)
            {
                if (_batch.Text(name).SequenceEqual(key))
                {
                    text = ValueText(type, bits);
                    return true;
                }
            }

            return false;
        }

        return TryRun(Row.Attributes, key, out text);
    }

    private bool TryResource(byte[] key, out ReadOnlySpan<byte> text) => TryRun(_batch.Resources[Row.Resource].Attributes, key, out text);

    private bool TryRun(AttributeRange range, byte[] key, out ReadOnlySpan<byte> text)
    {
        for (var i = range.Start; i < range.Start + range.Count; i++)
        {
            if (_batch.AttributeKey(i).SequenceEqual(key))
            {
                text = ValueText(_batch.AttributeTypeOf(i), _batch.AttributeBits(i));
                return true;
            }
        }

        text = default;
        return false;
    }

    private ReadOnlySpan<byte> ValueText(AttributeType type, long bits)
    {
        var size = 0;
        switch (type)
        {
            case AttributeType.Int:
                Utf8Formatter.TryFormat(bits, _number, out size);
                return _number.AsSpan(0, size);
            case AttributeType.Double:
                Utf8Formatter.TryFormat(BitConverter.Int64BitsToDouble(bits), _number, out size);
                return _number.AsSpan(0, size);
            case AttributeType.Bool:
                return bits != 0 ? "true"u8 : "false"u8;
            case AttributeType.None:
                return default;
            default:
                return _batch.Text(TextRef.Unpack(bits));
        }
    }
}
