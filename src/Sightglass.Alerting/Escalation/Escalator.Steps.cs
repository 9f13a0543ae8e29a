using Sightglass.Alerting.History;
using Sightglass.Alerting.Routing;

namespace Sightglass.Alerting.Escalation;

/// <content>Steps: whom they tell, when the next one is due, and what is kept of them until they are told.</content>
internal sealed partial class Escalator
{
    /// <summary>Alerts of one escalation whose history says that a step was told.</summary>
    private const int MaxEvents = 100;

    private readonly List<Task> _working = [];

    /// <summary>Goes on with what a process before began, and does the next step when it is due.</summary>
    private void Go(Escalation escalation, EscalationPolicy policy, DateTimeOffset now)
    {
        foreach (var begun in escalation.Restored)
        {
            Tell(escalation, begun, now);
        }

        escalation.Restored = [];
        var state = escalation.State;
        if (state.NextAt is null)
        {
            escalation.Wake(null);
            return;
        }

        if (escalation.Left is { Ticks: > 0 } left)
        {
            escalation.Wake(left);
            return;
        }

        // A reload may have made the policy shorter.
        var step = Math.Min(state.Step, policy.Steps.Count - 1);
        var begin = new BegunStep(state.StartedAt, state.Round, step, Contacts(policy.Steps[step], now));
        var (round, next) = step + 1 < policy.Steps.Count ? (state.Round, step + 1) : (state.Round + 1, 0);
        TimeSpan? wait = round <= policy.Repeat ? Wait(policy, round, next) : null;
        escalation.State = state with
        {
            Round = round,
            Step = next,
            NextAt = now + wait,
            Told = [.. state.Told.Concat(begin.Contacts).DistinctBy(static c => (c.Receiver, c.Person))],
            Begun = [.. state.Begun, begin],
        };
        escalation.DueIn(wait ?? TimeSpan.Zero);
        escalation.Wake(wait);
        Record(escalation, policy, begin, now);
        Tell(escalation, begin, now);
    }

    private void Tell(Escalation escalation, BegunStep begun, DateTimeOffset now)
    {
        var state = escalation.State;
        var alerts = new List<(Alert Alert, bool Resolved)>();
        foreach (var member in state.Members)
        {
            if (Standing(escalation, member, now) == EscalationStanding.Running)
            {
                alerts.Add((_dispatcher.Find(member.Labels) ?? Remembered(member), false));
            }
        }

        alerts.Sort(static (a, b) => Alert.Compare(a.Alert, b.Alert));
        var key = $"{state.Key}#{begun.StartedAt.UtcTicks}/{begun.Round}.{begun.Step}";
        var within = state.NextAt is null ? LastDeadline : escalation.Left;
        escalation.Do(() => Save(escalation));
        Send(begun.Contacts.Select(c => (c, new DirectMessage(DirectPurpose.Tell, key, state.Key, state.GroupLabels, alerts, c.Person))), within, told => Told(escalation, begun, told), escalation);
    }

    /// <summary>A step was told, or could not be: one that reached nobody is not waited for.</summary>
    private void Told(Escalation escalation, BegunStep begun, bool reached)
    {
        lock (_dispatcher.Gate)
        {
            if (_dispatcher.IsStopped)
            {
                return;
            }

            var state = escalation.State with { Begun = [.. escalation.State.Begun.Where(b => b != begun)] };
            escalation.State = state;
            if (!reached && !escalation.IsGone && state.NextAt is not null && (state.StartedAt, state.Round, state.Step) == (begun.StartedAt, begun.Round, begun.Step + 1))
            {
                escalation.State = state with { NextAt = Now };
                escalation.DueIn(TimeSpan.Zero);
                escalation.Wake(TimeSpan.Zero);
            }
        }

        Save(escalation);
    }

