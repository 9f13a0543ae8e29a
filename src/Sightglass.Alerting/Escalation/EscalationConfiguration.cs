using Sightglass.Alerting.OnCall;
using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Escalation;

/// <summary>Somebody who can be told.</summary>
/// <param name="Name">The name.</param>
/// <param name="Receivers">Names of the receivers through which they are told.</param>
public sealed record Person(string Name, IReadOnlyList<string> Receivers);

/// <summary>What an entry of <c>notify</c> names.</summary>
public enum NotifyKind
{
    /// <summary>A receiver of the Alertmanager's configuration.</summary>
    Receiver,

    /// <summary>A person.</summary>
    Person,

    /// <summary>Who is on call of a rotation.</summary>
    Rotation,
}

/// <summary>Whom a step tells.</summary>
/// <param name="Kind">What the name is of.</param>
/// <param name="Name">The name.</param>
public sealed record NotifyTarget(NotifyKind Kind, string Name);

/// <summary>A step of a policy.</summary>
/// <param name="After">Wait since the step before, or since the escalation began.</param>
/// <param name="Notify">Whom it tells.</param>
public sealed record EscalationStep(TimeSpan After, IReadOnlyList<NotifyTarget> Notify);

/// <summary>Who is told one after the other while nobody acknowledges.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Steps">The steps in order.</param>
/// <param name="Repeat">How often it starts over after the last step.</param>
/// <param name="RepeatAfter">Wait from the last step to the first of the next round.</param>
public sealed record EscalationPolicy(string Name, IReadOnlyList<EscalationStep> Steps, int Repeat, TimeSpan RepeatAfter);

/// <summary>How alerts are acknowledged.</summary>
/// <param name="Links">Messages carry a link.</param>
/// <param name="LinkExpires">How long a link is good for.</param>
/// <param name="Repeat">Acknowledged alerts are told again every <c>repeat_interval</c> like others.</param>
public sealed record AcknowledgeSettings(bool Links, TimeSpan LinkExpires, bool Repeat)
{
    /// <summary>What PagerDuty signs its webhooks with, or null where they are not taken.</summary>
    public SecretSource? PagerDuty { get; init; }

    /// <summary>What Opsgenie's webhooks carry as a bearer token, or null where they are not taken.</summary>
    public SecretSource? Opsgenie { get; init; }

    /// <summary>What holds where nothing is configured.</summary>
    public static AcknowledgeSettings Default { get; } = new(false, TimeSpan.FromHours(24), false);
}

/// <summary>The blocks <c>people</c>, <c>oncall</c>, <c>escalation</c> and <c>acknowledge</c>, checked.</summary>
public sealed record EscalationConfiguration
{
    /// <summary>The label or annotation of an alert that names its policy.</summary>
    public const string PolicyKey = "escalation";

    /// <summary>The value of <see cref="PolicyKey"/> for no escalation.</summary>
    public const string NoPolicy = "none";

    /// <summary>Nobody and nothing.</summary>
    public static EscalationConfiguration None { get; } = new();

    /// <summary>The people by name.</summary>
    public IReadOnlyDictionary<string, Person> People { get; init; } = new Dictionary<string, Person>();

    /// <summary>The rotations in the file's order.</summary>
    public IReadOnlyList<Rotation> Rotations { get; init; } = [];

    /// <summary>The policies by name.</summary>
    public IReadOnlyDictionary<string, EscalationPolicy> Policies { get; init; } = new Dictionary<string, EscalationPolicy>();

    /// <summary>Policies by matchers: the first that fits holds.</summary>
    public IReadOnlyList<(IReadOnlyList<LabelMatcher> Matchers, string Policy)> Matches { get; init; } = [];

    /// <summary>Policies by severity.</summary>
    public IReadOnlyDictionary<string, string> Defaults { get; init; } = new Dictionary<string, string>();

    /// <summary>How alerts are acknowledged.</summary>
    public AcknowledgeSettings Acknowledge { get; init; } = AcknowledgeSettings.Default;

    /// <summary>Receivers made of what people are reached by directly; beside those of the Alertmanager's configuration.</summary>
    public IReadOnlyList<Receiver> PersonalReceivers { get; init; } = [];

    /// <summary>The policy of an alert: by its label or annotation <c>escalation</c>, by matchers, by severity; null for none.</summary>
    public EscalationPolicy? PolicyOf(Alert alert)
    {
        foreach (var named in (ReadOnlySpan<string>)[alert.Labels[PolicyKey], alert.Annotations[PolicyKey]])
        {
            if (named == NoPolicy)
            {
                return null;
            }

            // A name that there is none of must not keep anybody asleep: what holds without it holds.
            if (named.Length > 0 && Policies.TryGetValue(named, out var policy))
            {
                return policy;
            }
        }

        foreach (var (matchers, policy) in Matches)
        {
            if (matchers.All(m => m.Matches(alert.Labels[m.Name])))
            {
                return Policies.GetValueOrDefault(policy);
            }
        }

        return Defaults.TryGetValue(alert.Labels["severity"], out var byDefault) ? Policies.GetValueOrDefault(byDefault) : null;
    }
}
