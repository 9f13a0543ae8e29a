using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Metrics;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Syntax;
using Sightglass.Query.LogQL.Tree;
using Sightglass.Query.LogQL.View;

namespace Sightglass.Query.LogQL;

/// <summary>Answers LogQL over a store of log records. Thread-safe. Times are nanoseconds since the Unix epoch.</summary>
/// <param name="store">Where the records are.</param>
/// <param name="limits">Bounds on a query.</param>
public sealed class LogQLEngine(IEventStore store, QueryLimits limits)
{
    private const string VariantLabel = "__variant__";

    /// <summary>Evaluates a metric query at one time.</summary>
    /// <exception cref="QueryException">The query does not parse or cannot be evaluated.</exception>
    public LogQLResult Query(string query, long timeUnixNano, CancellationToken cancellation)
    {
        var statistics = new LogQLStatistics();
        switch (LogQLParser.Parse(query, limits))
        {
            case LogNode:
                throw new QueryException(QueryErrorKind.BadData, "log queries are not supported as an instant query type, please change your query to a range query type");
            case NumberNode number:
                return new LogQLResult(LogQLResultKind.Scalar, [], [], number.Value, statistics);
            case var node:
                var grid = new StepGrid(timeUnixNano, 1, 1);
                var series = Evaluate(node, grid, statistics, cancellation);
                return new LogQLResult(LogQLResultKind.Vector, [], Finish(series, grid, sort: !IsOrdered(node)), 0, statistics);
        }
    }

    /// <summary>Evaluates a query over a range: lines from its start (inclusive) to its end (exclusive), or a metric at every step of the range, both ends included.</summary>
    /// <exception cref="QueryException">The query does not parse or cannot be evaluated.</exception>
    public LogQLResult QueryRange(LogQLRange range, CancellationToken cancellation)
    {
        var query = LogQLParser.Parse(range.Query, limits);
        var statistics = new LogQLStatistics();
        if (query is LogNode log)
        {
            return new LogQLResult(LogQLResultKind.Streams, Lines(log, range, statistics, cancellation), [], 0, statistics);
        }

        if (range.StepNano <= 0)
        {
            throw new QueryException(QueryErrorKind.BadData, "zero or negative query resolution step widths are not accepted. Try a positive integer");
        }

        var steps = ((Int128)range.EndUnixNano - range.StartUnixNano) / range.StepNano;
        if (steps >= limits.MaxPointsPerSeries)
        {
            throw new QueryException(QueryErrorKind.BadData, $"exceeded maximum resolution of {limits.MaxPointsPerSeries} points per time series. Try increasing the value of the step parameter");
        }

        var grid = new StepGrid(range.StartUnixNano, range.StepNano, (int)steps + 1);
        var series = Evaluate(query, grid, statistics, cancellation);
        return new LogQLResult(LogQLResultKind.Matrix, [], Finish(series, grid, sort: true), 0, statistics);
    }

    /// <summary>Checks a query without running it; true when it is about lines, false when it is a metric.</summary>
    /// <exception cref="QueryException">The query does not parse.</exception>
    public bool Check(string query) => LogQLParser.Parse(query, limits) is LogNode;

    /// <summary>A query in lines as people write it.</summary>
    /// <exception cref="QueryException">The query does not parse.</exception>
    public string Format(string query) => LogQLFormatter.Pretty(LogQLParser.Parse(query, limits));

    /// <summary>Index labels of the streams with rows in the range that satisfy at least one of the selectors (none: all streams); sorted.</summary>
    /// <exception cref="QueryException">A selector does not parse.</exception>
    public IReadOnlyList<LabelSet> Series(IReadOnlyList<string> selectors, long minUnixNano, long maxUnixNano, CancellationToken cancellation)
    {
        var parsed = selectors.Select(s => LogQLParser.ParseSelector(s, limits)).ToList();
        var found = new SortedSet<LabelSet>();
        foreach (var stream in store.Streams(EventSignal.Logs, minUnixNano, maxUnixNano, cancellation))
        {
            var view = LokiStream.Of(stream);
            if (parsed.Count == 0 || parsed.Exists(view.Matches))
            {
                found.Add(view.Labels);
            }
        }

        return [.. found];
    }

