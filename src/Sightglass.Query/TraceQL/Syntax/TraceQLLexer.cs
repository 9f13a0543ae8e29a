using System.Globalization;
using System.Text;
using Sightglass.Query.LogQL.Syntax;
using Sightglass.Query.Syntax;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Syntax;

/// <summary>Cuts TraceQL into words.</summary>
internal static class TraceQLLexer
{
    // Longest first, so that a prefix never wins.
    private static readonly string[] Symbols =
    [
        "!>>", "!<<", "&>>", "&<<", "&&", "||", ">>", "<<", "!>", "!<", "!~", "&>", "&<", "&~", "!=", "=~", "<=", ">=",
        "{", "}", "(", ")", ",", "=", "<", ">", "!", "~", "|", "+", "-", "*", "/", "%", "^",
    ];

    private static readonly Dictionary<string, FieldScope> Scopes = new(StringComparer.Ordinal)
    {
        ["span"] = FieldScope.Span,
        ["resource"] = FieldScope.Resource,
        ["event"] = FieldScope.Event,
        ["link"] = FieldScope.Link,
        ["instrumentation"] = FieldScope.Instrumentation,
    };

    private static readonly Dictionary<string, Intrinsic> ScopedIntrinsics = new(StringComparer.Ordinal)
    {
        ["trace:duration"] = Intrinsic.TraceDuration,
        ["trace:rootName"] = Intrinsic.RootName,
        ["trace:rootService"] = Intrinsic.RootService,
        ["trace:id"] = Intrinsic.TraceId,
        ["span:duration"] = Intrinsic.Duration,
        ["span:name"] = Intrinsic.Name,
        ["span:status"] = Intrinsic.Status,
        ["span:statusMessage"] = Intrinsic.StatusMessage,
        ["span:kind"] = Intrinsic.Kind,
        ["span:id"] = Intrinsic.SpanId,
        ["span:parentID"] = Intrinsic.ParentId,
        ["span:childCount"] = Intrinsic.ChildCount,
        ["event:name"] = Intrinsic.EventName,
        ["event:timeSinceStart"] = Intrinsic.EventTimeSinceStart,
        ["link:traceID"] = Intrinsic.LinkTraceId,
        ["link:spanID"] = Intrinsic.LinkSpanId,
        ["instrumentation:name"] = Intrinsic.InstrumentationName,
        ["instrumentation:version"] = Intrinsic.InstrumentationVersion,
    };

    /// <summary>All words, the last of them <see cref="TraceQLTokenKind.End"/>.</summary>
    public static List<TraceQLToken> Read(string query)
    {
        var cursor = new TextCursor(query);
        var tokens = new List<TraceQLToken>();
        while (true)
        {
            SkipBlanks(cursor);
            var start = cursor.Position;
            if (cursor.AtEnd)
            {
                tokens.Add(new TraceQLToken(TraceQLTokenKind.End, string.Empty, start));
                return tokens;
            }

            tokens.Add(Next(cursor, start));
        }
    }

    private static void SkipBlanks(TextCursor cursor)
    {
        while (true)
        {
            while (char.IsWhiteSpace(cursor.Current))
            {
                cursor.Position++;
            }

            if (!cursor.Sees("//"))
            {
                return;
            }

            var end = cursor.Text.IndexOf('\n', cursor.Position);
            cursor.Position = end < 0 ? cursor.Text.Length : end;
        }
    }

