using System.Buffers;
using System.Buffers.Text;

namespace Sightglass.Events.Columns;

/// <summary>Recognises texts that are numbers in disguise.</summary>
internal static class TextShapes
{
    private static readonly SearchValues<byte> LowerHex = SearchValues.Create("0123456789abcdef"u8);

    /// <summary>Whether all texts are of one length and, after a shared prefix, made of an even number (8 or more) of lower-case hex digits.</summary>
    public static bool TryHex(ValueVector values, out int prefix)
    {
        prefix = 0;
        if (values.EntryCount == 0)
        {
            return false;
        }

        var first = values.BytesOf(0);
        prefix = first.LastIndexOfAnyExcept(LowerHex) + 1;
        if (((first.Length - prefix) & 1) != 0)
        {
            prefix++;
        }

        if (first.Length - prefix < 8)
        {
            return false;
        }

        for (var i = 1; i < values.EntryCount; i++)
        {
            var text = values.BytesOf(i);
            if (text.Length != first.Length || !text[..prefix].SequenceEqual(first[..prefix]) || text[prefix..].ContainsAnyExcept(LowerHex))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether all texts are, after a shared prefix without digits, integers that print back to the same text.</summary>
    public static bool TryIntegers(ValueVector values, Span<long> numbers, out int prefix)
    {
        prefix = 0;
        if (values.EntryCount == 0)
        {
            return false;
        }

        var first = values.BytesOf(0);
        prefix = first.IndexOfAnyInRange((byte)'0', (byte)'9');
        if (prefix < 0)
        {
            return false;
        }

        // A dash is a sign only where nothing is before it; in "SKU-17" it belongs to the prefix.
        if (prefix == 1 && first[0] == '-')
        {
            prefix = 0;
        }

        Span<byte> printed = stackalloc byte[20];
        for (var i = 0; i < values.EntryCount; i++)
        {
            var text = values.BytesOf(i);
            if (text.Length <= prefix || !text[..prefix].SequenceEqual(first[..prefix]))
            {
                return false;
            }

            var digits = text[prefix..];
            if (!Utf8Parser.TryParse(digits, out long number, out var used) || used != digits.Length)
            {
                return false;
            }

            Utf8Formatter.TryFormat(number, printed, out var length);
            if (!printed[..length].SequenceEqual(digits))
            {
                return false;
            }

            numbers[i] = number;
        }

        return true;
    }
}
