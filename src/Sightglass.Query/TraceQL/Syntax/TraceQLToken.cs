using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Syntax;

/// <summary>Kinds of words in TraceQL.</summary>
internal enum TraceQLTokenKind
{
    End,
    Word,
    Attribute,
    String,
    Integer,
    Float,
    Duration,
    Symbol,
}

/// <summary>One word of a query.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The word as written; for a string its value.</param>
/// <param name="Position">Offset of its first character.</param>
internal readonly record struct TraceQLToken(TraceQLTokenKind Kind, string Text, int Position)
{
    /// <summary>The attribute or scoped intrinsic.</summary>
    public AttributeField? Attribute { get; init; }

    /// <summary>The value of a number or duration.</summary>
    public TraceValue Value { get; init; }

    public bool Is(string symbol) => Kind == TraceQLTokenKind.Symbol && Text == symbol;

    public bool IsWord(string word) => Kind == TraceQLTokenKind.Word && Text == word;

    public string Describe() => Kind switch
    {
        TraceQLTokenKind.End => "end of query",
        TraceQLTokenKind.String => "string",
        _ => $"\"{Text}\"",
    };
}
