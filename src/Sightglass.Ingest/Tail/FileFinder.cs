using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Parsers;

namespace Sightglass.Ingest.Tail;

/// <summary>
/// Finds files by their globs and opens each where reading has to go on: behind what is stored of it, of the file that it is a copy or an archive of,
/// or at its beginning. Used by one thread.
/// </summary>
internal sealed class FileFinder
{
    private const int CompareBytes = 64 << 10;

    private readonly IReadOnlyList<(TailConfiguration Configuration, Glob[] Files, Glob[] Exclude)> _sources;
    private readonly KnownFiles _known;
    private readonly Dictionary<FileIdentity, FollowedFile> _open;
    private readonly LogIntake _intake;
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private readonly HashSet<FileIdentity> _present = [];

    public FileFinder(IReadOnlyList<TailConfiguration> configurations, KnownFiles known, Dictionary<FileIdentity, FollowedFile> open, LogIntake intake)
    {
        _sources = [.. configurations.Select(c => (c, c.Files.Select(f => new Glob(f)).ToArray(), c.Exclude.Select(f => new Glob(f)).ToArray()))];
        _known = known;
        _open = open;
        _intake = intake;
    }

    /// <summary>Files that the last look found.</summary>
    public IReadOnlySet<FileIdentity> Present => _present;

    /// <summary>Looks for files and opens those that are new.</summary>
    public void Look(DateTimeOffset now)
    {
        _present.Clear();
        var unknown = new List<(FileIdentity Identity, string Path, TailConfiguration Configuration)>();
        foreach (var (configuration, files, exclude) in _sources)
        {
            foreach (var path in files.SelectMany(f => f.Files()).Distinct(StringComparer.Ordinal))
            {
                if (exclude.Any(e => e.IsMatch(path)) || FileIdentity.Of(path) is not { } identity || !_present.Add(identity) || _open.ContainsKey(identity))
                {
                    continue;
                }

                if (_known.Get(identity) is null)
                {
                    unknown.Add((identity, path, configuration));
                }
                else
                {
                    Guarded(path, () => OpenKnown(path, identity, configuration, now));
                }
            }
        }

        // Files that nobody knows come last: whether one is a copy is told by those that are known.
        foreach (var (identity, path, configuration) in unknown)
        {
            Guarded(path, () => OpenUnknown(path, identity, configuration, now));
        }

        foreach (var (configuration, _, _) in _sources)
        {
            if (configuration.FromEnd && !_known.HasLooked(configuration.Name))
            {
                _known.SetLooked(configuration.Name, _intake.Sink);
            }
        }
    }

    private void OpenKnown(string path, FileIdentity identity, TailConfiguration configuration, DateTimeOffset now)
    {
        var position = _known.Get(identity)!;
        if (position.Done)
        {
            return;
        }

        var content = TailContent.Open(path);
        try
        {
            if (FileIdentity.Of(path) != identity)
            {
                content.Dispose();
                return;
            }

            if (!position.Holds(content))
            {
                var anew = Beginning(path, now);
                _known.SetTruncated(identity, position, anew, _intake.Sink);
                position = anew;
            }

            Follow(content, identity, position, configuration, now);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    private void OpenUnknown(string path, FileIdentity identity, TailConfiguration configuration, DateTimeOffset now)
    {
        var content = TailContent.Open(path);
        try
        {
            var position = FileIdentity.Of(path) != identity || (content.IsArchive && now - content.LastWrite < FileTailer.PartialLineAge)
                ? null
                : _known.FindMoved(identity, path, content) ?? Decide(content, path, configuration, now);
            if (position is null)
            {
                content.Dispose();
                return;
            }

            if (position.Offset > 0)
            {
                _known.Store(identity, position, _intake.Sink);
            }

            Follow(content, identity, position, configuration, now);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    private void Follow(TailContent content, FileIdentity identity, TailPosition position, TailConfiguration configuration, DateTimeOffset now) =>
        _open.Add(identity, new FollowedFile(
            content, identity, position, configuration, _known, _intake.Ledger.Source(FileTailer.Receiver, position.Path), _intake.Limits, now,
            new LineParser(configuration.Parser, configuration.TimeZone ?? _intake.Time.LocalTimeZone, _intake.Retention)));

    /// <summary>Where a file that was never read begins; null when that cannot be said yet.</summary>
    private TailPosition? Decide(TailContent content, string path, TailConfiguration configuration, DateTimeOffset now)
    {
        var wait = false;
        foreach (var (identity, former) in _known.All().ToArray())
        {
            if (!former.MayBeCopiedTo(path, content))
            {
                continue;
            }

            if (identity is { } other && _open.TryGetValue(other, out var live))
            {
                // What a file holds that is still there is read from itself. When it is truncated or removed, which may not have been noticed yet, this is a
                // copy of what it was.
                wait |= !live.Position.Holds(live.Content) || IsBeginningOf(content, live.Content);
            }
            else if (content.Length < former.Offset)
            {
                // Copied before the last lines that were read.
                return At(content, content.Length, path, now);
            }
            else if (content.Mark(former.Offset) == former.Mark)
            {
                return At(content, former.Offset, path, now);
            }
        }

        return wait ? null
            : configuration.FromEnd && !content.IsArchive && !_known.HasLooked(configuration.Name) ? At(content, content.Length, path, now)
            : Beginning(path, now);
    }

    private static bool IsBeginningOf(TailContent copy, TailContent original)
    {
        if (!copy.IsArchive && copy.Length > original.Length)
        {
            return false;
        }

        var (first, second) = (new byte[CompareBytes], new byte[CompareBytes]);
        var read = copy.Read(first, 0);
        return original.Read(second.AsSpan(0, read), 0) == read && first.AsSpan(0, read).SequenceEqual(second.AsSpan(0, read));
    }

    private static TailPosition Beginning(string path, DateTimeOffset now) => new(0, 0, 0, 0, now.ToUnixTimeSeconds(), false, path);

    private static TailPosition At(TailContent content, long offset, string path, DateTimeOffset now)
    {
        var headLength = (int)Math.Min(offset, TailContent.HeadBytes);
        return new TailPosition(offset, content.Mark(offset), headLength, content.Head(headLength), now.ToUnixTimeSeconds(), false, path);
    }

    private void Guarded(string path, Action action)
    {
        try
        {
            action();
            _refused.Remove(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            if (_refused.Add(path))
            {
                _intake.Report($"{path}: {e.Message}");
            }
        }
    }
}
