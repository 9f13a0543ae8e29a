namespace Sightglass.Ingest.Scrape.Discovery;

/// <summary>
/// Reads target files and follows their changes: told by the file system, and because not every file system tells (network mounts, links that are
/// swapped), looked at every few seconds too.
/// </summary>
internal sealed class FileDiscoverer(FileDiscovery configuration, DiscoveryContext context, string job) : Discoverer(context, job)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    // An editor writes a file in several steps.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, (string Stamp, IReadOnlyList<TargetGroup> Groups)> _files = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly List<FileSystemWatcher> _watchers = [];

    public override async ValueTask DisposeAsync()
    {
        foreach (var watcher in _watchers)
        {
            watcher.Dispose();
        }

        await base.DisposeAsync();
        _wake.Dispose();
    }

    protected override bool IsSameSource(Discoverer other) => false;

    protected override void Begin() => Look(readAll: true);

    protected override async Task RunAsync(CancellationToken cancellation)
    {
        Watch();
        var readAll = Context.Time.GetUtcNow() + configuration.RefreshInterval;
        while (true)
        {
            using (var waited = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
            {
                var woken = _wake.WaitAsync(waited.Token);
                var told = await Task.WhenAny(woken, Task.Delay(LookInterval, Context.Time, waited.Token)) == woken && woken.IsCompletedSuccessfully;
                await waited.CancelAsync();
                cancellation.ThrowIfCancellationRequested();
                if (told)
                {
                    await Task.Delay(Settle, Context.Time, cancellation);
                }
            }

            var now = Context.Time.GetUtcNow();
            var due = now >= readAll;
            readAll = due ? now + configuration.RefreshInterval : readAll;
            Look(due);
        }
    }

    private void Watch()
    {
        foreach (var folder in configuration.Patterns.Select(p => Path.GetDirectoryName(p)!).Distinct(StringComparer.Ordinal))
        {
            try
            {
                var watcher = new FileSystemWatcher(folder);
                watcher.Changed += (_, _) => Wake();
                watcher.Created += (_, _) => Wake();
                watcher.Deleted += (_, _) => Wake();
                watcher.Renamed += (_, _) => Wake();
                watcher.EnableRaisingEvents = true;
                _watchers.Add(watcher);
            }
            catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
            {
                // Not there yet, or no watches left: looking every few seconds is enough.
            }
        }
    }

    private void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // Told already, or at the end.
        }
    }

    private void Look(bool readAll)
    {
        var changed = false;
        var found = new HashSet<string>(StringComparer.Ordinal);
        var groups = new List<TargetGroup>();
        foreach (var path in configuration.Patterns.SelectMany(Matching))
        {
            if (!found.Add(path))
            {
                continue;
            }

            var stamp = Stamp(path);
            var known = _files.GetValueOrDefault(path);
            if (readAll || known.Stamp != stamp)
            {
                known = (stamp, Read(path) ?? known.Groups ?? []);
                _files[path] = known;
                changed = true;
            }

            groups.AddRange(known.Groups);
        }

        foreach (var path in _files.Keys)
        {
            if (!found.Contains(path))
            {
                _files.Remove(path);
                changed = true;
            }
        }

        if (changed)
        {
            Publish(groups);
        }
    }

    private IReadOnlyList<TargetGroup>? Read(string path)
    {
        try
        {
            return TargetGroups.ReadFile(path);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            // A file that cannot be read leaves the targets that it had.
            Context.Report($"{Job}, target file {path}: {e.Message}");
            return null;
        }
    }

    private static IEnumerable<string> Matching(string pattern)
    {
        var folder = Path.GetDirectoryName(pattern)!;
        try
        {
            return Directory.Exists(folder) ? Directory.GetFiles(folder, Path.GetFileName(pattern)).Order(StringComparer.Ordinal) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string Stamp(string path)
    {
        try
        {
            var file = new FileInfo(path);
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            return $"{file.FullName}:{file.LastWriteTimeUtc.Ticks}:{file.Length}";
        }
        catch (IOException)
        {
            return string.Empty;
        }
    }
}
