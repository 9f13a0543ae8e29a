using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Scrape;

/// <summary>What a scraper needs to know of the machine that it runs on.</summary>
public sealed record ScraperSettings
{
    /// <summary>The defaults.</summary>
    public static ScraperSettings Default { get; } = new();

    /// <summary>Names the DNS servers that <c>dns_sd_configs</c> asks, in the form of resolv.conf.</summary>
    public string ResolverConfiguration { get; init; } = "/etc/resolv.conf";

    /// <summary>Moves the targets' places within the interval, so that two servers with the same jobs do not ask at the same moments.</summary>
    public ulong OffsetSeed { get; init; }
}

/// <summary>
/// Scrapes targets as <c>scrape_configs</c> says: finds them, asks each at its own offset within its interval, and puts samples, reports and
/// stale markers into the sink. Thread-safe.
/// </summary>
public sealed class Scraper : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ScrapeContext _context;
    private readonly Dictionary<string, ScrapePool> _pools = new(StringComparer.Ordinal);
    private readonly List<ScrapePool> _gone = [];
    private IReadOnlyList<ScrapeConfiguration> _configurations;
    private bool _started;

    /// <summary>Makes a scraper that does nothing until <see cref="Start"/>.</summary>
    /// <param name="configurations">What to scrape.</param>
    /// <param name="sink">Where samples go.</param>
    /// <param name="limits">Bounds on answers.</param>
    /// <param name="time">The clock.</param>
    /// <param name="report">Told of discoveries and addresses that cannot be used.</param>
    /// <param name="settings">Of the machine.</param>
    public Scraper(IReadOnlyList<ScrapeConfiguration> configurations, IBatchSink sink, IngestLimits limits, TimeProvider time, Action<string> report, ScraperSettings? settings = null)
    {
        _configurations = configurations;
        _context = new ScrapeContext(sink, limits, time, report, settings ?? ScraperSettings.Default, _stop.Token);
    }

    /// <summary>Starts scraping.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _started = true;
            Apply(_configurations);
        }
    }

    /// <summary>
    /// Goes on under other configurations. Jobs whose <see cref="ScrapeConfiguration.Fingerprint"/> is the same are left alone; in changed jobs, targets
    /// that stay keep their state, series and place in the interval; targets and jobs that are gone end with stale markers. Before
    /// <see cref="Start"/> it only takes note.
    /// </summary>
    public void Apply(IReadOnlyList<ScrapeConfiguration> configurations)
    {
        lock (_gate)
        {
            _configurations = configurations;
            if (!_started || _stop.IsCancellationRequested)
            {
                return;
            }

            var wanted = configurations.Select(c => c.JobName).ToHashSet(StringComparer.Ordinal);
            foreach (var (job, pool) in _pools)
            {
                if (!wanted.Contains(job))
                {
                    _pools.Remove(job);
                    pool.Retire();
                    _gone.Add(pool);
                }
            }

            foreach (var configuration in configurations)
            {
                if (!_pools.TryGetValue(configuration.JobName, out var pool))
                {
                    pool = new ScrapePool(configuration, _context);
                    _pools.Add(configuration.JobName, pool);
                    pool.Start();
                }
                else if (configuration.Fingerprint.Length == 0 || configuration.Fingerprint != pool.Configuration.Fingerprint)
                {
                    pool.Apply(configuration);
                }
            }
        }
    }

    /// <summary>The jobs, by name.</summary>
    public IReadOnlyList<string> Pools()
    {
        lock (_gate)
        {
            return [.. _pools.Keys.Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>Targets that are scraped, in order of job and address.</summary>
    public IReadOnlyList<TargetStatus> Targets() => [.. Ordered().Select(t => t.Status)];

    /// <summary>What the targets' last good scrapes told of their metric families, in order of job and address.</summary>
    public IReadOnlyList<(TargetStatus Target, IReadOnlyList<MetricMetadata> Families)> TargetMetadata() => [.. Ordered().Select(t => (t.Status, t.Metadata))];

    /// <summary>Targets that relabelling dropped; of each job at most as many as <c>keep_dropped_targets</c> says.</summary>
    public IReadOnlyList<TargetStatus> Dropped() => [.. Running().SelectMany(p => p.Dropped().Kept)];

    /// <summary>How many targets relabelling dropped, by job.</summary>
    public IReadOnlyDictionary<string, int> DroppedCounts() => Running().ToDictionary(p => p.Configuration.JobName, p => p.Dropped().Count, StringComparer.Ordinal);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        List<ScrapePool> pools;
        lock (_gate)
        {
            pools = [.. _pools.Values, .. _gone];
            _pools.Clear();
            _gone.Clear();
        }

        foreach (var pool in pools)
        {
            await pool.DisposeAsync();
        }

        _stop.Dispose();
    }

    private List<ScrapePool> Running()
    {
        lock (_gate)
        {
            return [.. _pools.Values.OrderBy(p => p.Configuration.JobName, StringComparer.Ordinal)];
        }
    }

    private IEnumerable<ScrapeTarget> Ordered() => Running().SelectMany(p => p.Targets().OrderBy(t => t.Status.Url.OriginalString, StringComparer.Ordinal));
}
