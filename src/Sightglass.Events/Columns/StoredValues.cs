using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Events.Columns;

/// <summary>
/// Values as they are stored, for a block of which few rows may be wanted: some encodings give a value by itself. Belongs to one query or merge.
/// </summary>
internal sealed class StoredValues
{
    private readonly byte[] _bytes;
    private readonly int _payload;
    private readonly ColumnEncoding _encoding;
    private readonly AttributeType _type;
    private readonly Presence? _presence;
    private readonly int _count;
    private readonly Func<ColumnView?>? _times;
    private readonly Func<string, CorruptDataException> _corrupt;

    private ValueVector? _entries;
    private Planes _planes;
    private int _data;
    private int _width;
    private byte[] _text = [];
    private int _prefix;
    private bool _isReady;
    private bool _isDirect;
    private int _reads;

    /// <param name="bytes">The column; kept.</param>
    /// <param name="payload">Where its payload begins.</param>
    /// <param name="encoding">Its encoding.</param>
    /// <param name="type">Type of its values; None where they differ.</param>
    /// <param name="presence">Rows that have one; null for all.</param>
    /// <param name="count">Values.</param>
    /// <param name="times">Gives the times of the rows.</param>
    /// <param name="corrupt">Says what is wrong.</param>
    public StoredValues(byte[] bytes, int payload, ColumnEncoding encoding, AttributeType type, Presence? presence, int count, Func<ColumnView?>? times, Func<string, CorruptDataException> corrupt)
    {
        _bytes = bytes;
        _payload = payload;
        _encoding = encoding;
        _type = type;
        _presence = presence;
        _count = count;
        _times = times;
        _corrupt = corrupt;
    }

    /// <summary>Type of the values; None where they differ.</summary>
    public AttributeType Type => _type;

    /// <summary>Memory held, in bytes.</summary>
    public long Size => _bytes.Length;

    /// <summary>All values.</summary>
    /// <exception cref="CorruptDataException">They do not decode.</exception>
    public ValueVector All()
    {
        var reader = new ByteReader(_bytes);
        reader.ReadBytes(_payload);
        var values = ColumnDecoder.ReadValues(ref reader, _encoding, _type, _presence, _count, _times, _bytes);
        return values is not null && reader.AtEnd ? values : throw _corrupt("does not decode");
    }

    /// <summary>
    /// One value by itself, until the next is asked for; false where the encoding has none, or where so many were read that it is time to read all.
    /// </summary>
    public bool TryRead(int value, out long bits, out ReadOnlySpan<byte> text)
    {
        bits = 0;
        text = default;
        if (!_isReady)
        {
            _isDirect = Prepare();
            _isReady = true;
        }

        if (!_isDirect || ++_reads > Math.Max(64, _count / 8))
        {
            return false;
        }

        switch (_encoding)
        {
            case ColumnEncoding.Dictionary:
                var index = _planes[value];
                if (index < 0 || index >= _entries!.EntryCount)
                {
                    throw _corrupt($"got entry {index} of a dictionary of {_entries!.EntryCount}");
                }

                bits = _entries.Bits[index];
                text = FieldTypes.HasBytes(_type) ? _entries.BytesOf((int)index) : default;
                return true;
            case ColumnEncoding.Ints or ColumnEncoding.RawDoubles:
                bits = _planes[value];
                return true;
            case ColumnEncoding.DecimalDoubles:
                bits = BitConverter.DoubleToInt64Bits(DecimalDoubles.Restore(_planes[value], _bytes[_payload]));
                return true;
            default:
                text = ReadText(value);
                return true;
        }
    }

    /// <summary>
    /// Takes those rows out whose integer is not in a range, the end exclusive, without making a list of all; false where the encoding is another than that
    /// of times or rows have no value.
    /// </summary>
    /// <exception cref="CorruptDataException">They do not decode.</exception>
    public bool TryRestrict(long min, long max, RowBitmap rows)
    {
        if (_encoding != ColumnEncoding.DeltaInts || _type != AttributeType.Int || _presence is not null || _count == 0 || min >= max)
        {
            return false;
        }

        var reader = new ByteReader(_bytes);
        reader.ReadBytes(_payload);
        var value = reader.ReadZigZag();
        var differences = Planes.Read(ref reader, _bytes, _count - 1);
        if (!reader.AtEnd)
        {
            throw _corrupt("does not decode");
        }

        var span = (ulong)max - (ulong)min;
        var words = rows.MutableWords;
        var first = differences.Plane(0);
        var second = differences.Plane(1);
        var third = differences.Plane(2);
        for (var word = 0; word < words.Length; word++)
        {
            ulong within = 0;
            var start = word * 64;
            var end = Math.Min(64, _count - start);
            for (var bit = 0; bit < end; bit++)
            {
                within |= ((ulong)value - (ulong)min < span ? 1UL : 0) << bit;
                var next = start + bit;
                if (next >= _count - 1)
                {
                    continue;
                }

                value += differences.Width <= 3
                    ? differences.Least + (first[next] | (second[next] << 8) | (third[next] << 16))
                    : differences[next];
            }

            words[word] &= within;
        }

        return true;
    }

