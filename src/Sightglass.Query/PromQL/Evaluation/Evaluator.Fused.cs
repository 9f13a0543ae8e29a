using System.Buffers;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>
/// Aggregations straight over a selector or a range function of one: series are read some at a time on all cores, their rows added to the groups in
/// order, and forgotten. The values are those of the general way, bit for bit.
/// </summary>
internal sealed partial class Evaluator
{
    /// <summary>Values of the rows that are in memory at one time.</summary>
    private const int RowValues = 1 << 18;

    /// <summary>Values for which the adding is worth a second core.</summary>
    private const int ParallelValues = 1 << 15;

    /// <summary>Aggregates without keeping the series; null where only the general way will do.</summary>
    private List<Column>? TryFused(AggregateExpression aggregate, StepGrid grid)
    {
        if (!AggregateAccumulator.Supports(aggregate.Operator) || _run.Counted.PerStep || grid.Count == 0)
        {
            return null;
        }

        if (_run.Options.DelayedNameRemoval && !aggregate.Without && aggregate.Grouping.Any(g => g is LabelSet.MetricName or MetricLabels.Type or MetricLabels.Unit))
        {
            // Such a group can have a name that is still to be dropped.
            return null;
        }

        return Unwrapped(aggregate.Inner) switch
        {
            VectorSelector { Extension: RangeExtension.None, Shift.At: AtModifier.None } selector => FusedSelector(aggregate, selector, grid),
            CallExpression call when call.Arguments.Count == 1 && RangeKernels.ContainsKey(call.Function.Name) && call.Function.Name != "absent_over_time"
                && Unwrapped(call.Arguments[0]) is MatrixSelector { Vector: { Extension: RangeExtension.None, Shift.At: AtModifier.None } } matrix => FusedRange(aggregate, call, matrix, grid),
            _ => null,
        };
    }

    private List<Column>? FusedSelector(AggregateExpression aggregate, VectorSelector selector, StepGrid grid)
    {
        var offset = selector.Shift.Offset is { } o ? _run.Milliseconds(o, positive: false) : 0;
        var first = grid.StartMs - offset;
        var lookback = _run.LookbackMs;
        using var selection = _run.Select(new MetricSelection(selector.Matchers, first - _run.ReachMs + 1, grid.EndMs - offset));
        return Fuse(aggregate, selection, dropsName: false, grid, (LabelSet _, in RangeSamples samples, Span<double> row, SeriesScratch _) => LatestRow(samples, first, grid.StepMs, lookback, row));
    }

    private List<Column>? FusedRange(AggregateExpression aggregate, CallExpression call, MatrixSelector matrix, StepGrid grid)
    {
        var name = call.Function.Name;
        var dropsName = !KeepsName(name) && !_run.Options.DelayedNameRemoval;
        if (dropsName && !matrix.Vector.Matchers.Any(m => m.Name == LabelSet.MetricName && m.Type == Core.Model.MatchType.Equal))
        {
            // Series of several names could become one, which is an error that only the general way finds.
            return null;
        }

        var range = _run.Milliseconds(matrix.Range, positive: true);
        var offset = matrix.Vector.Shift.Offset is { } o ? _run.Milliseconds(o, positive: false) : 0;
        var first = grid.StartMs - offset;
        using var selection = _run.Select(new MetricSelection(matrix.Vector.Matchers, first - range + 1, grid.EndMs - offset, _run.Options.StartTimestamps));
        var rangeCall = new RangeCall { Expression = call, Source = matrix, Annotations = _run.Annotations, Scalars = [null] };
        var kernel = RangeKernels[name];
        var told = 0;
        return Fuse(aggregate, selection, dropsName, grid, (LabelSet labels, in RangeSamples samples, Span<double> row, SeriesScratch scratch) =>
        {
            long used;
            bool any;
            if (samples.Starts.IsEmpty && name is "rate" or "increase" or "delta")
            {
                used = scratch.Rates.Fill(samples.Times, samples.Values, first, grid.StepMs, range, name != "delta", name == "rate", row, out any);
            }
            else if (samples.Starts.IsEmpty && WindowSteps.Knows(name))
            {
                used = scratch.Windows.Fill(name, samples.Times, samples.Values, grid, offset, range, null, row, out any);
            }
            else
            {
                used = KernelRow(samples, labels.Name, rangeCall, kernel, first, grid, range, row, out any);
            }

            // The name is the same for all: it is told once.
            if (any && rangeCall.IsRate && Interlocked.Exchange(ref told, 1) == 0)
            {
                TellNonCounter(labels, rangeCall);
            }

            return used;
        });
    }

    /// <summary>Makes a row of a series' floats; the number of samples used.</summary>
    private delegate long RowMaker(LabelSet labels, in RangeSamples samples, Span<double> row, SeriesScratch scratch);

