using Sightglass.Alerting.Routing;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Escalation;

/// <summary>Somebody has an alert in hand. It ends when the alert is over, when it expires, or when it is taken back.</summary>
public sealed record Acknowledgement
{
    /// <summary>The alert's fingerprint.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The alert's labels.</summary>
    public required LabelSet Labels { get; init; }

    /// <summary>When: an alert that begins later is another one, though its labels are the same.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who.</summary>
    public required string By { get; init; }

    /// <summary>What they said.</summary>
    public string Comment { get; init; } = string.Empty;

    /// <summary>When it ends by itself, or null.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whether it is about this alert, now.</summary>
    internal bool Covers(Alert alert, DateTimeOffset now) => alert.StartsAt <= At && !(ExpiresAt <= now) && alert.Labels.Equals(Labels);
}

/// <summary>Where acknowledgements are kept. Thread-safe.</summary>
public interface IAcknowledgementStore
{
    /// <summary>All of them.</summary>
    IReadOnlyList<Acknowledgement> Load();

    /// <summary>Adds or replaces, in one transaction.</summary>
    void Save(IReadOnlyList<Acknowledgement> acknowledgements);

    /// <summary>Removes by fingerprint, in one transaction.</summary>
    void Delete(IReadOnlyList<string> fingerprints);
}

/// <summary>The acknowledgements of this server. Thread-safe.</summary>
public sealed class AcknowledgementRegistry
{
    private readonly IAcknowledgementStore _store;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Acknowledgement> _all = new(StringComparer.Ordinal);

    /// <summary>Takes up what is stored.</summary>
    public AcknowledgementRegistry(IAcknowledgementStore store)
    {
        _store = store;
        foreach (var acknowledgement in store.Load())
        {
            _all[acknowledgement.Fingerprint] = acknowledgement;
        }
    }

    /// <summary>All, the newest first.</summary>
    public IReadOnlyList<Acknowledgement> List()
    {
        lock (_gate)
        {
            return [.. _all.Values.OrderByDescending(static a => a.At).ThenBy(static a => a.Fingerprint, StringComparer.Ordinal)];
        }
    }

    /// <summary>The acknowledgement of an alert, or null.</summary>
    public Acknowledgement? Of(Alert alert, DateTimeOffset now)
    {
        lock (_gate)
        {
            return _all.TryGetValue(alert.Fingerprint, out var found) && found.Covers(alert, now) ? found : null;
        }
    }

    /// <exception cref="Core.Errors.StorageFailedException">They could not be stored; nothing is changed.</exception>
    internal void Add(IReadOnlyList<Acknowledgement> acknowledgements)
    {
        lock (_gate)
        {
            _store.Save(acknowledgements);
            foreach (var acknowledgement in acknowledgements)
            {
                _all[acknowledgement.Fingerprint] = acknowledgement;
            }
        }
    }

    /// <summary>Removes those that are still as they were seen.</summary>
    /// <exception cref="Core.Errors.StorageFailedException">It could not be stored; nothing is changed.</exception>
    internal List<Acknowledgement> Remove(Func<Acknowledgement, bool> which)
    {
        lock (_gate)
        {
            var gone = _all.Values.Where(which).ToList();
            if (gone.Count > 0)
            {
                _store.Delete([.. gone.Select(static a => a.Fingerprint)]);
                foreach (var acknowledgement in gone)
                {
                    _all.Remove(acknowledgement.Fingerprint);
                }
            }

            return gone;
        }
    }
}
