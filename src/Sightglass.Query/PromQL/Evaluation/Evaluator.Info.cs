using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary><c>info()</c>: adds the labels of info metrics to series of the same instance and job.</summary>
internal sealed partial class Evaluator
{
    private const string DefaultInfoMetric = "target_info";
    private const string AnyInfoMetric = ".+_info";
    private static readonly string[] IdentifyingLabels = ["instance", "job"];

    /// <summary>An info metric's series of one name and one instance and job: for every step the one with the newest sample.</summary>
    private sealed class InfoGroup(string metric, int steps)
    {
        public string Metric { get; } = metric;

        public LabelSet?[] Labels { get; } = new LabelSet?[steps];

        public double[] Times { get; } = new double[steps];
    }

    private List<Column> Info(CallExpression call, StepGrid grid)
    {
        var input = Evaluate(call.Arguments[0], grid).Vector;
        var matchers = call.Arguments.Count > 1 ? ((VectorSelector)call.Arguments[1]).Matchers : [];
        var nameMatchers = matchers.Where(m => m.Name == LabelSet.MetricName).ToArray();
        var dataMatchers = matchers.Where(m => m.Name != LabelSet.MetricName).ToArray();
        if (nameMatchers.Length == 0)
        {
            nameMatchers = [new LabelMatcher(Core.Model.MatchType.Equal, LabelSet.MetricName, DefaultInfoMetric)];
        }
        else if (Array.TrueForAll(nameMatchers, m => m.Type is Core.Model.MatchType.NotEqual or Core.Model.MatchType.NotRegex))
        {
            // Only said what it is not: then it is one of those that are called so.
            nameMatchers = [.. nameMatchers, new LabelMatcher(Core.Model.MatchType.Regex, LabelSet.MetricName, AnyInfoMetric)];
        }

        // An info metric tells nothing about info metrics.
        var isInfo = input.ConvertAll(c => Array.TrueForAll(nameMatchers, m => m.Matches(c.Labels.Name)));
        var groups = InfoGroups(call, input, isInfo, nameMatchers, dataMatchers, grid);
        var dataLabels = dataMatchers.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        var withoutInfo = Array.TrueForAll(dataMatchers, m => m.MatchesEmpty);
        var output = new Dictionary<(LabelSet, bool), Column>();
        var order = new List<Column>();
        for (var i = 0; i < input.Count; i++)
        {
            _run.Check();
            var column = input[i];
            if (isInfo[i])
            {
                Put(output, order, column, column.Labels, 0, grid.Count);
                continue;
            }

            Enrich(column, groups.GetValueOrDefault(Identity(column.Labels)) ?? [], dataLabels, withoutInfo, output, order);
        }

        return order;
    }

    private static LabelSet Identity(LabelSet labels) => labels.Only(IdentifyingLabels);

    /// <summary>Goes over the steps of a series in runs that see the same info series.</summary>
    private void Enrich(Column column, List<InfoGroup> groups, HashSet<string> dataLabels, bool withoutInfo, Dictionary<(LabelSet, bool), Column> output, List<Column> order)
    {
        var steps = column.Values.Length;
        for (var from = 0; from < steps;)
        {
            var to = from + 1;
            while (to < steps && groups.TrueForAll(g => ReferenceEquals(g.Labels[to], g.Labels[from])))
            {
                to++;
            }

            if (AnyAt(column, from, to) && InfoLabels(column.Labels, groups, from, dataLabels, withoutInfo) is { } labels)
            {
                Put(output, order, column, labels, from, to);
            }

            from = to;
        }
    }

