namespace Sightglass.Alerting.Escalation;

/// <content>How escalations stand by their alerts.</content>
internal sealed partial class Escalator
{
    /// <summary>How an escalation stands by its alerts: one that can be told is enough to go on.</summary>
    private EscalationStanding Standing(Escalation escalation, DateTimeOffset now)
    {
        var (held, acknowledged) = (false, false);
        foreach (var member in escalation.State.Members)
        {
            switch (Standing(escalation, member, now))
            {
                case EscalationStanding.Running: return EscalationStanding.Running;
                case EscalationStanding.Held: held = true; break;
                case EscalationStanding.Acknowledged: acknowledged = true; break;
                default: break;
            }
        }

        return held ? EscalationStanding.Held : acknowledged ? EscalationStanding.Acknowledged : EscalationStanding.Resolved;
    }

    private EscalationStanding Standing(Escalation escalation, EscalationMember member, DateTimeOffset now)
    {
        if (_dispatcher.Find(member.Labels) is { } alert)
        {
            escalation.Seen.Add(member.Labels);
            return alert.IsResolvedAt(now) || Configuration.PolicyOf(alert)?.Name != escalation.State.Policy || _dispatcher.PrimaryGroupKey(alert) != escalation.State.GroupKey ? EscalationStanding.Resolved
                : _own.Acknowledgements.Of(alert, now) is not null ? EscalationStanding.Acknowledged
                : _dispatcher.IsHeld(alert, now) ? EscalationStanding.Held
                : EscalationStanding.Running;
        }

        // Known here and not any more: over. Known to the process before: nobody has said yet how it is.
        var since = Time.GetElapsedTime(_startedAt);
        if (escalation.Seen.Contains(member.Labels) || since > _dispatcher.Configuration.ResolveTimeout + RestartGrace)
        {
            return EscalationStanding.Resolved;
        }

        var last = Remembered(member);
        return _own.Acknowledgements.Of(last, now) is not null ? EscalationStanding.Acknowledged
            : _options.Silences.SilencedBy(member.Labels).Count > 0 ? EscalationStanding.Held
            : member.EndsAt > now || (since >= RestartGrace && !escalation.IsStale) ? EscalationStanding.Running
            : EscalationStanding.Held;
    }

    private bool IsUnsure(Escalation escalation) => escalation.State.Members.Any(m => !escalation.Seen.Contains(m.Labels)) && Time.GetElapsedTime(_startedAt) < RestartGrace;
}
