using Sightglass.Core.Model;

namespace Sightglass.Alerting.Silences;

/// <summary>Where a silence stands.</summary>
public enum SilenceState
{
    /// <summary>Begins later.</summary>
    Pending,

    /// <summary>In effect.</summary>
    Active,

    /// <summary>Over.</summary>
    Expired,
}

/// <summary>Keeps matching alerts from being told for a time. Immutable.</summary>
public sealed record Silence
{
    /// <summary>Its id, a UUID; empty for one to create.</summary>
    public required string Id { get; init; }

    /// <summary>All have to match.</summary>
    public required IReadOnlyList<LabelMatcher> Matchers { get; init; }

    /// <summary>When it begins.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>When it ends.</summary>
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Who made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>Why.</summary>
    public required string Comment { get; init; }

    /// <summary>Free annotations.</summary>
    public LabelSet Annotations { get; init; } = LabelSet.Empty;

    /// <summary>Its state at a moment.</summary>
    public SilenceState State(DateTimeOffset at) => at < StartsAt ? SilenceState.Pending : at >= EndsAt ? SilenceState.Expired : SilenceState.Active;

    /// <summary>Whether labels are silenced by it, were it active.</summary>
    public bool Matches(LabelSet labels)
    {
        foreach (var matcher in Matchers)
        {
            if (!matcher.Matches(labels[matcher.Name]))
            {
                return false;
            }
        }

        return true;
    }
}
