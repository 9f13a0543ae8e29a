using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Scrape;

/// <summary>
/// Scrapes targets as <c>scrape_configs</c> says: finds them, asks each at its own offset within its interval, and puts samples, reports and
/// stale markers into the sink. Thread-safe.
/// </summary>
public sealed class Scraper : IAsyncDisposable
{
    // Discovery files are looked at this often; Prometheus is told of changes by the kernel, and its users expect the same.
    private static readonly TimeSpan FileCheckInterval = TimeSpan.FromSeconds(5);

    private readonly IBatchSink _sink;
    private readonly IngestLimits _limits;
    private readonly TimeProvider _time;
    private readonly Action<string> _report;
    private readonly ScrapeClient _client = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Running> _targets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (DateTime Written, IReadOnlyList<TargetGroup> Groups)> _files = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private IReadOnlyList<ScrapeConfiguration> _configurations;
    private IReadOnlyList<TargetStatus> _dropped = [];
    private Task _discovery = Task.CompletedTask;

    /// <summary>Makes a scraper that does nothing until <see cref="Start"/>.</summary>
    /// <param name="configurations">What to scrape.</param>
    /// <param name="sink">Where samples go.</param>
    /// <param name="limits">Bounds on answers.</param>
    /// <param name="time">The clock.</param>
    /// <param name="report">Told of discovery files and addresses that cannot be used.</param>
    public Scraper(IReadOnlyList<ScrapeConfiguration> configurations, IBatchSink sink, IngestLimits limits, TimeProvider time, Action<string> report)
    {
        _configurations = configurations;
        _sink = sink;
        _limits = limits;
        _time = time;
        _report = report;
    }

    /// <summary>Starts scraping.</summary>
    public void Start()
    {
        Refresh();
        _discovery = Task.Run(DiscoverAsync);
    }

    /// <summary>
    /// Takes a new set of configurations. Targets of jobs that are not in <paramref name="changedJobs"/> go on as if nothing had happened, those
    /// of changed ones start anew; the series of targets that are gone end.
    /// </summary>
    public void Update(IReadOnlyList<ScrapeConfiguration> configurations, IReadOnlySet<string> changedJobs)
    {
        ArgumentNullException.ThrowIfNull(changedJobs);
        lock (_gate)
        {
            _configurations = configurations;
            var stopped = _targets.Where(t => changedJobs.Contains(t.Value.Target.Status.Job)).ToArray();
            foreach (var (key, running) in stopped)
            {
                _targets.Remove(key);
                running.Stop();
            }

            Refresh();
            foreach (var (key, running) in stopped)
            {
                if (!_targets.ContainsKey(key))
                {
                    running.Target.Retire(_time.GetUtcNow().ToUnixTimeMilliseconds());
                }
            }
        }
    }

    /// <summary>Targets that are scraped, in order of job and address.</summary>
    public IReadOnlyList<TargetStatus> Targets()
    {
        lock (_gate)
        {
            return [.. _targets.Values.Select(t => t.Target.Status).OrderBy(t => t.Job, StringComparer.Ordinal).ThenBy(t => t.Url.ToString(), StringComparer.Ordinal)];
        }
    }

    /// <summary>Targets that relabelling dropped.</summary>
    public IReadOnlyList<TargetStatus> Dropped() => _dropped;

    /// <summary>Names of all scrape configurations, also of those without targets; sorted.</summary>
    public IReadOnlyList<string> Pools() => [.. _configurations.Select(c => c.JobName).Order(StringComparer.Ordinal)];

