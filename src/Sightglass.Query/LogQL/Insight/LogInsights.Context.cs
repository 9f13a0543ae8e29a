using System.Globalization;
using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Syntax;
using Sightglass.Query.LogQL.Tree;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Query.LogQL.Insight;

public sealed partial class LogInsights
{
    /// <summary>Most lines on each side of a line.</summary>
    public const int MaxContextLines = 5_000;

    // Lines of one stream with the very same time that are told apart.
    private const int MaxSimultaneous = 100_000;

    /// <summary>The lines of the same stream around a line.</summary>
    /// <exception cref="QueryException">There is no such line.</exception>
    public LogContext Context(LogContextRequest request, CancellationToken cancellation)
    {
        foreach (var count in (int[])[request.Before, request.After])
        {
            if (count is < 0 or > MaxContextLines)
            {
                throw new LimitExceededException(nameof(MaxContextLines), MaxContextLines, count, "lines of context");
            }
        }

        var labels = StreamOf(request.Stream);
        var time = request.TimeUnixNano;
        var same = Lines(labels, time, time + 1, EventOrder.TimeAscending, MaxSimultaneous, cancellation);
        var at = 0;
        if (request.Hash is { } hash)
        {
            at = -1;
            for (int i = 0, nth = 0; i < same.Count; i++)
            {
                if (HashOf(same[i].Line) == hash && nth++ == request.Nth)
                {
                    at = i;
                }
            }

            if (at < 0)
            {
                throw new QueryException(QueryErrorKind.NotFound, "line not found: it is not stored, or was deleted");
            }
        }

        var found = request.Hash is null ? 0 : 1;
        var before = same.GetRange(0, at);
        if (before.Count < request.Before)
        {
            var older = Lines(labels, time - request.WindowNano, time, EventOrder.TimeDescending, request.Before - before.Count, cancellation);
            older.Reverse();
            before.InsertRange(0, older);
        }

        var after = same.GetRange(at + found, same.Count - at - found);
        if (after.Count < request.After)
        {
            after.AddRange(Lines(labels, time + 1, time + 1 + request.WindowNano, EventOrder.TimeAscending, request.After - after.Count, cancellation));
        }

        return new LogContext(
            [.. before.Skip(Math.Max(0, before.Count - request.Before))],
            found == 1 ? same[at] : null,
            [.. after.Take(request.After)]);
    }

    /// <summary>The part of a line's identity that its text makes: FNV-1a (64 bits) of its UTF-8, as 16 digits.</summary>
    public static string HashOf(string line)
    {
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var value in Encoding.UTF8.GetBytes(line))
        {
            hash = unchecked((hash ^ value) * 1_099_511_628_211UL);
        }

        return hash.ToString("x16", CultureInfo.InvariantCulture);
    }

    private LabelSet StreamOf(string stream)
    {
        var labels = new LabelSetBuilder();
        foreach (var matcher in LogQLParser.ParseSelector(stream, limits))
        {
            labels.Set(matcher.Name, matcher.Type == MatchType.Equal
                ? matcher.Value
                : throw new QueryException(QueryErrorKind.BadData, $"a stream is named by all its labels with \"=\", got {matcher}"));
        }

        return labels.Build();
    }

    private List<LogLine> Lines(LabelSet labels, long min, long max, EventOrder order, int count, CancellationToken cancellation)
    {
        var lines = new List<LogLine>();
        if (count == 0)
        {
            return lines;
        }

        var matchers = new List<LabelMatcher>();
        foreach (var label in labels)
        {
            matchers.Add(new LabelMatcher(MatchType.Equal, label.Name, label.Value));
        }

        var scan = new LogScan(store, limits, new LogNode(0, matchers, []), AllLabels(), true, min, max, order, new LogQLStatistics(), cancellation);
        scan.Run(
            entry =>
            {
                // Streams with these labels and more are other streams.
                if (entry.Stream.Labels.Equals(labels))
                {
                    lines.Add(LineOf(entry));
                }

                return lines.Count < count;
            },
            cancellation);
        return lines;
    }
}

/// <summary>Asks for the lines around a line.</summary>
/// <param name="Stream">All labels of its stream as a selector: <c>{app="shop"}</c>.</param>
/// <param name="TimeUnixNano">Its time.</param>
/// <param name="Hash">Hash of its text (<see cref="LogInsights.HashOf"/>); null asks for the lines around a moment.</param>
/// <param name="Nth">Which of the lines with that time and text, from 0.</param>
/// <param name="Before">Lines before it.</param>
/// <param name="After">Lines after it.</param>
/// <param name="WindowNano">How far to look on each side.</param>
public sealed record LogContextRequest(string Stream, long TimeUnixNano, string? Hash, int Nth, int Before, int After, long WindowNano);

/// <summary>A line with what stands around it in its stream, each oldest first.</summary>
/// <param name="Before">Lines before.</param>
/// <param name="Line">The line; null when a moment was asked for.</param>
/// <param name="After">Lines after.</param>
public sealed record LogContext(IReadOnlyList<LogLine> Before, LogLine? Line, IReadOnlyList<LogLine> After);
