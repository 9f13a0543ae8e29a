using Sightglass.Core.Errors;

namespace Sightglass.Query.Syntax;

/// <summary>Names places in a query's text as people count them: line and column, both from 1, columns in UTF-8 bytes as the Go servers count.</summary>
public static class SourcePosition
{
    /// <summary>The place as <c>line:column</c>; <c>invalid position</c> when it is not in the text.</summary>
    public static string Describe(string text, int offset)
    {
        if (offset < 0 || offset > text.Length)
        {
            return "invalid position";
        }

        var before = text.AsSpan(0, offset);
        var line = 1 + before.Count('\n');
        var lastBreak = before.LastIndexOf('\n');
        return $"{line}:{System.Text.Encoding.UTF8.GetByteCount(before[(lastBreak + 1)..]) + 1}";
    }

    /// <summary>A syntax error at a place: <c>1:7: parse error: …</c>.</summary>
    public static QueryException ParseError(string text, int offset, string message) =>
        new(QueryErrorKind.BadData, $"{Describe(text, offset)}: parse error: {message}", offset);
}
