namespace Sightglass.Ingest.Scrape;

/// <summary>A series as an answer names it. Its numbers are generations of the <see cref="ScrapeCache"/> that holds it.</summary>
internal sealed class ExposedSeries(StoredSeries? stored)
{
    /// <summary>What it is stored as; null when relabelling drops it.</summary>
    public StoredSeries? Stored { get; } = stored;

    /// <summary>The classic histogram that it is a part of, when those are converted.</summary>
    public ClassicPart? Part { get; set; }

    /// <summary>The last scrape whose answer had it.</summary>
    public int SeenIn { get; set; } = ScrapeCache.Never;

    /// <summary>A sample of it was taken before: it counts as added only once.</summary>
    public bool Known { get; set; }
}

/// <summary>A series as it is stored.</summary>
internal sealed class StoredSeries(byte[] key)
{
    /// <summary>Its canonical key.</summary>
    public byte[] Key { get; } = key;

    /// <summary>The last scrape that took a sample of it at the scrape's own time.</summary>
    public int SampledIn { get; set; } = ScrapeCache.Never;

    /// <summary>The last scrape that makes it get a stale marker when it vanishes.</summary>
    public int TrackedIn { get; set; } = ScrapeCache.Never + 1;

    /// <summary>The one before <see cref="TrackedIn"/>.</summary>
    public int TrackedBefore { get; set; } = ScrapeCache.Never + 1;

    /// <summary>Time of its latest sample or stale marker, as far as this cache knows; milliseconds.</summary>
    public long LastMs { get; set; } = long.MinValue;

    /// <summary>The last clean-up that found a use of it.</summary>
    public int KeptIn { get; set; }
}
