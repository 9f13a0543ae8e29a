using System.Collections.Concurrent;
using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Query.LogQL.Metrics;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Tree;
using Sightglass.Query.LogQL.View;

namespace Sightglass.Query.LogQL;

/// <summary>Says which lines a count does not tell apart, so that the store may count them instead of handing them out.</summary>
internal static class LogFold
{
    /// <summary>Cells of time such that all lines of one count at the same steps; null for what needs the lines themselves.</summary>
    public static EventFold? Of(RangeNode node, StepGrid grid, long min)
    {
        if (node.Unwrap is not null || node.Function is not ("count_over_time" or "rate" or "absent_over_time"))
        {
            return null;
        }

        return new EventFold { OriginUnixNano = min, WidthNano = Cells(node, grid) };
    }

    /// <summary>Width of cells of time at whose borders all windows begin and end; 0 when there is one window.</summary>
    public static long Cells(RangeNode node, StepGrid grid) => grid.Count == 1 ? 0 : GreatestCommonDivisor(grid.StepNano, node.RangeNano);

    /// <summary>Tells apart only streams that differ in a label that the query reads.</summary>
    public static EventFold ByLabels(EventFold fold, LabelNeeds needs)
    {
        var names = needs.Contains(LevelDetector.Label) ? [.. needs.Names, .. LevelDetector.Fields] : needs.Names.ToArray();
        var standing = new ConcurrentDictionary<string, EventStream>(StringComparer.Ordinal);
        return fold with
        {
            Streams = stream => standing.GetOrAdd(KeyOf(LokiStream.Of(stream), names), stream),
            Scopes = static scope => scope.Attributes.Count == 0 ? null : scope,
        };
    }

    private static string KeyOf(LokiStream stream, string[] names)
    {
        var key = new StringBuilder();
        foreach (var name in names)
        {
            key.Append(stream.Labels.TryGet(name, out var value) ? '=' : '-').Append(value).Append('\0');
        }

        foreach (var label in stream.Metadata)
        {
            if (Array.IndexOf(names, label.Name) >= 0)
            {
                key.Append(label.Name).Append('\u0001').Append(label.Value).Append('\0');
            }
        }

        return key.ToString();
    }

    private static long GreatestCommonDivisor(long a, long b)
    {
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }

        return a;
    }
}
