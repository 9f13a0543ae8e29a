using Sightglass.Core.Model;

namespace Sightglass.Alerting.Routing;

/// <summary>A node of the routing tree with everything it inherits filled in.</summary>
public sealed record Route
{
    /// <summary>Name of the receiver.</summary>
    public required string Receiver { get; init; }

    /// <summary>Labels by which alerts are grouped.</summary>
    public required IReadOnlyList<string> GroupBy { get; init; }

    /// <summary>Group by all labels (<c>'...'</c>).</summary>
    public required bool GroupByAll { get; init; }

    /// <summary>What an alert has to satisfy, sorted.</summary>
    public required IReadOnlyList<LabelMatcher> Matchers { get; init; }

    /// <summary>Go on with the siblings after this node matched.</summary>
    public required bool Continue { get; init; }

    /// <summary>Wait before the first message of a group.</summary>
    public required TimeSpan GroupWait { get; init; }

    /// <summary>Wait before a message about changes in a group.</summary>
    public required TimeSpan GroupInterval { get; init; }

    /// <summary>Wait before saying the same again.</summary>
    public required TimeSpan RepeatInterval { get; init; }

    /// <summary>Time intervals during which nothing is sent.</summary>
    public required IReadOnlyList<string> MuteTimeIntervals { get; init; }

    /// <summary>Time intervals outside which nothing is sent.</summary>
    public required IReadOnlyList<string> ActiveTimeIntervals { get; init; }

    /// <summary>Child nodes in order.</summary>
    public required IReadOnlyList<Route> Routes { get; init; }

    /// <summary>Matchers of all nodes on the way here: what messages call it. Nodes may have the same.</summary>
    public required string Key { get; init; }

    /// <summary>The places among their siblings of all nodes on the way here: identifies the node.</summary>
    public string Id { get; init; } = string.Empty;

    /// <summary>The nodes that an alert ends at.</summary>
    public List<Route> Match(LabelSet labels)
    {
        var matches = new List<Route>();
        Match(labels, matches);
        return matches;
    }

    /// <summary>The labels that make up an alert's group at this node.</summary>
    public LabelSet GroupLabels(LabelSet labels) => GroupByAll ? labels : labels.Only([.. GroupBy]);

    /// <summary>This node and all below it.</summary>
    public IEnumerable<Route> Walk() => Routes.SelectMany(static r => r.Walk()).Prepend(this);

    private bool Match(LabelSet labels, List<Route> matches)
    {
        foreach (var matcher in Matchers)
        {
            if (!matcher.Matches(labels[matcher.Name]))
            {
                return false;
            }
        }

        var before = matches.Count;
        foreach (var child in Routes)
        {
            if (child.Match(labels, matches) && !child.Continue)
            {
                break;
            }
        }

        if (matches.Count == before)
        {
            matches.Add(this);
        }

        return true;
    }
}
