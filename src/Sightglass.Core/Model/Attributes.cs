using System.Globalization;
using System.Text;

namespace Sightglass.Core.Model;

/// <summary>Type of an attribute's value.</summary>
public enum AttributeType : byte
{
    /// <summary>No value.</summary>
    None = 0,

    /// <summary>UTF-8 text.</summary>
    String = 1,

    /// <summary>A signed 64-bit integer.</summary>
    Int = 2,

    /// <summary>A double, held by its bits.</summary>
    Double = 3,

    /// <summary>A truth value: 0 or 1.</summary>
    Bool = 4,

    /// <summary>Bytes.</summary>
    Bytes = 5,

    /// <summary>An array or a map: the bytes are an OTLP <c>AnyValue</c> message in protobuf.</summary>
    Composite = 6,
}

/// <summary>An attribute's value away from the hot path. Immutable.</summary>
public readonly struct AttributeValue : IEquatable<AttributeValue>
{
    private readonly long _bits;
    private readonly object? _object;

    private AttributeValue(AttributeType type, long bits, object? value)
    {
        Type = type;
        _bits = bits;
        _object = value;
    }

    /// <summary>Its type.</summary>
    public AttributeType Type { get; }

    /// <summary>The integer, the truth value as 0 or 1, or the bits of the double.</summary>
    public long Bits => _bits;

    /// <summary>The text of a <see cref="AttributeType.String"/>.</summary>
    public string Text => (string)_object!;

    /// <summary>The bytes of <see cref="AttributeType.Bytes"/> or <see cref="AttributeType.Composite"/>.</summary>
    public byte[] Bytes => (byte[])_object!;

    /// <summary>The number of an <see cref="AttributeType.Int"/> or <see cref="AttributeType.Double"/>.</summary>
    public double Number => Type == AttributeType.Double ? BitConverter.Int64BitsToDouble(_bits) : _bits;

    /// <summary>A text value.</summary>
    public static AttributeValue Of(string text) => new(AttributeType.String, 0, text);

    /// <summary>An integer value.</summary>
    public static AttributeValue Of(long value) => new(AttributeType.Int, value, null);

    /// <summary>A double value.</summary>
    public static AttributeValue Of(double value) => new(AttributeType.Double, BitConverter.DoubleToInt64Bits(value), null);

    /// <summary>A truth value.</summary>
    public static AttributeValue Of(bool value) => new(AttributeType.Bool, value ? 1 : 0, null);

    /// <summary>Bytes, or an encoded array or map.</summary>
    public static AttributeValue OfBytes(AttributeType type, byte[] bytes) => new(type, 0, bytes);

    /// <summary>Reads a value as columns and batches hold it.</summary>
    public static AttributeValue From(AttributeType type, long bits, ReadOnlySpan<byte> bytes) => type switch
    {
        AttributeType.String => Of(Encoding.UTF8.GetString(bytes)),
        AttributeType.Bytes or AttributeType.Composite => OfBytes(type, bytes.ToArray()),
        _ => new AttributeValue(type, bits, null),
    };

    /// <inheritdoc/>
    public bool Equals(AttributeValue other) => Type == other.Type && _bits == other._bits && (_object, other._object) switch
    {
        (string a, string b) => a == b,
        (byte[] a, byte[] b) => a.AsSpan().SequenceEqual(b),
        (null, null) => true,
        _ => false,
    };

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is AttributeValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Type, _bits, _object is string s ? s.GetHashCode(StringComparison.Ordinal) : 0);

    /// <summary>Equality.</summary>
    public static bool operator ==(AttributeValue left, AttributeValue right) => left.Equals(right);

    /// <summary>Inequality.</summary>
    public static bool operator !=(AttributeValue left, AttributeValue right) => !left.Equals(right);

    /// <summary>The value as text: numbers invariant, bytes in base64, arrays and maps as JSON.</summary>
    public override string ToString() => Type switch
    {
        AttributeType.String => Text,
        AttributeType.Int => _bits.ToString(CultureInfo.InvariantCulture),
        AttributeType.Double => Number.ToString("R", CultureInfo.InvariantCulture),
        AttributeType.Bool => _bits != 0 ? "true" : "false",
        AttributeType.Bytes => Convert.ToBase64String(Bytes),
        AttributeType.Composite => AnyValueText.ToJson(Bytes),
        _ => string.Empty,
    };
}

/// <summary>An attribute: a key and a value.</summary>
/// <param name="Key">The key, as sent.</param>
/// <param name="Value">The value.</param>
public readonly record struct EventAttribute(string Key, AttributeValue Value);

/// <summary>Id of a trace, 16 bytes; all zero means absent.</summary>
/// <param name="High">First eight bytes, big-endian.</param>
/// <param name="Low">Last eight bytes, big-endian.</param>
public readonly record struct TraceId(ulong High, ulong Low)
{
    /// <summary>True when there is no trace id.</summary>
    public bool IsEmpty => (High | Low) == 0;

    /// <summary>Reads 16 bytes.</summary>
    public static TraceId FromBytes(ReadOnlySpan<byte> bytes) => new(
        System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes),
        System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Reads up to 32 hex digits; shorter ids are padded with zeros at the left.</summary>
    public static bool TryParse(ReadOnlySpan<char> hex, out TraceId id)
    {
        id = default;
        if (hex.Length is 0 or > 32)
        {
            return false;
        }

        ulong high = 0;
        ulong low = 0;
        foreach (var c in hex)
        {
            if (!char.IsAsciiHexDigit(c))
            {
                return false;
            }

            high = (high << 4) | (low >> 60);
            low = (low << 4) | (uint)Convert.ToInt32(c.ToString(), 16);
        }

        id = new TraceId(high, low);
        return true;
    }

    /// <summary>32 lower-case hex digits.</summary>
    public override string ToString() => $"{High:x16}{Low:x16}";
}
