using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Server.Api.Prometheus;

/// <summary><c>series</c>, <c>labels</c> and <c>label/…/values</c>.</summary>
internal sealed class LabelEndpoints(IMetricStore store)
{
    private const string Truncated = "results truncated due to limit";

    public Task Series(HttpContext context, ApiParameters parameters)
    {
        var limit = parameters.Limit();
        var selectors = ApiParameters.Named("match[]", parameters.Selectors);
        if (selectors.Count == 0)
        {
            throw new QueryException(QueryErrorKind.BadData, "no match[] parameter provided");
        }

        var (start, end) = parameters.TimeRange();
        var found = new SortedSet<LabelSet>();
        foreach (var selector in selectors)
        {
            found.UnionWith(store.Series(selector, start, end, limit == 0 ? 0 : limit + 1, context.RequestAborted));
        }

        var truncated = limit > 0 && found.Count > limit;
        return ApiResponse.Success(context, json =>
        {
            json.WriteStartArray();
            foreach (var labels in truncated ? found.Take(limit) : found)
            {
                ResultJson.WriteLabels(json, labels);
            }

            json.WriteEndArray();
        }, truncated ? [Truncated] : null);
    }

    public Task Names(HttpContext context, ApiParameters parameters)
    {
        var limit = parameters.Limit();
        var (start, end) = parameters.TimeRange();
        var names = Union(parameters.Selectors(), selector => store.LabelNames(selector, start, end, context.RequestAborted));
        return WriteNames(context, names, limit);
    }

    public Task Values(HttpContext context, ApiParameters parameters)
    {
        var limit = parameters.Limit();
        var escaped = (string)context.Request.RouteValues["name"]!;
        var name = Unescape(escaped) ?? throw new QueryException(QueryErrorKind.BadData, "invalid label name: \"\"");
        var (start, end) = parameters.TimeRange();
        var values = Union(parameters.Selectors(), selector => store.LabelValues(name, selector, start, end, context.RequestAborted));
        return WriteNames(context, values, limit);
    }

    /// <summary>Reads a label name in a path: <c>U__</c> starts an escaped one, in which <c>_2e_</c> is a character by its code and <c>__</c> an underscore; null when nothing is left.</summary>
    internal static string? Unescape(string name)
    {
        if (!name.StartsWith("U__", StringComparison.Ordinal))
        {
            return name.Length > 0 ? name : null;
        }

        var output = new StringBuilder();
        for (var i = 3; i < name.Length; i++)
        {
            if (name[i] != '_')
            {
                output.Append(name[i]);
                continue;
            }

            if (i + 1 < name.Length && name[i + 1] == '_')
            {
                output.Append('_');
                i++;
                continue;
            }

            var end = name.IndexOf('_', i + 1);
            // What does not decode is taken as it stands, as Prometheus does.
            if (end < 0 || end - i > 7 || !int.TryParse(name.AsSpan(i + 1, end - i - 1), System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out var code) || !Rune.IsValid(code))
            {
                return name;
            }

            output.Append(new Rune(code).ToString());
            i = end;
        }

        return output.Length > 0 ? output.ToString() : null;
    }

    private static IReadOnlyList<string> Union(List<IReadOnlyList<LabelMatcher>> selectors, Func<IReadOnlyList<LabelMatcher>, IReadOnlyList<string>> get)
    {
        switch (selectors.Count)
        {
            case 0:
                return get([]);
            case 1:
                return get(selectors[0]);
            default:
                var all = new SortedSet<string>(StringComparer.Ordinal);
                foreach (var selector in selectors)
                {
                    all.UnionWith(get(selector));
                }

                return [.. all];
        }
    }

    private static Task WriteNames(HttpContext context, IReadOnlyList<string> names, int limit)
    {
        var truncated = limit > 0 && names.Count > limit;
        var count = truncated ? limit : names.Count;
        return ApiResponse.Success(context, json =>
        {
            json.WriteStartArray();
            for (var i = 0; i < count; i++)
            {
                json.WriteStringValue(names[i]);
            }

            json.WriteEndArray();
        }, truncated ? [Truncated] : null);
    }
}
