using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Tail;

/// <summary>
/// What is known of files from their positions: those that are read, those that were, and what files held before they were truncated. Changes go to the
/// store first, in batches of lines or alone. Used by one thread.
/// </summary>
internal sealed class KnownFiles
{
    /// <summary>How long a file that is gone, or the content of a truncated one, is remembered: until its copy or archive was seen.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromDays(2);

    // A file system may come up after the server.
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    // The double slash: no file is called so.
    private const string EntryPrefix = TailPosition.Prefix + "/";

    private readonly HashSet<string> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TailPosition> _positions = new(StringComparer.Ordinal);
    private readonly DateTimeOffset _start;

    public KnownFiles(IReadOnlyDictionary<string, string> stored, DateTimeOffset now)
    {
        _start = now;
        foreach (var (source, text) in stored)
        {
            if (source.StartsWith(EntryPrefix, StringComparison.Ordinal))
            {
                _entries.Add(source);
            }
            else if (TailPosition.TryParse(text, out var position))
            {
                _positions[source] = position;
            }
        }
    }

    /// <summary>Whether files of an entry of the configuration were looked for before, by this or an earlier process.</summary>
    public bool HasLooked(string entry) => _entries.Contains(EntryPrefix + entry);

    /// <summary>Notes that files of an entry were looked for: those that come later are read from their beginning.</summary>
    /// <exception cref="Core.Errors.StorageFailedException">Nothing was noted.</exception>
    public void SetLooked(string entry, IBatchSink sink)
    {
        using var batch = LogBatch.Rent();
        batch.Positions.Add(new ReadPosition(EntryPrefix + entry, "looked"));
        sink.Append(batch);
        _entries.Add(EntryPrefix + entry);
    }

    /// <summary>The position of a file.</summary>
    public TailPosition? Get(FileIdentity identity) => _positions.GetValueOrDefault(TailPosition.SourceOf(identity));

    /// <summary>
    /// The position of a file whose device got another number, as those of network and overlay file systems do at each mount, or whose birth was not known
    /// when it was stored.
    /// </summary>
    public TailPosition? FindMoved(FileIdentity identity, string path, TailContent content)
    {
        foreach (var (source, position) in _positions)
        {
            if (position.Path == path && IdentityOf(source) is { } other && other.Inode == identity.Inode
                && (other.Birth == identity.Birth || other.Birth == 0) && position.Holds(content))
            {
                return position;
            }
        }

        return null;
    }

    /// <summary>Positions of files and of former contents, with the identity where the source is a file itself.</summary>
    public IEnumerable<(FileIdentity? Identity, TailPosition Position)> All() => _positions.Select(p => (IdentityOf(p.Key), p.Value));

    public void Set(FileIdentity identity, TailPosition position) => _positions[TailPosition.SourceOf(identity)] = position;

    /// <summary>A file was truncated: its content may still turn up in a copy.</summary>
    /// <exception cref="Core.Errors.StorageFailedException">Nothing was noted.</exception>
    public void SetTruncated(FileIdentity identity, TailPosition former, TailPosition now, IBatchSink sink)
    {
        Store(sink, [(TailPosition.SourceOf(identity), now), (former.SourceOfFormer(identity), former)]);
    }

    /// <summary>Stores a position without lines.</summary>
    /// <exception cref="Core.Errors.StorageFailedException">Nothing was noted.</exception>
    public void Store(FileIdentity identity, TailPosition position, IBatchSink sink) => Store(sink, [(TailPosition.SourceOf(identity), position)]);

    /// <summary>The file was deleted: its inode may be given to another, its content may be in an archive.</summary>
    /// <exception cref="Core.Errors.StorageFailedException">Nothing was noted.</exception>
    public void SetDeleted(FileIdentity identity, IBatchSink sink)
    {
        if (Get(identity) is { } position)
        {
            Store(sink, [(TailPosition.SourceOf(identity), null), (position.SourceOfFormer(identity), position)]);
        }
    }

    /// <summary>Forgets what has been gone for long.</summary>
    /// <exception cref="Core.Errors.StorageFailedException">Nothing was forgotten.</exception>
    public void Expire(IReadOnlySet<FileIdentity> present, DateTimeOffset now, IBatchSink sink)
    {
        if (now - _start < Patience)
        {
            return;
        }

        var oldest = (now - Memory).ToUnixTimeSeconds();
        var gone = _positions.Where(p => p.Value.Seen < oldest && !(IdentityOf(p.Key) is { } identity && present.Contains(identity))).Select(p => p.Key).ToArray();
        if (gone.Length > 0)
        {
            Store(sink, [.. gone.Select(source => (source, (TailPosition?)null))]);
        }
    }

    private static FileIdentity? IdentityOf(string source) => FileIdentity.TryParse(source.AsSpan(TailPosition.Prefix.Length), out var identity) ? identity : null;

    private void Store(IBatchSink sink, ReadOnlySpan<(string Source, TailPosition? Position)> changes)
    {
        using var batch = LogBatch.Rent();
        foreach (var (source, position) in changes)
        {
            batch.Positions.Add(new ReadPosition(source, position?.Format() ?? string.Empty));
        }

        sink.Append(batch);
        foreach (var (source, position) in changes)
        {
            if (position is null)
            {
                _positions.Remove(source);
            }
            else
            {
                _positions[source] = position;
            }
        }
    }
}
