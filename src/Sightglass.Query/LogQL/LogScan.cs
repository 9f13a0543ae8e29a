using Sightglass.Core.Contracts;
using Sightglass.Query.LogQL.Filters;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Tree;
using Sightglass.Query.LogQL.View;

namespace Sightglass.Query.LogQL;

/// <summary>
/// Runs a selector with its pipeline over the store: matchers choose streams, line filters before any parser and conditions on ids
/// go down into the store's plan, the rest runs line by line on one reused entry. Times are nanoseconds, the end exclusive.
/// </summary>
internal sealed class LogScan
{
    private readonly IEventStore _store;
    private readonly EventPlan _plan;
    private readonly RowReader _reader;
    private readonly LogEntry _entry = new();
    private readonly List<LogStage> _stages;
    private readonly LogQLStatistics _statistics;

    public LogScan(IEventStore store, LogNode node, LabelNeeds needs, bool wantsLine, long min, long max, EventOrder order, LogQLStatistics statistics, CancellationToken cancellation)
    {
        _store = store;
        _statistics = statistics;
        foreach (var stage in node.Stages)
        {
            stage.AddNeeds(needs);
        }

        if (!needs.All)
        {
            foreach (var stage in node.Stages)
            {
                stage.Limit(needs);
            }
        }

        var where = EventPredicate.True;
        _stages = [.. node.Stages];
        var pushing = true;
        for (var i = 0; i < _stages.Count && pushing;)
        {
            switch (_stages[i])
            {
                case LineFilterStage { Predicate: { } exact }:
                    where = where.And(exact);
                    _stages.RemoveAt(i);
                    break;
                case LabelFilterStage filter:
                    where = filter.Weaker is { } weaker ? where.And(weaker) : where;
                    i++;
                    break;
                case LineFilterStage:
                    i++;
                    break;
                default:
                    pushing = false;
                    break;
            }
        }

        var needsLine = wantsLine || _stages.Exists(static s => s.NeedsLine);
        _reader = new RowReader(_entry, needs, needsLine, () => store.AttributeKeys(EventSignal.Logs, ColumnScope.Attribute, min, max, cancellation));
        var matchers = node.Matchers;
        _plan = new EventPlan
        {
            Signal = EventSignal.Logs,
            MinTimeUnixNano = min,
            MaxTimeUnixNano = max,
            Streams = stream => LokiStream.Of(stream).Matches(matchers),
            Where = where,
            Columns = _reader.Columns,
            AllAttributes = _reader.AllAttributes,
            Order = order,
        };
    }

    /// <summary>Hands every line that comes through to <paramref name="take"/>, until it returns false. The entry is the same object every time.</summary>
    public void Run(Func<LogEntry, bool> take, CancellationToken cancellation, long limit = long.MaxValue)
    {
        // Without stages of our own every row counts, and the store can stop by itself.
        var plan = _stages.Count == 0 ? _plan with { Limit = limit } : _plan;
        using var cursor = _store.Query(plan, cancellation);
        while (cursor.Next())
        {
            cancellation.ThrowIfCancellationRequested();
            var page = cursor.Page;
            _statistics.LinesProcessed += page.Count;
            for (var row = 0; row < page.Count; row++)
            {
                _reader.Read(page, row);
                _statistics.BytesProcessed += _entry.LineBytes;
                if (!Process())
                {
                    continue;
                }

                _statistics.LinesKept++;
                if (!take(_entry))
                {
                    return;
                }
            }
        }
    }

    private bool Process()
    {
        foreach (var stage in _stages)
        {
            if (!stage.Process(_entry))
            {
                return false;
            }
        }

        return true;
    }
}
