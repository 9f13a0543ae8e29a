using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape.Discovery;

namespace Sightglass.Ingest.Scrape;

/// <summary>What all jobs of a scraper share.</summary>
/// <param name="Sink">Where samples go.</param>
/// <param name="Limits">Bounds on answers.</param>
/// <param name="Time">The clock.</param>
/// <param name="Report">Told of targets and discoveries that cannot be used.</param>
/// <param name="Settings">The server's own settings.</param>
/// <param name="Stop">Cancelled when the process stops.</param>
internal sealed record ScrapeContext(IBatchSink Sink, IngestLimits Limits, TimeProvider Time, Action<string> Report, ScraperSettings Settings, CancellationToken Stop);

/// <summary>One job: its discoveries and its targets. Thread-safe.</summary>
internal sealed class ScrapePool : IAsyncDisposable
{
    private readonly ScrapeContext _context;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TargetLoop> _targets = new(StringComparer.Ordinal);
    private readonly List<TargetLoop> _retiring = [];
    private readonly List<Task> _ending = [];
    private List<Discoverer> _discoverers = [];
    private ScrapeConfiguration _configuration;
    private IReadOnlyList<TargetStatus> _dropped = [];
    private int _droppedCount;
    private bool _closed;
    private volatile ScrapeClient _client;
    private volatile string? _forcedError;
    private volatile FailureLog? _failures;

    public ScrapePool(ScrapeConfiguration configuration, ScrapeContext context)
    {
        _configuration = configuration;
        _context = context;
        _client = new ScrapeClient(configuration.Http, context.Time);
        _failures = FailuresOf(configuration);
    }

    /// <summary>The configuration in force.</summary>
    public ScrapeConfiguration Configuration
    {
        get
        {
            lock (_gate)
            {
                return _configuration;
            }
        }
    }

    /// <summary>Asks the targets of the job.</summary>
    public ScrapeClient Client => _client;

    /// <summary>Why no target of the job is asked at present; null for no reason.</summary>
    public string? ForcedError => _forcedError;

    /// <summary>Where failed scrapes are written down, if anywhere.</summary>
    public FailureLog? Failures => _failures;

    /// <summary>The targets.</summary>
    public IReadOnlyList<ScrapeTarget> Targets()
    {
        lock (_gate)
        {
            return [.. _targets.Values.Select(t => t.Target)];
        }
    }

    /// <summary>Targets that relabelling dropped, at most as many as are kept, and how many there are.</summary>
    public (IReadOnlyList<TargetStatus> Kept, int Count) Dropped()
    {
        lock (_gate)
        {
            return (_dropped, _droppedCount);
        }
    }

    /// <summary>Whether a target of these labels is scraped.</summary>
    public bool IsLive(LabelSet labels)
    {
        lock (_gate)
        {
            return _targets.Values.Any(t => t.Target.Status.Labels == labels);
        }
    }

