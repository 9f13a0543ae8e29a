using System.Security.Cryptography;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Events.Deletion;
using Sightglass.Events.Parts;
using Sightglass.Events.Querying;
using Sightglass.Storage;

namespace Sightglass.Events;

/// <summary>Deletion of rows.</summary>
public sealed partial class EventStore
{
    /// <summary>Deletions of which rows are still on disk, at most: each is tried on every block that it may concern.</summary>
    public const int MaxDeletions = 1000;

    /// <summary>Deletions that are done and still listed, at most: the newest.</summary>
    private const int MaxProcessed = 1000;

    /// <summary>How often parts are looked through for what retention rules have let go: the rows are hidden already.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromHours(1);

    private readonly DeletionFile _deletionFile;
    private readonly StreamRetention _logRetention;
    private readonly StreamRetention _spanRetention;

    // Replaced as a whole, with _maintenance held.
    private EventDeletion[] _deletions;
    private DateTimeOffset _lastSweep;

    /// <summary>All deletions, oldest first.</summary>
    public IReadOnlyList<EventDeletion> Deletions => Volatile.Read(ref _deletions);

    /// <summary>
    /// Deletes the rows that a query names in a range of times (nanoseconds, inclusive). On return no new query sees them, nor does a store that is
    /// opened again; merges remove them from disk. Rows stored afterwards are kept, whatever their time.
    /// </summary>
    /// <exception cref="QueryException">The query names no rows that can be deleted.</exception>
    /// <exception cref="LimitExceededException">Too many deletions wait to be removed from disk.</exception>
    /// <exception cref="StorageFailedException">The disk did not take it. Should the process end now, the deletion may turn out to have been made.</exception>
    public EventDeletion Delete(EventSignal signal, string query, long minTimeUnixNano, long maxTimeUnixNano)
    {
        // A query that makes no sense is refused before anything is written.
        _options.DeletionFilter(signal, query);
        lock (_maintenance)
        {
            var open = _deletions.Count(static d => d.Status != EventDeletionStatus.Processed);
            if (open >= MaxDeletions)
            {
                throw new LimitExceededException(nameof(MaxDeletions), MaxDeletions, open + 1, "too many deletions wait to be removed from disk");
            }

            // What is in memory now goes to parts first: then a part's number says whether its rows were there before the deletion.
            Flush();
            var parts = PartsNow();

            // Numbers of committed parts are never given out again; those of parts that were not committed may be, after a crash.
            var before = parts.Length == 0 ? 0 : parts.Max(p => Manifest.NumberOf(p.Name)) + 1;
            var now = _options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
            var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
            SaveDeletions([.. _deletions, new EventDeletion(id, signal, query, minTimeUnixNano, maxTimeUnixNano, now, before, EventDeletionStatus.Received)]);
            SettleDeletions();
            return _deletions.First(d => d.Id == id);
        }
    }

    /// <summary>Takes a deletion back: rows that are still on disk are seen again. Null when there is none of that id, false when it is too late for it.</summary>
    /// <param name="id">The deletion.</param>
    /// <param name="force">Takes back what is left of one that has begun.</param>
    /// <exception cref="StorageFailedException">The disk did not take it.</exception>
    public bool? CancelDeletion(string id, bool force)
    {
        lock (_maintenance)
        {
            switch (Array.Find(_deletions, d => d.Id == id))
            {
                case null:
                    return null;
                case { Status: EventDeletionStatus.Processed }:
                case { Status: EventDeletionStatus.Begun } when !force:
                    return false;
                default:
                    SaveDeletions([.. _deletions.Where(d => d.Id != id)]);
                    return true;
            }
        }
    }

    /// <summary>Removes deleted rows from disk; returns the number of parts written anew.</summary>
    /// <exception cref="StorageFailedException">The disk did not take it; what was deleted stays hidden.</exception>
    public int CleanDeleted(CancellationToken cancellation)
    {
        for (var cleaned = 0; ; cleaned++)
        {
            lock (_maintenance)
            {
                if (!CleanOnce(static _ => true, cancellation))
                {
                    return cleaned;
                }
            }
        }
    }

