using Sightglass.Core.Errors;

namespace Sightglass.Query.LogQL.Syntax;

/// <summary>Errors of a query's text in Loki's form: <c>parse error at line 1, col 7: …</c>.</summary>
internal static class LogQLError
{
    /// <summary>An error at an offset of the query.</summary>
    public static QueryException At(string query, int offset, string message)
    {
        var before = query.AsSpan(0, Math.Clamp(offset, 0, query.Length));
        var line = 1 + before.Count('\n');

        // Columns are counted in characters from 1, as Go's scanner counts.
        var column = 1;
        foreach (var _ in before[(before.LastIndexOf('\n') + 1)..].EnumerateRunes())
        {
            column++;
        }

        return new QueryException(QueryErrorKind.BadData, $"parse error at line {line}, col {column}: {message}", offset);
    }
}
