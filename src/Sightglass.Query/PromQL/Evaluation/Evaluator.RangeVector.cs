using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Query.Vectors;

namespace Sightglass.Query.PromQL;

/// <summary>Range vectors as the result of an instant query.</summary>
internal sealed partial class Evaluator
{
    public List<ResultSeries> RangeVector(PromQLExpression expression, StepGrid grid)
    {
        expression = Unwrapped(expression);
        var output = new List<ResultSeries>();
        if (expression is SubqueryExpression subquery)
        {
            var (columns, inner, _, _) = EvaluateSubquery(subquery, grid);
            foreach (var column in Finish(columns))
            {
                AddSeries(output, column.Labels, RangeSamples.From(column, inner));
            }
        }
        else
        {
            var matrix = (MatrixSelector)expression;
            var shift = matrix.Vector.Shift;
            var offset = shift.Offset is { } o ? _run.Milliseconds(o, positive: false) : 0;
            var end = _run.Reference(shift, offset, grid.StartMs);
            var start = end - _run.Milliseconds(matrix.Range, positive: true);
            var extension = matrix.Vector.Extension;
            var before = extension == RangeExtension.None ? 0 : _run.LookbackMs;
            using var selection = _run.Select(new MetricSelection(matrix.Vector.Matchers, start - before + 1, extension == RangeExtension.Smoothed ? end + before : end));
            var buffer = new SampleBuffer();
            for (var i = 0; i < selection.Count; i++)
            {
                _run.Check();
                selection.Read(i, buffer);
                _run.Take(buffer.Count);
                var samples = RangeSamples.From(buffer, withStarts: false);
                var used = SampleCount.Of(samples.Values, samples.Histograms);
                _run.Counted.Add(used);
                _run.Counted.AtStep(0, used);
                if (extension == RangeExtension.None || samples.Histograms.Length > 0)
                {
                    AddSeries(output, selection.Labels(i), samples.Within(start, end));
                }
                else if (ExtendedRateKernels.Ends(samples.Times, samples.Values, start, end, extension == RangeExtension.Smoothed, out var left, out var right))
                {
                    // The samples at the ends and beyond them give way to the values there.
                    var inner = samples.Within(start, end - 1);
                    output.Add(new ResultSeries(selection.Labels(i), [start, .. inner.Times, end], [left, .. inner.Values, right], null));
                }
            }
        }

        output.Sort((a, b) => a.Labels.CompareTo(b.Labels));
        return output;
    }

    private static void AddSeries(List<ResultSeries> output, LabelSet labels, in RangeSamples samples)
    {
        var count = samples.Times.Length + samples.Histograms.Length;
        if (count == 0)
        {
            return;
        }

        if (samples.Histograms.Length == 0)
        {
            output.Add(new ResultSeries(labels, samples.Times.ToArray(), samples.Values.ToArray(), null));
            return;
        }

        var times = new long[count];
        var values = new double[count];
        var histograms = new NativeHistogram?[count];
        int f = 0, h = 0;
        for (var i = 0; i < count; i++)
        {
            if (h == samples.Histograms.Length || (f < samples.Times.Length && samples.Times[f] < samples.HistogramTimes[h]))
            {
                times[i] = samples.Times[f];
                values[i] = samples.Values[f++];
            }
            else
            {
                times[i] = samples.HistogramTimes[h];
                values[i] = SpecialNumbers.NaN;
                histograms[i] = samples.Histograms[h++];
            }
        }

        output.Add(new ResultSeries(labels, times, values, histograms));
    }
}