    /// <summary>Tells those who were told that it is over, then forgets it.</summary>
    private void Finish(Escalation escalation)
    {
        var (state, now) = (escalation.State, Now);
        escalation.GiveUp();
        // Alerts that fire on are of another policy or group now: they are not over.
        var alerts = state.Members.Select(m => _dispatcher.Find(m.Labels) ?? Remembered(m) with { EndsAt = m.EndsAt < now ? m.EndsAt : now })
            .Where(a => a.IsResolvedAt(now)).Select(static a => (Alert: a, true)).ToList();
        alerts.Sort(static (a, b) => Alert.Compare(a.Alert, b.Alert));
        escalation.Do(() => Save(escalation));
        Send(
            (alerts.Count == 0 ? [] : state.Told).Select(c => (c, new DirectMessage(DirectPurpose.Resolve, $"{state.Key}#{state.StartedAt.UtcTicks}/resolved", state.Key, state.GroupLabels, alerts, c.Person))),
            LastDeadline,
            _ =>
            {
                lock (_dispatcher.Gate)
                {
                    // What was cut off by the end of the server is told after the restart.
                    escalation.IsGone = !_dispatcher.IsStopped;
                }

                Save(escalation);
            },
            escalation);
    }

    /// <summary>Whom a step tells now; each receiver once.</summary>
    private List<EscalationContact> Contacts(EscalationStep step, DateTimeOffset now)
    {
        var contacts = new List<EscalationContact>();
        foreach (var target in step.Notify)
        {
            var rotation = target.Kind == NotifyKind.Rotation ? Configuration.Rotations.First(r => r.Name == target.Name) : null;
            var name = rotation is null ? target.Name : rotation.At(now, _own.Overrides.Of(rotation.Name)) ?? string.Empty;
            if (target.Kind == NotifyKind.Receiver)
            {
                contacts.Add(new EscalationContact(target.Name, string.Empty, string.Empty));
            }
            else if (Configuration.People.TryGetValue(name, out var person))
            {
                contacts.AddRange(person.Receivers.Select(r => new EscalationContact(r, person.Name, rotation?.Name ?? string.Empty)));
            }
        }

        return [.. contacts.DistinctBy(static c => c.Receiver)];
    }

    private void Record(Escalation escalation, EscalationPolicy policy, BegunStep begun, DateTimeOffset now)
    {
        var whom = begun.Contacts.Count == 0
            ? $"nobody is on call ({string.Join(", ", policy.Steps[begun.Step].Notify.Select(static n => n.Name))})"
            : string.Join(", ", begun.Contacts.Select(static c => c.Person.Length == 0 ? c.Receiver : c.Rotation.Length == 0 ? $"{c.Person} by {c.Receiver}" : $"{c.Person} ({c.Rotation}) by {c.Receiver}"));
        var detail = $"policy {policy.Name}, step {begun.Step + 1} of {policy.Steps.Count}{(begun.Round > 0 ? $", round {begun.Round + 1}" : string.Empty)}: {whom}";
        _options.Timeline?.Append([.. escalation.State.Members.Where(m => Standing(escalation, m, now) == EscalationStanding.Running).Take(MaxEvents)
            .Select(m => AlertEvent.Of(m.Labels, now, AlertEventKind.Escalated, policy.Name, detail))]);
    }

    /// <summary>Sends messages beside what else goes on; <paramref name="done"/> is told whether one arrived.</summary>
    private void Send(IEnumerable<(EscalationContact Contact, DirectMessage Message)> messages, TimeSpan within, Action<bool>? done, Escalation? after = null)
    {
        var all = messages.DistinctBy(static m => m.Contact.Receiver).ToList();
        var before = after?.Saved ?? Task.CompletedTask;
        var ended = after?.Ended ?? CancellationToken.None;
        _working.RemoveAll(static t => t.IsCompleted);
        _working.Add(Task.Run(async () =>
        {
            try
            {
                // What is told is stored first: after a kill it is known that it was begun.
                await before.ConfigureAwait(false);
                var results = await Task.WhenAll(all.Select(m => _sender.TellAsync(m.Contact.Receiver, m.Message, within, _stop, ended))).ConfigureAwait(false);
                done?.Invoke(results.Contains(true));
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // The server stops; the step is told after the restart.
            }
#pragma warning disable CA1031 // A bug in one message must not end the escalation: it is reported, and the next step comes.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _options.Failed?.Invoke("escalation", e);
                done?.Invoke(false);
            }
        }));
    }
}
