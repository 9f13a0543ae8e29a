using System.Buffers.Binary;
using System.Text.Unicode;
using Sightglass.Core.Errors;

namespace Sightglass.Core.Bytes;

/// <summary>Wire types of protobuf.</summary>
public enum ProtoWireType
{
    /// <summary>A varint.</summary>
    Varint = 0,

    /// <summary>Eight bytes.</summary>
    Fixed64 = 1,

    /// <summary>A length and as many bytes.</summary>
    Bytes = 2,

    /// <summary>Start of a group; refused.</summary>
    StartGroup = 3,

    /// <summary>End of a group; refused.</summary>
    EndGroup = 4,

    /// <summary>Four bytes.</summary>
    Fixed32 = 5,
}

/// <summary>
/// Walks one protobuf message over a span without copying. A field of an unexpected wire type, a length past the end and a
/// group are <see cref="MalformedInputException"/>; an unknown field is skipped.
/// </summary>
public ref struct ProtoReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;

    /// <summary>Reads the message <paramref name="bytes"/>.</summary>
    public ProtoReader(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _position = 0;
        Field = 0;
        WireType = ProtoWireType.Varint;
    }

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Wire type of the current field.</summary>
    public ProtoWireType WireType { get; private set; }

    /// <summary>Offset of the next byte in this message.</summary>
    public readonly int Position => _position;

    /// <summary>Moves to the next field; its value must then be read or skipped. False at the end.</summary>
    public bool Next()
    {
        if (_position >= _bytes.Length)
        {
            return false;
        }

        var tag = RawVarint();
        if (tag > uint.MaxValue || tag < 8)
        {
            Malformed("invalid protobuf field tag");
        }

        Field = (int)(tag >> 3);
        WireType = (ProtoWireType)(tag & 7);
        return true;
    }

    /// <summary>Reads a varint as unsigned.</summary>
    public ulong ReadUInt64()
    {
        Expect(ProtoWireType.Varint);
        return RawVarint();
    }

    /// <summary>Reads a varint as signed (int32, int64, enum, bool).</summary>
    public long ReadInt64() => (long)ReadUInt64();

    /// <summary>Reads an int32 or enum; bits above 32 are dropped as protobuf has it.</summary>
    public int ReadInt32() => (int)ReadUInt64();

    /// <summary>Reads a bool.</summary>
    public bool ReadBool() => ReadUInt64() != 0;

    /// <summary>Reads a sint32 or sint64.</summary>
    public long ReadSInt64()
    {
        var raw = ReadUInt64();
        return (long)(raw >> 1) ^ -(long)(raw & 1);
    }

    /// <summary>Reads a fixed64 or sfixed64.</summary>
    public ulong ReadFixed64()
    {
        Expect(ProtoWireType.Fixed64);
        return RawFixed64();
    }

    /// <summary>Reads a double.</summary>
    public double ReadDouble() => BitConverter.UInt64BitsToDouble(ReadFixed64());

    /// <summary>Reads a fixed32 or sfixed32.</summary>
    public uint ReadFixed32()
    {
        Expect(ProtoWireType.Fixed32);
        return RawFixed32();
    }

    /// <summary>Reads a bytes field or embedded message; the span points into the input.</summary>
    public ReadOnlySpan<byte> ReadBytes()
    {
        Expect(ProtoWireType.Bytes);
        return RawBytes();
    }

    /// <summary>Reads a string field as UTF-8 bytes, checked to be valid UTF-8.</summary>
    public ReadOnlySpan<byte> ReadUtf8()
    {
        var span = ReadBytes();
        if (!Utf8.IsValid(span))
        {
            Malformed("invalid UTF-8 in a string field");
        }

        return span;
    }

    /// <summary>Skips the value of the current field.</summary>
    public void Skip()
    {
        switch (WireType)
        {
            case ProtoWireType.Varint:
                RawVarint();
                break;
            case ProtoWireType.Fixed64:
                RawFixed64();
                break;
            case ProtoWireType.Bytes:
                RawBytes();
                break;
            case ProtoWireType.Fixed32:
                RawFixed32();
                break;
            default:
                Malformed($"unsupported protobuf wire type {(int)WireType}");
                break;
        }
    }

    /// <summary>
    /// Reads one element of a repeated varint field that may be packed or not: when packed, <paramref name="packed"/> gets the
    /// bytes to walk with <see cref="ReadPackedVarint"/> and the result is 0.
    /// </summary>
    public ulong ReadRepeatedVarint(out ReadOnlySpan<byte> packed)
    {
        if (WireType == ProtoWireType.Bytes)
        {
            packed = RawBytes();
            return 0;
        }

        packed = default;
        return ReadUInt64();
    }

    /// <summary>Takes the next varint off packed bytes.</summary>
    public static ulong ReadPackedVarint(ref ReadOnlySpan<byte> packed)
    {
        var reader = new ByteReader(packed);
        var value = reader.ReadVarint();
        if (reader.Failed)
        {
            throw new MalformedInputException("truncated packed varint");
        }

        packed = packed[reader.Position..];
        return value;
    }

    private void Expect(ProtoWireType type)
    {
        if (WireType != type)
        {
            Malformed($"protobuf field {Field} has wire type {(int)WireType}, want {(int)type}");
        }
    }

    private ulong RawVarint()
    {
        var bytes = _bytes;
        var at = _position;
        if (at < bytes.Length && bytes[at] < 0x80)
        {
            _position = at + 1;
            return bytes[at];
        }

        ulong value = 0;
        for (var shift = 0; shift < 70 && at < bytes.Length; shift += 7)
        {
            var b = bytes[at++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                _position = at;
                return value;
            }
        }

        Malformed("truncated or overlong varint");
        return 0;
    }

    private ulong RawFixed64()
    {
        if (_bytes.Length - _position < 8)
        {
            Malformed("truncated 64-bit field");
        }

        var value = BinaryPrimitives.ReadUInt64LittleEndian(_bytes[_position..]);
        _position += 8;
        return value;
    }

    private uint RawFixed32()
    {
        if (_bytes.Length - _position < 4)
        {
            Malformed("truncated 32-bit field");
        }

        var value = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[_position..]);
        _position += 4;
        return value;
    }

    private ReadOnlySpan<byte> RawBytes()
    {
        var length = RawVarint();
        if (length > (ulong)(_bytes.Length - _position))
        {
            Malformed($"length {length} of field {Field} is past the end of its message");
        }

        var span = _bytes.Slice(_position, (int)length);
        _position += (int)length;
        return span;
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private readonly void Malformed(string message) => throw new MalformedInputException(message, _position);
}
