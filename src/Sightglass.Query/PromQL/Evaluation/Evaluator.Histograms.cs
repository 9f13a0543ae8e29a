using Sightglass.Core.Model;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL;

/// <summary>Functions of histograms, native ones and classic ones made of bucket series.</summary>
internal sealed partial class Evaluator
{
    private sealed class HistogramGroup(LabelSet labels)
    {
        public LabelSet Labels { get; } = labels;

        /// <summary>The metric that messages name.</summary>
        public string? Metric { get; init; }

        public List<(double Bound, Column Column)> Buckets { get; } = [];

        public List<Column> Natives { get; } = [];

        public bool DropName { get; init; }
    }

    private List<Column> HistogramCall(CallExpression call, StepGrid grid)
    {
        var arguments = call.Arguments;
        switch (call.Function.Name)
        {
            case "histogram_count":
                return MapHistograms(WithResetsDetected(arguments[0], grid), h => h.Count);
            case "histogram_sum":
                return MapHistograms(WithResetsDetected(arguments[0], grid), h => h.Sum);
            case "histogram_avg":
                return MapHistograms(WithResetsDetected(arguments[0], grid), h => h.Sum / h.Count);
            case "histogram_stdvar":
                return MapHistograms(Evaluate(arguments[0], grid).Vector, HistogramQuantile.Variance);
            case "histogram_stddev":
                return MapHistograms(Evaluate(arguments[0], grid).Vector, h => Math.Sqrt(HistogramQuantile.Variance(h)));
            case "histogram_quantile":
                return Quantiles(arguments[1], arguments[0], Evaluate(arguments[0], grid).Scalar, Evaluate(arguments[1], grid).Vector, grid, null);
            case "histogram_quantiles":
                return ManyQuantiles(call, grid);
            case "histogram_fraction":
                return Fractions(arguments[2], Evaluate(arguments[0], grid).Scalar, Evaluate(arguments[1], grid).Scalar, Evaluate(arguments[2], grid).Vector, grid);
            default:
                throw new System.Diagnostics.UnreachableException($"BUG: function {call.Function.Name} is not evaluated");
        }
    }

    /// <summary>Counts and sums do not need the buckets; Prometheus then finds counter resets while it reads, which shows in annotations.</summary>
    private List<Column> WithResetsDetected(PromQLExpression argument, StepGrid grid)
    {
        var before = _detectResets;
        _detectResets = true;
        try
        {
            return Evaluate(argument, grid).Vector;
        }
        finally
        {
            _detectResets = before;
        }
    }

    private List<Column> MapHistograms(List<Column> input, Func<NativeHistogram, double> function)
    {
        var output = new List<Column>();
        foreach (var column in input)
        {
            if (column.Histograms is null)
            {
                continue;
            }

            var result = Unnamed(column, column.Values.Length);
            for (var i = 0; i < column.Values.Length; i++)
            {
                if (column.Histogram(i) is { } histogram)
                {
                    result.Values[i] = function(histogram);
                }
            }

            if (!result.IsEmpty())
            {
                output.Add(result);
            }
        }

        return Distinct(output);
    }

    private List<Column> ManyQuantiles(CallExpression call, StepGrid grid)
    {
        var input = Evaluate(call.Arguments[0], grid).Vector;
        var label = Evaluate(call.Arguments[1], grid).Text;
        var output = new List<Column>();
        foreach (var argument in call.Arguments.Skip(2))
        {
            var q = Evaluate(argument, grid).Scalar;
            output.AddRange(Quantiles(call.Arguments[0], argument, q, input, grid, label));
        }

        return MergeSameLabels(output);
    }

    private List<Column> Quantiles(PromQLExpression at, PromQLExpression quantileAt, double[] q, List<Column> input, StepGrid grid, string? label)
    {
        foreach (var value in q)
        {
            _run.Annotations.QuantileOutOfRange(value, quantileAt);
        }

        return PerHistogram(at, input, grid, label is null ? null : (label, OpenMetricsText(q[0])), (step, native, metric) => HistogramQuantile.Quantile(q[step], native, becameNaN =>
        {
            _run.Annotations.InfoNamed($"input to histogram_quantile has NaN observations, result is {(becameNaN ? "NaN" : "skewed higher")}", metric, at);
        }), (step, classic, metric) =>
        {
            var result = ClassicHistogram.Quantile(q[step], classic, out var forced);
            if (forced is { } by)
            {
                _run.Annotations.Forced(by, grid.Time(step), metric, at);
            }

            return result;
        });
    }

