namespace Sightglass.Query.LogQL.Syntax;

/// <summary>Kinds of words in LogQL.</summary>
internal enum LogQLTokenKind
{
    End,
    Identifier,
    String,
    Number,
    Duration,
    Bytes,
    Flag,
    Symbol,
}

/// <summary>One word of a query.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The word as written; for a string its value.</param>
/// <param name="Number">Value of a number, nanoseconds of a duration, bytes of a size.</param>
/// <param name="Position">Offset of its first character.</param>
internal readonly record struct LogQLToken(LogQLTokenKind Kind, string Text, double Number, int Position)
{
    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset", "of", "unwrap", "json", "logfmt", "pattern",
        "regexp", "unpack", "line_format", "label_format", "decolorize", "drop", "keep", "ip", "variants", "vector", "label_replace",
    };

    /// <summary>True for this operator or bracket.</summary>
    public bool Is(string symbol) => Kind == LogQLTokenKind.Symbol && Text == symbol;

    /// <summary>True for this word; LogQL's keywords are lower case, its binary operators are not case-sensitive here either.</summary>
    public bool IsWord(string word) => Kind == LogQLTokenKind.Identifier && Text == word;

    /// <summary>How an error names it: in the names of Loki's grammar.</summary>
    public string Describe() => Kind switch
    {
        LogQLTokenKind.End => "$end",
        LogQLTokenKind.String => "STRING",
        LogQLTokenKind.Number => "NUMBER",
        LogQLTokenKind.Duration => "DURATION",
        LogQLTokenKind.Bytes => "BYTES",
        LogQLTokenKind.Flag => "FUNCTION_FLAG",
        LogQLTokenKind.Identifier when !Keywords.Contains(Text) => "IDENTIFIER",
        _ => Text,
    };
}
