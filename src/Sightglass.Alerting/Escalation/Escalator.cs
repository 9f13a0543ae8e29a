using Sightglass.Alerting.Routing;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Escalation;

/// <summary>
/// Escalates groups of alerts: one escalation for a group and a policy, so that a thousand alerts wake a person once. Begins when the group is told, does its steps
/// after their waits, stops while everything is acknowledged or held back, and ends when nothing fires. Guarded by the dispatcher's lock; stores and sends outside it.
/// </summary>
internal sealed partial class Escalator : IDisposable
{
    /// <summary>How soon it is looked at again whether an escalation is still held back.</summary>
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(15);

    /// <summary>How often what is kept of a restart is compared with what is handed in.</summary>
    private static readonly TimeSpan RestartRecheck = TimeSpan.FromSeconds(1);

    /// <summary>Rules hand in their alerts every minute. What nobody has spoken of after a restart for longer is taken for firing: who is told for nothing is better off than who is not told.</summary>
    private static readonly TimeSpan RestartGrace = TimeSpan.FromSeconds(75);

    /// <summary>A step that was due this long before the start is of another day, or of a snapshot: nobody is woken for it unless the alert is handed in again.</summary>
    private static readonly TimeSpan StaleAfter = TimeSpan.FromHours(1);

    /// <summary>How long the last message of an escalation is tried.</summary>
    private static readonly TimeSpan LastDeadline = TimeSpan.FromMinutes(5);

    private readonly AlertDispatcher _dispatcher;
    private readonly NotificationSender _sender;
    private readonly AlertDispatcherOptions _options;
    private readonly EscalationOptions _own;
    private readonly CancellationToken _stop;
    private readonly Dictionary<string, Escalation> _running = new(StringComparer.Ordinal);
    private readonly Lock _saving = new();
    private readonly long _startedAt;

    public Escalator(AlertDispatcher dispatcher, NotificationSender sender, AlertDispatcherOptions options, EscalationOptions own, CancellationToken stop)
    {
        (_dispatcher, _sender, _options, _own, _stop) = (dispatcher, sender, options, own, stop);
        Configuration = own.Configuration;
        _startedAt = Time.GetTimestamp();
    }

    public EscalationConfiguration Configuration { get; private set; }

    private TimeProvider Time => _options.Time;

    private DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>Takes up what a process before left.</summary>
    public void Start()
    {
        lock (_dispatcher.Gate)
        {
            foreach (var state in _own.Store.Load())
            {
                var escalation = new Escalation(this, state);
                if (state.Ended)
                {
                    Finish(escalation);
                }
                else if (!_running.TryAdd(state.Key, escalation))
                {
                    escalation.IsGone = true;
                    escalation.Do(() => Save(escalation));
                }
                else
                {
                    // A clock that was set back in between must not make the wait longer than the policy has it.
                    var left = state.NextAt - Now ?? TimeSpan.Zero;
                    var longest = Policy(escalation) is { } policy ? Wait(policy, state.Round, Math.Min(state.Step, policy.Steps.Count - 1)) : TimeSpan.Zero;
                    escalation.DueIn(left < TimeSpan.Zero ? TimeSpan.Zero : left > longest ? longest : left);
                    escalation.IsStale = (state.NextAt ?? state.StartedAt) + StaleAfter < Now;
                    escalation.Restored = [.. state.Begun];
                    escalation.Wake(TimeSpan.Zero);
                }
            }
        }
    }

    /// <summary>Puts another configuration in force; escalations whose policy or group is gone end.</summary>
    public void Update(EscalationConfiguration configuration)
    {
        Configuration = configuration;
        ReviewAll(Now);
    }

    /// <summary>Looks at escalations that no group of alerts leads to: their alerts are gone, or have not come back.</summary>
    public void ReviewOrphans(DateTimeOffset now)
    {
        if (_running.Count == 0)
        {
            return;
        }

        var groups = _dispatcher.GroupKeys();
        foreach (var escalation in _running.Values.Where(e => !groups.Contains(e.State.GroupKey)).ToArray())
        {
            Look(escalation, now);
        }
    }

