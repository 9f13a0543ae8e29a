using Sightglass.Core.Bytes;
using Sightglass.Metrics.Parts;

namespace Sightglass.Metrics.Limits;

/// <summary>
/// The series of the newest parts at the opening, by identity: known before anybody sent them again. Gathered when it is first asked for,
/// which is when somebody brings more new series than he may, and forgotten after some time. For the appender, not thread-safe.
/// </summary>
internal sealed class KnownSeries(IEnumerable<MetricPart> parts, TimeProvider time)
{
    /// <summary>Series that are remembered, some forty bytes each.</summary>
    private const int MaxSeries = 4_000_000;

    /// <summary>Samples up to so long before the newest make a series known; as long after the opening the memory knows better.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromHours(2);

    private readonly DateTimeOffset _openedAt = time.GetUtcNow();
    private MetricPart[] _parts = [.. parts];
    private HashSet<Hash128>? _series;

    public bool Contains(Hash128 hash) => (_series ??= Gather()).Contains(hash);

    /// <summary>Lets go of what is no longer of use.</summary>
    public void Age()
    {
        if (_parts.Length + (_series?.Count ?? 0) > 0 && time.GetUtcNow() - _openedAt > Recent)
        {
            (_parts, _series) = ([], []);
        }
    }

    private HashSet<Hash128> Gather()
    {
        var from = _parts.Length == 0 ? 0 : _parts.Max(p => p.MaxTime) - (long)Recent.TotalMilliseconds;
        var found = new HashSet<Hash128>();
        foreach (var part in _parts.Where(p => p.MaxTime >= from).OrderByDescending(p => p.MaxTime))
        {
            for (var id = 0; id < part.Index.SeriesCount && found.Count < MaxSeries; id++)
            {
                found.Add(part.Index.HashOf(id));
            }
        }

        _parts = [];
        return found;
    }
}