    /// <summary>Names of index labels in use; sorted.</summary>
    public IReadOnlyList<string> LabelNames(string? selector, long minUnixNano, long maxUnixNano, CancellationToken cancellation) =>
        [.. Series(selector is null ? [] : [selector], minUnixNano, maxUnixNano, cancellation).SelectMany(static s => s.Select(static l => l.Name)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Values of an index label in use; sorted.</summary>
    public IReadOnlyList<string> LabelValues(string name, string? selector, long minUnixNano, long maxUnixNano, CancellationToken cancellation) =>
        [.. Series(selector is null ? [] : [selector], minUnixNano, maxUnixNano, cancellation).Select(s => s[name]).Where(static v => v.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private List<StepSeries> Evaluate(LogQLNode node, StepGrid grid, LogQLStatistics statistics, CancellationToken cancellation)
    {
        if (node is not VariantsNode variants)
        {
            return new MetricEvaluator(store, limits, grid, statistics, cancellation).Evaluate((MetricNode)node);
        }

        // Each variant's series carry its number.
        var output = new List<StepSeries>();
        var evaluator = new MetricEvaluator(store, limits, grid, statistics, cancellation);
        evaluator.ReadTogether(variants.Joined);
        for (var i = 0; i < variants.Joined.Count; i++)
        {
            foreach (var series in evaluator.Evaluate(variants.Joined[i]))
            {
                output.Add(series.WithLabels(series.Labels.With(VariantLabel, i.ToString(System.Globalization.CultureInfo.InvariantCulture))));
            }
        }

        return output;
    }

    // As in Loki the order by value shows where the query sorts at any place; all else is in order of labels.
    private static bool IsOrdered(LogQLNode node) => node switch
    {
        VectorNode vector => vector.Function is "sort" or "sort_desc" || IsOrdered(vector.Inner),
        BinaryNode binary => IsOrdered(binary.Left) || IsOrdered(binary.Right),
        LabelReplaceNode replace => IsOrdered(replace.Inner),
        _ => false,
    };

    private List<LogLine> Lines(LogNode log, LogQLRange range, LogQLStatistics statistics, CancellationToken cancellation)
    {
        if (range.Limit > limits.MaxLogEntries)
        {
            throw new LimitExceededException(nameof(limits.MaxLogEntries), limits.MaxLogEntries, range.Limit, "max entries limit per query");
        }

        var lines = new List<LogLine>();
        if (range.Limit <= 0)
        {
            return lines;
        }

        var needs = new LabelNeeds();
        needs.AddAll();
        var order = range.Direction == LogDirection.Forward ? EventOrder.TimeAscending : EventOrder.TimeDescending;
        var scan = new LogScan(store, limits, log, needs, true, range.StartUnixNano, range.EndUnixNano, order, statistics, cancellation);
        var last = long.MinValue;
        scan.Run(
            entry =>
            {
                // An interval leaves out lines that come too soon after the one before.
                if (range.IntervalNano > 0 && last != long.MinValue && Math.Abs(entry.TimeUnixNano - last) < range.IntervalNano)
                {
                    return true;
                }

                last = entry.TimeUnixNano;
                lines.Add(LineOf(entry));
                return lines.Count < range.Limit;
            },
            cancellation,
            range.IntervalNano > 0 ? long.MaxValue : range.Limit);
        return lines;
    }

    private static LogLine LineOf(LogEntry entry)
    {
        var collector = new Collector([]);
        entry.ForEach(ref collector);
        collector.Labels.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return new LogLine(entry.TimeUnixNano, entry.Line.ToString(), collector.Labels);
    }

    private List<LogQLSeries> Finish(List<StepSeries> series, StepGrid grid, bool sort)
    {
        var output = new List<LogQLSeries>(series.Count);
        foreach (var one in series)
        {
            var times = new List<long>();
            var values = new List<double>();
            for (var step = 0; step < grid.Count; step++)
            {
                if (one.Present[step])
                {
                    times.Add(grid.TimeOf(step));
                    values.Add(one.Values[step]);
                }
            }

            if (times.Count > 0)
            {
                output.Add(new LogQLSeries(one.Labels, times, values));
            }
        }

        if (output.Count > limits.MaxMetricSeries)
        {
            throw new LimitExceededException(nameof(limits.MaxMetricSeries), limits.MaxMetricSeries, output.Count, "maximum of series for a single query");
        }

        if (sort)
        {
            output.Sort(static (a, b) => a.Labels.CompareTo(b.Labels));
        }

        return output;
    }

    private readonly struct Collector(List<LogLabel> labels) : ILabelVisitor
    {
        public List<LogLabel> Labels { get; } = labels;

        public void Visit(string name, ReadOnlySpan<char> value, LabelCategory category) => Labels.Add(new LogLabel(name, value.ToString(), (LogLabelSource)category));
    }
}

/// <summary>A query over a range of time.</summary>
/// <param name="Query">The LogQL text.</param>
/// <param name="StartUnixNano">Start, inclusive.</param>
/// <param name="EndUnixNano">End; exclusive for lines, inclusive for metrics.</param>
public sealed record LogQLRange(string Query, long StartUnixNano, long EndUnixNano)
{
    /// <summary>Distance of the points of a metric query.</summary>
    public long StepNano { get; init; }

    /// <summary>Least distance of log lines; 0 returns all.</summary>
    public long IntervalNano { get; init; }

    /// <summary>Most log lines.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Order of log lines.</summary>
    public LogDirection Direction { get; init; }
}