    /// <summary>Starts looking for targets and asking them.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _discoverers = [.. _configuration.Discoveries.Select(Discover)];
            Sync();
        }
    }

    /// <summary>Goes on under another configuration. Targets that stay keep their series, state and place in the interval.</summary>
    public void Apply(ScrapeConfiguration configuration)
    {
        lock (_gate)
        {
            _configuration = configuration;
            var client = _client;
            _client = new ScrapeClient(configuration.Http, _context.Time);
            _failures = FailuresOf(configuration);
            client.Dispose();

            // What the old discoveries found last stands until the new ones have looked: no target ends because of a reload.
            var before = _discoverers;
            _discoverers = [.. configuration.Discoveries.Select(Discover)];
            for (var i = 0; i < _discoverers.Count && i < before.Count; i++)
            {
                _discoverers[i].Inherit(before[i]);
            }

            _ending.RemoveAll(task => task.IsCompleted);
            _ending.AddRange(before.Select(discoverer => discoverer.DisposeAsync().AsTask()));

            Sync();
        }
    }

    /// <summary>The job is gone: its targets end as targets do.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var discoverer in _discoverers)
            {
                discoverer.Cancel();
            }

            foreach (var loop in _targets.Values)
            {
                loop.Retire();
                _retiring.Add(loop);
            }

            _targets.Clear();
            _dropped = [];
            _droppedCount = 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        List<Discoverer> discoverers;
        List<Task> ending;
        List<TargetLoop> loops;
        lock (_gate)
        {
            _closed = true;
            discoverers = [.. _discoverers];
            ending = [.. _ending];
            loops = [.. _targets.Values, .. _retiring];
            _targets.Clear();
            _retiring.Clear();
        }

        foreach (var discoverer in discoverers)
        {
            await discoverer.DisposeAsync();
        }

        await Task.WhenAll(ending);
        foreach (var loop in loops)
        {
            await loop.DisposeAsync();
        }

        _client.Dispose();
    }

    private FailureLog? FailuresOf(ScrapeConfiguration configuration) =>
        configuration.FailureLogFile is { } path ? new FailureLog(path, configuration.JobName, _context.Time, _context.Report) : null;

    private Discoverer Discover(DiscoveryConfiguration configuration)
    {
        var discoverer = Discoverer.Make(configuration, new DiscoveryContext(_context.Time, _context.Report, _context.Settings, _context.Stop), $"scrape job {_configuration.JobName}");
        discoverer.Start(() =>
        {
            lock (_gate)
            {
                if (_discoverers.Contains(discoverer) && !_closed)
                {
                    Sync();
                }
            }
        });
        return discoverer;
    }

    // Brings the targets in line with what is configured and discovered. Under the gate.
    private void Sync()
    {
        var wanted = new Dictionary<string, TargetStatus>(StringComparer.Ordinal);
        var dropped = new List<TargetStatus>();
        _droppedCount = 0;
        foreach (var group in _configuration.StaticTargets.Concat(_discoverers.SelectMany(d => d.Groups)))
        {
            foreach (var address in group.Targets)
            {
                Find(group, address, wanted, dropped);
            }
        }

        _dropped = dropped;
        var limit = _configuration.Limits.Targets;
        _forcedError = limit > 0 && wanted.Count > limit ? $"target_limit exceeded (number of targets: {wanted.Count}, limit: {limit})" : null;
        _retiring.RemoveAll(loop => loop.IsDone);
        foreach (var (identity, loop) in _targets)
        {
            if (!wanted.ContainsKey(identity))
            {
                _targets.Remove(identity);
                loop.Retire();
                _retiring.Add(loop);
            }
        }

        foreach (var (identity, found) in wanted)
        {
            Keep(identity, found);
        }
    }

    private void Keep(string identity, TargetStatus found)
    {
        if (!_targets.TryGetValue(identity, out var loop))
        {
            // A target that is back within its time, perhaps at another address, goes on with its series.
            var before = _retiring.Find(l => l.Target.Status.Labels == found.Labels);
            var target = new ScrapeTarget(_configuration, found, _context.Sink, _context.Limits);
            if (before is null)
            {
                Begin(identity, target, found.Interval, Task.CompletedTask);
                return;
            }

            _retiring.Remove(before);
            Begin(identity, target, found.Interval, ContinueAsync(before, target));
        }
        else if (loop.Target.Status.Interval != found.Interval || loop.Target.Status.Timeout != found.Timeout)
        {
            var target = loop.Target;
            var configuration = _configuration;
            Begin(identity, target, found.Interval, RestartAsync(loop, configuration, found));
        }
        else
        {
            loop.Reconfigure(_configuration, found);
        }
    }

    private void Begin(string identity, ScrapeTarget target, TimeSpan interval, Task before)
    {
        var loop = new TargetLoop(this, target, interval, _context.Settings.OffsetSeed, _context.Time, _context.Stop);
        _targets[identity] = loop;
        loop.Start(before);
    }

    private static async Task ContinueAsync(TargetLoop before, ScrapeTarget target)
    {
        await before.DisposeAsync();
        target.Continue(before.Target);
    }

    private static async Task RestartAsync(TargetLoop before, ScrapeConfiguration configuration, TargetStatus found)
    {
        await before.DisposeAsync();
        before.Target.Reconfigure(configuration, found);
    }

    private void Find(TargetGroup group, string address, Dictionary<string, TargetStatus> wanted, List<TargetStatus> dropped)
    {
        try
        {
            if (TargetBuilder.Build(_configuration, address, group.Labels, out var discovered) is { } target)
            {
                wanted.TryAdd(target.Identity, target);
                return;
            }

            _droppedCount++;
            if (_configuration.Limits.KeepDroppedTargets == 0 || dropped.Count < _configuration.Limits.KeepDroppedTargets)
            {
                dropped.Add(new TargetStatus(_configuration.JobName, discovered, LabelSet.Empty, new Uri("about:dropped"), TargetHealth.Unknown, null, TimeSpan.Zero,
                    string.Empty, _configuration.Interval, _configuration.Timeout, 0));
            }
        }
        catch (FormatException e)
        {
            _context.Report($"scrape job {_configuration.JobName}, target {address} of {group.Source}: {e.Message}");
        }
    }
}
