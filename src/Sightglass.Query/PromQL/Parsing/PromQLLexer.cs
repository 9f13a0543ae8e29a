using Sightglass.Core.Errors;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL;

/// <summary>Cuts a query into tokens. Inside braces and brackets a colon is a token of its own, outside it is part of a metric's name.</summary>
internal static class PromQLLexer
{
    private static readonly HashSet<string> OperatorWords = new(StringComparer.OrdinalIgnoreCase) { "and", "or", "unless", "atan2" };

    private static readonly HashSet<string> NeverMetrics = new(StringComparer.OrdinalIgnoreCase) { "atan2", "bool", "on", "ignoring", "group_left", "group_right" };

    private static readonly HashSet<string> NeverFunctions = new(StringComparer.OrdinalIgnoreCase) { "and", "or", "unless", "offset", "by", "without" };

    private static readonly HashSet<string> OtherKeywords = new(StringComparer.OrdinalIgnoreCase)
    {
        "offset", "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "start", "end", "smoothed", "anchored", "step", "range", "fill", "fill_left", "fill_right",
    };

    public static bool IsKeyword(string word) => OperatorWords.Contains(word) || OtherKeywords.Contains(word) || PromQLOperators.TryAggregate(word, out _);

    /// <summary>Whether a word may be a metric's name; a few keywords may not.</summary>
    public static bool CanBeMetric(string word) => !NeverMetrics.Contains(word);

    /// <summary>Whether a parenthesis after a word makes it a call, if only of a function that nobody knows; after a keyword it is out of place.</summary>
    public static bool CanBeFunction(string word) => !NeverFunctions.Contains(word);

    public static bool IsOperatorWord(string word) => OperatorWords.Contains(word);

    /// <summary>
    /// Cuts a text up to its end, or to where it cannot be cut: the last token is then an <see cref="TokenKind.Error"/>, which counts only when the parser comes
    /// that far.
    /// </summary>
    public static List<PromQLToken> Tokenize(string text, out QueryException? error)
    {
        var cursor = new TextCursor(text);
        var tokens = new List<PromQLToken>(text.Length / 3);
        error = null;
        try
        {
            Tokenize(cursor, tokens);
        }
        catch (QueryException e)
        {
            error = e;
            tokens.Add(new PromQLToken(TokenKind.Error, string.Empty, cursor.Position, cursor.Position));
        }

        return tokens;
    }

    private static void Tokenize(TextCursor cursor, List<PromQLToken> tokens)
    {
        var open = new Stack<(char Bracket, int At)>();
        while (true)
        {
            cursor.SkipBlanks();
            if (cursor.AtEnd)
            {
                var unclosed = open.TryPeek(out var innermost) ? innermost.Bracket : '\0';
                if (unclosed == '{' || (unclosed == '[' && !AfterDuration(tokens) && tokens[^1].Kind != TokenKind.Colon))
                {
                    throw cursor.Error(cursor.Position, unclosed == '{' ? "unexpected end of input inside braces" : "unexpected end of input in duration expression");
                }

                if (open.Any(o => o.Bracket == '('))
                {
                    throw cursor.Error(cursor.Position, "unclosed left parenthesis");
                }

                if (unclosed == '[')
                {
                    throw cursor.Error(cursor.Position, "unclosed left bracket");
                }

                tokens.Add(new PromQLToken(TokenKind.End, string.Empty, cursor.Position, cursor.Position));
                return;
            }

            if (open.TryPeek(out var bracket) && bracket.Bracket == '[' && !AfterDuration(tokens) && !MayBeInDuration(cursor))
            {
                throw cursor.Error(cursor.Position, $"unexpected character in duration expression: {Quoted(cursor.Current)}");
            }

            tokens.Add(Next(cursor, open));
        }
    }

    // What follows a number or the end of parentheses is the parser's matter.
    private static bool AfterDuration(List<PromQLToken> tokens) => tokens[^1].Kind is TokenKind.Number or TokenKind.Duration or TokenKind.RightParen;

    private static bool MayBeInDuration(TextCursor cursor) => cursor.Current is '(' or ')' or ']' or ':' or ',' or '.' or '+' or '-' or '*' or '/' or '%' or '^' || char.IsAsciiDigit(cursor.Current)
        || (char.ToLowerInvariant(cursor.Current), char.ToLowerInvariant(cursor.Peek())) is ('s', 't') or ('r', 'a') or ('m', 'i') or ('m', 'a');

