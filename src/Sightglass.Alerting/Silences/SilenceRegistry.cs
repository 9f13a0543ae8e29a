using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Silences;

/// <summary>The silences of this server, with Alertmanager's rules for changing them. Thread-safe.</summary>
public sealed class SilenceRegistry
{
    /// <summary>How long expired silences are kept for the record.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromHours(120);

    private readonly IEntryStore<Silence> _store;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Silence> _silences = new(StringComparer.Ordinal);

    /// <summary>Takes up what is stored.</summary>
    public SilenceRegistry(IEntryStore<Silence> store, TimeProvider time)
    {
        (_store, _time) = (store, time);
        foreach (var silence in store.Load())
        {
            _silences[silence.Id] = silence;
        }
    }

    /// <summary>All silences, newest change first.</summary>
    public IReadOnlyList<Silence> List()
    {
        lock (_gate)
        {
            return [.. _silences.Values.OrderByDescending(static s => s.UpdatedAt)];
        }
    }

    /// <summary>One silence, or null.</summary>
    public Silence? Get(string id)
    {
        lock (_gate)
        {
            return _silences.GetValueOrDefault(id);
        }
    }

    /// <summary>Ids of the silences that are in effect for labels.</summary>
    public IReadOnlyList<string> SilencedBy(LabelSet labels)
    {
        var now = _time.GetUtcNow();
        lock (_gate)
        {
            List<string>? ids = null;
            foreach (var silence in _silences.Values)
            {
                if (silence.State(now) == SilenceState.Active && silence.Matches(labels))
                {
                    (ids ??= []).Add(silence.Id);
                }
            }

            ids?.Sort(StringComparer.Ordinal);
            return ids ?? (IReadOnlyList<string>)[];
        }
    }

    /// <summary>Creates a silence, or changes the one with its id; when what changes cannot be changed, the old one ends and a new one begins. Returns the id.</summary>
    /// <exception cref="QueryException">It is not valid, or there is none of its id.</exception>
    /// <exception cref="LimitExceededException">There are too many.</exception>
    public string Set(Silence silence)
    {
        var now = _time.GetUtcNow();
        Validate(silence, now);
        lock (_gate)
        {
            Collect(now);
            if (silence.Id.Length > 0)
            {
                if (!_silences.TryGetValue(silence.Id, out var old))
                {
                    throw new QueryException(QueryErrorKind.NotFound, "silence not found");
                }

                if (CanChange(old, silence, now))
                {
                    return Put(silence with { UpdatedAt = now });
                }

                if (old.State(now) != SilenceState.Expired)
                {
                    Put(Ended(old, now));
                }
            }

            if (_silences.Count >= AlertingLimits.MaxSilences)
            {
                throw new LimitExceededException("MaxSilences", AlertingLimits.MaxSilences, _silences.Count + 1, "too many silences");
            }

            return Put(silence with { Id = Guid.NewGuid().ToString(), StartsAt = silence.StartsAt < now ? now : silence.StartsAt, UpdatedAt = now });
        }
    }

    /// <summary>Ends a silence now.</summary>
    /// <exception cref="QueryException">There is none, or it is over.</exception>
    public void Expire(string id)
    {
        var now = _time.GetUtcNow();
        lock (_gate)
        {
            if (!_silences.TryGetValue(id, out var silence))
            {
                throw new QueryException(QueryErrorKind.NotFound, "silence not found");
            }

            if (silence.State(now) == SilenceState.Expired)
            {
                throw new QueryException(QueryErrorKind.BadData, $"silence {id} already expired");
            }

            Put(Ended(silence, now));
        }
    }

    private static void Validate(Silence silence, DateTimeOffset now)
    {
        var wrong = silence.Matchers.Count == 0 ? "invalid silence: at least one matcher required"
            : silence.Matchers.All(static m => m.MatchesEmpty) ? "invalid silence: at least one matcher must not match the empty string"
            : silence.EndsAt <= silence.StartsAt ? "failed to create silence: start time must be before end time"
            : silence.EndsAt < now ? "failed to create silence: end time can't be in the past"
            : null;
        if (wrong is not null)
        {
            throw new QueryException(QueryErrorKind.BadData, wrong);
        }
    }

    private static bool CanChange(Silence old, Silence next, DateTimeOffset now)
    {
        var same = old.Matchers.Select(static m => m.ToString()).SequenceEqual(next.Matchers.Select(static m => m.ToString()));
        return same && old.State(now) switch
        {
            SilenceState.Active => old.StartsAt.ToUnixTimeSeconds() == next.StartsAt.ToUnixTimeSeconds(),
            SilenceState.Pending => next.StartsAt >= now,
            _ => false,
        };
    }

    private static Silence Ended(Silence silence, DateTimeOffset now) =>
        silence with { StartsAt = silence.StartsAt > now ? now : silence.StartsAt, EndsAt = now, UpdatedAt = now };

    private string Put(Silence silence)
    {
        _store.Save(silence);
        _silences[silence.Id] = silence;
        return silence.Id;
    }

    private void Collect(DateTimeOffset now)
    {
        foreach (var silence in _silences.Values.Where(s => s.EndsAt + Retention < now).ToArray())
        {
            _store.Delete(silence.Id);
            _silences.Remove(silence.Id);
        }
    }
}
