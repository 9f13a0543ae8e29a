using Sightglass.Core.Errors;

namespace Sightglass.Alerting.OnCall;

/// <summary>The overrides of all rotations. Thread-safe.</summary>
public sealed class OverrideRegistry
{
    /// <summary>How long overrides that are over are kept for the record.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(90);

    private readonly IEntryStore<OnCallOverride> _store;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, OnCallOverride> _overrides = new(StringComparer.Ordinal);

    /// <summary>Takes up what is stored.</summary>
    public OverrideRegistry(IEntryStore<OnCallOverride> store, TimeProvider time)
    {
        (_store, _time) = (store, time);
        foreach (var standIn in store.Load())
        {
            _overrides[standIn.Id] = standIn;
        }
    }

    /// <summary>The overrides of a rotation, by their beginning.</summary>
    public IReadOnlyList<OnCallOverride> Of(string rotation)
    {
        lock (_gate)
        {
            return [.. _overrides.Values.Where(o => o.Rotation == rotation).OrderBy(static o => o.From).ThenBy(static o => o.CreatedAt)];
        }
    }

    /// <summary>Adds one, with an id of its own.</summary>
    /// <exception cref="QueryException">Its times do not go together.</exception>
    /// <exception cref="LimitExceededException">The rotation has too many.</exception>
    public OnCallOverride Add(OnCallOverride standIn)
    {
        var now = _time.GetUtcNow();
        if (standIn.To <= standIn.From || standIn.To <= now || standIn.To - standIn.From > OnCallLimits.MaxShift)
        {
            throw new QueryException(
                QueryErrorKind.BadData,
                standIn.To <= standIn.From ? "to: want a time after from" : standIn.To <= now ? "to: want a time to come" : $"an override lasts at most {OnCallLimits.MaxShift.TotalDays} days");
        }

        lock (_gate)
        {
            foreach (var old in _overrides.Values.Where(o => o.To + Retention < now).ToArray())
            {
                _store.Delete(old.Id);
                _overrides.Remove(old.Id);
            }

            var count = _overrides.Values.Count(o => o.Rotation == standIn.Rotation);
            if (count >= OnCallLimits.MaxOverrides)
            {
                throw new LimitExceededException(nameof(OnCallLimits.MaxOverrides), OnCallLimits.MaxOverrides, count + 1, "too many overrides of one rotation");
            }

            var added = standIn with { Id = Guid.NewGuid().ToString(), CreatedAt = now };
            _store.Save(added);
            _overrides[added.Id] = added;
            return added;
        }
    }

    /// <summary>Removes one.</summary>
    /// <exception cref="QueryException">The rotation has none of that id.</exception>
    public void Remove(string rotation, string id)
    {
        lock (_gate)
        {
            if (!_overrides.TryGetValue(id, out var found) || found.Rotation != rotation)
            {
                throw new QueryException(QueryErrorKind.NotFound, $"rotation \"{rotation}\" has no override \"{id}\"");
            }

            _store.Delete(id);
            _overrides.Remove(id);
        }
    }
}