    // A part with nothing to merge with is written anew for its deletions some time later, so that many cost one and may be taken back until then;
    // and once for each retention rule that lets go of all that it keeps in it.
    private bool CleanInBackground(CancellationToken cancellation)
    {
        var now = _options.TimeProvider.GetUtcNow();
        var settled = (now - _options.CleanAfter).ToUnixTimeMilliseconds();
        var due = _deletions.Where(d => d.Status != EventDeletionStatus.Processed && d.CreatedMs <= settled).Select(static d => d.Id).ToHashSet();
        var sweep = _logRetention.Ranges.Length + _spanRetention.Ranges.Length > 0 && now - _lastSweep >= SweepInterval;
        if ((sweep || due.Count > 0) && CleanOnce(range => range.Deletion is null ? sweep : due.Contains(range.Deletion), cancellation))
        {
            return true;
        }

        if (sweep)
        {
            _lastSweep = now;
        }

        return false;
    }

    private bool CleanOnce(Func<HiddenRange, bool> due, CancellationToken cancellation)
    {
        foreach (var part in PartsNow())
        {
            // A part with broken blocks stays as it is: writing it anew would lose what might still be rescued from it.
            if (part.Hidden is { } hidden && part.BadBlocks == 0
                && Array.Exists(hidden, r => due(r) && r.MayConcern(part) && (r.Deletion is not null || part.Directory.MaxTime <= r.MaxTime)))
            {
                return Merge([part], cancellation);
            }
        }

        return false;
    }

    // The parts' ranges follow the list; what no part is concerned by any more is done.
    private void SaveDeletions(EventDeletion[] deletions)
    {
        _deletionFile.Write(deletions);
        Volatile.Write(ref _deletions, deletions);
        var ranges = new Dictionary<string, HiddenRange>();
        foreach (var part in PartsNow())
        {
            SetHidden(part, ranges);
        }
    }

    /// <param name="begun">Deletions of which a merge has just removed rows.</param>
    private void SettleDeletions(HashSet<string>? begun = null)
    {
        if (Array.TrueForAll(_deletions, static d => d.Status == EventDeletionStatus.Processed))
        {
            return;
        }

        var concerned = PartsNow().SelectMany(static p => p.Hidden ?? []).Select(static r => r.Deletion).ToHashSet();
        var next = Array.ConvertAll(_deletions, d =>
            d.Status == EventDeletionStatus.Processed ? d
            : !concerned.Contains(d.Id) ? d with { Status = EventDeletionStatus.Processed }
            : begun?.Contains(d.Id) == true ? d with { Status = EventDeletionStatus.Begun }
            : d);
        if (!next.SequenceEqual(_deletions))
        {
            var surplus = next.Count(static d => d.Status == EventDeletionStatus.Processed) - MaxProcessed;
            _deletionFile.Write(next = [.. next.Where(d => d.Status != EventDeletionStatus.Processed || surplus-- <= 0)]);
            Volatile.Write(ref _deletions, next);
        }
    }

    private void SetHidden(EventPart part, Dictionary<string, HiddenRange> ranges)
    {
        var number = Manifest.NumberOf(part.Name);
        var hidden = new List<HiddenRange>();
        foreach (var deletion in _deletions)
        {
            if (deletion.Status == EventDeletionStatus.Processed || deletion.Signal != part.Directory.Signal || number >= deletion.BeforePart)
            {
                continue;
            }

            if (!ranges.TryGetValue(deletion.Id, out var range))
            {
                ranges[deletion.Id] = range = new HiddenRange(_options.DeletionFilter(deletion.Signal, deletion.Query), deletion.MinTimeUnixNano, () => deletion.MaxTimeUnixNano, deletion.Id);
            }

            if (range.MayConcern(part))
            {
                hidden.Add(range);
            }
        }

        hidden.AddRange(RetentionOf(part.Directory.Signal).Ranges);
        part.Hidden = hidden.Count == 0 ? null : [.. hidden];
    }

    /// <summary>Leaves out blocks of which nothing may be seen, and notes which rows may where some may not.</summary>
    private List<BlockSource> VisibleOnly(List<BlockSource> sources)
    {
        if (!sources.Exists(static s => s.Block is PartBlock { Part.Hidden: not null }))
        {
            return sources;
        }

        var hidden = new HiddenRows();
        return sources.FindAll(source =>
        {
            if (source.Block is not PartBlock block)
            {
                return true;
            }

            try
            {
                block.Left = hidden.Visible(block);
                return block.Left?.IsEmpty != true;
            }
            catch (CorruptDataException e)
            {
                SetAside(block, e);
                return false;
            }
            finally
            {
                block.Forget();
            }
        });
    }

    private StreamRetention RetentionOf(EventSignal signal) => signal == EventSignal.Logs ? _logRetention : _spanRetention;

    private EventPart[] PartsNow()
    {
        lock (_gate)
        {
            return [.. _parts];
        }
    }
}
