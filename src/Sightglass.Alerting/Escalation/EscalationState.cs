using Sightglass.Core.Model;

namespace Sightglass.Alerting.Escalation;

/// <summary>An alert of an escalation as it was last seen.</summary>
/// <param name="Labels">Its labels.</param>
/// <param name="Annotations">Its annotations.</param>
/// <param name="StartsAt">When it began.</param>
/// <param name="EndsAt">When it ended, or counts as ended unless it is handed in again.</param>
/// <param name="GeneratorUrl">Link to what made it.</param>
public sealed record EscalationMember(LabelSet Labels, LabelSet Annotations, DateTimeOffset StartsAt, DateTimeOffset EndsAt, string GeneratorUrl);

/// <summary>A receiver that a step tells, and for whom.</summary>
/// <param name="Receiver">Name of the receiver.</param>
/// <param name="Person">Name of the person, or empty.</param>
/// <param name="Rotation">The rotation that they are on call of, or empty.</param>
public sealed record EscalationContact(string Receiver, string Person, string Rotation);

/// <summary>A step that has begun and whose messages are not all sent or given up.</summary>
/// <param name="StartedAt">When the escalation began that it is of.</param>
/// <param name="Round">The round, from 0.</param>
/// <param name="Step">The step, from 0.</param>
/// <param name="Contacts">Whom it tells.</param>
public sealed record BegunStep(DateTimeOffset StartedAt, int Round, int Step, IReadOnlyList<EscalationContact> Contacts);

/// <summary>Where an escalation stands; what is kept of it over a restart.</summary>
public sealed record EscalationState
{
    /// <summary>Its id, a UUID.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the policy.</summary>
    public required string Policy { get; init; }

    /// <summary>Key of the group of alerts that it is about.</summary>
    public required string GroupKey { get; init; }

    /// <summary>Labels of that group.</summary>
    public required LabelSet GroupLabels { get; init; }

    /// <summary>When it began, or began anew.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The round of the next step, from 0.</summary>
    public int Round { get; init; }

    /// <summary>The next step, from 0.</summary>
    public int Step { get; init; }

    /// <summary>When the next step is due; null when there is none.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>When everything in it was acknowledged; null when it is not.</summary>
    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>It is over and those told are being told so.</summary>
    public bool Ended { get; init; }

    /// <summary>The alerts.</summary>
    public required IReadOnlyList<EscalationMember> Members { get; init; }

    /// <summary>Whom it has told so far.</summary>
    public IReadOnlyList<EscalationContact> Told { get; init; } = [];

    /// <summary>Steps that are being told.</summary>
    public IReadOnlyList<BegunStep> Begun { get; init; } = [];

    /// <summary>What identifies it among those that are not over: the group and the policy.</summary>
    public string Key => KeyOf(GroupKey, Policy);

    internal static string KeyOf(string groupKey, string policy) => $"{groupKey}/escalation={policy}";
}

/// <summary>Where escalations are kept. Thread-safe.</summary>
public interface IEscalationStore
{
    /// <summary>All of them.</summary>
    IReadOnlyList<EscalationState> Load();

    /// <summary>Adds one, or replaces the one with its id.</summary>
    void Save(EscalationState state);

    /// <summary>Removes one.</summary>
    void Delete(string id);
}

/// <summary>How an escalation stands now.</summary>
public enum EscalationStanding
{
    /// <summary>It waits for its next step.</summary>
    Running,

    /// <summary>Silences, inhibition or time intervals keep it back.</summary>
    Held,

    /// <summary>Every step was told, and nobody has acknowledged.</summary>
    Exhausted,

    /// <summary>Everything in it is acknowledged.</summary>
    Acknowledged,

    /// <summary>It is over: no alert of it fires.</summary>
    Resolved,
}

/// <summary>An escalation to look at.</summary>
/// <param name="State">Its state.</param>
/// <param name="Standing">How it stands.</param>
/// <param name="Steps">Steps of its policy.</param>
/// <param name="NextNotify">Whom the next step tells, by name; empty when there is none.</param>
public sealed record EscalationView(EscalationState State, EscalationStanding Standing, int Steps, IReadOnlyList<string> NextNotify);
