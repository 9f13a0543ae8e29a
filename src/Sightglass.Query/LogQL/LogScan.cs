using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Filters;
using Sightglass.Query.LogQL.Parsers;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Syntax;
using Sightglass.Query.LogQL.Tree;
using Sightglass.Query.LogQL.View;

namespace Sightglass.Query.LogQL;

/// <summary>
/// Runs a selector with its pipeline over the store: matchers choose streams, line filters before any parser and conditions on ids
/// go down into the store's plan, the rest runs line by line on one reused entry. Times are nanoseconds, the end exclusive.
/// </summary>
internal sealed partial class LogScan
{
    private const string Advice = "select fewer streams, a shorter time, or put a line filter first";

    private readonly IEventStore _store;
    private readonly List<Pass> _passes = [];
    private readonly LogEntry _entry = new();
    private readonly List<LogStage> _stages;
    private readonly LogQLStatistics _statistics;
    private readonly QueryLimits _limits;

    public LogScan(
        IEventStore store,
        QueryLimits limits,
        LogNode node,
        LabelNeeds needs,
        bool wantsLine,
        long min,
        long max,
        EventOrder order,
        LogQLStatistics statistics,
        CancellationToken cancellation,
        EventFold? fold = null,
        bool hinted = false,
        bool preservesErrors = false,
        IReadOnlyList<string>? keys = null,
        bool together = false)
    {
        Bound(limits, min, max);
        _entry.Hints = hinted ? needs : null;
        _store = store;
        _limits = limits;
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

        _entry.PreservesErrors = preservesErrors && needs.AsksForErrors;
        var where = EventPredicate.True;
        _stages = [.. node.Stages];
        if (hinted && needs.Required.All(static n => n == LevelDetector.Label))
        {
            // Parsers have nothing to look for, as every line has its level: the store may count by itself.
            _stages.RemoveAll(static s => s is JsonStage or JsonExpressionStage or LogfmtStage or PatternStage or RegexpStage or UnpackStage);
        }

        var pushdown = new LabelPushdown(scope => scope == ColumnScope.Attribute
            ? keys ??= store.AttributeKeys(EventSignal.Logs, scope, min, max, cancellation)
            : store.AttributeKeys(EventSignal.Logs, scope, min, max, cancellation));
        var pushing = true;
        for (var i = 0; i < _stages.Count && pushing;)
        {
            switch (_stages[i])
            {
                case LineFilterStage { Predicate: { } exact }:
                    where = where.And(exact);
                    if (together)
                    {
                        // What the store hands out is for others too.
                        i++;
                    }
                    else
                    {
                        _stages.RemoveAt(i);
                    }

                    break;
                case LabelFilterStage filter:
                    where = (filter.Weaker ?? pushdown.Of(filter.Condition)) is { } weaker ? where.And(weaker) : where;
                    i++;
                    break;
                case LineFilterStage or SelectLabelsStage:
                    // Leaves the line as it is.
                    i++;
                    break;
                default:
                    pushing = false;
                    break;
            }
        }

        var needsLine = wantsLine || _stages.Exists(static s => s.NeedsLine);
        var members = wantsLine || needs.All || needs.Contains(LevelDetector.Label) || !_stages.TrueForAll(static s => s is JsonStage || !s.NeedsLine) ? null : MembersOf(needs);
        RowReader Reader(bool haveSeverity) =>
            new(_entry, needs, needsLine, () => keys ??= store.AttributeKeys(EventSignal.Logs, ColumnScope.Attribute, min, max, cancellation), haveSeverity);
        EventPlan Plan(EventPredicate predicate, RowReader reader, EventFold? cells) => new()
        {
            Signal = EventSignal.Logs,
            MinTimeUnixNano = min,
            MaxTimeUnixNano = max,
            Streams = stream => LokiStream.Of(stream).Matches(node.Matchers),
            Where = predicate,
            Columns = reader.Columns,
            AllAttributes = reader.AllAttributes,
            BodyMembers = members,
            Order = order,
            Fold = cells,
        };

        Folds = fold is not null && order == EventOrder.Any && !needs.All && !needsLine
            && _stages.TrueForAll(static s => s is LabelFilterStage or SelectLabelsStage);
        if (!Folds)
        {
            var reader = Reader(haveSeverity: false);
            _passes.Add(new Pass(Plan(where, reader, null), reader, LevelsOfLines.Any));
            return;
        }

        fold = LogFold.ByLabels(fold!, needs);
        if (!needs.Contains(LevelDetector.Label))
        {
            var reader = Reader(haveSeverity: false);
            _passes.Add(new Pass(Plan(where, reader, fold), reader, LevelsOfLines.Any));
            return;
        }

        // Only lines that have their level from nowhere else are read for it: those without a severity number, when there are any.
        var counted = Reader(haveSeverity: true);
        var read = Reader(haveSeverity: false);
        _passes.Add(new Pass(Plan(where, counted, fold), counted, LevelsOfLines.None));
        _passes.Add(new Pass(Plan(where.And(new ComparePredicate(ColumnRef.Field(EventFields.SeverityNumber), CompareOp.Equal, AttributeValue.Of(0L))), read, null), read, LevelsOfLines.Only));
    }

