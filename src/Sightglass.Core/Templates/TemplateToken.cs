namespace Sightglass.Core.Templates;

internal enum TokenKind
{
    Text,
    LeftDelimiter,
    RightDelimiter,
    Dot,
    Field,
    Variable,
    Identifier,
    Keyword,
    Number,
    String,
    Character,
    LeftParenthesis,
    RightParenthesis,
    Pipe,
    Comma,
    Assign,
    Declare,
    End,
}

/// <summary>One token. <paramref name="Spaced"/> says that white space stands before it: <c>.a.b</c> is a chain, <c>.a .b</c> are two operands.</summary>
internal readonly record struct TemplateToken(TokenKind Kind, string Value, int Line, bool Spaced);
