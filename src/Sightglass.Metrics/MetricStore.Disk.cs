using Sightglass.Core.Errors;
using Sightglass.Metrics.Deletion;
using Sightglass.Metrics.Log;
using Sightglass.Metrics.Parts;
using Sightglass.Storage;

namespace Sightglass.Metrics;

/// <summary>Snapshots, and giving parts up for their size.</summary>
public sealed partial class MetricStore : IPartOwner
{
    /// <summary>What the store's parts are called among those of other signals.</summary>
    public const string Signal = "metrics";

    /// <summary>
    /// Makes a folder that a store can be opened on, of what is acknowledged now; senders and queries go on meanwhile. Parts are hard links.
    /// </summary>
    /// <param name="target">The folder to make; its parent exists.</param>
    /// <param name="skipHead">Leaves out what is in memory only, instead of writing it to a part first.</param>
    /// <exception cref="StorageFailedException">The disk did not take it; what was made of the folder is the caller's to remove.</exception>
    public void Snapshot(string target, bool skipHead)
    {
        lock (_workGate)
        {
            if (!skipHead)
            {
                Flush();
                _metadata.Save();
            }

            var snapshot = new EngineSnapshot(_files, _options.Folder, target);
            snapshot.AddParts(_manifest);
            snapshot.AddFile(FamilyMetadata.FileName, FamilyMetadata.MaxBytes);
            snapshot.AddFile(TombstoneFile.Name, TwinFile.MaxBytes);
            snapshot.AddFile(TombstoneFile.Name + TwinFile.CopySuffix, TwinFile.MaxBytes);
            _exemplars.AddTo(snapshot);
        }
    }

    /// <inheritdoc/>
    public long DiskBytes
    {
        get
        {
            using var snapshot = TakeSnapshot();
            return snapshot.Parts.Sum(p => p.Bytes) + _log.Bytes;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<StoredPart> StoredParts()
    {
        using var snapshot = TakeSnapshot();
        return [.. snapshot.Parts.Select(p => new StoredPart(this, Signal, p.Name, p.Partition, p.MaxTime, p.Bytes))];
    }

    /// <inheritdoc/>
    public void DropParts(IReadOnlyCollection<string> names)
    {
        lock (_workGate)
        {
            Drop([.. _state.Parts.Where(p => names.Contains(p.Name))]);
        }
    }

    private void Drop(MetricPart[] parts)
    {
        if (parts.Length > 0)
        {
            _manifest.Commit([], [.. parts.Select(p => p.Name)], 0);
            Replace(parts, []);
            _changes.ChangedAll();
            ForgetTombstones();
        }
    }
}
