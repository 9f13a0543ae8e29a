namespace Sightglass.Ingest.Scrape.Discovery;

/// <summary>What all discoveries of one place share.</summary>
/// <param name="Time">The clock.</param>
/// <param name="Report">Told of what cannot be found or used.</param>
/// <param name="Settings">The server's own settings.</param>
/// <param name="Stop">Cancelled when the process stops.</param>
internal sealed record DiscoveryContext(TimeProvider Time, Action<string> Report, ScraperSettings Settings, CancellationToken Stop);

/// <summary>Looks for targets until it is disposed. What it found last stands while looking fails. Thread-safe.</summary>
internal abstract class Discoverer : IAsyncDisposable
{
    private readonly CancellationTokenSource _cancel;
    private volatile IReadOnlyList<TargetGroup> _groups = [];
    private Action _changed = () => { };
    private Task _loop = Task.CompletedTask;

    protected Discoverer(DiscoveryContext context, string job)
    {
        Context = context;
        Job = job;
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(context.Stop);
    }

    /// <summary>What was found last.</summary>
    public IReadOnlyList<TargetGroup> Groups => _groups;

    protected DiscoveryContext Context { get; }

    /// <summary>Who looks, as reports begin.</summary>
    protected string Job { get; }

    public static Discoverer Make(DiscoveryConfiguration configuration, DiscoveryContext context, string job) => configuration switch
    {
        FileDiscovery file => new FileDiscoverer(file, context, job),
        HttpDiscovery http => new HttpDiscoverer(http, context, job),
        DnsDiscovery dns => new DnsDiscoverer(dns, context, job),
        _ => throw new System.Diagnostics.UnreachableException($"BUG: no discoverer for {configuration.GetType()}"),
    };

    /// <summary>Begins to look. What can be found at once is there when this returns; <paramref name="changed"/> is called for what comes later.</summary>
    public void Start(Action changed)
    {
        Begin();
        _changed = changed;
        _loop = Task.Run(RunToEndAsync, CancellationToken.None);
    }

    /// <summary>Begins with what another one found, when this one has nothing yet.</summary>
    public void Inherit(Discoverer other)
    {
        if (_groups.Count == 0 && other.GetType() == GetType() && IsSameSource(other))
        {
            _groups = other._groups;
        }
    }

    /// <summary>Stops looking.</summary>
    public void Cancel() => _cancel.Cancel();

    public virtual async ValueTask DisposeAsync()
    {
        await _cancel.CancelAsync();
        await _loop;
        _cancel.Dispose();
    }

    /// <summary>Whether the other one looks at the same place.</summary>
    protected abstract bool IsSameSource(Discoverer other);

    /// <summary>The first look, when that takes no time.</summary>
    protected virtual void Begin()
    {
    }

    protected abstract Task RunAsync(CancellationToken cancellation);

    protected void Publish(IReadOnlyList<TargetGroup> groups)
    {
        _groups = groups;
        _changed();
    }

    private async Task RunToEndAsync()
    {
        try
        {
            await RunAsync(_cancel.Token);
        }
        catch (OperationCanceledException) when (_cancel.IsCancellationRequested)
        {
            // Disposed.
        }
    }
}
