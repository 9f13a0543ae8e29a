using Sightglass.Core.Contracts;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Tree;
using Sightglass.Query.LogQL.View;

namespace Sightglass.Query.LogQL.Insight;

/// <summary>Facets that the store counts.</summary>
public sealed partial class LogInsights
{
    /// <summary>So many times the lines of a sample are counted by the store: to count them takes about as long as to look at those of the sample.</summary>
    public const int CountedPerLine = 100;

    // The store drops the rarest values of a field beyond these; what is shown are the most frequent.
    private const int MaxCountedValues = 4 * MaxFacetValues;

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
        return CountLevel(node, sample, keys, cancellation, ref counter) && CountLabels(plan, names, keys, cancellation, ref counter) ? lines : null;
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

    /// <summary>Counts the levels of the lines; false when they cannot be counted.</summary>
    private bool CountLevel(LogNode node, LogSample sample, IReadOnlyList<string> keys, CancellationToken cancellation, ref FacetCounter counter)
    {
        var needs = new LabelNeeds();
        needs.Add(LevelDetector.Label);
        var scan = new LogScan(
            store, limits, node, needs, false, sample.MinUnixNano, sample.MaxUnixNano, EventOrder.Any, new LogQLStatistics(), cancellation, new EventFold(), keys: keys);
        var counted = counter;
        scan.RunWeighted(
            (entry, lines) =>
            {
                foreach (var label in entry.Labels)
                {
                    if (label.Name == LevelDetector.Label)
                    {
                        counted.Count(label.Name, entry.Value(label.Value), LabelCategory.Metadata, lines);
                    }
                }

                return true;
            },
            cancellation);
        return scan.Uncounted == 0;
    }

    /// <summary>Counts the values of labels of the lines themselves, each by itself; false when one makes other labels too.</summary>
    private bool CountLabels(EventPlan plan, HashSet<string> names, IReadOnlyList<string> keys, CancellationToken cancellation, ref FacetCounter counter)
    {
        var needs = new LabelNeeds();
        foreach (var name in names)
        {
            if (name != LevelDetector.Label)
            {
                needs.Add(name);
            }
        }

        var entry = new LogEntry();
        var reader = new RowReader(entry, needs, needsLine: false, () => keys);
        var tallies = store.CountValues(plan with { Columns = reader.Columns, Fold = null }, MaxCountedValues, cancellation);
        for (var column = 0; column < tallies.Count; column++)
        {
            var tally = tallies[column];
            var name = reader.LabelOf(column);

            // The most frequent first: of these no more than a field has values are kept.
            foreach (var value in Enumerable.Range(0, tally.Count).OrderByDescending(tally.RowsOf))
            {
                reader.ReadAlone(column, tally.Values, value);
                foreach (var label in entry.Labels)
                {
                    if (label.Name != name)
                    {
                        return false;
                    }

                    counter.Count(name, entry.Value(label.Value), LabelCategory.Metadata, tally.RowsOf(value));
                }
            }

            if (tally.Others > 0)
            {
                counter.FieldOf(name, LabelCategory.Metadata)?.AddUncounted(tally.Others);
            }
        }

        return true;
    }
}