    private List<Column>? Fuse(AggregateExpression aggregate, ISeriesSelection selection, bool dropsName, StepGrid grid, RowMaker make)
    {
        var index = new GroupIndex(aggregate, dropsName);
        var groups = new List<AggregateAccumulator>();
        var steps = grid.Count;
        var perChunk = Math.Clamp(RowValues / steps, 1, Math.Max(1, selection.Count));
        var rows = ArrayPool<double>.Shared.Rent(perChunk * steps);
        var groupOf = ArrayPool<int>.Shared.Rent(perChunk);
        long used = 0;
        var general = 0;
        var keepsStale = Unwrapped(aggregate.Inner) is VectorSelector;
        try
        {
            _run.Take((long)perChunk * steps);
            for (var from = 0; from < selection.Count && general == 0; from += perChunk)
            {
                var to = Math.Min(selection.Count, from + perChunk);
                var start = from;
                SeriesLoop.Run(from, to, _run, (series, scratch) =>
                {
                    var buffer = scratch.Buffer;
                    selection.Read(series, buffer);
                    groupOf[series - start] = -1;
                    if (buffer.Count == 0)
                    {
                        return;
                    }

                    scratch.Note(buffer.Count);
                    _run.Take(buffer.Count);
                    var labels = selection.Labels(series);
                    if (buffer.HasHistograms || buffer.CoarseMs > 0 || (dropsName && (labels.Contains(MetricLabels.Type) || labels.Contains(MetricLabels.Unit))))
                    {
                        Interlocked.Exchange(ref general, 1);
                    }
                    else
                    {
                        var row = rows.AsSpan((series - start) * steps, steps);
                        var samples = keepsStale ? RangeSamples.Raw(buffer) : RangeSamples.From(buffer, _run.Options.StartTimestamps);
                        Interlocked.Add(ref used, make(labels, samples, row, scratch));
                        groupOf[series - start] = HasAny(row) ? 0 : -1;
                    }

                    _run.Release(buffer.Count);
                });
                Number(selection, index, groups, aggregate.Operator, groupOf, from, to, steps);
                AddRows(groups, rows, groupOf, to - from, steps);
            }
        }
        finally
        {
            _run.Release((long)perChunk * steps);
            ArrayPool<double>.Shared.Return(rows);
            ArrayPool<int>.Shared.Return(groupOf);
        }

        if (general != 0)
        {
            _run.Release((long)groups.Count * steps);
            return null;
        }

        _run.Counted.Add(used);
        return groups.ConvertAll(g => g.Finish());
    }

    private void Number(ISeriesSelection selection, GroupIndex index, List<AggregateAccumulator> groups, AggregateOperator op, int[] groupOf, int from, int to, int steps)
    {
        for (var series = from; series < to; series++)
        {
            if (groupOf[series - from] < 0)
            {
                continue;
            }

            var group = index.Of(selection.Labels(series));
            if (group == groups.Count)
            {
                _run.Take(steps);
                groups.Add(new AggregateAccumulator(op, index.Groups[group], steps));
            }

            groupOf[series - from] = group;
        }
    }

    /// <summary>Adds rows to their groups in order. Cores share the work by steps, so that the order of additions stays.</summary>
    private static void AddRows(List<AggregateAccumulator> groups, double[] rows, int[] groupOf, int count, int steps)
    {
        void Add(int first, int end)
        {
            for (var i = 0; i < count; i++)
            {
                if (groupOf[i] >= 0)
                {
                    groups[groupOf[i]].Add(rows.AsSpan((i * steps) + first, end - first), first);
                }
            }
        }

        var parts = Math.Min(Environment.ProcessorCount, steps / 16);
        if (parts < 2 || (long)count * steps < ParallelValues)
        {
            Add(0, steps);
            return;
        }

        SeriesLoop.Split(parts, part => Add(part * steps / parts, (part + 1) * steps / parts));
    }

    private static bool HasAny(ReadOnlySpan<double> row) =>
        System.Runtime.InteropServices.MemoryMarshal.Cast<double, ulong>(row).ContainsAnyExcept(SpecialValues.StaleNaNBits);

    /// <summary>The last sample within the lookback before every step.</summary>
    private static long LatestRow(in RangeSamples samples, long reference, long step, long lookback, Span<double> row)
    {
        var times = samples.Times;
        var values = samples.Values;
        var at = 0;
        long used = 0;
        for (var i = 0; i < row.Length; i++, reference += step)
        {
            while (at < times.Length && times[at] <= reference)
            {
                at++;
            }

            // A stale marker is the mark of absence itself.
            row[i] = at > 0 && times[at - 1] > reference - lookback ? values[at - 1] : SpecialNumbers.Absent;
            used += SpecialValues.IsStale(row[i]) ? 0 : 1;
        }

        return used;
    }

    /// <summary>A range function of floats for every step.</summary>
    private static long KernelRow(in RangeSamples samples, string metric, RangeCall call, RangeKernel kernel, long end, StepGrid grid, long range, Span<double> row, out bool any)
    {
        var times = samples.Times;
        var (from, to) = (0, 0);
        long used = 0;
        any = false;
        for (var i = 0; i < row.Length; i++, end += grid.StepMs)
        {
            var start = end - range;
            while (to < times.Length && times[to] <= end)
            {
                to++;
            }

            while (from < to && times[from] <= start)
            {
                from++;
            }

            row[i] = SpecialNumbers.Absent;
            if (from == to)
            {
                continue;
            }

            used += to - from;
            var window = new RangeWindow
            {
                Times = times[from..to],
                Values = samples.Values[from..to],
                HistogramTimes = default,
                Histograms = default,
                StartMs = start,
                EndMs = end,
                StepMs = grid.Time(i),
                Starts = samples.Starts.IsEmpty ? default : samples.Starts[from..to],
            };
            if (kernel(window, call, i, metric, out var value, out _))
            {
                row[i] = value;
                any = true;
            }
        }

        return used;
    }
}
