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
    /// <summary>True for this operator or bracket.</summary>
    public bool Is(string symbol) => Kind == LogQLTokenKind.Symbol && Text == symbol;

    /// <summary>True for this word; LogQL's keywords are lower case, its binary operators are not case-sensitive here either.</summary>
    public bool IsWord(string word) => Kind == LogQLTokenKind.Identifier && Text == word;

    /// <summary>How an error names it.</summary>
    public string Describe() => Kind switch
    {
        LogQLTokenKind.End => "end of query",
        LogQLTokenKind.String => "string",
        _ => $"\"{Text}\"",
    };
}
