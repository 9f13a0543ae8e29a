using System.Text;
using Sightglass.Core.Bytes;

namespace Sightglass.Metrics.Limits;

/// <summary>New series by metric over the last hour. Not thread-safe.</summary>
internal sealed class ChurnLedger
{
    private const int Minutes = 60;

    /// <summary>Metrics that are told apart; a sender that invents names fills it once, and is then counted as <c>(other)</c>.</summary>
    private const int MaxMetrics = 20_000;

    private static readonly Hash128 Other = Hash128.Compute("(other)"u8);

    private readonly Dictionary<Hash128, Entry> _metrics = [];

    /// <summary>Counts a new series.</summary>
    public void Add(ReadOnlySpan<byte> metric, long nowMs)
    {
        var hash = Hash128.Compute(metric);
        if (!_metrics.TryGetValue(hash, out var entry))
        {
            (hash, var name) = _metrics.Count < MaxMetrics ? (hash, Encoding.UTF8.GetString(metric)) : (Other, "(other)");
            if (!_metrics.TryGetValue(hash, out entry))
            {
                _metrics.Add(hash, entry = new Entry(name));
            }
        }

        entry.Move(nowMs / 60_000);
        entry.PerMinute[nowMs / 60_000 % Minutes]++;
        entry.Total++;
    }

    /// <summary>The metrics with the most new series of the last hour.</summary>
    public IReadOnlyList<MetricChurn> Top(int limit, long nowMs)
    {
        var all = new List<MetricChurn>(_metrics.Count);
        foreach (var entry in _metrics.Values)
        {
            entry.Move(nowMs / 60_000);
            all.Add(new MetricChurn(entry.Name, entry.PerMinute.Sum(static n => (long)n), entry.Total));
        }

        return [.. all.OrderByDescending(static m => m.LastHour).ThenByDescending(static m => m.Total).ThenBy(static m => m.Metric, StringComparer.Ordinal).Take(limit)];
    }

    private sealed class Entry(string name)
    {
        private long _minute;

        public string Name { get; } = name;

        public int[] PerMinute { get; } = new int[Minutes];

        public long Total { get; set; }

        // Empties the minutes that have passed since the last look.
        public void Move(long minute)
        {
            for (var m = Math.Max(_minute + 1, minute - Minutes + 1); m <= minute; m++)
            {
                PerMinute[m % Minutes] = 0;
            }

            _minute = Math.Max(_minute, minute);
        }
    }
}
