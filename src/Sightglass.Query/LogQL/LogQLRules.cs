using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.LogQL.Metrics;
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

    /// <summary>The outermost comparison with a number: what is compared, the operator and the number; null where there is none.</summary>
    /// <exception cref="QueryException">The query does not parse.</exception>
    public static (string Expression, string Operator, double Number)? Comparison(string query)
    {
        if (LogQLParser.Parse(query, QueryLimits.Default) is not BinaryNode { Right: NumberNode number } node || !BinaryOperator.IsComparison(node.Operator))
        {
            return null;
        }

        var left = query[..node.Position].Trim();
        try
        {
            Check(left);
            return (left, node.Operator, number.Value);
        }
        catch (QueryException)
        {
            // The comparison stands in parentheses of which only the first is on its left.
            return null;
        }
    }
}
