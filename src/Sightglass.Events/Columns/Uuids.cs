using System.Buffers;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Events.Columns;

/// <summary>Texts that are UUIDs in lower case: 16 bytes instead of 36.</summary>
internal static class Uuids
{
    /// <summary>Bytes of one as text.</summary>
    public const int TextBytes = 36;

    /// <summary>Bytes of one.</summary>
    public const int Bytes = 16;

    private const string HexDigits = "0123456789abcdef";

    private static readonly SearchValues<byte> LowerHex = SearchValues.Create("0123456789abcdef"u8);

    public static bool IsOne(ReadOnlySpan<byte> text) =>
        text.Length == TextBytes && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-'
        && !text[..8].ContainsAnyExcept(LowerHex) && !text[9..13].ContainsAnyExcept(LowerHex) && !text[14..18].ContainsAnyExcept(LowerHex)
        && !text[19..23].ContainsAnyExcept(LowerHex) && !text[24..].ContainsAnyExcept(LowerHex);

    /// <summary>Appends texts that are all UUIDs; false without writing anything when one is not.</summary>
    public static bool TryWrite(ValueVector values, ByteWriter target)
    {
        for (var i = 0; i < values.EntryCount; i++)
        {
            if (!IsOne(values.BytesOf(i)))
            {
                return false;
            }
        }

        for (var i = 0; i < values.EntryCount; i++)
        {
            var text = values.BytesOf(i);
            var bytes = target.GetSpan(Bytes)[..Bytes];
            for (int at = 0, to = 0; to < Bytes; at += 2)
            {
                if (text[at] == '-')
                {
                    at++;
                }

                bytes[to++] = (byte)((ValueOf(text[at]) << 4) | ValueOf(text[at + 1]));
            }

            target.Advance(Bytes);
        }

        return values.EntryCount > 0;
    }

    /// <summary>Reads as many as there are places; a failure sticks to the reader.</summary>
    public static byte[] Read(ref ByteReader reader, long[] bits)
    {
        var source = reader.ReadBytes((long)bits.Length * Bytes > reader.Remaining ? -1 : bits.Length * Bytes);
        if (reader.Failed)
        {
            return [];
        }

        var arena = GC.AllocateUninitializedArray<byte>(bits.Length * TextBytes);
        for (var i = 0; i < bits.Length; i++)
        {
            bits[i] = new TextRef(i * TextBytes, TextBytes).Packed;
            var text = arena.AsSpan(i * TextBytes, TextBytes);
            var at = 0;
            for (var from = 0; from < Bytes; from++)
            {
                if (from is 4 or 6 or 8 or 10)
                {
                    text[at++] = (byte)'-';
                }

                var b = source[(i * Bytes) + from];
                text[at++] = (byte)HexDigits[b >> 4];
                text[at++] = (byte)HexDigits[b & 15];
            }
        }

        return arena;
    }

    private static int ValueOf(byte digit) => digit <= '9' ? digit - '0' : digit - 'a' + 10;
}
