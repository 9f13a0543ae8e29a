namespace Sightglass.Ingest.Pipeline.Redaction;

/// <summary>Card numbers and e-mail addresses, found in linear time.</summary>
internal static class PersonalShapes
{
    private const int MinDigits = 13;
    private const int MaxDigits = 19;
    private const int MaxLocalBytes = 64;

    /// <summary>The next card number from a place on: 13 to 19 digits of a known issuer's range, with spaces or dashes between, that satisfy the Luhn check.</summary>
    public static bool TryCard(ReadOnlySpan<byte> text, int from, out int start, out int length)
    {
        Span<byte> digits = stackalloc byte[MaxDigits + 1];
        for (start = from; start < text.Length; start++)
        {
            length = 0;
            var next = text[start..].IndexOfAnyInRange((byte)'2', (byte)'6');
            if (next < 0)
            {
                return false;
            }

            start += next;
            if (start > 0 && IsInNumber(text[start - 1]))
            {
                continue;
            }

            var count = 0;
            var end = start;
            for (var at = start; at < text.Length && count <= MaxDigits; at++)
            {
                if (char.IsAsciiDigit((char)text[at]))
                {
                    digits[count++] = (byte)(text[at] - '0');
                    end = at + 1;
                }
                else if (text[at] is not ((byte)' ' or (byte)'-') || at != end)
                {
                    break;
                }
            }

            // A number of another length, or with letters behind, is something else.
            if (count is >= MinDigits and <= MaxDigits && (end == text.Length || !IsInNumber(text[end])) && IsLuhn(digits[..count]))
            {
                length = end - start;
                return true;
            }
        }

        length = 0;
        return false;
    }

    /// <summary>The next e-mail address from a place on.</summary>
    public static bool TryEmail(ReadOnlySpan<byte> text, int from, out int start, out int length)
    {
        start = length = 0;
        for (var at = from; at < text.Length; at++)
        {
            var sign = text[at..].IndexOf((byte)'@');
            if (sign < 0)
            {
                return false;
            }

            at += sign;
            start = at;
            while (start > from && at - start < MaxLocalBytes && IsLocal(text[start - 1]))
            {
                start--;
            }

            var end = at + 1;
            var dot = -1;
            while (end < text.Length && (char.IsAsciiLetterOrDigit((char)text[end]) || text[end] is (byte)'-' or (byte)'.'))
            {
                dot = text[end] == '.' && end + 1 < text.Length && char.IsAsciiLetter((char)text[end + 1]) ? end : dot;
                end++;
            }

            while (end > at && text[end - 1] is (byte)'.' or (byte)'-')
            {
                end--;
            }

            if (start < at && dot > at + 1 && end - dot > 2)
            {
                length = end - start;
                return true;
            }
        }

        return false;
    }

    private static bool IsInNumber(byte value) => char.IsAsciiLetterOrDigit((char)value) || value is (byte)'_' or (byte)'.' or (byte)'-';

    private static bool IsLocal(byte value) => char.IsAsciiLetterOrDigit((char)value) || value is (byte)'.' or (byte)'_' or (byte)'%' or (byte)'+' or (byte)'-';

    private static bool IsLuhn(ReadOnlySpan<byte> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            int digit = digits[^(i + 1)];
            digit = i % 2 == 1 ? (digit * 2) - (digit > 4 ? 9 : 0) : digit;
            sum += digit;
        }

        return sum % 10 == 0;
    }
}
