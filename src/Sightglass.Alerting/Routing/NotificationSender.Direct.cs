using Sightglass.Alerting.Receivers;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Routing;

/// <summary>What a message past the routing tree is for.</summary>
internal enum DirectPurpose
{
    /// <summary>Tell of alerts that fire.</summary>
    Tell,

    /// <summary>Tell those who know of them that they are over.</summary>
    Resolve,

    /// <summary>Tell services that keep incidents that somebody has them.</summary>
    Acknowledge,
}

/// <summary>A message past the routing tree: of a step of an escalation, or of an acknowledgement.</summary>
/// <param name="Purpose">What it is for.</param>
/// <param name="LogKey">What identifies it: a message whose key was told already is not told again.</param>
/// <param name="GroupKey">Key of the incident that receivers see.</param>
/// <param name="GroupLabels">Its labels.</param>
/// <param name="Alerts">The alerts.</param>
/// <param name="Person">Whom it goes to, or who acknowledged; or empty.</param>
internal sealed record DirectMessage(
    DirectPurpose Purpose, string LogKey, string GroupKey, LabelSet GroupLabels, IReadOnlyList<(Alert Alert, bool Resolved)> Alerts, string Person);

/// <content>Messages past the routing tree.</content>
internal sealed partial class NotificationSender
{
    /// <summary>What a step told is known for longer than any alert is worth a message that it is over.</summary>
    private static readonly TimeSpan DirectRetention = TimeSpan.FromDays(30);

    /// <summary>Tells a receiver; true when one of its integrations was told, now or before.</summary>
    public async Task<bool> TellAsync(string receiver, DirectMessage message, TimeSpan within, CancellationToken stop, CancellationToken ended)
    {
        var channels = _receivers.GetValueOrDefault(receiver) ?? [];
        using var deadline = new CancellationTokenSource(within > ShortestDeadline ? within : ShortestDeadline, _options.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop, deadline.Token, ended);
        var results = await Task.WhenAll(channels.Where(c => Takes(c, message.Purpose) && (message.Purpose == DirectPurpose.Tell || Knows(c, message.GroupKey))).Select(c => TellAsync(c, message, stop, both.Token))).ConfigureAwait(false);
        return results.Contains(true);
    }