    /// <summary>A number as OpenMetrics writes label values: always with a point or an exponent.</summary>
    private static string OpenMetricsText(double value)
    {
        var text = GoFloat.General(value);
        return double.IsFinite(value) && !text.AsSpan().ContainsAny('.', 'e') ? text + ".0" : text;
    }

    private List<Column> Fractions(PromQLExpression at, double[] lower, double[] upper, List<Column> input, StepGrid grid) =>
        PerHistogram(at, input, grid, null, (step, native, metric) => HistogramQuantile.Fraction(lower[step], upper[step], native, () =>
        {
            _run.Annotations.InfoNamed("input to histogram_fraction has NaN observations, which are excluded from all fractions", metric, at);
        }), (step, classic, _) => ClassicHistogram.Fraction(lower[step], upper[step], classic));

    private List<Column> PerHistogram(PromQLExpression at, List<Column> input, StepGrid grid, (string Name, string Value)? extra, Func<int, NativeHistogram, string?, double> ofNative, Func<int, List<(double Bound, double Count)>, string?, double> ofClassic)
    {
        var output = new List<Column>();
        foreach (var group in HistogramGroups(at, input))
        {
            _run.Check();
            var labels = extra is { } e ? group.Labels.With(e.Name, e.Value) : group.Labels;
            var result = Unnamed(new Column(labels, []), grid.Count);
            var buckets = new List<(double Bound, double Count)>(group.Buckets.Count);
            for (var step = 0; step < grid.Count; step++)
            {
                buckets.Clear();
                foreach (var (bound, column) in group.Buckets)
                {
                    if (column.HasFloat(step))
                    {
                        buckets.Add((bound, column.Values[step]));
                    }
                }

                var native = group.Natives.Find(c => c.Histogram(step) is not null)?.Histogram(step);
                if (native is not null && buckets.Count > 0)
                {
                    _run.Annotations.WarnNamed("vector contains a mix of classic and native histograms", group.Metric, at);
                }
                else if (native is not null)
                {
                    result.Values[step] = ofNative(step, native, group.Metric);
                }
                else if (buckets.Count > 0)
                {
                    result.Values[step] = ofClassic(step, buckets, group.Metric);
                }
            }

            if (!result.IsEmpty())
            {
                output.Add(result);
            }
        }

        return Distinct(output);
    }

    /// <summary>What messages about a histogram call its metric: as Prometheus has it, only names that are dropped late are still there to be told.</summary>
    private string? MetricOf(LabelSet labels) => _run.Options.DelayedNameRemoval && labels.Name.Length > 0 ? labels.Name : null;

    /// <summary>Bucket series by their labels without the bound, native histograms with them.</summary>
    private List<HistogramGroup> HistogramGroups(PromQLExpression at, List<Column> input)
    {
        var groups = new List<HistogramGroup>();
        var byLabels = new Dictionary<LabelSet, HistogramGroup>();
        HistogramGroup GroupOf(Column column, LabelSet labels)
        {
            if (!byLabels.TryGetValue(labels, out var group))
            {
                byLabels.Add(labels, group = new HistogramGroup(labels) { Metric = MetricOf(labels), DropName = column.DropName });
                groups.Add(group);
            }

            return group;
        }

        foreach (var column in input)
        {
            var floats = Enumerable.Range(0, column.Values.Length).Any(column.HasFloat);
            if (floats)
            {
                var text = column.Labels[MetricLabels.Bucket];
                if (NumberText.TryParseFloat(text, out var bound))
                {
                    GroupOf(column, column.Labels.Without(MetricLabels.Bucket)).Buckets.Add((bound, column));
                }
                else
                {
                    _run.Annotations.WarnNamed($"bucket label \"le\" is missing or has a malformed value of {QuotedText.Quote(text)}", MetricOf(column.Labels), at);
                }
            }

            if (column.Histograms is not null)
            {
                GroupOf(column, column.Labels).Natives.Add(column);
            }
        }

        return groups;
    }
}
