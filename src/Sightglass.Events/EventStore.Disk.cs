using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Events.Parts;
using Sightglass.Storage;

namespace Sightglass.Events;

/// <summary>Snapshots, and giving parts up for their size.</summary>
public sealed partial class EventStore : IPartOwner
{
    private const long NanosecondsPerMillisecond = 1_000_000;

    /// <summary>
    /// Makes a folder that a store can be opened on, of what is acknowledged now; senders and queries go on meanwhile. Parts are hard links.
    /// </summary>
    /// <param name="target">The folder to make; its parent exists.</param>
    /// <param name="skipHead">Leaves out what is in memory only, instead of writing it to parts first.</param>
    /// <exception cref="StorageFailedException">The disk did not take it; what was made of the folder is the caller's to remove.</exception>
    public void Snapshot(string target, bool skipHead)
    {
        lock (_maintenance)
        {
            if (!skipHead)
            {
                Flush();
            }

            _files.Snapshot(target);
        }
    }

    /// <inheritdoc/>
    public long DiskBytes
    {
        get
        {
            lock (_gate)
            {
                return _parts.Sum(p => p.Bytes) + _files.LogBytes;
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<StoredPart> StoredParts()
    {
        lock (_gate)
        {
            return [.. _parts.Select(p => new StoredPart(
                this, p.Directory.Signal == EventSignal.Logs ? "logs" : "traces", p.Name, p.Directory.Day, p.Directory.MaxTime / NanosecondsPerMillisecond, p.Bytes))];
        }
    }

    /// <inheritdoc/>
    public void DropParts(IReadOnlyCollection<string> names)
    {
        lock (_maintenance)
        {
            List<EventPart> dropped;
            lock (_gate)
            {
                dropped = _parts.FindAll(p => names.Contains(p.Name));
            }

            if (dropped.Count > 0)
            {
                Replace([], dropped, null);
                SettleDeletions();
            }
        }
    }
}
