using Sightglass.Core.Errors;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.View;

namespace Sightglass.Query.LogQL.Insight;

public sealed partial class LogInsights
{
    /// <summary>
    /// The patterns that the lines of a selection follow, most frequent first, with their counts over time; and of each how many lines of an earlier
    /// time followed it, so that one can see what is new.
    /// </summary>
    /// <param name="sample">The lines.</param>
    /// <param name="stepNano">Width of the cells of the counts over time; their starts are multiples of it.</param>
    /// <param name="earlier">The earlier time as start and end; null compares with nothing.</param>
    /// <param name="cancellation">Ends the work.</param>
    public LogPatterns Patterns(LogSample sample, long stepNano, (long Min, long Max)? earlier, CancellationToken cancellation)
    {
        if (stepNano <= 0 || (sample.MaxUnixNano - sample.MinUnixNano) / stepNano >= limits.MaxPointsPerSeries)
        {
            throw new QueryException(QueryErrorKind.BadData, $"exceeded maximum resolution of {limits.MaxPointsPerSeries} points per time series. Try increasing the value of the step parameter");
        }

        var miner = new PatternMiner();
        var needs = new LabelNeeds();
        needs.Add(LevelDetector.Label);
        var complete = true;
        var previous = 0L;
        if (earlier is { } range)
        {
            complete = Scan(
                sample with { MinUnixNano = range.Min, MaxUnixNano = range.Max },
                needs,
                entry =>
                {
                    previous++;
                    if (miner.Find(entry.Line, entry.Get(LevelDetector.Label)) is { } cluster)
                    {
                        cluster.Earlier++;
                    }
                },
                cancellation);
        }

        var lines = 0L;
        complete &= Scan(
            sample,
            needs,
            entry =>
            {
                lines++;
                miner.Find(entry.Line, entry.Get(LevelDetector.Label))?.Count(entry.TimeUnixNano - PositiveRemainder(entry.TimeUnixNano, stepNano), entry.Line);
            },
            cancellation);
        var patterns = miner.Clusters.Where(static c => c.Lines > 0)
            .Select(c => new LogPattern(c.ToString(), c.Level, c.Lines, c.Earlier, earlier is not null && c.Earlier == 0, c.Example, [.. c.Cells.OrderBy(static t => t.Key).Select(static t => (t.Key, t.Value))]))
            .OrderByDescending(static p => p.Lines).ThenBy(static p => p.Pattern, StringComparer.Ordinal).ToList();
        return new LogPatterns(lines, previous, complete && miner.Unclustered == 0, patterns);
    }

    private static long PositiveRemainder(long value, long step) => ((value % step) + step) % step;
}

/// <summary>Patterns of a selection.</summary>
/// <param name="Lines">Lines that were looked at.</param>
/// <param name="EarlierLines">Lines of the earlier time that were looked at.</param>
/// <param name="Exact">Every line of both was looked at and has a pattern.</param>
/// <param name="Patterns">The patterns, most frequent first.</param>
public sealed record LogPatterns(long Lines, long EarlierLines, bool Exact, IReadOnlyList<LogPattern> Patterns);

/// <summary>A pattern.</summary>
/// <param name="Pattern">Its text, as the line filter <c>|&gt;</c> takes it.</param>
/// <param name="Level">Level of its lines.</param>
/// <param name="Lines">Lines that follow it.</param>
/// <param name="EarlierLines">Lines of the earlier time that do.</param>
/// <param name="IsNew">There were none.</param>
/// <param name="Example">The newest line that follows it.</param>
/// <param name="Samples">Starts of cells of time with lines, and how many.</param>
public sealed record LogPattern(string Pattern, string Level, long Lines, long EarlierLines, bool IsNew, string Example, IReadOnlyList<(long TimeUnixNano, long Lines)> Samples);
