using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Sightglass.Query.Syntax;

/// <summary>Strings in quotes with Go's escapes, as all three languages write them.</summary>
public static class QuotedText
{
    /// <summary>Where bytes that are not UTF-8 are kept: U+DC80 to U+DCFF.</summary>
    private const int StrayBytes = 0xDC00;

    /// <summary>Reads the string that starts at <paramref name="at"/> and moves it past the closing quote; on failure to where the error is.</summary>
    public static bool TryRead(string text, ref int at, [NotNullWhen(true)] out string? value, [NotNullWhen(false)] out string? error)
    {
        var quote = text[at];
        var start = at++;
        value = null;
        if (quote == '`')
        {
            var end = text.IndexOf('`', at);
            if (end < 0)
            {
                at = start;
                error = "unterminated raw string";
                return false;
            }

            value = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text[at..end].Replace("\r", string.Empty, StringComparison.Ordinal)));
            at = end + 1;
            error = null;
            return true;
        }

        var bytes = new List<byte>(32);
        Span<byte> utf8 = stackalloc byte[4];
        while (true)
        {
            if (at >= text.Length || text[at] == '\n')
            {
                at = start;
                error = "unterminated quoted string";
                return false;
            }

            var c = text[at];
            if (c == quote)
            {
                at++;
                value = Decode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
                error = null;
                return true;
            }

            if (c == '\\')
            {
                if (!TryEscape(text, ref at, quote, bytes))
                {
                    error = "unknown escape sequence";
                    return false;
                }

                continue;
            }

            if (!Rune.TryGetRuneAt(text, at, out var rune))
            {
                rune = Rune.ReplacementChar;
                at++;
            }
            else
            {
                at += rune.Utf16SequenceLength;
            }

            bytes.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
        }
    }

    /// <summary>The text in double quotes with the escapes that it needs, as Go's <c>strconv.Quote</c> writes it.</summary>
    public static string Quote(string text)
    {
        var output = new StringBuilder(text.Length + 2).Append('"');
        for (var i = 0; i < text.Length; i++)
        {
            if (!Rune.TryGetRuneAt(text, i, out var rune))
            {
                output.Append(IsStrayByte(text[i]) ? string.Create(CultureInfo.InvariantCulture, $"\\x{text[i] - StrayBytes:x2}") : @"\ufffd");
                continue;
            }

            i += rune.Utf16SequenceLength - 1;
            switch (rune.Value)
            {
                case '"':
                    output.Append("\\\"");
                    break;
                case '\\':
                    output.Append(@"\\");
                    break;
                case '\a':
                    output.Append(@"\a");
                    break;
                case '\b':
                    output.Append(@"\b");
                    break;
                case '\f':
                    output.Append(@"\f");
                    break;
                case '\n':
                    output.Append(@"\n");
                    break;
                case '\r':
                    output.Append(@"\r");
                    break;
                case '\t':
                    output.Append(@"\t");
                    break;
                case '\v':
                    output.Append(@"\v");
                    break;
                case < 0x20 or 0x7f:
                    output.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}");
                    break;
                case 0xFEFF or 0xA0 or (>= 0x80 and < 0xA0) or 0xAD or (>= 0x2028 and <= 0x202E) or (>= 0x200B and <= 0x200F):
                    output.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
                    break;
                default:
                    output.Append(rune.ToString());
                    break;
            }
        }

        return output.Append('"').ToString();
    }

    /// <summary>Whether a text has bytes that are not UTF-8.</summary>
    public static bool HasStrayBytes(string text) => HasUnpaired(text);

    private static bool HasUnpaired(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
            {
                return true;
            }
        }

        return false;
    }

    // Bytes that are not UTF-8 become unpaired surrogates, which no valid text has.
    private static bool IsStrayByte(char c) => c is >= (char)(StrayBytes + 0x80) and <= (char)(StrayBytes + 0xFF);

    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        var output = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var consumed) == System.Buffers.OperationStatus.Done)
            {
                output.Append(rune.ToString());
            }
            else
            {
                consumed = 1;
                output.Append((char)(StrayBytes + bytes[0]));
            }

            bytes = bytes[consumed..];
        }

        return output.ToString();
    }

    private static bool TryEscape(string text, ref int at, char quote, List<byte> bytes)
    {
        var c = at + 1 < text.Length ? text[at + 1] : '\0';
        int simple = c switch
        {
            'a' => '\a',
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\v',
            '\\' => '\\',
            _ when c == quote && c != '\0' => c,
            _ => -1,
        };
        if (simple >= 0)
        {
            bytes.Add((byte)simple);
            at += 2;
            return true;
        }

        var (digits, numberBase) = c switch { 'x' => (2, 16), 'u' => (4, 16), 'U' => (8, 16), >= '0' and <= '7' => (3, 8), _ => (0, 0) };
        var from = c is >= '0' and <= '7' ? at + 1 : at + 2;
        if (digits == 0 || from + digits > text.Length)
        {
            return false;
        }

        long code = 0;
        for (var i = from; i < from + digits; i++)
        {
            var digit = char.IsAsciiHexDigit(text[i]) ? Convert.ToInt32(text[i].ToString(), 16) : 99;
            if (digit >= numberBase)
            {
                return false;
            }

            code = (code * numberBase) + digit;
        }

        if (c is 'u' or 'U')
        {
            if (code > int.MaxValue || !Rune.IsValid((int)code))
            {
                return false;
            }

            Span<byte> utf8 = stackalloc byte[4];
            bytes.AddRange(utf8[..new Rune((int)code).EncodeToUtf8(utf8)]);
        }
        else if (code > 255)
        {
            return false;
        }
        else
        {
            bytes.Add((byte)code);
        }

        at = from + digits;
        return true;
    }
}
