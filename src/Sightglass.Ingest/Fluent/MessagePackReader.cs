using System.Buffers.Binary;
using Sightglass.Core.Errors;

namespace Sightglass.Ingest.Fluent;

/// <summary>What a value of MessagePack is.</summary>
internal enum MessagePackType : byte
{
    Nil,
    Bool,
    Int,
    Float,
    Text,
    Bytes,
    Array,
    Map,
    Extension,
}

/// <summary>
/// Reads MessagePack from bytes that are there whole. Every length is checked against what is left, and nothing is allocated. Bad input is
/// <see cref="MalformedInputException"/>.
/// </summary>
internal ref struct MessagePackReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _at;

    public MessagePackReader(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _at = 0;
    }

    /// <summary>Offset of the next value.</summary>
    public readonly int Position => _at;

    /// <summary>True when nothing is left.</summary>
    public readonly bool AtEnd => _at >= _bytes.Length;

    /// <summary>The type of the next value.</summary>
    public readonly MessagePackType Peek() => TypeOf(AtEnd ? throw End() : _bytes[_at]);

    /// <summary>The type that a first byte announces.</summary>
    public static MessagePackType TypeOf(byte first) => first switch
    {
        <= 0x7f or >= 0xe0 => MessagePackType.Int,
        <= 0x8f or 0xde or 0xdf => MessagePackType.Map,
        <= 0x9f or 0xdc or 0xdd => MessagePackType.Array,
        <= 0xbf or 0xd9 or 0xda or 0xdb => MessagePackType.Text,
        0xc0 => MessagePackType.Nil,
        0xc2 or 0xc3 => MessagePackType.Bool,
        0xc4 or 0xc5 or 0xc6 => MessagePackType.Bytes,
        0xca or 0xcb => MessagePackType.Float,
        >= 0xcc and <= 0xd3 => MessagePackType.Int,
        0xc1 => throw new MalformedInputException("MessagePack: the byte c1 is no type"),
        _ => MessagePackType.Extension,
    };

    /// <summary>The number of an array's values.</summary>
    public int ReadArray() => Count(0x90, 0x0f, 0xdc, MessagePackType.Array, 1);

    /// <summary>The number of a map's pairs.</summary>
    public int ReadMap() => Count(0x80, 0x0f, 0xde, MessagePackType.Map, 2);

    /// <summary>The bytes of a text or of bytes.</summary>
    public ReadOnlySpan<byte> ReadBytes()
    {
        var first = Next();
        var length = first switch
        {
            >= 0xa0 and <= 0xbf => (uint)(first & 0x1f),
            0xc4 or 0xd9 => Next(),
            0xc5 or 0xda => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xc6 or 0xdb => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            _ => throw Wrong("text or bytes", first),
        };
        return Take(length);
    }

    /// <summary>A truth value.</summary>
    public bool ReadBool() => Next() switch { 0xc2 => false, 0xc3 => true, var other => throw Wrong("a truth value", other) };

    /// <summary>A whole number; one beyond 63 bits is the largest that they hold.</summary>
    public long ReadInt()
    {
        var first = Next();
        return first switch
        {
            <= 0x7f => first,
            >= 0xe0 => (sbyte)first,
            0xcc => Next(),
            0xcd => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xce => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            0xcf => (long)Math.Min(BinaryPrimitives.ReadUInt64BigEndian(Take(8)), long.MaxValue),
            0xd0 => (sbyte)Next(),
            0xd1 => BinaryPrimitives.ReadInt16BigEndian(Take(2)),
            0xd2 => BinaryPrimitives.ReadInt32BigEndian(Take(4)),
            0xd3 => BinaryPrimitives.ReadInt64BigEndian(Take(8)),
            _ => throw Wrong("a whole number", first),
        };
    }

    /// <summary>A number with a fraction.</summary>
    public double ReadFloat() => Next() switch
    {
        0xca => BinaryPrimitives.ReadSingleBigEndian(Take(4)),
        0xcb => BinaryPrimitives.ReadDoubleBigEndian(Take(8)),
        var other => throw Wrong("a number with a fraction", other),
    };

    /// <summary>An extension: its type and bytes.</summary>
    public ReadOnlySpan<byte> ReadExtension(out sbyte type)
    {
        var first = Next();
        uint length = first switch
        {
            0xd4 => 1,
            0xd5 => 2,
            0xd6 => 4,
            0xd7 => 8,
            0xd8 => 16,
            0xc7 => Next(),
            0xc8 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xc9 => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            _ => throw Wrong("an extension", first),
        };
        type = (sbyte)Next();
        return Take(length);
    }

    /// <summary>Passes over a nil; false where something else stands.</summary>
    public bool TryReadNil()
    {
        if (AtEnd || _bytes[_at] != 0xc0)
        {
            return false;
        }

        _at++;
        return true;
    }

    /// <summary>Passes over a value with everything in it.</summary>
    public void Skip()
    {
        var left = 1L;
        while (left > 0)
        {
            left--;
            switch (Peek())
            {
                case MessagePackType.Array:
                    left += ReadArray();
                    break;
                case MessagePackType.Map:
                    left += 2L * ReadMap();
                    break;
                case MessagePackType.Text or MessagePackType.Bytes:
                    ReadBytes();
                    break;
                case MessagePackType.Extension:
                    ReadExtension(out _);
                    break;
                case MessagePackType.Float:
                    ReadFloat();
                    break;
                case MessagePackType.Int:
                    ReadInt();
                    break;
                default:
                    _at++;
                    break;
            }
        }
    }

    private int Count(byte small, byte mask, byte medium, MessagePackType want, int valuesEach)
    {
        var first = Next();
        uint count;
        if ((first & ~mask) == small)
        {
            count = (uint)(first & mask);
        }
        else if (first == medium)
        {
            count = BinaryPrimitives.ReadUInt16BigEndian(Take(2));
        }
        else if (first == medium + 1)
        {
            count = BinaryPrimitives.ReadUInt32BigEndian(Take(4));
        }
        else
        {
            throw Wrong(want == MessagePackType.Map ? "a map" : "an array", first);
        }

        // Every value takes a byte at least: a larger count is a lie.
        return count * (long)valuesEach <= _bytes.Length - _at ? (int)count : throw End();
    }

    private byte Next() => _at < _bytes.Length ? _bytes[_at++] : throw End();

    private ReadOnlySpan<byte> Take(uint length)
    {
        if (length > (uint)(_bytes.Length - _at))
        {
            throw End();
        }

        var taken = _bytes.Slice(_at, (int)length);
        _at += (int)length;
        return taken;
    }

    private readonly MalformedInputException End() => new("MessagePack: the input ends inside of a value", _at);

    private readonly MalformedInputException Wrong(string want, byte got) => new($"MessagePack: got the byte {got:x2}, want {want}", _at - 1);
}