    /// <summary>Tells the services that keep incidents of a group that nothing they were told of it is <paramref name="open"/>: fires and is not acknowledged.</summary>
    public Task AcknowledgeAsync(AlertGroup group, IReadOnlyList<Alert> acknowledged, IReadOnlySet<string> open, DateTimeOffset now, CancellationToken stop)
    {
        var message = new DirectMessage(
            DirectPurpose.Acknowledge, $"{group.Key}/acknowledged#{now.UtcTicks}", group.Key, group.Labels, [.. acknowledged.Select(static a => (a, false))], Names(acknowledged, now));
        var channels = (_receivers.GetValueOrDefault(group.Route.Receiver) ?? [])
            .Where(c => Takes(c, DirectPurpose.Acknowledge) && Last(group.Key, c.Key) is { Firing.Count: > 0 } told && !told.Firing.Any(open.Contains));
        return Task.WhenAll(channels.Select(async c =>
        {
            using var deadline = new CancellationTokenSource(group.Route.GroupInterval > ShortestDeadline ? group.Route.GroupInterval : ShortestDeadline, _options.Time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(stop, deadline.Token);
            await TellAsync(c, message, stop, both.Token).ConfigureAwait(false);
        }));
    }

    private string Names(IReadOnlyList<Alert> acknowledged, DateTimeOffset now) =>
        string.Join(", ", acknowledged.Select(a => _options.Escalation?.Acknowledgements.Of(a, now)?.By).OfType<string>().Distinct(StringComparer.Ordinal)) is { Length: > 0 } names ? names : "somebody";

    private static bool Takes(Channel channel, DirectPurpose purpose) => purpose switch
    {
        DirectPurpose.Resolve => channel.Configuration.SendResolved,
        // Messages that cannot be changed are not followed by others: nobody is woken because somebody has it.
        DirectPurpose.Acknowledge => channel.Notifier is PagerDutyNotifier or OpsgenieNotifier || channel.Configuration is SlackConfiguration { UpdateMessage: true },
        _ => true,
    };

    /// <summary>Who was never told that they fire is not told that they do not.</summary>
    private bool Knows(Channel channel, string groupKey)
    {
        lock (_gate)
        {
            return _log.Values.Any(e => e.Firing.Count > 0 && IsOf(e, channel, groupKey));
        }
    }

    /// <summary>What a channel noted when it was last told of a group, or of an escalation by one of its steps.</summary>
    private string LastNote(Channel channel, string groupKey)
    {
        if (Last(groupKey, channel.Key) is { } told)
        {
            return told.Note;
        }

        lock (_gate)
        {
            return _log.Values.Where(e => e.Firing.Count > 0 && IsOf(e, channel, groupKey)).MaxBy(static e => e.At)?.Note ?? string.Empty;
        }
    }

    private static bool IsOf(NotificationLogEntry entry, Channel channel, string groupKey) =>
        entry.Receiver == channel.Key && entry.GroupKey.Length > groupKey.Length && entry.GroupKey[groupKey.Length] == '#' && entry.GroupKey.StartsWith(groupKey, StringComparison.Ordinal);

    private async Task<bool> TellAsync(Channel channel, DirectMessage direct, CancellationToken stop, CancellationToken cancellation)
    {
        if (Last(direct.LogKey, channel.Key) is not null)
        {
            return true;
        }

        var (now, set) = (_options.Time.GetUtcNow(), ClockSet());
        var firing = direct.Purpose == DirectPurpose.Tell;
        var message = new NotificationMessage(channel.Receiver, direct.GroupKey, direct.GroupLabels, direct.Alerts, _options.ExternalUrl)
        {
            AcknowledgeUrl = firing ? AcknowledgeUrl(direct.GroupKey, direct.Person, now) : string.Empty,
            AcknowledgedBy = direct.Purpose == DirectPurpose.Acknowledge ? direct.Person : string.Empty,
            Note = direct.Purpose == DirectPurpose.Acknowledge ? LastNote(channel, direct.GroupKey) : string.Empty,
        };
        var record = Record(channel, direct.GroupKey, direct.GroupLabels, direct.Alerts, now);
        Store(() => _options.Notifications.Save(record), direct.LogKey);
        record = await AttemptAsync(record, channel, message, stop, cancellation).ConfigureAwait(false);
        var sent = record.Status == NotificationStatus.Sent;
        List<string> fingerprints = [.. direct.Alerts.Select(static a => a.Alert.Fingerprint)];
        var entry = new NotificationLogEntry(direct.LogKey, channel.Key, now, firing ? fingerprints : [], firing ? [] : fingerprints, now + DirectRetention) { Note = message.Note };
        if (sent)
        {
            entry = Remember(entry, set);
        }

        Store(() => _options.Notifications.Save(record, sent ? entry : null), direct.LogKey, sent ? entry : null);
        return sent;
    }

    private static NotificationRecord Record(Channel channel, string groupKey, LabelSet groupLabels, IReadOnlyList<(Alert Alert, bool Resolved)> told, DateTimeOffset now) => new()
    {
        Id = Guid.NewGuid().ToString(),
        CreatedAt = now,
        UpdatedAt = now,
        Receiver = channel.Receiver,
        Integration = channel.Configuration.Kind,
        GroupKey = groupKey,
        GroupLabels = groupLabels,
        Status = NotificationStatus.Pending,
        Attempts = 0,
        Alerts = [.. told.Select(static a => new NotifiedAlert(a.Alert.Labels, a.Alert.Annotations, a.Resolved, a.Alert.StartsAt, a.Resolved ? a.Alert.EndsAt : null, a.Alert.Fingerprint))],
    };

    /// <summary>Somebody has everything that fires: saying it again would wake them for nothing.</summary>
    private bool IsInHand(IReadOnlyList<(Alert Alert, bool Resolved)> alerts, DateTimeOffset now) =>
        !AcknowledgeSettings.Repeat && _options.Escalation is { } escalation && alerts.All(a => a.Resolved || escalation.Acknowledgements.Of(a.Alert, now) is not null);

    /// <summary>The link of a message, where there are links.</summary>
    private string AcknowledgeUrl(string groupKey, string person, DateTimeOffset now) =>
        _options.Escalation is { } escalation && AcknowledgeSettings is { Links: true } settings ? escalation.Links.For(groupKey, person, now, settings.LinkExpires) : string.Empty;
}