    /// <summary>The texts that are made of bytes or numbers of equal length.</summary>
    private ReadOnlySpan<byte> ReadText(int value)
    {
        var length = _prefix;
        if (_encoding == ColumnEncoding.IntText)
        {
            System.Buffers.Text.Utf8Formatter.TryFormat(_planes[value], _text.AsSpan(length), out var digits);
            return _text.AsSpan(0, length + digits);
        }

        foreach (var b in _bytes.AsSpan(_data + (value * _width), _width))
        {
            var at = length - _prefix;
            if (_encoding == ColumnEncoding.Uuid && at is 8 or 13 or 18 or 23)
            {
                _text[length++] = (byte)'-';
            }

            _text[length++] = Digit(b >> 4);
            _text[length++] = Digit(b & 15);
        }

        return _text.AsSpan(0, length);
    }

    private static byte Digit(int value) => (byte)(value < 10 ? '0' + value : 'a' + value - 10);

    /// <summary>Finds the places in the payload; false where a value cannot be read by itself.</summary>
    private bool Prepare()
    {
        var reader = new ByteReader(_bytes);
        reader.ReadBytes(_payload);
        if (!ColumnDecoder.Fits(_encoding, _type) && _encoding != ColumnEncoding.Dictionary)
        {
            return false;
        }

        switch (_encoding)
        {
            case ColumnEncoding.Dictionary when _type != AttributeType.None:
                _entries = ColumnDecoder.ReadEntries(ref reader, _type, _count);
                _planes = Planes.Read(ref reader, _bytes, _count);
                return _entries is not null && reader.AtEnd;
            case ColumnEncoding.DecimalDoubles when DecimalDoubles.IsKnown(reader.ReadByte()):
                _planes = Planes.Read(ref reader, _bytes, _count);
                return reader.AtEnd;
            case ColumnEncoding.Ints or ColumnEncoding.RawDoubles:
                _planes = Planes.Read(ref reader, _bytes, _count);
                return reader.AtEnd;
            case ColumnEncoding.IntText:
                KeepPrefix(ref reader, 20);
                _planes = Planes.Read(ref reader, _bytes, _count);
                return reader.AtEnd;
            case ColumnEncoding.Hex:
                var prefix = reader.ReadLengthPrefixed();
                _width = reader.ReadCount(reader.Remaining);
                _data = reader.Position;
                (_prefix, _text) = (prefix.Length, new byte[prefix.Length + (2 * _width)]);
                prefix.CopyTo(_text);
                reader.ReadBytes((long)_width * _count > reader.Remaining ? -1 : _width * _count);
                return reader.AtEnd && _width > 0;
            case ColumnEncoding.Uuid:
                (_width, _data, _text) = (Uuids.Bytes, reader.Position, new byte[Uuids.TextBytes]);
                return (long)_width * _count == reader.Remaining;
            default:
                return false;
        }
    }

    private void KeepPrefix(ref ByteReader reader, int more)
    {
        var prefix = reader.ReadLengthPrefixed();
        (_prefix, _text) = (prefix.Length, new byte[prefix.Length + more]);
        prefix.CopyTo(_text);
    }

    /// <summary>Integers in planes, to be had one by one.</summary>
    private readonly struct Planes(byte[] bytes, int offset, long least, int width, int count)
    {
        private static readonly byte[] Zeros = new byte[ColumnBounds.MaxRows];

        public long Least => least;

        public int Width => width;

        /// <summary>A plane; zeros for those that the values are too small for.</summary>
        public ReadOnlySpan<byte> Plane(int plane) => plane < width ? bytes.AsSpan(offset + (plane * count), count) : Zeros;

        public long this[int index]
        {
            get
            {
                ulong value = 0;
                for (var plane = 0; plane < width; plane++)
                {
                    value |= (ulong)bytes[offset + (plane * count) + index] << (plane * 8);
                }

                return (long)((ulong)least + value);
            }
        }

        public static Planes Read(ref ByteReader reader, byte[] bytes, int count)
        {
            var least = reader.ReadZigZag();
            var width = reader.ReadByte();
            var offset = reader.Position;
            reader.ReadBytes(width > 8 ? -1 : width * count);
            return new Planes(bytes, offset, least, width, count);
        }
    }
}
