using System.Buffers;

namespace Sightglass.Events.Columns;

/// <summary>Stretches of bytes, as offset and length. Grows; reused.</summary>
internal sealed class Stretches
{
    private long[] _packed = new long[256];

    public int Count { get; private set; }

    public (int Offset, int Length) this[int index] => ((int)(_packed[index] >> 32), (int)_packed[index]);

    public void Add(int offset, int length)
    {
        if (Count == _packed.Length)
        {
            Array.Resize(ref _packed, Count * 2);
        }

        _packed[Count++] = ((long)offset << 32) | (uint)length;
    }

    public void Truncate(int count) => Count = count;
}

/// <summary>
/// Finds what in a text is likely to differ from one text of its kind to the next. Where the cuts are is up to the writer alone: what was cut is on disk,
/// not how.
/// </summary>
internal static class TextCuts
{
    private const byte Delimiter = 1;
    private const byte Digit = 2;
    private const byte Slash = 4;
    private const byte Letter = 8;
    private const byte HexLetter = 16;

    /// <summary>Longest unit behind a number: "ms", "KiB".</summary>
    private const int MaxUnit = 3;

    private static readonly byte[] Kinds = MakeKinds();
    private static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789"u8);

    /// <summary>Whether a byte stands between words, and so in none.</summary>
    public static bool IsDelimiter(byte b) => (Kinds[b] & Delimiter) != 0;

    /// <summary>
    /// Cuts a text into words and adds those that are variable: with a digit or a slash in them, values of keys, and those whose number is
    /// <paramref name="forced"/>. Of a number with a unit the number is the variable.
    /// </summary>
    public static void AddWords(ReadOnlySpan<byte> text, Stretches target, ReadOnlySpan<bool> forced = default)
    {
        var words = new Words(text);
        while (words.Next())
        {
            if (words.IsVariable || (words.Number < forced.Length && forced[words.Number]))
            {
                target.Add(words.Start, words.Length);
            }
        }
    }

    /// <summary>Adds the numbers in a text: runs of digits, with decimals where a run has one point.</summary>
    public static void AddNumbers(ReadOnlySpan<byte> text, Stretches target)
    {
        var at = 0;
        while (true)
        {
            var skip = text[at..].IndexOfAny(Digits);
            if (skip < 0)
            {
                return;
            }

            at += skip;
            var end = EndOfDigits(text, at);
            if (HasDecimals(text, at, end))
            {
                end = EndOfDigits(text, end + 1);
            }

            target.Add(at, end - at);
            at = end;
        }
    }

    /// <summary>"1.25" has decimals, in "10.1.2.3" each number stands for itself.</summary>
    private static bool HasDecimals(ReadOnlySpan<byte> text, int start, int end)
    {
        if (!IsPointInNumber(text, end) || (start > 1 && IsPointInNumber(text, start - 1) && IsDigit(text[start - 2])))
        {
            return false;
        }

        return !IsPointInNumber(text, EndOfDigits(text, end + 1));
    }

    private static bool IsPointInNumber(ReadOnlySpan<byte> text, int at) => at + 1 < text.Length && text[at] == '.' && IsDigit(text[at + 1]);

    private static bool IsDigit(byte b) => b is >= (byte)'0' and <= (byte)'9';

    private static int EndOfDigits(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && IsDigit(text[at]))
        {
            at++;
        }

        return at;
    }

    private static byte[] MakeKinds()
    {
        var kinds = new byte[256];
        kinds.AsSpan(0, 0x21).Fill(Delimiter);
        foreach (var b in "\"'=,;()[]{}<>|:&?%@#!*\\"u8)
        {
            kinds[b] = Delimiter;
        }

        for (var b = 0; b < 256; b++)
        {
            kinds[b] |= char.IsAsciiDigit((char)b) ? Digit : b == '/' ? Slash : char.IsAsciiLetter((char)b) || b >= 0x80 ? Letter : (byte)0;
            kinds[b] |= char.IsAsciiHexDigit((char)b) ? HexLetter : (byte)0;
        }

        return kinds;
    }

    /// <summary>Walks the words of a text.</summary>
    public ref struct Words(ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> _text = text;
        private int _end;

        /// <summary>Number of the word in the text, from 0.</summary>
        public int Number { get; private set; } = -1;

        public int Start { get; private set; }

        /// <summary>Without a full stop at its end, and of a number with a unit only the number.</summary>
        public int Length { get; private set; }

        public bool IsVariable { get; private set; }

        public bool Next()
        {
            var text = _text;
            var at = _end;
            while (at < text.Length && (Kinds[text[at]] & Delimiter) != 0)
            {
                at++;
            }

            if (at == text.Length)
            {
                return false;
            }

            Start = at;
            byte seen = 0;
            for (byte kind; at < text.Length && ((kind = Kinds[text[at]]) & Delimiter) == 0; at++)
            {
                seen |= kind;
            }

            _end = at;
            Number++;
            Length = at - Start;
            if (Length > 1 && text[at - 1] == '.')
            {
                Length--;
            }

            if ((seen & Digit) != 0)
            {
                Length = WithoutUnit(text.Slice(Start, Length));
                IsVariable = true;
            }
            else
            {
                IsVariable = (seen & Slash) != 0 || IsValue(text, Start);
            }

            return true;
        }

        /// <summary>Behind an equals sign, or the value of a member of a JSON object.</summary>
        private static bool IsValue(ReadOnlySpan<byte> text, int start)
        {
            if (start > 0 && text[start - 1] == '=')
            {
                return true;
            }

            var at = start - 1;
            if (at >= 0 && text[at] == '"')
            {
                at--;
            }

            if (at >= 0 && text[at] == ' ')
            {
                at--;
            }

            return at >= 1 && text[at] == ':' && text[at - 1] == '"';
        }

        private static int WithoutUnit(ReadOnlySpan<byte> word)
        {
            var at = word[0] == '-' ? 1 : 0;
            var digits = EndOfDigits(word, at);
            if (digits == at)
            {
                return word.Length;
            }

            if (IsPointInNumber(word, digits))
            {
                digits = EndOfDigits(word, digits + 1);
            }

            var unit = word[digits..];
            if (unit.Length is 0 or > MaxUnit)
            {
                return word.Length;
            }

            // Hexadecimal digits are no unit.
            byte all = Letter;
            byte hex = HexLetter;
            foreach (var b in unit)
            {
                all &= Kinds[b];
                hex &= Kinds[b];
            }

            return all != 0 && hex == 0 ? digits : word.Length;
        }
    }
}
