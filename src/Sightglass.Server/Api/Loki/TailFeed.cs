using System.Runtime.InteropServices;
using Sightglass.Query.LogQL;

namespace Sightglass.Server.Api.Loki;

/// <summary>
/// Lines of a query as they come to the store. It asks the store again and again for the last seconds, since lines do not come in the order of
/// their times, and leaves out what it gave before. Not thread-safe.
/// </summary>
internal sealed class TailFeed(LogQLEngine engine, TimeProvider time, string query, long startUnixNano, TimeSpan delay, int limit)
{
    /// <summary>Most lines of one look; when more have come, the newest.</summary>
    public const int MaxLines = 5_000;

    // Lines that come later than this after their time are not seen.
    private const long Overlap = 5_000_000_000;

    private Dictionary<(long Time, int Stream, string Line), int> _given = [];
    private long _floor = long.MinValue;
    private long? _until;

    /// <summary>The lines that are new, oldest first. The first time: the newest since the start, as many as the limit says.</summary>
    public List<LogLine> Next(CancellationToken cancellation)
    {
        var until = ((time.GetUtcNow() - DateTimeOffset.UnixEpoch - delay).Ticks * 100) + 1;
        var from = _until is { } last ? Math.Max(startUnixNano, last - Overlap) : startUnixNano;
        if (until <= from)
        {
            return [];
        }

        var found = engine.QueryRange(
            new LogQLRange(query, from, until) { Limit = _until is null ? limit : MaxLines, Direction = LogDirection.Backward }, cancellation).Lines;
        var counts = new Dictionary<(long Time, int Stream, string Line), int>();
        var fresh = new List<LogLine>();
        foreach (var line in found)
        {
            var key = (line.TimeUnixNano, StreamOf(line), line.Line);
            var count = ++CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _);
            if (count > _given.GetValueOrDefault(key))
            {
                fresh.Add(line);
            }
        }

        // Lines beyond a limit were passed over, and are not to come up as new the next time.
        _floor = _until is null && found.Count == limit ? found[^1].TimeUnixNano : Math.Max(_floor, found.Count == MaxLines ? found[^1].TimeUnixNano : long.MinValue);
        fresh.RemoveAll(line => _until is not null && line.TimeUnixNano < _floor);
        _given = counts;
        _until = until;
        fresh.Reverse();
        return fresh;
    }

    private static int StreamOf(LogLine line)
    {
        var hash = new HashCode();
        foreach (var label in line.Labels)
        {
            if (label.Source == LogLabelSource.Stream)
            {
                hash.Add(label.Name, StringComparer.Ordinal);
                hash.Add(label.Value, StringComparer.Ordinal);
            }
        }

        return hash.ToHashCode();
    }
}
