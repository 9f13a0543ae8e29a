using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Ingest.Listening;

namespace Sightglass.Ingest.Tail;

/// <summary>What is known of a followed file at one moment.</summary>
/// <param name="Source">Name of the configuration's entry.</param>
/// <param name="Path">The file.</param>
/// <param name="Lines">Lines stored since the start.</param>
/// <param name="Bytes">Bytes read since the start.</param>
/// <param name="Unparsed">Lines that did not parse; they are stored as they are.</param>
/// <param name="LastLine">When the last line was stored, or null.</param>
public sealed record FollowedFileStatus(string Source, string Path, long Lines, long Bytes, long Unparsed, DateTimeOffset? LastLine);

/// <summary>
/// Follows log files through growth, rotation (rename, or copy and truncate, compressed or not) and restarts, and puts their lines into the sink. How far a
/// file was read is stored in one step with its lines, so that a killed server goes on exactly behind the last line that is stored.
/// </summary>
public sealed class FileTailer : IAsyncDisposable
{
    /// <summary>What followed files are called among receivers.</summary>
    public const string Receiver = "files";

    /// <summary>What the names of this tailer's sources begin with, in <see cref="IEventStore.SourcePositions"/>.</summary>
    public const string PositionPrefix = TailPosition.Prefix;

    /// <summary>How long a file may stand still before its unfinished last line is taken as a line, and an archive as complete.</summary>
    public static readonly TimeSpan PartialLineAge = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan GlobInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ExpiryInterval = TimeSpan.FromMinutes(10);

    private readonly LogIntake _intake;
    private readonly KnownFiles _known;
    private readonly FileFinder _finder;
    private readonly Dictionary<FileIdentity, FollowedFile> _open = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private readonly Dictionary<string, string> _failures = new(StringComparer.Ordinal);
    private Task _loop = Task.CompletedTask;
    private DateTimeOffset _nextGlob;
    private DateTimeOffset _nextExpiry;
    private volatile IReadOnlyList<FollowedFileStatus> _status = [];

    /// <summary>Makes a tailer that does nothing until <see cref="Start"/> or <see cref="Poll"/>.</summary>
    /// <param name="configurations">What to follow.</param>
    /// <param name="positions">What the store knows of sources that begin with <see cref="PositionPrefix"/>.</param>
    /// <param name="intake">Where lines go, and who counts them and is told of files that cannot be read.</param>
    public FileTailer(IReadOnlyList<TailConfiguration> configurations, IReadOnlyDictionary<string, string> positions, LogIntake intake)
    {
        _intake = intake;
        _time = intake.Time;
        _known = new KnownFiles(positions, _time.GetUtcNow());
        _finder = new FileFinder(configurations, _known, _open, intake);
    }

    /// <summary>Starts following.</summary>
    public void Start() => _loop = Task.Run(LoopAsync);

    /// <summary>Files that are followed.</summary>
    public IReadOnlyList<FollowedFileStatus> Files() => _status;

    /// <summary>Looks for new files and new lines until there are none. Called by the loop; tests call it themselves. Not thread-safe.</summary>
    public void Poll()
    {
        while (Turn() && !_stop.IsCancellationRequested)
        {
            // A file that has more gets its next turn after all others had theirs.
        }

        _status = [.. _open.Values.Select(f => new FollowedFileStatus(f.Configuration.Name, f.Path, f.Lines, f.Bytes, f.Unparsed, f.LastLine)).OrderBy(f => f.Path, StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        foreach (var file in _open.Values)
        {
            file.Dispose();
        }

        _open.Clear();
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        try
        {
            while (true)
            {
                Guarded("following files", Poll);
                await Task.Delay(PollInterval, _time, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private bool Turn()
    {
        var now = _time.GetUtcNow();
        var looked = now >= _nextGlob;
        if (looked)
        {
            _nextGlob = now + GlobInterval;
            Guarded("following files", () => _finder.Look(now));
        }

        var anyMore = false;
        foreach (var (identity, file) in _open.ToArray())
        {
            Guarded(file.Path, () =>
            {
                var any = file.Read(_intake.Sink, now, out var more);
                anyMore |= more;
                if (!any && looked && IsOver(file, now))
                {
                    Close(identity, file);
                }
            });
        }

        if (now >= _nextExpiry)
        {
            _nextExpiry = now + ExpiryInterval;
            Guarded("following files", () => _known.Expire(_finder.Present, now, _intake.Sink));
        }

        return anyMore;
    }

    // Rotated away or deleted and read to its end, or an archive that was read.
    private bool IsOver(FollowedFile file, DateTimeOffset now) =>
        file.Position.Done || (now - file.LastGrowth >= PartialLineAge && !_finder.Present.Contains(file.Identity));

    private void Close(FileIdentity identity, FollowedFile file)
    {
        if (file.Content.IsDeleted)
        {
            _known.SetDeleted(identity, _intake.Sink);
        }

        _open.Remove(identity);
        file.Dispose();
    }

    // A store that refuses keeps the file where it is: its lines are read again at the next look. The same failure is told once.
    private void Guarded(string what, Action action)
    {
        try
        {
            action();
            _failures.Remove(what);
        }
        catch (Exception e) when (e is StorageFailedException or LimitExceededException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            if (!_failures.TryGetValue(what, out var told) || told != e.Message)
            {
                _failures[what] = e.Message;
                _intake.Report($"{what}: {e.Message}");
            }
        }
    }
}
