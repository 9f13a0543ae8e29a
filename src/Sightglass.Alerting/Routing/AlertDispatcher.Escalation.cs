using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.History;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Routing;

/// <content>Acknowledgements, and what escalations ask of the dispatcher.</content>
public sealed partial class AlertDispatcher
{
    /// <summary>How long an acknowledgement is kept whose alert nobody has handed in since a restart.</summary>
    private static readonly TimeSpan UnheardAcknowledgement = TimeSpan.FromDays(7);

    /// <summary>The blocks of escalations in effect.</summary>
    public EscalationConfiguration EscalationConfiguration => _escalator?.Configuration ?? EscalationConfiguration.None;

    /// <summary>The escalations that are not over, the oldest first.</summary>
    public IReadOnlyList<EscalationView> Escalations()
    {
        lock (Gate)
        {
            return _escalator?.List(Now()) ?? [];
        }
    }

    /// <summary>The acknowledgements whose alerts are not known to be over, the newest first.</summary>
    public IReadOnlyList<(Acknowledgement Acknowledgement, Alert? Alert)> Acknowledgements()
    {
        lock (Gate)
        {
            var now = Now();
            return [.. (_options.Escalation?.Acknowledgements.List() ?? []).Select(a => (Acknowledgement: a, Alert: _alerts.GetValueOrDefault(a.Labels)))
                .Where(a => a.Acknowledgement.ExpiresAt is not { } end || end > now)
                .Where(a => a.Alert is null || (!a.Alert.IsResolvedAt(now) && a.Acknowledgement.Covers(a.Alert, now)))];
        }
    }

    /// <summary>Acknowledges alerts that fire.</summary>
    /// <returns>The acknowledgements made; none when no alert that fires was meant.</returns>
    /// <exception cref="StorageFailedException">It could not be stored; nothing is changed.</exception>
    public IReadOnlyList<Acknowledgement> Acknowledge(Func<Alert, bool> which, string by, string comment, DateTimeOffset? expiresAt)
    {
        if (_options.Escalation is not { } escalation)
        {
            return [];
        }

        DateTimeOffset now;
        List<Alert> alerts;
        lock (Gate)
        {
            now = Now();
            alerts = [.. _alerts.Values.Where(a => !a.IsResolvedAt(now) && which(a)).OrderBy(static a => a.Fingerprint, StringComparer.Ordinal)];
        }

        // An alert may say that it begins later than now; it is acknowledged all the same.
        var made = alerts.ConvertAll(a => new Acknowledgement
        {
            Fingerprint = a.Fingerprint,
            Labels = a.Labels,
            At = a.StartsAt > now ? a.StartsAt : now,
            By = by,
            Comment = comment,
            ExpiresAt = expiresAt,
        });
        if (made.Count == 0)
        {
            return made;
        }

        escalation.Acknowledgements.Add(made);
        _options.Timeline?.Append(made.ConvertAll(a => AlertEvent.Of(a.Labels, now, AlertEventKind.Acknowledged, by, comment)));
        lock (Gate)
        {
            if (!IsStopped)
            {
                _escalator!.ReviewAll(now);
                TellIncidents(alerts, now);
            }
        }

        return made;
    }

    /// <summary>Takes an acknowledgement back.</summary>
    /// <exception cref="QueryException">There is none for that fingerprint.</exception>
    /// <exception cref="StorageFailedException">It could not be stored; nothing is changed.</exception>
    public void Unacknowledge(string fingerprint, string by)
    {
        var gone = _options.Escalation?.Acknowledgements.Remove(a => a.Fingerprint == fingerprint) ?? [];
        if (gone.Count == 0)
        {
            throw new QueryException(QueryErrorKind.NotFound, $"no alert with fingerprint \"{fingerprint}\" is acknowledged");
        }

        lock (Gate)
        {
            Unacknowledged(gone, by, "taken back", Now());
        }
    }

    /// <summary>The alerts of a group or escalation (see <see cref="AcknowledgeLinks.ReferenceOf"/>) that began before a moment and still fire, with who has acknowledged them.</summary>
    public IReadOnlyList<(Alert Alert, Acknowledgement? Acknowledgement)> Referred(string reference, DateTimeOffset before)
    {
        lock (Gate)
        {
            var now = Now();
            var labels = _escalator?.Referred(reference)
                ?? _groups.Values.FirstOrDefault(g => AcknowledgeLinks.ReferenceOf(g.Key) == reference)?.Alerts.Keys.AsEnumerable() ?? [];
            return [.. labels.Select(l => _alerts.GetValueOrDefault(l)).OfType<Alert>().Where(a => !a.IsResolvedAt(now) && a.StartsAt <= before)
                .OrderBy(static a => a, Comparer<Alert>.Create(Alert.Compare)).Select(a => (a, _options.Escalation?.Acknowledgements.Of(a, now)))];
        }
    }