    /// <summary>Looks at a group that is being told: begins, goes on with, and ends its escalations.</summary>
    public void Review(AlertGroup group, DateTimeOffset now)
    {
        foreach (var alerts in group.Alerts.Values.Where(a => !a.IsResolvedAt(now) && _dispatcher.IsPrimary(group, a)).GroupBy(Configuration.PolicyOf))
        {
            if (alerts.Key is not { } policy)
            {
                continue;
            }

            if (_running.TryGetValue(EscalationState.KeyOf(group.Key, policy.Name), out var escalation))
            {
                Join(escalation, alerts);
            }
            else if (alerts.Any(a => IsActive(a, now)))
            {
                Begin(group, policy, [.. alerts], now);
            }
        }

        foreach (var policy in Configuration.Policies.Keys)
        {
            if (_running.TryGetValue(EscalationState.KeyOf(group.Key, policy), out var escalation))
            {
                Look(escalation, now);
            }
        }
    }

    /// <summary>Looks at every escalation: something was acknowledged, or is not any more.</summary>
    public void ReviewAll(DateTimeOffset now)
    {
        foreach (var escalation in _running.Values.ToArray())
        {
            Look(escalation, now);
        }
    }

    /// <summary>The escalations that are not over, the oldest first.</summary>
    public List<EscalationView> List(DateTimeOffset now) => [.. _running.Values.OrderBy(static e => e.State.StartedAt).ThenBy(static e => e.State.Id, StringComparer.Ordinal).Select(e =>
    {
        var policy = Policy(e);
        var (standing, state) = (Standing(e, now), e.State);
        var hasNext = policy is not null && state.NextAt is not null && standing is EscalationStanding.Running or EscalationStanding.Held;
        return new EscalationView(state, standing == EscalationStanding.Running && state.NextAt is null ? EscalationStanding.Exhausted : standing, policy?.Steps.Count ?? 0,
            hasNext ? [.. policy!.Steps[Math.Min(state.Step, policy.Steps.Count - 1)].Notify.Select(static n => n.Name)] : []);
    })];

    /// <summary>The alerts of the escalation that a link names; null when there is none.</summary>
    public IEnumerable<LabelSet>? Referred(string reference) =>
        _running.Values.FirstOrDefault(e => AcknowledgeLinks.ReferenceOf(e.State.Key) == reference)?.State.Members.Select(static m => m.Labels);

    /// <summary>Messages that are being sent.</summary>
    public IEnumerable<Task> Work() => _working.Concat(_running.Values.Select(static e => e.Saved)).Where(static t => !t.IsCompleted);

    public void Dispose()
    {
        foreach (var escalation in _running.Values)
        {
            escalation.Dispose();
        }
    }

    private static TimeSpan Wait(EscalationPolicy policy, int round, int step) => step == 0 && round > 0 ? policy.RepeatAfter : policy.Steps[step].After;

    private EscalationPolicy? Policy(Escalation escalation) => Configuration.Policies.GetValueOrDefault(escalation.State.Policy);

    private bool IsActive(Alert alert, DateTimeOffset now) => _own.Acknowledgements.Of(alert, now) is null && !_dispatcher.IsHeld(alert, now);

    private void Begin(AlertGroup group, EscalationPolicy policy, List<Alert> alerts, DateTimeOffset now)
    {
        var escalation = new Escalation(this, new EscalationState
        {
            Id = Guid.NewGuid().ToString(),
            Policy = policy.Name,
            GroupKey = group.Key,
            GroupLabels = group.Labels,
            StartedAt = now,
            NextAt = now + policy.Steps[0].After,
            Members = [],
        });
        _running.Add(escalation.State.Key, escalation);
        Join(escalation, alerts);
        escalation.DueIn(policy.Steps[0].After);
        escalation.Wake(policy.Steps[0].After);
        escalation.Do(() => Save(escalation));
    }

