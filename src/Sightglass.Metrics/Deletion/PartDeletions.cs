using Sightglass.Metrics.Blocks;
using Sightglass.Metrics.Index;
using Sightglass.Metrics.Parts;
using Sightglass.Storage;

namespace Sightglass.Metrics.Deletion;

/// <summary>
/// What a part still holds and nobody may see: deleted samples, and those that a retention rule keeps for less long than others. Which series are meant
/// is looked up in the part's index when it is first asked for. Thread-safe.
/// </summary>
internal sealed class PartDeletions
{
    private readonly MetricPart _part;
    private readonly SeriesRetention _retention;
    private readonly Lazy<Entry[]> _entries;

    private PartDeletions(MetricPart part, Tombstone[] tombstones, SeriesRetention retention)
    {
        _part = part;
        _retention = retention;
        Tombstones = tombstones;
        _entries = new Lazy<Entry[]>(FindSeries);
    }

    /// <summary>The tombstones that may concern the part.</summary>
    public IReadOnlyList<Tombstone> Tombstones { get; }

    /// <summary>Whether something may be hidden at present: most parts are too new for any rule, and no series need be looked up in them.</summary>
    public bool IsActive => Tombstones.Count > 0 || _part.MinTime < _retention.FirstCutoffMs();

    /// <summary>Whether tombstones hide something in the part.</summary>
    public bool HasDeleted => Tombstones.Count > 0 && Array.Exists(_entries.Value, static e => e.Keep is null);

    /// <summary>Whether a rule lets go of all that it keeps in the part: then writing it anew gives that back, once for each rule.</summary>
    public bool HasExpired => _part.MaxTime < _retention.FirstCutoffMs() && Array.Exists(_entries.Value, e => e.Keep is { } keep && _part.MaxTime < _retention.CutoffMs(keep));

    /// <summary>The deletions that may concern a part, or null.</summary>
    public static PartDeletions? For(MetricPart part, IEnumerable<Tombstone> tombstones, SeriesRetention retention)
    {
        var number = Manifest.NumberOf(part.Name);
        var concerning = tombstones.Where(t => t.Concerns(number, part.MinTime, part.MaxTime)).ToArray();
        return concerning.Length == 0 && !retention.HasRules ? null : new PartDeletions(part, concerning, retention);
    }

    /// <summary>Whether something of a series in a range (inclusive) is hidden.</summary>
    public bool Touches(int series, long minTime, long maxTime)
    {
        foreach (var entry in _entries.Value)
        {
            if (entry.MinTime <= maxTime && LastOf(entry) >= minTime && entry.Series[series])
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether all that the part has of a series in a range (inclusive) is hidden, as far as the bounds of its blocks tell.</summary>
    public bool Hides(int series, long minTime, long maxTime)
    {
        if (!Touches(series, minTime, maxTime))
        {
            return false;
        }

        var hidden = HiddenRanges(series);
        foreach (var block in _part.Index.Blocks(series))
        {
            var column = _part.Index.Columns[block.Column];
            var (from, to) = (Math.Max(column.MinTime, minTime), Math.Min(column.MaxTime, maxTime));
            if (from <= to && !Covers(hidden, from, to))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes the hidden samples of a series out of those after the first <paramref name="from"/> of a list.</summary>
    public void Remove(int series, SampleList samples, int from)
    {
        foreach (var entry in _entries.Value)
        {
            if (entry.Series[series])
            {
                samples.Remove(from, entry.MinTime, LastOf(entry));
            }
        }
    }

    private List<(long From, long To)> HiddenRanges(int series)
    {
        var ranges = new List<(long From, long To)>();
        foreach (var entry in _entries.Value)
        {
            if (entry.Series[series])
            {
                ranges.Add((entry.MinTime, LastOf(entry)));
            }
        }

        ranges.Sort();
        return ranges;
    }

    private static bool Covers(List<(long From, long To)> sorted, long from, long to)
    {
        foreach (var range in sorted)
        {
            if (range.From > from)
            {
                return false;
            }

            if (range.To >= to)
            {
                return true;
            }

            from = Math.Max(from, range.To + 1);
        }

        return false;
    }

    private long LastOf(in Entry entry)
    {
        if (entry.Keep is not { } keep)
        {
            return entry.MaxTime;
        }

        var cutoff = _retention.CutoffMs(keep);
        return cutoff == long.MinValue ? cutoff : cutoff - 1;
    }

    private Entry[] FindSeries()
    {
        var entries = new List<Entry>();
        foreach (var tombstone in Tombstones)
        {
            Add(entries, new Entry(_part.Index.Find(tombstone.Matchers, CancellationToken.None), tombstone.MinTime, tombstone.MaxTime, null));
        }

        if (!_retention.HasRules)
        {
            return [.. entries];
        }

        var left = new SeriesBitmap(_part.Index.SeriesCount, full: true);
        foreach (var one in _retention.Classes)
        {
            var series = _part.Index.Find(one.Matchers, CancellationToken.None);
            series.And(left);
            left.AndNot(series);
            Add(entries, new Entry(series, long.MinValue, 0, one.Keep));
        }

        return [.. entries];
    }

    private static void Add(List<Entry> entries, Entry entry)
    {
        if (entry.Series.Next(0) >= 0)
        {
            entries.Add(entry);
        }
    }

    /// <summary>Series and what is hidden of them: a fixed range, or all that is older than is kept.</summary>
    private readonly record struct Entry(SeriesBitmap Series, long MinTime, long MaxTime, TimeSpan? Keep);
}
