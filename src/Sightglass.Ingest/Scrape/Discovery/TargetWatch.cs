namespace Sightglass.Ingest.Scrape.Discovery;

/// <summary>Targets that are listed and found, for who asks others than scrape jobs do. Thread-safe.</summary>
public sealed class TargetWatch : IAsyncDisposable
{
    private readonly IReadOnlyList<TargetGroup> _listed;
    private readonly List<Discoverer> _discoverers;
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Makes a watch that does not look yet.</summary>
    /// <param name="who">How reports begin.</param>
    /// <param name="listed">Targets that the configuration lists.</param>
    /// <param name="discoveries">Where further ones are found.</param>
    /// <param name="time">The clock.</param>
    /// <param name="report">Told of what cannot be found or used.</param>
    public TargetWatch(string who, IReadOnlyList<TargetGroup> listed, IReadOnlyList<DiscoveryConfiguration> discoveries, TimeProvider time, Action<string> report)
    {
        _listed = listed;
        var context = new DiscoveryContext(time, report, ScraperSettings.Default, _stop.Token);
        _discoverers = [.. discoveries.Select(d => Discoverer.Make(d, context, who))];
    }

    /// <summary>The targets known now.</summary>
    public IReadOnlyList<TargetGroup> Groups => [.. _listed, .. _discoverers.SelectMany(d => d.Groups)];

    /// <summary>Begins to look; <paramref name="changed"/> is called, from any thread, when something else was found.</summary>
    public void Start(Action changed)
    {
        foreach (var discoverer in _discoverers)
        {
            discoverer.Start(changed);
        }
    }

    /// <summary>Stops looking.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var discoverer in _discoverers)
        {
            await discoverer.DisposeAsync();
        }

        _stop.Dispose();
    }
}