    /// <summary>Done when messages of escalations that have begun are over.</summary>
    internal Task EscalationsFinished()
    {
        lock (Gate)
        {
            return Task.WhenAll(_escalator?.Work() ?? []);
        }
    }

    internal Alert? Find(LabelSet labels) => _alerts.GetValueOrDefault(labels);

    internal HashSet<string> GroupKeys() => [.. _groups.Values.Select(static g => g.Key)];

    internal bool IsPrimary(AlertGroup group, Alert alert) => _configuration.Route.Match(alert.Labels)[0].Id == group.Route.Id;

    /// <summary>The group whose escalations an alert is in: that of the first route it ends at, so that it is in one.</summary>
    internal string PrimaryGroupKey(Alert alert)
    {
        var route = _configuration.Route.Match(alert.Labels)[0];
        return AlertGroup.KeyOf(route, route.GroupLabels(alert.Labels));
    }

    /// <summary>Whether a silence, another alert or a time interval keeps an alert from being told.</summary>
    internal bool IsHeld(Alert alert, DateTimeOffset now) =>
        _options.Silences.SilencedBy(alert.Labels).Count > 0 || CurrentInhibitor(now).InhibitedBy(alert.Labels).Count > 0
        || IsMuted(_configuration.Route.Match(alert.Labels)[0], now, out _);

    /// <summary>Services that keep incidents are told when everything that they were told of a group is acknowledged.</summary>
    private void TellIncidents(List<Alert> alerts, DateTimeOffset now)
    {
        foreach (var group in GroupsOf(alerts.Select(static a => a.Labels)))
        {
            var firing = group.Alerts.Values.Where(a => !a.IsResolvedAt(now)).ToLookup(a => _options.Escalation!.Acknowledgements.Of(a, now) is not null);
            var (acknowledged, open) = (firing[true].ToList(), firing[false].Select(static a => a.Fingerprint).ToHashSet(StringComparer.Ordinal));
            _leaving.Add(Task.Run(async () =>
            {
                try
                {
                    await _sender.AcknowledgeAsync(group, acknowledged, open, now, _stop.Token).ConfigureAwait(false);
                }
#pragma warning disable CA1031 // A bug in one message is reported and ends nothing else.
                catch (Exception e) when (!IsStopped)
#pragma warning restore CA1031
                {
                    _options.Failed?.Invoke(group.Key, e);
                }
                catch (OperationCanceledException)
                {
                    // The server stops: nothing is told any more.
                }
            }));
        }
    }

    private HashSet<AlertGroup> GroupsOf(IEnumerable<LabelSet> alerts) =>
        [.. alerts.SelectMany(labels => _configuration.Route.Match(labels).Select(r => _groups.GetValueOrDefault((r.Id, r.GroupLabels(labels))))).OfType<AlertGroup>()];

    /// <summary>Ends acknowledgements whose alerts are over or whose time is.</summary>
    private void EndAcknowledgements(DateTimeOffset now)
    {
        if (_options.Escalation is not { } escalation)
        {
            return;
        }

        try
        {
            escalation.Acknowledgements.Remove(a => _alerts.TryGetValue(a.Labels, out var alert)
                ? alert.IsResolvedAt(now) || alert.StartsAt > a.At
                : a.At + UnheardAcknowledgement < now);
            Unacknowledged(escalation.Acknowledgements.Remove(a => a.ExpiresAt <= now), string.Empty, "expired", now);
        }
        catch (StorageFailedException e)
        {
            _options.Failed?.Invoke("acknowledgements", e);
        }
    }

    /// <summary>Alerts that nobody has any more escalate anew.</summary>
    private void Unacknowledged(List<Acknowledgement> gone, string by, string why, DateTimeOffset now)
    {
        if (gone.Count == 0 || IsStopped)
        {
            return;
        }

        _options.Timeline?.Append(gone.ConvertAll(a => AlertEvent.Of(a.Labels, now, AlertEventKind.Unacknowledged, by, why)));
        _escalator!.ReviewAll(now);
        foreach (var group in GroupsOf(gone.Select(static a => a.Labels)))
        {
            _escalator.Review(group, now);
        }
    }
}