    private static PromQLToken Next(TextCursor cursor, Stack<(char Bracket, int At)> open)
    {
        var start = cursor.Position;
        var c = cursor.Current;
        var inside = open.TryPeek(out var innermost) ? innermost.Bracket : '\0';
        PromQLToken Token(TokenKind kind, int length)
        {
            cursor.Position += length;
            return new PromQLToken(kind, cursor.Since(start), start, cursor.Position);
        }

        PromQLToken Op(BinaryOperator op, int length)
        {
            cursor.Position += length;
            return new PromQLToken(TokenKind.Operator, cursor.Since(start), start, cursor.Position, op);
        }

        PromQLToken Close(TokenKind kind, char bracket)
        {
            // A range that is not closed yet does not keep a parenthesis open; the parser says what it waits for.
            if (inside == '[' && bracket == '(' && open.Any(o => o.Bracket == '('))
            {
                while (open.Pop().Bracket != '(')
                {
                }

                return Token(kind, 1);
            }

            if (inside != bracket)
            {
                // Prometheus says where it was after the parenthesis.
                throw kind switch
                {
                    TokenKind.RightParen when inside == '\0' => cursor.Error(start + 1, "unexpected right parenthesis ')'"),
                    TokenKind.RightBracket when inside != '{' => cursor.Error(start, "unexpected right bracket ']'"),
                    _ => cursor.Error(start, inside == '{' ? $"unexpected character inside braces: '{c}'" : $"unexpected character: '{c}'"),
                };
            }

            open.Pop();
            return Token(kind, 1);
        }

        PromQLToken Open(TokenKind kind)
        {
            if (inside == '{')
            {
                throw cursor.Error(start, c == '{' ? "unexpected left brace '{'" : $"unexpected character inside braces: '{c}'");
            }

            if (inside == '[' && c == '{')
            {
                // The parser says what it waits for.
                return Token(kind, 1);
            }

            if (inside == '[' && c != '(')
            {
                throw cursor.Error(start, $"unexpected left bracket '{c}'");
            }

            open.Push((c, start));
            return Token(kind, 1);
        }

        switch (c)
        {
            case '(':
                return Open(TokenKind.LeftParen);
            case ')':
                return Close(TokenKind.RightParen, '(');
            case '{':
                return Open(TokenKind.LeftBrace);
            case '}':
                return Close(TokenKind.RightBrace, '{');
            case '[':
                return Open(TokenKind.LeftBracket);
            case ']':
                return Close(TokenKind.RightBracket, '[');
            case ',':
                return Token(TokenKind.Comma, 1);
            case '@' when inside != '{':
                return Token(TokenKind.At, 1);
            case '+' or '-' or '*' or '/' or '%' or '^' or '<' or '>' when inside == '{':
                throw cursor.Error(start, $"unexpected character inside braces: '{c}'");
            case '+':
                return Op(BinaryOperator.Add, 1);
            case '-':
                return Op(BinaryOperator.Subtract, 1);
            case '*':
                return Op(BinaryOperator.Multiply, 1);
            case '/':
                return Op(BinaryOperator.Divide, 1);
            case '%':
                return Op(BinaryOperator.Modulo, 1);
            case '^':
                return Op(BinaryOperator.Power, 1);
            case '=' when cursor.Peek() == '~' && inside != '{':
                throw cursor.Error(start, "unexpected character after '=': '~'");
            case '=' when inside == '{':
                return cursor.Peek() == '~' ? Token(TokenKind.MatchRegex, 2) : Token(TokenKind.Assign, 1);
            case '=':
                return cursor.Peek() switch { '=' => Op(BinaryOperator.Equal, 2), '~' => Token(TokenKind.MatchRegex, 2), _ => Token(TokenKind.Assign, 1) };
            case '!' when cursor.Peek() == '=':
                return Op(BinaryOperator.NotEqual, 2);
            case '!' when cursor.Peek() == '~':
                return Token(TokenKind.MatchNotRegex, 2);
            case '!':
                throw cursor.Error(start, $"unexpected character after '!'{(inside == '{' ? " inside braces" : string.Empty)}: {(cursor.Peek() == '\0' ? "'\uFFFD'" : Quoted(cursor.Peek()))}");
            case '<':
                return cursor.Peek() switch { '=' => Op(BinaryOperator.LessOrEqual, 2), '/' => Op(BinaryOperator.TrimUpper, 2), _ => Op(BinaryOperator.Less, 1) };
            case '>':
                return cursor.Peek() switch { '=' => Op(BinaryOperator.GreaterOrEqual, 2), '/' => Op(BinaryOperator.TrimLower, 2), _ => Op(BinaryOperator.Greater, 1) };
            case '"' or '\'' or '`':
                var value = cursor.ReadString();
                return new PromQLToken(TokenKind.String, value, start, cursor.Position);
            case ':' when inside == '[':
                return Token(TokenKind.Colon, 1);
        }

        if (inside != '{' && (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(cursor.Peek()))))
        {
            return Number(cursor);
        }

