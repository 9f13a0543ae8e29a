using Sightglass.Core.Errors;

namespace Sightglass.Query.PromQL.Scripts;

/// <summary>The <c>features</c> lines of a script: which experimental parts are on from there on. Without one all are, as in Prometheus' own runner.</summary>
internal static class ScriptFeatures
{
    /// <summary>The options that a line like <c>features promql-experimental-functions promql-duration-expr</c> names; <c>all</c> and <c>none</c> are names too.</summary>
    public static PromQLOptions Parse(string line)
    {
        var names = line.Split([' ', '\t', ',', ':'], StringSplitOptions.RemoveEmptyEntries)[1..];
        if (names.Length == 0)
        {
            throw new QueryException(QueryErrorKind.BadData, "features without a name");
        }

        var options = PromQLOptions.Default;
        foreach (var name in names)
        {
            options = name switch
            {
                "all" => PromQLOptions.AllExperimental,
                "none" => PromQLOptions.Default,
                _ => options.With(name) ?? throw new QueryException(QueryErrorKind.BadData, $"unknown feature {Syntax.QuotedText.Quote(name)}, expected all, none or one of {string.Join(", ", PromQLOptions.FeatureNames)}"),
            };
        }

        return options;
    }
}
