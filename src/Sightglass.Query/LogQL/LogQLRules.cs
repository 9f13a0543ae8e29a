using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.LogQL.Syntax;
using Sightglass.Query.LogQL.Tree;

namespace Sightglass.Query.LogQL;

/// <summary>What rules need of the language without a store.</summary>
public static class LogQLRules
{
    /// <summary>Checks that a query parses and is one that gives numbers.</summary>
    /// <exception cref="QueryException">It does not, or is not.</exception>
    public static void Check(string query)
    {
        if (LogQLParser.Parse(query, QueryLimits.Default) is LogNode)
        {
            throw new QueryException(QueryErrorKind.BadData, "a rule needs a metric query, this is a query of log lines");
        }
    }
}