        if (IsWordStart(c) || (c == ':' && inside != '{'))
        {
            return Word(cursor, colons: inside is not ('[' or '{'));
        }

        throw cursor.Error(start, inside == '{' ? $"unexpected character inside braces: {Quoted(c)}" : $"unexpected character: {Quoted(c)}");
    }

    private static string Quoted(char c) => c switch { '\0' => "end of input", '\\' => "'\\\\'", _ => $"'{c}'" };

    private static bool IsWordStart(char c) => char.IsAsciiLetter(c) || c == '_';

    private static PromQLToken Word(TextCursor cursor, bool colons)
    {
        var start = cursor.Position;
        var hasColon = false;
        while (char.IsAsciiLetterOrDigit(cursor.Current) || cursor.Current == '_' || (colons && cursor.Current == ':'))
        {
            hasColon |= cursor.Current == ':';
            cursor.Position++;
        }

        var text = cursor.Since(start);
        if (!hasColon && IsOperatorWord(text))
        {
            var op = char.ToLowerInvariant(text[0]) switch { 'o' => BinaryOperator.Or, 'u' => BinaryOperator.Unless, _ => text.Length == 3 ? BinaryOperator.And : BinaryOperator.Atan2 };
            return new PromQLToken(TokenKind.Identifier, text, start, cursor.Position, op);
        }

        return new PromQLToken(hasColon ? TokenKind.MetricIdentifier : TokenKind.Identifier, text, start, cursor.Position);
    }

    private static PromQLToken Number(TextCursor cursor)
    {
        var start = cursor.Position;
        if (cursor.Current == '0' && cursor.Peek() is 'x' or 'X')
        {
            cursor.Position += 2;
            while (char.IsAsciiHexDigit(cursor.Current) || cursor.Current == '_')
            {
                cursor.Position++;
            }
        }
        else
        {
            Digits(cursor);
            if (cursor.Take('.'))
            {
                Digits(cursor);
            }

            if (cursor.Current is 'e' or 'E')
            {
                cursor.Position++;
                cursor.Position += cursor.Current is '+' or '-' ? 1 : 0;
                Digits(cursor);
            }
        }

        if (!IsAlphaNumeric(cursor.Current))
        {
            return new PromQLToken(TokenKind.Number, cursor.Since(start), start, cursor.Position);
        }

        return TryRestOfDuration(cursor) ? new PromQLToken(TokenKind.Duration, cursor.Since(start), start, cursor.Position) : throw BadNumber(cursor, start);
    }

    /// <summary>Reads on from a number to the end of a duration; on failure up to where it is none, which errors show.</summary>
    private static bool TryRestOfDuration(TextCursor cursor)
    {
        while (true)
        {
            if (cursor.Current is not ('y' or 'w' or 'd' or 'h' or 'm' or 's'))
            {
                return false;
            }

            cursor.Position++;
            cursor.Take('s');
            if (!char.IsAsciiDigit(cursor.Current))
            {
                break;
            }

            while (char.IsAsciiDigit(cursor.Current))
            {
                cursor.Position++;
            }
        }

        if (!IsAlphaNumeric(cursor.Current))
        {
            return true;
        }

        cursor.Position++;
        return false;
    }

    private static bool IsAlphaNumeric(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private static void Digits(TextCursor cursor)
    {
        while (char.IsAsciiDigit(cursor.Current) || (cursor.Current == '_' && char.IsAsciiDigit(cursor.Peek())))
        {
            cursor.Position++;
        }
    }

    private static QueryException BadNumber(TextCursor cursor, int start) =>
        cursor.Error(start, $"bad number or duration syntax: {QuotedText.Quote(cursor.Since(start))}");
}
