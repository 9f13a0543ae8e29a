using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>Numbers the groups of an aggregation in the order in which they come, by the values of the labels alone: no label set is made for a series of a known group.</summary>
internal sealed class GroupIndex
{
    private readonly string[] _names;
    private readonly bool _without;
    private readonly bool _dropsName;
    private readonly Dictionary<string[], int> _byValues = new(new ValuesComparer());
    private readonly Dictionary<LabelSet, int> _byLabels = [];
    private readonly string[] _scratch;

    /// <summary>Groups of an aggregation; <paramref name="dropsName"/> when what is aggregated has no names any more.</summary>
    public GroupIndex(AggregateExpression aggregate, bool dropsName)
    {
        _names = [.. aggregate.Grouping];
        _without = aggregate.Without;
        _dropsName = dropsName;
        _scratch = new string[_names.Length];
    }

    public List<LabelSet> Groups { get; } = [];

    public int Of(LabelSet labels)
    {
        if (_without)
        {
            return ByLabels(MetricLabels.WithoutName(labels.Without(_names)));
        }

        if (_names.Length == 0)
        {
            return ByLabels(LabelSet.Empty);
        }

        for (var i = 0; i < _names.Length; i++)
        {
            _scratch[i] = _dropsName && _names[i] is LabelSet.MetricName or MetricLabels.Type or MetricLabels.Unit ? string.Empty : labels[_names[i]];
        }

        if (!_byValues.TryGetValue(_scratch, out var group))
        {
            group = ByLabels(Kept(labels).Only(_names));
            _byValues.Add([.. _scratch], group);
        }

        return group;
    }

    private LabelSet Kept(LabelSet labels) => _dropsName ? MetricLabels.WithoutName(labels) : labels;

    private int ByLabels(LabelSet labels)
    {
        if (!_byLabels.TryGetValue(labels, out var group))
        {
            group = Groups.Count;
            _byLabels.Add(labels, group);
            Groups.Add(labels);
        }

        return group;
    }

    private sealed class ValuesComparer : IEqualityComparer<string[]>
    {
        public bool Equals(string[]? x, string[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(string[] values)
        {
            var hash = 17;
            foreach (var value in values)
            {
                hash = (hash * 31) + string.GetHashCode(value, StringComparison.Ordinal);
            }

            return hash;
        }
    }
}
