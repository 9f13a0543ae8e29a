using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Syntax;
using Sightglass.Query.LogQL.Tree;

namespace Sightglass.Query.LogQL.Insight;

/// <summary>
/// What can be said about a selection of log lines beside the lines: their fields, what stands around one of them, the patterns they follow, how
/// much they are. Thread-safe. Times are nanoseconds since the Unix epoch, ends of ranges exclusive.
/// </summary>
/// <param name="store">Where the records are.</param>
/// <param name="limits">Bounds on a query.</param>
public sealed partial class LogInsights(IEventStore store, QueryLimits limits)
{
    /// <summary>Most patterns of an answer.</summary>
    public const int MaxPatterns = PatternMiner.MaxPatterns;

    /// <summary>Bound on <see cref="LogSample.MaxLines"/>.</summary>
    public const int MaxSampledLines = 1_000_000;

    // An empty selector takes all streams.
    private LogNode Parse(string query)
    {
        if (query.Length == 0 || query == "{}")
        {
            return new LogNode(0, [], []);
        }

        return LogQLParser.Parse(query, limits) as LogNode
            ?? throw new QueryException(QueryErrorKind.BadData, "want a query of log lines, got a metric query");
    }

    /// <summary>Looks at the newest lines of a selection; true when there were no more than it looked at.</summary>
    private bool Scan(LogSample sample, LabelNeeds needs, Action<LogEntry> look, CancellationToken cancellation)
    {
        Check(sample);
        var seen = 0;
        var complete = true;
        var scan = new LogScan(store, limits, Parse(sample.Query), needs, true, sample.MinUnixNano, sample.MaxUnixNano, EventOrder.TimeDescending, new LogQLStatistics(), cancellation);
        scan.Run(
            entry =>
            {
                if (seen == sample.MaxLines)
                {
                    complete = false;
                    return false;
                }

                seen++;
                look(entry);
                return true;
            },
            cancellation,
            sample.MaxLines + 1L);
        return complete;
    }

    private static void Check(LogSample sample)
    {
        if (sample.MaxLines is < 1 or > MaxSampledLines)
        {
            throw new LimitExceededException(nameof(MaxSampledLines), MaxSampledLines, sample.MaxLines, "lines to look at");
        }
    }

    private static LabelNeeds AllLabels()
    {
        var needs = new LabelNeeds();
        needs.AddAll();
        return needs;
    }

    private static LogLine LineOf(LogEntry entry)
    {
        var collector = new Collector([]);
        entry.ForEach(ref collector);
        collector.Labels.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return new LogLine(entry.TimeUnixNano, entry.Line.ToString(), collector.Labels);
    }

    private readonly struct Collector(List<LogLabel> labels) : ILabelVisitor
    {
        public List<LogLabel> Labels { get; } = labels;

        public void Visit(string name, ReadOnlySpan<char> value, LabelCategory category) => Labels.Add(new LogLabel(name, value.ToString(), (LogLabelSource)category));
    }
}

/// <summary>A selection of lines, of which at most so many are looked at, the newest first.</summary>
/// <param name="Query">LogQL query of lines; empty or <c>{}</c> takes all.</param>
/// <param name="MinUnixNano">Start, inclusive.</param>
/// <param name="MaxUnixNano">End, exclusive.</param>
/// <param name="MaxLines">Most lines to look at.</param>
public sealed record LogSample(string Query, long MinUnixNano, long MaxUnixNano, int MaxLines);
