namespace Sightglass.Query.Syntax;

/// <summary>A piece of a query's text: zero-based character offsets, the end exclusive.</summary>
/// <param name="Start">First character.</param>
/// <param name="End">One after the last character.</param>
public readonly record struct SourceSpan(int Start, int End)
{
    /// <summary>From the start of this piece to the end of the other.</summary>
    public SourceSpan To(SourceSpan other) => new(Start, other.End);
}
