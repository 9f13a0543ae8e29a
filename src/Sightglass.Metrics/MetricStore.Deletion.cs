using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Metrics.Deletion;
using Sightglass.Metrics.Parts;

namespace Sightglass.Metrics;

public sealed partial class MetricStore
{
    /// <summary>Deletions that wait to be removed from disk, at most: each is looked up in the index of every part that it concerns.</summary>
    public const int MaxTombstones = 10_000;

    private readonly TombstoneFile _tombstoneFile;

    // Guarded by _workGate.
    private Tombstone[] _tombstones;

    /// <summary>
    /// Deletes the samples in a range (milliseconds, inclusive) of the series that satisfy all matchers of at least one of
    /// <paramref name="selectors"/>, and their exemplars. On return no new query sees them, nor does a store that is opened again; merges and
    /// <see cref="CleanDeleted"/> remove them from disk. Samples written afterwards are kept, whatever their time.
    /// </summary>
    /// <exception cref="StorageFailedException">The disk did not take it. Should the process end now, the deletion may turn out to have been made.</exception>
    /// <exception cref="LimitExceededException">Too many deletions wait to be removed from disk.</exception>
    public void Delete(IReadOnlyList<IReadOnlyList<LabelMatcher>> selectors, long minTimeMs, long maxTimeMs)
    {
        ArgumentNullException.ThrowIfNull(selectors);
        if (selectors.Count == 0 || minTimeMs > maxTimeMs)
        {
            return;
        }

        lock (_workGate)
        {
            if (_tombstones.Length + selectors.Count > MaxTombstones)
            {
                throw new LimitExceededException(nameof(MaxTombstones), MaxTombstones, _tombstones.Length + selectors.Count, "too many deletions wait to be removed from disk; clean_tombstones removes them");
            }

            // What is in memory now goes to parts first: then a part's number says whether its samples were there before the deletion.
            Flush();
            _exemplars.Delete(selectors, minTimeMs, maxTimeMs);
            var parts = _state.Parts;
            if (parts.Length == 0)
            {
                return;
            }

            // Numbers of committed parts are never given out again; those of parts that were not committed may be, after a crash.
            var before = parts.Max(p => Storage.Manifest.NumberOf(p.Name)) + 1;
            var now = _options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
            Tombstone[] added = [.. selectors.Select(s => new Tombstone(before, now, minTimeMs, maxTimeMs, s)).Where(t => parts.Any(p => Affects(t, p)))];
            if (added.Length > 0)
            {
                Tombstone[] all = [.. _tombstones, .. added];
                _tombstoneFile.Write(all);
                _tombstones = all;
                SetDeletions(parts);
                _changes.ChangedAll();
            }
        }
    }

    /// <summary>Removes deleted samples from disk. Senders and queries go on meanwhile; returns the number of parts written anew.</summary>
    /// <exception cref="StorageFailedException">The disk did not take it; what was deleted stays hidden.</exception>
    public int CleanDeleted(CancellationToken cancellation)
    {
        for (var cleaned = 0; ; cleaned++)
        {
            lock (_workGate)
            {
                if (!CleanOnce(static d => d.HasDeleted, cancellation))
                {
                    ForgetTombstones();
                    return cleaned;
                }
            }
        }
    }

    private static bool Affects(Tombstone tombstone, MetricPart part) =>
        tombstone.Concerns(Storage.Manifest.NumberOf(part.Name), part.MinTime, part.MaxTime) && part.Index.Find(tombstone.Matchers, CancellationToken.None).Next(0) >= 0;

    // Parts with nothing else to merge with are written anew for what is deleted in them some time later, so that many deletions cost one.
    private bool CleanInBackground(CancellationToken cancellation)
    {
        var settled = (_options.TimeProvider.GetUtcNow() - _options.CleanAfter).ToUnixTimeMilliseconds();
        return CleanOnce(d => d.HasExpired || (d.Tombstones.Any(t => t.CreatedMs <= settled) && d.HasDeleted), cancellation);
    }

    private bool CleanOnce(Func<PartDeletions, bool> due, CancellationToken cancellation)
    {
        foreach (var part in _state.Parts)
        {
            if (part.Deletions is { } deletions && due(deletions))
            {
                Merge([part], cancellation);
                return true;
            }
        }

        return false;
    }

    // A tombstone whose parts were all written anew, are gone, or have none of its series, has nothing left to hide.
    private void ForgetTombstones()
    {
        if (_tombstones.Length == 0)
        {
            return;
        }

        var parts = _state.Parts;
        Tombstone[] left = [.. _tombstones.Where(t => parts.Any(p => p.Deletions?.Tombstones.Contains(t) == true && Affects(t, p)))];
        if (left.Length < _tombstones.Length)
        {
            _tombstoneFile.Write(left);
            _tombstones = left;
        }
    }

    private void SetDeletions(IEnumerable<MetricPart> parts)
    {
        foreach (var part in parts)
        {
            part.Deletions = PartDeletions.For(part, _tombstones, _retention);
        }
    }
}