    private static bool AnyAt(Column column, int from, int to)
    {
        for (var step = from; step < to; step++)
        {
            if (column.Has(step))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The labels of a series with those of the info series at a step; null where it is dropped for having none.</summary>
    private static LabelSet? InfoLabels(LabelSet own, List<InfoGroup> groups, int step, HashSet<string> dataLabels, bool withoutInfo)
    {
        var added = new LabelSetBuilder(LabelSet.Empty);
        var any = false;
        foreach (var group in groups)
        {
            if (group.Labels[step] is not { } info)
            {
                continue;
            }

            any = true;
            foreach (ref readonly var label in info.Span)
            {
                if (label.Name == LabelSet.MetricName || (dataLabels.Count > 0 && !dataLabels.Contains(label.Name)))
                {
                    continue;
                }

                var before = added.Get(label.Name);
                if (before.Length > 0 && before != label.Value)
                {
                    throw new QueryException(QueryErrorKind.Execution, $"conflicting label: {label.Name}");
                }

                if (!own.Contains(label.Name))
                {
                    added.Set(label.Name, label.Value);
                }
            }
        }

        if (!any)
        {
            return withoutInfo ? own : null;
        }

        var builder = new LabelSetBuilder(own);
        foreach (ref readonly var label in added.Build().Span)
        {
            builder.Set(label.Name, label.Value);
        }

        return builder.Build();
    }

    private void Put(Dictionary<(LabelSet, bool), Column> output, List<Column> order, Column from, LabelSet labels, int first, int end)
    {
        if (!output.TryGetValue((labels, from.DropName), out var column))
        {
            _run.Take(from.Values.Length);
            output.Add((labels, from.DropName), column = Column.Empty(labels, from.Values.Length, from.DropName));
            order.Add(column);
        }

        for (var step = first; step < end; step++)
        {
            if (!from.Has(step))
            {
                continue;
            }

            if (column.Has(step))
            {
                throw new QueryException(QueryErrorKind.Execution, SameLabels);
            }

            column.CopyFrom(from, step, step);
        }
    }

    /// <summary>Finds the info series of the input's instances and jobs, by these.</summary>
    private Dictionary<LabelSet, List<InfoGroup>> InfoGroups(CallExpression call, List<Column> input, List<bool> isInfo, LabelMatcher[] nameMatchers, LabelMatcher[] dataMatchers, StepGrid grid)
    {
        var byIdentity = new Dictionary<LabelSet, List<InfoGroup>>();
        var matchers = new List<LabelMatcher>([.. nameMatchers, .. dataMatchers]);
        var identified = false;
        foreach (var name in IdentifyingLabels)
        {
            var values = new SortedSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < input.Count; i++)
            {
                if (!isInfo[i] && input[i].Labels[name] is { Length: > 0 } value)
                {
                    values.Add(value);
                }
            }

            if (values.Count > 0)
            {
                identified = true;
                matchers.Add(values.Count == 1
                    ? new LabelMatcher(Core.Model.MatchType.Equal, name, values.Min!)
                    : new LabelMatcher(Core.Model.MatchType.Regex, name, string.Join('|', values.Select(Escaped))));
            }
        }

        if (!identified)
        {
            return byIdentity;
        }

        var selector = new VectorSelector(string.Empty, matchers, TimeShift.None, call.Span);
        foreach (var column in SelectAt(selector, grid, step => InfoTime(call.Arguments[0], grid.Time(step))))
        {
            Add(byIdentity, column, grid.Count);
        }

        return byIdentity;
    }

    private static void Add(Dictionary<LabelSet, List<InfoGroup>> byIdentity, Column column, int steps)
    {
        var identity = Identity(column.Labels);
        if (!byIdentity.TryGetValue(identity, out var groups))
        {
            byIdentity.Add(identity, groups = []);
        }

        var group = groups.Find(g => g.Metric == column.Labels.Name);
        if (group is null)
        {
            groups.Add(group = new InfoGroup(column.Labels.Name, steps));
        }

        for (var step = 0; step < steps; step++)
        {
            if (!column.Has(step))
            {
                continue;
            }

            if (column.Histogram(step) is not null)
            {
                throw new QueryException(QueryErrorKind.Execution, "info sample should be float");
            }

            // The value is the sample's time.
            if (group.Labels[step] is { } other && group.Times[step] == column.Values[step])
            {
                throw new QueryException(QueryErrorKind.Execution, $"found duplicate series for info metric: existing {other} @ {(long)group.Times[step]}, new {column.Labels} @ {(long)column.Values[step]}");
            }

            if (group.Labels[step] is null || group.Times[step] < column.Values[step])
            {
                group.Labels[step] = column.Labels;
                group.Times[step] = column.Values[step];
            }
        }
    }

    /// <summary>Series with, at every step, the time in milliseconds of the last sample within the lookback before a time of its own.</summary>
    private List<Column> SelectAt(VectorSelector selector, StepGrid grid, Func<int, long> time)
    {
        var first = time(0);
        var last = time(grid.Count - 1);
        using var selection = _run.Select(new MetricSelection(selector.Matchers, Math.Min(first, last) - _run.LookbackMs + 1, Math.Max(first, last)));
        var output = new Column?[selection.Count];
        SeriesLoop.Run(selection.Count, _run, (series, scratch) =>
        {
            var buffer = scratch.Buffer;
            selection.Read(series, buffer);
            var column = Column.Empty(selection.Labels(series), grid.Count);
            for (var step = 0; step < grid.Count; step++)
            {
                var at = FirstAfter(buffer.TimestampsMs, time(step)) - 1;
                if (at < 0 || buffer.TimestampsMs[at] <= time(step) - _run.LookbackMs)
                {
                    continue;
                }

                if (buffer.HasHistograms && buffer.Histograms[at] is { } histogram)
                {
                    if (!SpecialValues.IsStale(histogram.Sum))
                    {
                        column.Set(step, histogram);
                    }
                }
                else if (!SpecialValues.IsStale(buffer.Values[at]))
                {
                    column.Values[step] = buffer.TimestampsMs[at];
                }
            }

            output[series] = column.IsEmpty() ? null : column;
        });
        return Compact(output);
    }

    /// <summary>The time at which the first selector of an expression looks at its samples, when the expression is evaluated at <paramref name="timeMs"/>.</summary>
    private long InfoTime(PromQLExpression expression, long timeMs)
    {
        switch (expression)
        {
            case VectorSelector v:
                return _run.Reference(v.Shift, v.Shift.Offset is { } o ? _run.Milliseconds(o, positive: false) : 0, timeMs);
            case SubqueryExpression q:
                return InfoTime(q.Inner, _run.Reference(q.Shift, q.Shift.Offset is { } s ? _run.Milliseconds(s, positive: false) : 0, timeMs));
            default:
                foreach (var child in expression.Children)
                {
                    if (HasSelector(child))
                    {
                        return InfoTime(child, timeMs);
                    }
                }

                return timeMs;
        }
    }

    private static bool HasSelector(PromQLExpression expression) => expression is VectorSelector || expression.Children.Any(HasSelector);

    /// <summary>A value as a regular expression that matches nothing else.</summary>
    private static string Escaped(string value)
    {
        var output = new StringBuilder(value.Length + 8);
        foreach (var c in value)
        {
            if (@"\.+*?()|[]{}^$".Contains(c, StringComparison.Ordinal))
            {
                output.Append('\\');
            }

            output.Append(c);
        }

        return output.ToString();
    }
}
