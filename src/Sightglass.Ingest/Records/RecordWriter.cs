using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;
using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;

namespace Sightglass.Ingest.Records;

/// <summary>
/// Puts records of protocols without a resource (syslog, GELF, Elasticsearch, …) into a <see cref="LogBatch"/>: fields with a meaning become time, level,
/// body, trace and the labels of the stream, the rest typed attributes. A record over a limit is left out and counted. Reused from record to record without
/// making objects; not thread-safe.
/// </summary>
internal sealed class RecordWriter : IDisposable
{
    // Less than what the store allows, so that a record is not refused for the moment between here and there.
    private static readonly TimeSpan Future = TimeSpan.FromHours(23);
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    // A level is a word; a sentence under that name is an attribute.
    private const int MaxLevelBytes = 64;

    private readonly FieldMap _fields;
    private readonly RecordOptions _options;
    private readonly IngestLimits _limits;
    private readonly (byte[] Name, byte[] Value)[] _fixedLabels;
    private readonly bool _fixedService;
    private readonly bool _fixedHost;
    private readonly Dictionary<Hash128, int> _streams = [];
    private readonly ByteWriter _streamKey = new(256);
    private LogBatch _batch = null!;
    private LogRow _row;
    private long _now;
    private string? _wrong;
    private (TextRef Key, AttributeType Type, long Bits)[] _attributes = new (TextRef, AttributeType, long)[32];
    private int _count;
    private TextRef _service;
    private TextRef _host;
    private TextRef _body;
    private int _serviceRank;
    private int _hostRank;
    private int _bodyRank;
    private int _timeRank;
    private int _levelRank;
    private (TextRef Key, AttributeType Type, long Bits) _bodyFrom;
    private (TextRef Key, AttributeType Type, long Bits) _timeFrom;
    private (TextRef Key, AttributeType Type, long Bits) _levelFrom;

    public RecordWriter(FieldMap fields, RecordOptions options)
    {
        _fields = fields;
        _options = options;
        _limits = options.Limits;
        _fixedLabels = options.FixedLabels();
        _fixedService = options.Labels.TryGet("service_name", out _);
        _fixedHost = options.Labels.TryGet("hostname", out _);
    }

    /// <summary>The batch that is written to.</summary>
    public LogBatch Batch => _batch;

    /// <summary>The open row.</summary>
    public ref LogRow Row => ref _row;

    /// <summary>Whether the open record has a body yet.</summary>
    public bool HasBody => _bodyRank != int.MaxValue;

    /// <summary>Writes to <paramref name="batch"/> from here on, which is empty.</summary>
    public void Use(LogBatch batch)
    {
        _batch = batch;
        _streams.Clear();
    }

    /// <summary>Starts a record; <paramref name="now"/> is its time if it has none of its own.</summary>
    public void Begin(long now)
    {
        _row = new LogRow { Scope = -1 };
        _now = now;
        _wrong = null;
        _count = 0;
        _service = _host = _body = default;
        _serviceRank = _hostRank = _bodyRank = _timeRank = _levelRank = int.MaxValue;
        _bodyFrom = _timeFrom = _levelFrom = default;
    }

    /// <summary>Takes a field by its role; <paramref name="bits"/> and <paramref name="bytes"/> as in <see cref="EventBatch"/>.</summary>
    public void Field(ReadOnlySpan<byte> path, AttributeType type, long bits, ReadOnlySpan<byte> bytes)
    {
        if (type == AttributeType.None)
        {
            return;
        }

        var role = _fields.RoleOf(path, out var rank);
        if (role == FieldRole.Ignored || (role != FieldRole.Attribute && Take(path, role, rank, type, bits, bytes)))
        {
            return;
        }

        Attribute(path, type, bits, bytes);
    }

    /// <summary>Adds an attribute, whatever its name means.</summary>
    public void Attribute(ReadOnlySpan<byte> key, AttributeType type, long bits, ReadOnlySpan<byte> bytes)
    {
        if (key.Length == 0 || key.Length > _limits.MaxLabelNameBytes)
        {
            _wrong ??= key.Length == 0 ? "a field without a name" : OtlpValues.Limit("field name", key.Length, nameof(IngestLimits.MaxLabelNameBytes), _limits.MaxLabelNameBytes);
        }
        else if (type is AttributeType.String or AttributeType.Bytes && bytes.Length > _limits.MaxAttributeValueBytes)
        {
            _wrong ??= OtlpValues.Limit("field value", bytes.Length, nameof(IngestLimits.MaxAttributeValueBytes), _limits.MaxAttributeValueBytes);
        }
        else if (_count >= _limits.MaxAttributesPerRow)
        {
            _wrong ??= OtlpValues.Limit("fields of a record", _count + 1, nameof(IngestLimits.MaxAttributesPerRow), _limits.MaxAttributesPerRow);
        }
        else
        {
            var value = type == AttributeType.String ? Text(bytes).Packed : type == AttributeType.Bytes ? _batch.AddText(bytes).Packed : bits;
            Add(Text(key), type, value);
        }
    }

