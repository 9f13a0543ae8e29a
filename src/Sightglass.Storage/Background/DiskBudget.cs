namespace Sightglass.Storage;

/// <summary>What <see cref="DiskBudget.Apply"/> gave up.</summary>
/// <param name="Signal">Metrics, logs or traces.</param>
/// <param name="Day">Days since the Unix epoch.</param>
/// <param name="Parts">Parts.</param>
/// <param name="Bytes">Their size.</param>
public readonly record struct DroppedParts(string Signal, long Day, int Parts, long Bytes);

/// <summary>
/// Keeps all engines together under a number of bytes: the oldest day of all signals goes first, whole; of the newest day the parts whose items are
/// oldest, except for each signal's newest part.
/// </summary>
/// <param name="owners">The engines.</param>
/// <param name="limitBytes">Asked each time: a share of the disk may change with it.</param>
public sealed class DiskBudget(IReadOnlyList<IPartOwner> owners, Func<long> limitBytes)
{
    /// <summary>Bytes allowed at present.</summary>
    public long LimitBytes => limitBytes();

    /// <summary>Bytes of parts and logs of all engines.</summary>
    public long UsedBytes => owners.Sum(o => o.DiskBytes);

    /// <summary>Gives up what has to go; oldest first. When the rest is still over the limit, there is nothing more to give up.</summary>
    /// <exception cref="Core.Errors.StorageFailedException">An engine could not write down what it gives up.</exception>
    public IReadOnlyList<DroppedParts> Apply()
    {
        var limit = LimitBytes;
        var dropped = new List<DroppedParts>();
        while (UsedBytes > limit && NextToGo() is { Count: > 0 } parts)
        {
            foreach (var group in parts.GroupBy(p => (p.Owner, p.Signal, p.Day)))
            {
                group.Key.Owner.DropParts([.. group.Select(p => p.Name)]);
                dropped.Add(new DroppedParts(group.Key.Signal, group.Key.Day, group.Count(), group.Sum(p => p.Bytes)));
            }
        }

        return dropped;
    }

    private List<StoredPart> NextToGo()
    {
        var parts = owners.SelectMany(o => o.StoredParts()).ToList();
        if (parts.Count == 0)
        {
            return [];
        }

        var (oldest, newest) = (parts.Min(p => p.Day), parts.Max(p => p.Day));
        if (oldest < newest)
        {
            return parts.FindAll(p => p.Day == oldest);
        }

        var kept = parts.GroupBy(p => p.Signal).Select(g => g.MaxBy(p => p.NewestMs)).ToHashSet();
        var candidates = parts.FindAll(p => !kept.Contains(p));
        return candidates.Count == 0 ? [] : [candidates.MinBy(p => p.NewestMs)];
    }
}
