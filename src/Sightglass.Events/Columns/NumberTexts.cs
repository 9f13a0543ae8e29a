using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Events.Columns;

/// <summary>
/// Texts that are decimal numbers, whether they begin with zeros or have decimals: all digits as one integer, how many zeros stand before what they need,
/// and how many digits follow the point.
/// </summary>
internal static class NumberTexts
{
    /// <summary>Most digits of one number: what a long holds.</summary>
    private const int MaxDigits = 18;

    private const int MaxTextBytes = MaxDigits + 2;

    /// <summary>Takes texts apart; false when one is not such a number.</summary>
    /// <param name="values">The texts.</param>
    /// <param name="numbers">Gets three numbers per text, each kind after the other: the digits, the zeros before them, the digits behind the point.</param>
    public static bool TryParse(ValueVector values, Span<long> numbers)
    {
        var count = values.EntryCount;
        for (var i = 0; i < count; i++)
        {
            if (!TryParse(values.BytesOf(i), out numbers[i], out var zeros, out var decimals))
            {
                return false;
            }

            numbers[count + i] = zeros;
            numbers[(2 * count) + i] = decimals;
        }

        return count > 0;
    }

    /// <summary>Reads what <see cref="TryParse(ValueVector, Span{long})"/> took apart, written as three times planes.</summary>
    /// <returns>The bytes of the texts, with <paramref name="bits"/> their places; a failure sticks to the reader.</returns>
    public static byte[] Read(ref ByteReader reader, long[] bits)
    {
        var zeros = new long[bits.Length];
        var decimals = new long[bits.Length];
        IntPlanes.Read(ref reader, bits);
        IntPlanes.Read(ref reader, zeros);
        IntPlanes.Read(ref reader, decimals);
        if (reader.Failed || (long)MaxTextBytes * bits.Length > ColumnBounds.MaxRawBytes)
        {
            reader.Fail();
            return [];
        }

        var arena = new byte[MaxTextBytes * bits.Length];
        var at = 0;
        for (var i = 0; i < bits.Length; i++)
        {
            if (!TryFormat(bits[i], zeros[i], decimals[i], arena.AsSpan(at), out var length))
            {
                reader.Fail();
                return [];
            }

            bits[i] = new TextRef(at, length).Packed;
            at += length;
        }

        return arena;
    }

    private static bool TryParse(ReadOnlySpan<byte> text, out long digits, out int zeros, out int decimals)
    {
        (digits, zeros, decimals) = (0, 0, 0);
        var isNegative = text.Length > 0 && text[0] == '-';
        var at = isNegative ? 1 : 0;
        var count = 0;
        var point = -1;
        for (; at < text.Length; at++)
        {
            var b = text[at];
            if (b == '.' && point < 0 && count > 0)
            {
                point = count;
                continue;
            }

            if (b is < (byte)'0' or > (byte)'9' || ++count > MaxDigits)
            {
                return false;
            }

            digits = (digits * 10) + (b - '0');
        }

        if (count == 0 || point == count || (isNegative && digits == 0))
        {
            return false;
        }

        decimals = point < 0 ? 0 : count - point;
        zeros = count - Math.Max(DigitsOf(digits), decimals + 1);
        digits = isNegative ? -digits : digits;
        return true;
    }

    private static bool TryFormat(long digits, long zeros, long decimals, Span<byte> target, out int length)
    {
        length = 0;
        if (digits is long.MinValue || zeros is < 0 or > MaxDigits || decimals is < 0 or >= MaxDigits)
        {
            return false;
        }

        var magnitude = Math.Abs(digits);
        var count = Math.Max(DigitsOf(magnitude), (int)decimals + 1) + (int)zeros;
        if (count > MaxDigits)
        {
            return false;
        }

        if (digits < 0)
        {
            target[length++] = (byte)'-';
        }

        length += count + (decimals > 0 ? 1 : 0);
        for (int at = length - 1, left = count; left > 0; at--)
        {
            if (decimals > 0 && left == count - (int)decimals)
            {
                target[at--] = (byte)'.';
            }

            (magnitude, var digit) = Math.DivRem(magnitude, 10);
            target[at] = (byte)('0' + digit);
            left--;
        }

        return true;
    }

    private static int DigitsOf(long number)
    {
        var digits = 1;
        for (; number >= 10; number /= 10)
        {
            digits++;
        }

        return digits;
    }
}
