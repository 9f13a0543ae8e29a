using System.Buffers.Text;
using Sightglass.Core.Model;

namespace Sightglass.Events.Columns;

/// <summary>Finds the value of another column in a row of the block that is written; false where it has none.</summary>
internal delegate bool OtherValue(int key, int row, out ValueVector values, out int entry);

/// <summary>The columns that texts of a block may have values of in them.</summary>
/// <param name="Keys">Numbers of the columns' keys in the part.</param>
/// <param name="Value">Finds a value.</param>
internal sealed record OtherColumns(IReadOnlyList<int> Keys, OtherValue Value);

/// <summary>
/// How a value of another column stands in a text: texts as they are, integers in decimal, truth values as words, bytes in lower-case hexadecimal, and doubles in
/// the fewest decimals, up to six, that give them back. What this class does stands on disk; a change of it is a change of the format.
/// </summary>
internal static class ValueTexts
{
    /// <summary>Room for every value but texts.</summary>
    public const int ScratchBytes = 64;

    private const int MaxDecimals = 6;
    private const long MaxScaled = 1L << 53;
    private const string HexDigits = "0123456789abcdef";

    /// <summary>Gives the text, which may lie in <paramref name="scratch"/>; false for a value that has none.</summary>
    public static bool TryFormat(AttributeType type, long bits, ReadOnlySpan<byte> bytes, Span<byte> scratch, out ReadOnlySpan<byte> text)
    {
        var length = 0;
        switch (type)
        {
            case AttributeType.String:
                text = bytes;
                return true;
            case AttributeType.Int:
                Utf8Formatter.TryFormat(bits, scratch, out length);
                break;
            case AttributeType.Bool:
                text = bits != 0 ? "true"u8 : "false"u8;
                return true;
            case AttributeType.Double:
                length = FormatDouble(BitConverter.Int64BitsToDouble(bits), scratch);
                break;
            case AttributeType.Bytes when bytes is { Length: > 0 and <= ScratchBytes / 2 }:
                foreach (var b in bytes)
                {
                    scratch[length++] = (byte)HexDigits[b >> 4];
                    scratch[length++] = (byte)HexDigits[b & 15];
                }

                break;
        }

        text = scratch[..length];
        return length > 0;
    }

    /// <summary>As the other, of an entry of a column.</summary>
    public static bool TryFormat(ValueVector values, int entry, Span<byte> scratch, out ReadOnlySpan<byte> text)
    {
        var type = values.TypeOf(entry);
        return TryFormat(type, values.Bits[entry], FieldTypes.HasBytes(type) ? values.BytesOf(entry) : default, scratch, out text);
    }

    private static int FormatDouble(double value, Span<byte> target)
    {
        var power = 1.0;
        for (var decimals = 0; decimals <= MaxDecimals; decimals++, power *= 10)
        {
            var scaled = Math.Round(value * power);
            if (!(Math.Abs(scaled) < MaxScaled))
            {
                return 0;
            }

            // A zero loses its sign in a text.
            if (scaled / power == value && (scaled != 0 || !double.IsNegative(value)))
            {
                return Format((long)scaled, decimals, target);
            }
        }

        return 0;
    }

    private static int Format(long scaled, int decimals, Span<byte> target)
    {
        var length = 0;
        if (scaled < 0)
        {
            target[length++] = (byte)'-';
            scaled = -scaled;
        }

        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(scaled, digits, out var count);
        for (var i = count; i <= decimals; i++)
        {
            target[length++] = (byte)'0';
            if (i == count && decimals > 0)
            {
                target[length++] = (byte)'.';
            }
        }

        for (var i = 0; i < count; i++)
        {
            if (decimals > 0 && i > 0 && count - i == decimals)
            {
                target[length++] = (byte)'.';
            }

            target[length++] = digits[i];
        }

        return length;
    }
}