    /// <summary>What each target says of its metric families, in the order of <see cref="Targets"/>.</summary>
    public IReadOnlyList<(TargetStatus Target, IReadOnlyList<MetricMetadata> Metadata)> TargetMetadata()
    {
        lock (_gate)
        {
            return [.. _targets.Values.Select(t => (t.Target.Status, t.Target.Metadata)).OrderBy(t => t.Status.Job, StringComparer.Ordinal).ThenBy(t => t.Status.Url.ToString(), StringComparer.Ordinal)];
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _discovery;
        List<Running> running;
        lock (_gate)
        {
            running = [.. _targets.Values];
            _targets.Clear();
        }

        foreach (var target in running)
        {
            await target.DisposeAsync();
        }

        _client.Dispose();
        _stop.Dispose();
    }

    private async Task DiscoverAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(FileCheckInterval, _time, _stop.Token);
                Refresh();
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private void Refresh()
    {
        lock (_gate)
        {
            var wanted = new Dictionary<string, (ScrapeConfiguration Configuration, TargetStatus Target)>(StringComparer.Ordinal);
            var dropped = new List<TargetStatus>();
            foreach (var configuration in _configurations)
            {
                foreach (var group in configuration.StaticTargets.Concat(configuration.Files.SelectMany(Discovered)))
                {
                    foreach (var address in group.Targets)
                    {
                        Add(configuration, group, address, wanted, dropped);
                    }
                }
            }

            _dropped = dropped;
            foreach (var (key, running) in _targets.ToArray())
            {
                if (!wanted.ContainsKey(key))
                {
                    _targets.Remove(key);
                    running.Cancel(_time);
                }
            }

            foreach (var (key, (configuration, status)) in wanted)
            {
                if (!_targets.ContainsKey(key))
                {
                    var running = new Running(new ScrapeTarget(configuration, status, _sink, _limits), Offset(key, status.Interval));
                    _targets.Add(key, running);
                    running.Start(_client, _time, _stop.Token);
                }
            }
        }
    }

    private void Add(ScrapeConfiguration configuration, TargetGroup group, string address, Dictionary<string, (ScrapeConfiguration, TargetStatus)> wanted, List<TargetStatus> dropped)
    {
        try
        {
            if (TargetBuilder.Build(configuration, address, group.Labels) is { } target)
            {
                wanted[$"{target.Job}\n{target.Url}\n{target.Labels}"] = (configuration, target);
            }
            else
            {
                dropped.Add(new TargetStatus(configuration.JobName, TargetBuilder.Discovered(configuration, address, group.Labels), LabelSet.Empty,
                    new Uri("about:dropped"), TargetHealth.Unknown, null, TimeSpan.Zero, string.Empty, configuration.Interval, configuration.Timeout, 0));
            }
        }
        catch (FormatException e)
        {
            _report($"scrape job {configuration.JobName}, target {address} of {group.Source}: {e.Message}");
        }
    }

    private List<TargetGroup> Discovered(FileDiscovery discovery)
    {
        var groups = new List<TargetGroup>();
        foreach (var pattern in discovery.Patterns)
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(pattern))!;
            foreach (var path in Directory.Exists(folder) ? Directory.EnumerateFiles(folder, Path.GetFileName(pattern)).Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
            {
                var written = File.GetLastWriteTimeUtc(path);
                if (!_files.TryGetValue(path, out var known) || known.Written != written)
                {
                    try
                    {
                        known = (written, TargetFile.Read(path));
                    }
                    catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
                    {
                        // As Prometheus: a file that cannot be read leaves the targets it had.
                        _report($"target file {path}: {e.Message}");
                        known = (written, known.Groups ?? []);
                    }

                    _files[path] = known;
                }

                groups.AddRange(known.Groups);
            }
        }

        return groups;
    }

    private static TimeSpan Offset(string key, TimeSpan interval) =>
        TimeSpan.FromTicks((long)(Hash128.Compute(Encoding.UTF8.GetBytes(key)).Low % (ulong)interval.Ticks));

    private sealed class Running(ScrapeTarget target, TimeSpan offset) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _cancel = new();
        private Task _loop = Task.CompletedTask;

        public ScrapeTarget Target { get; } = target;

        public void Start(ScrapeClient client, TimeProvider time, CancellationToken stop) => _loop = Task.Run(() => LoopAsync(client, time, stop), CancellationToken.None);

        /// <summary>No further scrape begins; the series go on under another loop.</summary>
        public void Stop() => _cancel.Cancel();

        /// <summary>The target is no longer wanted: its series end.</summary>
        public void Cancel(TimeProvider time)
        {
            _cancel.Cancel();
            Target.Retire(time.GetUtcNow().ToUnixTimeMilliseconds());
        }

        public async ValueTask DisposeAsync()
        {
            await _cancel.CancelAsync();
            await _loop;
            _cancel.Dispose();
        }

        private async Task LoopAsync(ScrapeClient client, TimeProvider time, CancellationToken stop)
        {
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(_cancel.Token, stop);
            var interval = Target.Status.Interval;
            try
            {
                while (true)
                {
                    // The same target is asked at the same phase of the interval also after a restart.
                    var now = time.GetUtcNow();
                    var phase = TimeSpan.FromTicks((now - offset).Ticks % interval.Ticks);
                    await Task.Delay(interval - phase, time, linked.Token);
                    await Target.ScrapeAsync(client, time, linked.Token);
                }
            }
            catch (OperationCanceledException)
            {
                // Stopped or no longer wanted.
            }
        }
    }
}