    private static void Join(Escalation escalation, IEnumerable<Alert> alerts)
    {
        var members = escalation.State.Members.ToDictionary(static m => m.Labels);
        foreach (var alert in alerts)
        {
            members[alert.Labels] = new EscalationMember(alert.Labels, alert.Annotations, alert.StartsAt, alert.EndsAt, alert.GeneratorUrl);
            escalation.Seen.Add(alert.Labels);
        }

        escalation.State = escalation.State with { Members = [.. members.Values] };
    }

    /// <summary>Decides what becomes of an escalation as its alerts are now, and when it is looked at again.</summary>
    private void Look(Escalation escalation, DateTimeOffset now)
    {
        if (_dispatcher.IsStopped || escalation.IsGone || escalation.State.Ended)
        {
            return;
        }

        var policy = Policy(escalation);
        switch (Standing(escalation, now))
        {
            case var _ when policy is null:
            case EscalationStanding.Resolved:
                Remove(escalation);
                escalation.State = escalation.State with { Ended = true, NextAt = null };
                Finish(escalation);
                break;
            case EscalationStanding.Acknowledged:
                Acknowledged(escalation, now);
                break;
            case EscalationStanding.Held:
                escalation.Wake(IsUnsure(escalation) ? RestartRecheck : Recheck);
                break;
            default:
                if (escalation.State.AcknowledgedAt is not null)
                {
                    Again(escalation, policy!, now);
                }

                Go(escalation, policy!, now);
                break;
        }
    }

    private static Alert Remembered(EscalationMember member) => new()
    {
        Labels = member.Labels,
        Annotations = member.Annotations,
        StartsAt = member.StartsAt,
        EndsAt = member.EndsAt,
        UpdatedAt = member.StartsAt,
        GeneratorUrl = member.GeneratorUrl,
    };

    private void Acknowledged(Escalation escalation, DateTimeOffset now)
    {
        escalation.Wake(null);
        if (escalation.State.AcknowledgedAt is not null)
        {
            return;
        }

        escalation.GiveUp();
        escalation.State = escalation.State with { AcknowledgedAt = now, NextAt = null, Begun = [] };
        escalation.Restored = [];
        var (state, alerts) = (escalation.State, escalation.State.Members.Select(m => (_dispatcher.Find(m.Labels) ?? Remembered(m), false)).ToList());
        escalation.Do(() => Save(escalation));
        Send(state.Told.Select(c => (c, new DirectMessage(
            DirectPurpose.Acknowledge, $"{state.Key}#{state.StartedAt.UtcTicks}/acknowledged/{now.UtcTicks}", state.Key, state.GroupLabels, alerts, c.Person))), LastDeadline, null);
    }

    private static void Again(Escalation escalation, EscalationPolicy policy, DateTimeOffset now)
    {
        escalation.State = escalation.State with { AcknowledgedAt = null, StartedAt = now, Round = 0, Step = 0, NextAt = now + policy.Steps[0].After };
        escalation.DueIn(policy.Steps[0].After);
    }

    private void Remove(Escalation escalation)
    {
        escalation.Wake(null);
        _running.Remove(escalation.State.Key);
    }

    private void Failed(Escalation escalation, Exception error) => _options.Failed?.Invoke(escalation.State.Key, error);

    /// <summary>Stores how an escalation stands now: whoever comes last stores the last.</summary>
    private void Save(Escalation escalation)
    {
        lock (_saving)
        {
            EscalationState state;
            bool gone;
            lock (_dispatcher.Gate)
            {
                (state, gone) = (escalation.State, escalation.IsGone);
            }

            try
            {
                if (gone)
                {
                    _own.Store.Delete(state.Id);
                }
                else
                {
                    _own.Store.Save(state);
                }
            }
            catch (StorageFailedException e)
            {
                Failed(escalation, e);
            }
        }
    }
}
