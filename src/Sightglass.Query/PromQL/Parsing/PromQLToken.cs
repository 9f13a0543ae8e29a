namespace Sightglass.Query.PromQL;

/// <summary>Kinds of tokens.</summary>
internal enum TokenKind
{
    End,
    Error,
    Identifier,
    MetricIdentifier,
    String,
    Number,
    Duration,
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Comma,
    Colon,
    At,
    Assign,
    MatchRegex,
    MatchNotRegex,
    Operator,
}

/// <summary>A token of a query.</summary>
/// <param name="Kind">Kind.</param>
/// <param name="Text">Its text; of a string the value.</param>
/// <param name="Start">First character.</param>
/// <param name="End">One after the last character.</param>
/// <param name="Operator">The operator, where it is one.</param>
internal readonly record struct PromQLToken(TokenKind Kind, string Text, int Start, int End, BinaryOperator Operator = default)
{
    /// <summary>True for this word in any case.</summary>
    public bool Is(string word) => Kind == TokenKind.Identifier && Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    /// <summary>How messages name the token inside braces, where no word is a keyword.</summary>
    public string DescribeInBraces() => Kind == TokenKind.Identifier ? $"identifier \"{Text}\"" : Describe();

    /// <summary>How messages name the token.</summary>
    public string Describe() => Kind switch
    {
        TokenKind.End => "end of input",
        TokenKind.Identifier when PromQLOperators.TryAggregate(Text, out _) => $"<aggr:{Text}>",
        TokenKind.Identifier when PromQLLexer.IsOperatorWord(Text) => $"<op:{Text}>",
        TokenKind.Identifier when Is("nan") || Is("inf") => $"number \"{Text}\"",
        TokenKind.Identifier when Is("start") || Is("end") => $"\"{Text}\"",
        TokenKind.Identifier when PromQLLexer.IsKeyword(Text) => $"<{Text}>",
        TokenKind.Identifier => $"identifier \"{Text}\"",
        TokenKind.MetricIdentifier => $"metric identifier \"{Text}\"",
        TokenKind.String => $"string {Shortened(Syntax.QuotedText.Quote(Text))}",
        TokenKind.Number => $"number {Shortened(Text)}",
        TokenKind.Duration => $"duration {Shortened(Text)}",
        TokenKind.Operator or TokenKind.MatchRegex or TokenKind.MatchNotRegex => $"<op:{Text}>",
        _ => $"\"{Text}\"",
    };

    private static string Shortened(string text) => text.Length > 10 ? Syntax.QuotedText.Quote(text[..10]) + "..." : Syntax.QuotedText.Quote(text);
}
