using System.Diagnostics;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Tree;

namespace Sightglass.Query.LogQL.Metrics;

/// <summary>Aggregations over series, step by step.</summary>
internal static class VectorAggregation
{
    /// <summary>Labels of the group that a series belongs to.</summary>
    public static LabelSet GroupOf(LabelSet labels, Grouping? grouping)
    {
        string[] names = [.. grouping?.Names ?? []];
        var group = grouping is { Without: true } ? labels.Without(names) : labels.Only(names);

        // An empty label is none here, other than in the series themselves.
        foreach (var label in group)
        {
            if (label.Value.Length == 0)
            {
                return LabelSet.FromSorted([.. group.Where(static l => l.Value.Length > 0)]);
            }
        }

        return group;
    }

    /// <summary>Aggregates.</summary>
    public static List<StepSeries> Run(VectorNode node, List<StepSeries> input, int steps)
    {
        if (node.Function is "sort" or "sort_desc")
        {
            return Sorted(input, node.Function == "sort_desc");
        }

        var groups = new Dictionary<LabelSet, List<StepSeries>>();
        var order = new List<LabelSet>();
        foreach (var series in input)
        {
            var key = GroupOf(series.Labels, node.Grouping);
            if (!groups.TryGetValue(key, out var members))
            {
                groups.Add(key, members = []);
                order.Add(key);
            }

            members.Add(series);
        }

        var output = new List<StepSeries>();
        var values = new List<double>();
        foreach (var key in order)
        {
            var members = groups[key];
            if (node.Function is "topk" or "bottomk" or "approx_topk")
            {
                output.AddRange(Best(members, (int)node.Parameter, node.Function != "bottomk", steps));
                continue;
            }

            var series = new StepSeries(key, steps);
            for (var step = 0; step < steps; step++)
            {
                values.Clear();
                foreach (var member in members)
                {
                    if (member.Present[step])
                    {
                        values.Add(member.Values[step]);
                    }
                }

                if (values.Count > 0)
                {
                    series.Set(step, Value(node.Function, values));
                }
            }

            output.Add(series);
        }

        return output;
    }

    private static double Value(string function, List<double> values) => function switch
    {
        "sum" => values.Sum(),
        "avg" => values.Average(),
        "min" => values.Exists(static v => !double.IsNaN(v)) ? values.Where(static v => !double.IsNaN(v)).Min() : double.NaN,
        "max" => values.Max(),
        "count" => values.Count,
        "stddev" => Math.Sqrt(WindowSamples.Variance(values.ToArray())),
        "stdvar" => WindowSamples.Variance(values.ToArray()),
        _ => throw new UnreachableException($"BUG: function {function}"),
    };

    // Loki sorts one moment; over many steps there is no order by value.
    private static List<StepSeries> Sorted(List<StepSeries> series, bool descending)
    {
        if (series.Count == 0 || series[0].Values.Length != 1)
        {
            return series;
        }

        // NaN goes last either way.
        return [.. series.Where(static s => s.Present[0]).OrderBy(static s => double.IsNaN(s.Values[0])).ThenBy(s => descending ? -s.Values[0] : s.Values[0])];
    }

    private static List<StepSeries> Best(List<StepSeries> members, int count, bool largest, int steps)
    {
        var output = members.ConvertAll(m => new StepSeries(m.Labels, steps));
        var candidates = new List<int>();
        for (var step = 0; step < steps; step++)
        {
            candidates.Clear();
            for (var i = 0; i < members.Count; i++)
            {
                if (members[i].Present[step])
                {
                    candidates.Add(i);
                }
            }

            var at = step;
            foreach (var i in candidates
                .OrderBy(i => double.IsNaN(members[i].Values[at]))
                .ThenBy(i => largest ? -members[i].Values[at] : members[i].Values[at])
                .Take(count))
            {
                output[i].Set(step, members[i].Values[step]);
            }
        }

        return output.FindAll(static s => Array.IndexOf(s.Present, true) >= 0);
    }
}
