using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Ingest.Parsers;

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
/// Follows log files through growth, rotation (rename or copy and truncate) and restarts, and puts their lines into the sink. A position is
/// advanced and saved only after the lines are stored. A last line without a line break is taken when the file has not grown for
/// <see cref="PartialLineAge"/>.
/// </summary>
public sealed class FileTailer : IAsyncDisposable
{
    /// <summary>How long a file may stand still before its unfinished last line is taken as a line.</summary>
    public static readonly TimeSpan PartialLineAge = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan GlobInterval = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<(TailConfiguration Configuration, Glob[] Files, Glob[] Exclude)> _sources;
    private readonly IBatchSink _sink;
    private readonly IngestLimits _limits;
    private readonly TimeProvider _time;
    private readonly Action<string> _report;
    private readonly TailPositions _positions;
    private readonly Dictionary<FileIdentity, FollowedFile> _open = [];
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private DateTimeOffset _nextGlob;
    private volatile IReadOnlyList<FollowedFileStatus> _status = [];

    /// <summary>Makes a tailer that does nothing until <see cref="Start"/> or <see cref="Poll"/>.</summary>
    /// <param name="configurations">What to follow.</param>
    /// <param name="positionsFile">Where positions are kept over restarts.</param>
    /// <param name="sink">Where lines go.</param>
    /// <param name="limits">Bounds on lines.</param>
    /// <param name="time">The clock.</param>
    /// <param name="report">Told of files that cannot be read and of a sink that refuses.</param>
    public FileTailer(IReadOnlyList<TailConfiguration> configurations, string positionsFile, IBatchSink sink, IngestLimits limits, TimeProvider time, Action<string> report)
    {
        _sources = [.. configurations.Select(c => (c, c.Files.Select(f => new Glob(f)).ToArray(), c.Exclude.Select(f => new Glob(f)).ToArray()))];
        _sink = sink;
        _limits = limits;
        _time = time;
        _report = report;
        _positions = new TailPositions(positionsFile, report);
    }

    /// <summary>How long logs are kept: a line whose own time is older is stored at the time when it was read.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(36_500);

    /// <summary>Starts following.</summary>
    public void Start()
    {
        if (_sources.Count > 0)
        {
            _loop = Task.Run(LoopAsync);
        }
    }

    /// <summary>Files that are followed.</summary>
    public IReadOnlyList<FollowedFileStatus> Files() => _status;

    /// <summary>Looks once for new files and new lines. Called by the loop; tests call it themselves. Not thread-safe.</summary>
    public void Poll()
    {
        var now = _time.GetUtcNow();
        var paths = new HashSet<FileIdentity>();
        var looked = now >= _nextGlob;
        if (looked)
        {
            _nextGlob = now + GlobInterval;
            Find(now, paths);
        }

        var changed = false;
        foreach (var (identity, file) in _open.ToArray())
        {
            try
            {
                var still = now - file.LastGrowth >= PartialLineAge;
                var grew = file.Read(_sink, now, takePartial: still);
                if (grew)
                {
                    _positions.Set(identity, file.Offset, file.Mark);
                    changed = true;
                }
                else if (looked && still && !paths.Contains(identity))
                {
                    // Rotated away or deleted, and read to its end.
                    _open.Remove(identity);
                    _positions.Forget(identity);
                    file.Dispose();
                    changed = true;
                }
            }
            catch (Exception e) when (e is StorageFailedException or LimitExceededException or IOException)
            {
                _report($"{file.Path}: {e.Message}");
            }
        }

        if (changed)
        {
            _positions.Save();
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
                try
                {
                    Poll();
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    _report($"following files: {e.Message}");
                }

                await Task.Delay(PollInterval, _time, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private void Find(DateTimeOffset now, HashSet<FileIdentity> found)
    {
        foreach (var (configuration, files, exclude) in _sources)
        {
            foreach (var path in files.SelectMany(f => f.Files()).Distinct(StringComparer.Ordinal))
            {
                // Compressed archives of a rotation are copies of what was read.
                if (path.EndsWith(".gz", StringComparison.Ordinal) || exclude.Any(e => e.IsMatch(path)))
                {
                    continue;
                }

                try
                {
                    Open(path, configuration, now, found);
                    _refused.Remove(path);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    if (_refused.Add(path))
                    {
                        _report($"{path}: {e.Message}");
                    }
                }
            }
        }
    }

    private void Open(string path, TailConfiguration configuration, DateTimeOffset now, HashSet<FileIdentity> found)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var identity = FileIdentity.Of(handle);
        if (!found.Add(identity) || _open.ContainsKey(identity))
        {
            handle.Dispose();
            return;
        }

        var length = RandomAccess.GetLength(handle);
        var known = _positions.Get(identity);
        var offset = known is { } position
            ? position.Offset <= length && (position.Mark is not { } mark || mark == FileMark.Of(handle, position.Offset)) ? position.Offset : 0
            : configuration.FromEnd ? length : 0;
        _open.Add(identity, new FollowedFile(path, handle, identity, offset, configuration, _limits, now, new LineParser(configuration.Format, _time.LocalTimeZone, Retention)));
    }
}
