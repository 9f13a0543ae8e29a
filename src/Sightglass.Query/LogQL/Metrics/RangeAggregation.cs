using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using MatchType = Sightglass.Core.Model.MatchType;
using Sightglass.Query.LogQL.Filters;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Tree;

namespace Sightglass.Query.LogQL.Metrics;

/// <summary>
/// Gathers the lines of one range aggregation into steps. A line at time t counts at every step s with s - range &lt; t &lt;= s. Counts
/// and bytes are kept as differences between steps, so that a line costs two additions however much the windows overlap;
/// unwrapped values are kept until the end. Not thread-safe.
/// </summary>
/// <param name="node">The aggregation.</param>
/// <param name="grouping">How it groups.</param>
/// <param name="whole">Whether its series are the answer's, and not only added up.</param>
/// <param name="grid">The steps.</param>
/// <param name="limits">Bounds.</param>
internal sealed class RangeAggregation(RangeNode node, Grouping? grouping, bool whole, StepGrid grid, QueryLimits limits)
{
    private readonly bool _absent = node.Function == "absent_over_time";
    private readonly SeriesKeys _keys = new(node.Function == "absent_over_time" ? Grouping.All : grouping, node.Unwrap?.Label, whole && node.Function != "absent_over_time");
    private readonly List<long[]> _counts = [];
    private readonly List<long[]> _bytes = [];
    private readonly List<WindowSamples> _samples = [];
    private long _held;

    private bool CountsBytes => node.Function is "bytes_rate" or "bytes_over_time";

    private bool KeepsSamples => node.Unwrap is not null && !_absent;

    /// <summary>Takes a line that went through the pipeline, and stands for so many like it.</summary>
    public void Add(LogEntry entry, long lines)
    {
        var time = entry.TimeUnixNano + node.OffsetNano;
        var first = grid.FirstAtOrAfter(time);
        var end = Math.Min(grid.FirstAtOrAfter(time + node.RangeNano), grid.Count);
        if (first >= end)
        {
            return;
        }

        var value = 0d;
        if (node.Unwrap is { } unwrap && !TryUnwrap(entry, unwrap, out value))
        {
            return;
        }

        if (entry.Error is { Length: > 0 } error && !entry.IsErrorPreserved)
        {
            throw new QueryException(
                QueryErrorKind.BadData,
                $"pipeline error: '{error}' for series: '{entry.ToLabelSet()}'.\n"
                + $"Use a label filter to intentionally skip this error. (e.g | {LogEntry.ErrorLabel}!=\"{error}\").\n"
                + $"To skip all potential errors you can match empty errors.(e.g {LogEntry.ErrorLabel}=\"\")\n"
                + $"The label filter can also be specified after unwrap. (e.g | unwrap latency | {LogEntry.ErrorLabel}=\"\" )\n");
        }

        var series = _keys.Of(entry);
        if (KeepsSamples)
        {
            while (_samples.Count <= series)
            {
                _samples.Add(new WindowSamples());
            }

            Hold(1);
            _samples[series].Add(time, value);
            return;
        }

        while (_counts.Count <= series)
        {
            Hold(grid.Count + 1);
            _counts.Add(new long[grid.Count + 1]);
            if (CountsBytes)
            {
                _bytes.Add(new long[grid.Count + 1]);
            }
        }

        _counts[series][first] += lines;
        _counts[series][end] -= lines;
        if (CountsBytes)
        {
            _bytes[series][first] += entry.LineBytes;
            _bytes[series][end] -= entry.LineBytes;
        }
    }

    /// <summary>The series.</summary>
    public List<StepSeries> Finish()
    {
        if (_absent)
        {
            return Absent();
        }

        var result = new List<StepSeries>(_keys.Labels.Count);
        for (var i = 0; i < _keys.Labels.Count; i++)
        {
            var series = new StepSeries(_keys.Labels[i], grid.Count);
            if (KeepsSamples)
            {
                _samples[i].Fill(series, node, grid);
            }
            else
            {
                Fill(series, _counts[i], CountsBytes ? _bytes[i] : _counts[i]);
            }

            result.Add(series);
        }

        return result;
    }

    private static bool TryUnwrap(LogEntry entry, Unwrap unwrap, out double value)
    {
        value = 0;
        if (unwrap.Kind != QuantityKind.Number || !entry.TryGetNumber(unwrap.Label, out value))
        {
            if (!entry.TryGet(unwrap.Label, out var text) || text.Length == 0)
            {
                return false;
            }

            if (!QuantityCondition.TryRead(text, unwrap.Kind, out value))
            {
                value = 0;
                entry.SetError("SampleExtractionErr", QuantityCondition.Describe(text, unwrap.Kind));
            }
            else if (unwrap.Kind == QuantityKind.Duration)
            {
                // Durations are samples in seconds.
                value /= 1e9;
            }
        }

        foreach (var condition in unwrap.Conditions)
        {
            if (!condition.Holds(entry))
            {
                return false;
            }
        }

        return true;
    }

    private void Fill(StepSeries series, long[] counts, long[] values)
    {
        var seconds = node.Function is "rate" or "bytes_rate" ? node.RangeNano / 1e9 : 1;
        long count = 0;
        long value = 0;
        for (var step = 0; step < grid.Count; step++)
        {
            count += counts[step];
            value += values[step];
            if (count > 0)
            {
                series.Set(step, value / seconds);
            }
        }
    }

    private List<StepSeries> Absent()
    {
        var labels = new LabelSetBuilder();
        foreach (var matcher in node.Log.Matchers)
        {
            if (matcher.Type == MatchType.Equal && node.Log.Matchers.Count(m => m.Name == matcher.Name) == 1)
            {
                labels.Set(matcher.Name, matcher.Value);
            }
        }

        var series = new StepSeries(labels.Build(), grid.Count);
        long count = 0;
        for (var step = 0; step < grid.Count; step++)
        {
            count += _counts.Count > 0 ? _counts[0][step] : 0;
            if (count == 0)
            {
                series.Set(step, 1);
            }
        }

        return Array.IndexOf(series.Present, true) >= 0 ? [series] : [];
    }

    private void Hold(long more)
    {
        if ((_held += more) > limits.MaxSamples)
        {
            throw new LimitExceededException(nameof(limits.MaxSamples), limits.MaxSamples, _held, "samples held by the query");
        }
    }
}
