namespace Sightglass.Alerting.Templates;

/// <summary>Links to an expression in the browser, in the form that Prometheus' own have.</summary>
internal static class ExpressionLink
{
    public static string Graph(string expression) => $"/graph?g0.expr={BuiltinFunctions.QueryEscape(expression)}&g0.tab=0";

    public static string Table(string expression) => $"/graph?g0.expr={BuiltinFunctions.QueryEscape(expression)}&g0.tab=1";

    /// <summary>The absolute link that an alert carries as its generator.</summary>
    public static string Generator(Uri externalUrl, string expression) => externalUrl.ToString().TrimEnd('/') + Table(expression);
}
