using System.Buffers.Binary;
using Sightglass.Core.Errors;

namespace Sightglass.Ingest.Fluent;

/// <summary>
/// Finds the end of a value in a buffer that grows, without looking at any byte twice: it remembers how far it came and how many values are still to come,
/// which is all that nesting needs.
/// </summary>
internal struct MessagePackScanner
{
    private int _at;
    private long _left;
    private bool _started;

    /// <summary>The bytes of the value once it is whole, else 0; then called again with more bytes after the same ones.</summary>
    /// <exception cref="MalformedInputException">It is no MessagePack, or announces more than <paramref name="maxBytes"/>.</exception>
    public int Find(ReadOnlySpan<byte> buffer, int maxBytes)
    {
        if (!_started)
        {
            (_at, _left, _started) = (0, 1, true);
        }

        while (_left > 0)
        {
            if (_at >= buffer.Length || Header(buffer[_at..], out var values, out var payload) is not (> 0 and var header))
            {
                return 0;
            }

            var size = header + payload;
            if (_at + size > maxBytes || _left + values > maxBytes)
            {
                throw new MalformedInputException($"message of more than {maxBytes} bytes");
            }

            if (_at + size > buffer.Length)
            {
                return 0;
            }

            _at += (int)size;
            _left += values - 1;
        }

        _started = false;
        return _at;
    }

    // Bytes of the header, 0 where it is not there whole; values inside, and bytes after it.
    private static int Header(ReadOnlySpan<byte> bytes, out long values, out long payload)
    {
        values = 0;
        payload = 0;
        var first = bytes[0];
        switch (first)
        {
            case <= 0x7f or >= 0xe0 or 0xc0 or 0xc2 or 0xc3:
                return 1;
            case <= 0x8f:
                values = 2 * (first & 0x0f);
                return 1;
            case <= 0x9f:
                values = first & 0x0f;
                return 1;
            case <= 0xbf:
                payload = first & 0x1f;
                return 1;
            case 0xcc or 0xd0:
                return Fixed(bytes, 2);
            case 0xcd or 0xd1:
                return Fixed(bytes, 3);
            case 0xce or 0xd2 or 0xca:
                return Fixed(bytes, 5);
            case 0xcf or 0xd3 or 0xcb:
                return Fixed(bytes, 9);
            case >= 0xd4 and <= 0xd8:
                payload = 1 + (1L << (first - 0xd4));
                return 1;
            case 0xc4 or 0xd9 or 0xc7:
                payload = bytes.Length < 2 ? 0 : bytes[1] + (first == 0xc7 ? 1 : 0);
                return Fixed(bytes, 2);
            case 0xc5 or 0xda or 0xc8:
                payload = bytes.Length < 3 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]) + (first == 0xc8 ? 1 : 0);
                return Fixed(bytes, 3);
            case 0xc6 or 0xdb or 0xc9:
                payload = bytes.Length < 5 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]) + (first == 0xc9 ? 1L : 0);
                return Fixed(bytes, 5);
            case 0xdc or 0xde:
                values = bytes.Length < 3 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]) * (first == 0xde ? 2L : 1);
                return Fixed(bytes, 3);
            case 0xdd or 0xdf:
                values = bytes.Length < 5 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]) * (first == 0xdf ? 2L : 1);
                return Fixed(bytes, 5);
            default:
                throw new MalformedInputException($"MessagePack: the byte {first:x2} is no type");
        }
    }

    private static int Fixed(ReadOnlySpan<byte> bytes, int size) => bytes.Length < size ? 0 : size;
}
