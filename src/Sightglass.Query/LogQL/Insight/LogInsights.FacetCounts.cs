using Sightglass.Core.Contracts;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Tree;
using Sightglass.Query.LogQL.View;

namespace Sightglass.Query.LogQL.Insight;

/// <summary>Facets that the store counts, a label at a time.</summary>
public sealed partial class LogInsights
{
    // To count so many lines takes the time in which one is looked at.
    private const int CountedPerLine = 10;

    /// <summary>The lines of the selection; null when only its lines themselves can tell.</summary>
    private long? CountFacets(LogSample sample, CancellationToken cancellation, ref FacetCounter counter)
    {
        Check(sample);
        var node = Parse(sample.Query);
        if (node.Stages.Count > 0)
        {
            return null;
        }

        var keys = store.AttributeKeys(EventSignal.Logs, ColumnScope.Attribute, sample.MinUnixNano, sample.MaxUnixNano, cancellation);
        var names = new HashSet<string>(RowReader.FieldNames, StringComparer.Ordinal) { LevelDetector.Label };
        foreach (var key in keys)
        {
            if (names.Count == MaxFacetFields || !names.Add(LabelNames.FromAttribute(key)))
            {
                return null;
            }
        }

        var plan = new EventPlan
        {
            Signal = EventSignal.Logs,
            MinTimeUnixNano = sample.MinUnixNano,
            MaxTimeUnixNano = sample.MaxUnixNano,
            Streams = stream => LokiStream.Of(stream).Matches(node.Matchers),
            Fold = new EventFold(),
        };
        if (CountShared(plan, names, cancellation, ref counter) is not { } lines || lines / CountedPerLine > sample.MaxLines)
        {
            return null;
        }

        names.ExceptWith(RowReader.ScopeNames);
        foreach (var name in names)
        {
            if (!CountLabel(name, node, sample, keys, cancellation, ref counter))
            {
                return null;
            }
        }

        return lines;
    }

    /// <summary>Counts the labels that lines share: of their stream, their resource and their scope. Null when one of them has a name that others have too.</summary>
    private long? CountShared(EventPlan plan, HashSet<string> names, CancellationToken cancellation, ref FacetCounter counter)
    {
        var sources = new Dictionary<string, LabelCategory>(StringComparer.Ordinal);
        var shared = new List<(string Name, string Value)>();
        var lines = 0L;
        using var cursor = store.Query(plan, cancellation);
        while (cursor.Next())
        {
            for (var row = 0; row < cursor.Page.Count; row++)
            {
                var (stream, weight) = (LokiStream.Of(cursor.Page.Streams[row]), cursor.Page.WeightOf(row));
                lines += weight;
                foreach (var label in stream.Labels)
                {
                    if (!Claim(label.Name, LabelCategory.Stream))
                    {
                        return null;
                    }

                    counter.Count(label.Name, label.Value, LabelCategory.Stream, weight);
                }

                shared.Clear();
                shared.AddRange(stream.Metadata.Select(static l => (l.Name, l.Value)));
                if (cursor.Page.Scopes[row] is { } scope)
                {
                    foreach (var attribute in scope.Attributes)
                    {
                        LokiStream.Flatten(LabelNames.FromAttribute(attribute.Key), attribute.Value, (name, value) => shared.Add((name, value)));
                    }

                    AddText(RowReader.ScopeNames[0], scope.Name);
                    AddText(RowReader.ScopeNames[1], scope.Version);
                }

                var distinct = shared.DistinctBy(static l => l.Name).Count() == shared.Count;
                foreach (var (name, value) in shared)
                {
                    if (!distinct || !Claim(name, LabelCategory.Metadata))
                    {
                        return null;
                    }

                    counter.Count(name, value, LabelCategory.Metadata, weight);
                }
            }
        }

        return lines;

        void AddText(string name, string text)
        {
            if (text.Length > 0)
            {
                shared.Add((name, text));
            }
        }

        // Each name is of one place only, so that a line never has a label twice.
        bool Claim(string name, LabelCategory category)
        {
            if (sources.TryGetValue(name, out var known))
            {
                return known == category;
            }

            sources.Add(name, category);
            return !names.Contains(name) || (category == LabelCategory.Metadata && RowReader.ScopeNames.Contains(name));
        }
    }

    /// <summary>Counts the values of a label of the lines themselves; false when what it comes from makes other labels too.</summary>
    private bool CountLabel(string name, LogNode node, LogSample sample, IReadOnlyList<string> keys, CancellationToken cancellation, ref FacetCounter counter)
    {
        var needs = new LabelNeeds();
        needs.Add(name);
        var isLevel = name == LevelDetector.Label;
        var fold = new EventFold { MostGroups = isLevel ? int.MaxValue : MaxFacetValues };
        var scan = new LogScan(
            store, limits, node, needs, false, sample.MinUnixNano, sample.MaxUnixNano, EventOrder.Any, new LogQLStatistics(), cancellation, fold, keys: keys);
        var alone = true;
        var counted = counter;
        scan.RunWeighted(
            (entry, lines) =>
            {
                foreach (var label in entry.Labels)
                {
                    if (label.Name == name)
                    {
                        counted.Count(name, entry.Value(label.Value), LabelCategory.Metadata, lines);
                    }
                    else if (!isLevel)
                    {
                        alone = false;
                    }
                }

                return alone;
            },
            cancellation);
        if (scan.Uncounted > 0)
        {
            counter.FieldOf(name, LabelCategory.Metadata)?.AddUncounted(scan.Uncounted);
        }

        return alone;
    }
}