    private static TraceQLToken Next(TextCursor cursor, int start)
    {
        var c = cursor.Current;
        if (c is '"' or '`')
        {
            return new TraceQLToken(TraceQLTokenKind.String, cursor.ReadString(), start);
        }

        if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(cursor.Peek())))
        {
            return Quantity(cursor, start);
        }

        if (c == '.')
        {
            cursor.Position++;
            return Attribute(cursor, start, FieldScope.Any, ofParent: false);
        }

        if (char.IsAsciiLetter(c) || c == '_')
        {
            return Word(cursor, start);
        }

        foreach (var symbol in Symbols)
        {
            if (cursor.Take(symbol))
            {
                return new TraceQLToken(TraceQLTokenKind.Symbol, symbol, start);
            }
        }

        throw cursor.Error(start, $"syntax error: unexpected character {QuotedText.Quote(c.ToString())}");
    }

    private static TraceQLToken Word(TextCursor cursor, int start)
    {
        SkipWord(cursor);
        var word = cursor.Since(start);
        if (cursor.Current == '.')
        {
            if (Scopes.TryGetValue(word, out var scope))
            {
                cursor.Position++;
                return Attribute(cursor, start, scope, ofParent: false);
            }

            if (word == "parent")
            {
                cursor.Position++;
                foreach (var (name, inner) in Scopes)
                {
                    if (cursor.Take(name + "."))
                    {
                        return Attribute(cursor, start, inner, ofParent: true);
                    }
                }

                return Attribute(cursor, start, FieldScope.Any, ofParent: true);
            }
        }

        if (cursor.Current == ':' && (word == "trace" || Scopes.ContainsKey(word)))
        {
            cursor.Position++;
            SkipWord(cursor);
            var text = cursor.Since(start);
            return ScopedIntrinsics.TryGetValue(text, out var intrinsic)
                ? new TraceQLToken(TraceQLTokenKind.Attribute, text, start) { Attribute = new AttributeField(start, FieldScope.Intrinsic, text, intrinsic) }
                : throw cursor.Error(start, $"syntax error: unknown intrinsic {text}");
        }

        return new TraceQLToken(TraceQLTokenKind.Word, word, start);
    }

    private static void SkipWord(TextCursor cursor)
    {
        while (char.IsAsciiLetterOrDigit(cursor.Current) || cursor.Current == '_')
        {
            cursor.Position++;
        }
    }

    private static TraceQLToken Attribute(TextCursor cursor, int start, FieldScope scope, bool ofParent)
    {
        var name = new StringBuilder();
        while (!cursor.AtEnd && IsAttributeCharacter(cursor.Current))
        {
            if (cursor.Current == '"')
            {
                Quoted(cursor, name);
                continue;
            }

            name.Append(cursor.Current);
            cursor.Position++;
        }

        return name.Length > 0
            ? new TraceQLToken(TraceQLTokenKind.Attribute, cursor.Since(start), start) { Attribute = new AttributeField(start, scope, name.ToString(), OfParent: ofParent) }
            : throw cursor.Error(start, "syntax error: an attribute needs a name");
    }

    // In quotes only \" and \\ are escapes.
    private static void Quoted(TextCursor cursor, StringBuilder name)
    {
        var open = cursor.Position++;
        while (cursor.Current != '"')
        {
            if (cursor.AtEnd)
            {
                throw cursor.Error(open, "syntax error: unterminated attribute name");
            }

            if (cursor.Current == '\\')
            {
                cursor.Position++;
                if (cursor.Current is not ('"' or '\\'))
                {
                    throw cursor.Error(cursor.Position, "syntax error: unknown escape in an attribute name");
                }
            }

            name.Append(cursor.Current);
            cursor.Position++;
        }

        cursor.Position++;
    }

    private static bool IsAttributeCharacter(char c) => !char.IsWhiteSpace(c) && c is not ('{' or '}' or '(' or ')' or '=' or '~' or '!' or '<' or '>' or '&' or '|' or '^' or ',');

    private static TraceQLToken Quantity(TextCursor cursor, int start)
    {
        while (char.IsAsciiLetterOrDigit(cursor.Current) || cursor.Current is '.' or 'µ' or 'μ'
            || (cursor.Current is '+' or '-' && cursor.Text[cursor.Position - 1] is 'e' or 'E'))
        {
            cursor.Position++;
        }

        var text = cursor.Since(start);
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole))
        {
            return new TraceQLToken(TraceQLTokenKind.Integer, text, start) { Value = TraceValue.Of(whole) };
        }

        if (text.AsSpan().IndexOfAnyExceptInRange('0', '9') >= 0 && double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number))
        {
            return new TraceQLToken(TraceQLTokenKind.Float, text, start) { Value = TraceValue.Of(number) };
        }

        return Quantities.TryParseDuration(text, out var nanoseconds)
            ? new TraceQLToken(TraceQLTokenKind.Duration, text, start) { Value = TraceValue.Duration(nanoseconds) }
            : throw cursor.Error(start, $"syntax error: {QuotedText.Quote(text)} is no number or duration");
    }
}