    private enum LevelsOfLines
    {
        Any,
        None,
        Only,
    }

    /// <summary>Whether the store counts by itself what it can.</summary>
    public bool Folds { get; }

    /// <summary>Rows that were left out, as the fold allows.</summary>
    public long Uncounted { get; private set; }

    /// <summary>Hands every line that comes through to <paramref name="take"/>, until it returns false. The entry is the same object every time.</summary>
    public void Run(Func<LogEntry, bool> take, CancellationToken cancellation, long limit = long.MaxValue) =>
        RunWeighted((entry, _) => take(entry), cancellation, limit);

    /// <summary>As <see cref="Run"/>; an entry of a folded scan stands for as many lines as its weight says.</summary>
    public void RunWeighted(Func<LogEntry, long, bool> take, CancellationToken cancellation, long limit = long.MaxValue)
    {
        var left = false;
        foreach (var (wanted, reader, levels) in _passes)
        {
            if (levels == LevelsOfLines.Only && !left)
            {
                return;
            }

            // Without stages of our own every row counts, and the store can stop by itself.
            var plan = _stages.Count == 0 ? wanted with { Limit = limit } : wanted;
            using var cursor = _store.Query(plan, cancellation);
            while (cursor.Next())
            {
                cancellation.ThrowIfCancellationRequested();
                var page = cursor.Page;
                Bound(page.Count);
                Uncounted += page.Uncounted;
                for (var row = 0; row < page.Count; row++)
                {
                    reader.Read(page, row);
                    if (levels != LevelsOfLines.Any && reader.LevelIsOfLine != (levels == LevelsOfLines.Only))
                    {
                        left = true;
                        continue;
                    }

                    var weight = page.WeightOf(row);
                    _statistics.LinesProcessed += weight;
                    _statistics.BytesProcessed += _entry.LineBytes;
                    _statistics.MetadataBytes += _entry.MetadataBytes;
                    if (!Process())
                    {
                        continue;
                    }

                    _statistics.LinesKept += weight;
                    if (!take(_entry, weight))
                    {
                        return;
                    }
                }
            }
        }
    }

    // The time that lines are read from: with the range of a metric, as Loki counts.
    private static void Bound(QueryLimits limits, long min, long max)
    {
        var length = (Int128)max - min;
        if (limits.MaxLogRange > TimeSpan.Zero && length > ((Int128)limits.MaxLogRange.Ticks * 100) + 1)
        {
            var asked = TimeSpan.FromTicks((long)(length / 100));
            throw new LimitExceededException(
                nameof(limits.MaxLogRange),
                (long)limits.MaxLogRange.TotalSeconds,
                (long)asked.TotalSeconds,
                $"the query time range exceeds the limit max_query_length (query length: {LogQLFormatter.Duration(asked.Ticks * 100)}, limit: {LogQLFormatter.Duration(limits.MaxLogRange.Ticks * 100)})");
        }
    }

    // Before a page, so that no more than a page goes beyond.
    private void Bound(int lines)
    {
        if ((_statistics.LinesScanned += lines) > _limits.MaxLogLinesScanned)
        {
            throw new LimitExceededException(nameof(_limits.MaxLogLinesScanned), _limits.MaxLogLinesScanned, _statistics.LinesScanned, $"query too large to execute: more lines to look at than max_lines_scanned; {Advice}");
        }

        if (_statistics.BytesProcessed > _limits.MaxLogBytesScanned)
        {
            throw new LimitExceededException(nameof(_limits.MaxLogBytesScanned), _limits.MaxLogBytesScanned, _statistics.BytesProcessed, $"query too large to execute: more bytes to look at than max_bytes_scanned; {Advice}");
        }
    }

    // Of objects that only a JSON parser looks at, the members that may become a label that is read.
    private static Func<ReadOnlySpan<byte>, bool> MembersOf(LabelNeeds needs) => name => needs.HasPrefix(LabelNames.Sanitize(System.Text.Encoding.UTF8.GetString(name)));

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

    private readonly record struct Pass(EventPlan Plan, RowReader Reader, LevelsOfLines Levels);
}