    /// <summary>Adds a text attribute that is not empty.</summary>
    public void Attribute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> text)
    {
        if (text.Length > 0)
        {
            Attribute(key, AttributeType.String, 0, text);
        }
    }

    /// <summary>Says what runs; the lowest rank wins.</summary>
    public void Service(ReadOnlySpan<byte> name, int rank = 0) => Label(name, rank, ref _service, ref _serviceRank);

    /// <summary>Says where it runs; the lowest rank wins.</summary>
    public void Host(ReadOnlySpan<byte> name, int rank = 0) => Label(name, rank, ref _host, ref _hostRank);

    /// <summary>Sets the body; the lowest rank wins.</summary>
    public void Body(ReadOnlySpan<byte> line, int rank = 0)
    {
        if (line.Length > _limits.MaxLogLineBytes)
        {
            _wrong ??= OtlpValues.Limit("log line", line.Length, nameof(IngestLimits.MaxLogLineBytes), _limits.MaxLogLineBytes);
        }
        else if (rank < _bodyRank)
        {
            _body = Text(line);
            _bodyRank = rank;
        }
    }

    /// <summary>Sets trace or span from hex; false where it is none.</summary>
    public bool Trace(ReadOnlySpan<byte> hex, bool span)
    {
        Span<byte> id = stackalloc byte[16];
        id = span ? id[..8] : id;
        if (hex.Length != id.Length * 2 || Convert.FromHexString(hex, id, out _, out _) != System.Buffers.OperationStatus.Done || !id.ContainsAnyExcept((byte)0))
        {
            return false;
        }

        if (span)
        {
            _row.SpanId = BinaryPrimitives.ReadUInt64BigEndian(id);
        }
        else
        {
            _row.TraceId = TraceId.FromBytes(id);
        }

        return true;
    }

    /// <summary>Refuses the record.</summary>
    public void Wrong(string why) => _wrong ??= why;

    /// <summary>Adds the record to the batch, or says why it is refused. <paramref name="otherwise"/> is the body of one that has none.</summary>
    public string? End(ReadOnlySpan<byte> otherwise = default)
    {
        if (!HasBody)
        {
            Body(otherwise);
        }

        if (_wrong is not null)
        {
            return _wrong;
        }

        _row.ObservedTimeUnixNano = _now;
        var age = (Int128)_now - _row.TimeUnixNano;
        if (_row.TimeUnixNano == 0)
        {
            _row.TimeUnixNano = _now;
        }
        else if (age > (Int128)(_options.Retention - Margin).Ticks * 100 || -age > (Int128)Future.Ticks * 100)
        {
            Attribute("original_timestamp"u8, AttributeType.String, 0, RecordTime.ToText(_row.TimeUnixNano));
            _row.TimeUnixNano = _now;
        }

        _row.Resource = Stream();
        _row.BodyType = AttributeType.String;
        _row.BodyBits = _body.Packed;
        for (var i = 0; i < _count; i++)
        {
            _batch.AddAttribute(_attributes[i].Key, _attributes[i].Type, _attributes[i].Bits);
        }

        _batch.AddRow(_row);
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _streamKey.Dispose();

    private bool Take(ReadOnlySpan<byte> path, FieldRole role, int rank, AttributeType type, long bits, ReadOnlySpan<byte> bytes)
    {
        Span<byte> number = stackalloc byte[32];
        var text = type is AttributeType.String or AttributeType.Bytes ? bytes : Format(type, bits, number);
        switch (role)
        {
            case FieldRole.Time:
                return rank < _timeRank && Time(type, bits, bytes) && Won(path, rank, type, bits, bytes, ref _timeRank, ref _timeFrom);
            case FieldRole.Level:
                return rank < _levelRank && Level(type, bits, bytes) && Won(path, rank, type, bits, bytes, ref _levelRank, ref _levelFrom);
            case FieldRole.SyslogLevel:
                return Whole(type, bits, bytes, out var severity) && Severity.SetSyslog(severity, _batch, ref _row);
            case FieldRole.Message when rank < _bodyRank:
                Won(path, rank, type, bits, bytes, ref _bodyRank, ref _bodyFrom);
                _bodyRank = int.MaxValue;
                Body(text, rank);
                return true;
            case FieldRole.Service:
                Service(text, rank);
                return path.SequenceEqual("service.name"u8) || path.SequenceEqual("service_name"u8);
            case FieldRole.Host:
                Host(text, rank);
                return path.SequenceEqual("hostname"u8);
            case FieldRole.TraceId or FieldRole.SpanId:
                return type == AttributeType.String && Trace(bytes, role == FieldRole.SpanId);
            default:
                return false;
        }
    }

    // What a better field displaces becomes the attribute that it came as. The best of all cannot be displaced and need not be remembered.
    private bool Won(ReadOnlySpan<byte> path, int rank, AttributeType type, long bits, ReadOnlySpan<byte> bytes, ref int best, ref (TextRef Key, AttributeType Type, long Bits) from)
    {
        if (from.Type != AttributeType.None)
        {
            Add(from.Key, from.Type, from.Bits);
        }

        from = rank > 1 ? (Text(path), type, type == AttributeType.String ? Text(bytes).Packed : bits) : default;
        best = rank;
        return true;
    }

    private void Add(TextRef key, AttributeType type, long bits)
    {
        if (_count == _attributes.Length)
        {
            Array.Resize(ref _attributes, _count * 2);
        }

        _attributes[_count++] = (key, type, bits);
    }

    private bool Time(AttributeType type, long bits, ReadOnlySpan<byte> bytes)
    {
        long time;
        var read = type switch
        {
            AttributeType.Int => RecordTime.TryEpoch(bits, out time),
            AttributeType.Double => RecordTime.TryEpoch(bytes, BitConverter.Int64BitsToDouble(bits), out time),
            _ => RecordTime.TryRead(bytes, out time),
        };
        if (read)
        {
            _row.TimeUnixNano = time;
        }

        return read;
    }

    private bool Level(AttributeType type, long bits, ReadOnlySpan<byte> bytes)
    {
        if (type == AttributeType.Int)
        {
            return Severity.SetTenth(bits, _batch, ref _row);
        }

        if (type != AttributeType.String || bytes.Length is 0 or > MaxLevelBytes)
        {
            return false;
        }

        _row.SeverityNumber = Severity.FromWord(bytes);
        _row.SeverityText = Text(bytes);
        return true;
    }

    private void Label(ReadOnlySpan<byte> value, int rank, ref TextRef label, ref int best)
    {
        // A name that is too long for a label stays the attribute that it came as.
        if (rank < best && value.Length > 0 && value.Length <= _limits.MaxLabelValueBytes)
        {
            label = Text(value);
            best = rank;
        }
    }

    private int Stream()
    {
        var service = _fixedService ? default : _service;
        var host = _fixedHost ? default : _host;
        _streamKey.Clear();
        _streamKey.WriteLengthPrefixed(_batch.Text(service));
        _streamKey.WriteLengthPrefixed(_batch.Text(host));
        var key = Hash128.Compute(_streamKey.Written);
        if (_streams.TryGetValue(key, out var known))
        {
            return known;
        }

        foreach (var (name, value) in _fixedLabels)
        {
            _batch.AddAttribute(name, AttributeType.String, value);
        }

        if (service.Length > 0)
        {
            _batch.AddAttribute(_batch.AddText("service_name"u8), AttributeType.String, service.Packed);
        }

        if (host.Length > 0)
        {
            _batch.AddAttribute(_batch.AddText("hostname"u8), AttributeType.String, host.Packed);
        }

        var stream = _batch.EndResource(ResourceKind.Labels);
        _streams.Add(key, stream);
        return stream;
    }

    // Stored text is always valid: what is not UTF-8 becomes replacement characters.
    private TextRef Text(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? _batch.AddText(bytes) : _batch.AddText(Encoding.UTF8.GetString(bytes));

    private static bool Whole(AttributeType type, long bits, ReadOnlySpan<byte> bytes, out long value)
    {
        value = bits;
        return type == AttributeType.Int || (type == AttributeType.String && Utf8Parser.TryParse(bytes, out value, out var used) && used == bytes.Length);
    }

    private static ReadOnlySpan<byte> Format(AttributeType type, long bits, Span<byte> buffer)
    {
        var size = 0;
        _ = type switch
        {
            AttributeType.Bool => (bits != 0 ? "true"u8 : "false"u8).TryCopyTo(buffer) && (size = bits != 0 ? 4 : 5) > 0,
            AttributeType.Double => Utf8Formatter.TryFormat(BitConverter.Int64BitsToDouble(bits), buffer, out size),
            _ => Utf8Formatter.TryFormat(bits, buffer, out size),
        };
        return buffer[..size];
    }
}
