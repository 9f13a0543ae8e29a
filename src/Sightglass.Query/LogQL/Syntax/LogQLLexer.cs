using System.Globalization;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.LogQL.Syntax;

/// <summary>Cuts LogQL into words.</summary>
internal static class LogQLLexer
{
    // Longest first, so that a prefix never wins.
    private static readonly string[] Symbols =
    [
        "|=", "|~", "|>", "!=", "!~", "!>", "=~", "==", ">=", "<=",
        "{", "}", "(", ")", "[", "]", ",", ".", "|", "=", ">", "<", "+", "-", "*", "/", "%", "^", "@", ":",
    ];

    /// <summary>All words, the last of them <see cref="LogQLTokenKind.End"/>.</summary>
    public static List<LogQLToken> Read(string query)
    {
        var cursor = new TextCursor(query);
        var tokens = new List<LogQLToken>();
        while (true)
        {
            cursor.SkipBlanks();
            var start = cursor.Position;
            if (cursor.AtEnd)
            {
                tokens.Add(new LogQLToken(LogQLTokenKind.End, string.Empty, 0, start));
                return tokens;
            }

            tokens.Add(Next(cursor, start));
        }
    }

    private static LogQLToken Next(TextCursor cursor, int start)
    {
        var c = cursor.Current;
        if (c is '"' or '`')
        {
            var at = start;
            if (!QuotedText.TryRead(cursor.Text, ref at, out var text, out var error))
            {
                throw LogQLError.At(cursor.Text, at, error);
            }

            cursor.Position = at;
            return new LogQLToken(LogQLTokenKind.String, text, 0, start);
        }

        if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(cursor.Peek())))
        {
            return Quantity(cursor, start);
        }

        if (char.IsAsciiLetter(c) || c == '_')
        {
            while (char.IsAsciiLetterOrDigit(cursor.Current) || cursor.Current == '_')
            {
                cursor.Position++;
            }

            return new LogQLToken(LogQLTokenKind.Identifier, cursor.Since(start), 0, start);
        }

        if (c == '-' && cursor.Peek() == '-' && char.IsAsciiLetter(cursor.Peek(2)))
        {
            cursor.Position += 2;
            while (char.IsAsciiLetter(cursor.Current) || cursor.Current == '-')
            {
                cursor.Position++;
            }

            return new LogQLToken(LogQLTokenKind.Flag, cursor.Since(start), 0, start);
        }

        foreach (var symbol in Symbols)
        {
            if (cursor.Take(symbol))
            {
                return new LogQLToken(LogQLTokenKind.Symbol, symbol, 0, start);
            }
        }

        throw LogQLError.At(cursor.Text, start, $"syntax error: unexpected character {QuotedText.Quote(c.ToString())}");
    }

    private static readonly System.Buffers.SearchValues<char> SizeLetters = System.Buffers.SearchValues.Create("0123456789.,BikKMGTP");

    private static LogQLToken Quantity(TextCursor cursor, int start)
    {
        while (true)
        {
            var c = cursor.Current;
            var exponentSign = c is '+' or '-' && cursor.Text[cursor.Position - 1] is 'e' or 'E' && char.IsAsciiDigit(cursor.Peek()) && !cursor.Since(start).StartsWith("0x", StringComparison.OrdinalIgnoreCase);
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or 'µ' or 'μ') && !exponentSign)
            {
                break;
            }

            cursor.Position++;
        }

        var text = cursor.Since(start);
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number))
        {
            return new LogQLToken(LogQLTokenKind.Number, text, number, start);
        }

        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && long.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var hex))
        {
            return new LogQLToken(LogQLTokenKind.Number, text, hex, start);
        }

        if (text.Length > 2 && text[0] == '0' && text[1] is 'o' or 'O' && text.AsSpan(2).IndexOfAnyExceptInRange('0', '7') < 0)
        {
            throw LogQLError.At(cursor.Text, start, $"unable to parse literal as a float: {text}");
        }

        if (Quantities.TryParseDuration(text, out var nanoseconds))
        {
            return new LogQLToken(LogQLTokenKind.Duration, text, nanoseconds, start);
        }

        // Of the units of sizes only k, i and the capitals stand in a query: 1mb is a minute with something behind it.
        return Quantities.TryParseBytes(text, out var bytes) && text.AsSpan().IndexOfAnyExcept(SizeLetters) < 0
            ? new LogQLToken(LogQLTokenKind.Bytes, text, bytes, start)
            : throw LogQLError.At(cursor.Text, start, $"syntax error: bad number or duration syntax: {QuotedText.Quote(text)}");
    }
}
