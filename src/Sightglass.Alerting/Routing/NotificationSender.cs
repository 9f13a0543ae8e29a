using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Routing;

/// <summary>
/// Sends a group's alerts through the integrations of its receiver: nothing that was told already, again and again while the error may
/// pass, each attempt recorded.
/// </summary>
internal sealed partial class NotificationSender : IDisposable
{
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestDeadline = TimeSpan.FromSeconds(10);

    /// <summary>Nothing is new but that it goes on.</summary>
    private const string RepeatReason = "repeat interval elapsed";

    /// <summary>The group was not told of before, or all that was told is over.</summary>
    private const string FirstReason = "first notification";

    private static readonly TimeSpan LogRetention = TimeSpan.FromHours(120);

    private readonly AlertDispatcherOptions _options;
    private readonly Dictionary<(string Group, string Receiver), NotificationLogEntry> _log = [];
    private readonly Lock _gate = new();
    private Dictionary<string, Channel[]> _receivers = new(StringComparer.Ordinal);

    public NotificationSender(AlertDispatcherOptions options)
    {
        _options = options;
        var now = options.Time.GetUtcNow();
        foreach (var entry in options.Notifications.LoadLog(now))
        {
            // Told later than now: the clock was set back while the server was away.
            _log[(entry.GroupKey, entry.Receiver)] = entry.At > now ? entry with { At = now } : entry;
        }

        Update(options.Configuration, options.Escalation?.Configuration ?? EscalationConfiguration.None);
    }

    private sealed record Channel(string Receiver, string Key, IntegrationConfiguration Configuration, INotifier Notifier);

    /// <summary>How alerts are acknowledged.</summary>
    public AcknowledgeSettings AcknowledgeSettings { get; private set; } = AcknowledgeSettings.Default;

    public void Update(AlertmanagerConfiguration configuration, EscalationConfiguration escalation)
    {
        AcknowledgeSettings = escalation.Acknowledge;
        var templates = new NotificationTemplates(configuration.Templates, _options.Time);
        var receivers = new Dictionary<string, Channel[]>(StringComparer.Ordinal);
        foreach (var receiver in configuration.Receivers.Concat(escalation.PersonalReceivers))
        {
            var counts = new Dictionary<string, int>(StringComparer.Ordinal);
            receivers.Add(receiver.Name, [.. receiver.Integrations.Select(i =>
            {
                var index = counts.GetValueOrDefault(i.Kind);
                counts[i.Kind] = index + 1;
                return new Channel(receiver.Name, $"{receiver.Name}/{i.Kind}/{index}", i, Notifiers.Of(i, templates, _options.Time));
            })]);
        }

        // Notifiers of the configuration before may still be sending; their connections end with them.
        _receivers = receivers;
    }

    /// <summary>True when every integration was told or had nothing to be told.</summary>
    public async Task<bool> SendAsync(AlertGroup group, IReadOnlyList<(Alert Alert, bool Resolved)> alerts, DateTimeOffset now, CancellationToken cancellation)
    {
        var channels = _receivers.GetValueOrDefault(group.Route.Receiver) ?? [];
        var interval = group.Route.GroupInterval > ShortestDeadline ? group.Route.GroupInterval : ShortestDeadline;
        using var deadline = new CancellationTokenSource(interval, _options.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        var results = await Task.WhenAll(channels.Select(c => SendAsync(group, c, alerts, now, cancellation, both.Token))).ConfigureAwait(false);
        return Array.TrueForAll(results, static r => r);
    }

    public void Dispose()
    {
        foreach (var channel in _receivers.Values.SelectMany(static c => c))
        {
            (channel.Notifier as IDisposable)?.Dispose();
        }
    }

    private async Task<bool> SendAsync(
        AlertGroup group, Channel channel, IReadOnlyList<(Alert Alert, bool Resolved)> alerts, DateTimeOffset now, CancellationToken stop, CancellationToken cancellation)
    {
        // A receiver that is still being tried holds up no other: it gets what is new by then once this attempt is over.
        if (!group.TryEnter(channel.Key))
        {
            return false;
        }

        try
        {
            return await TellAsync(group, channel, alerts, now, stop, cancellation).ConfigureAwait(false);
        }
        finally
        {
            group.Leave(channel.Key);
        }
    }

    private async Task<bool> TellAsync(
        AlertGroup group, Channel channel, IReadOnlyList<(Alert Alert, bool Resolved)> alerts, DateTimeOffset now, CancellationToken stop, CancellationToken cancellation)
    {
        var set = ClockSet();
        var firing = alerts.Where(static a => !a.Resolved).Select(static a => a.Alert.Fingerprint).ToList();
        var resolved = alerts.Where(static a => a.Resolved).Select(static a => a.Alert.Fingerprint).ToList();
        var last = Last(group.Key, channel.Key);
        if (Reason(last, firing, resolved, channel.Configuration.SendResolved, group.Route.RepeatInterval, now) is not { } reason
            || (reason == RepeatReason && IsInHand(alerts, now)))
        {
            return true;
        }

        var kept = group.Route.RepeatInterval * 2;
        var entry = new NotificationLogEntry(group.Key, channel.Key, now, firing, resolved, now + (kept < LogRetention && kept > TimeSpan.Zero ? LogRetention : kept));
        var told = channel.Configuration.SendResolved ? alerts : [.. alerts.Where(static a => !a.Resolved)];
        if (told.Count == 0)
        {
            entry = entry with { Note = last?.Note ?? string.Empty };
            entry = Remember(entry, set);
            Store(() => _options.Notifications.SaveLog(entry), group.Key, entry);
            return true;
        }

        var message = new NotificationMessage(channel.Receiver, group.Key, group.Labels, told, _options.ExternalUrl)
        {
            Reason = reason,
            Note = reason == FirstReason ? string.Empty : last?.Note ?? string.Empty,
            AcknowledgeUrl = firing.Count > 0 ? AcknowledgeUrl(group.Key, string.Empty, now) : string.Empty,
        };
        var record = new NotificationRecord
        {
            Id = Guid.NewGuid().ToString(),
            CreatedAt = now,
            UpdatedAt = now,
            Receiver = channel.Receiver,
            Integration = channel.Configuration.Kind,
            GroupKey = group.Key,
            GroupLabels = group.Labels,
            Status = NotificationStatus.Pending,
            Attempts = 0,
            Alerts = [.. told.Select(static a => new NotifiedAlert(a.Alert.Labels, a.Alert.Annotations, a.Resolved, a.Alert.StartsAt, a.Resolved ? a.Alert.EndsAt : null, a.Alert.Fingerprint))],
        };
        Store(() => _options.Notifications.Save(record), group.Key);
        record = await AttemptAsync(record, channel, message, stop, cancellation).ConfigureAwait(false);
        var sent = record.Status == NotificationStatus.Sent;
        entry = entry with { Note = message.Note };
        if (sent)
        {
            entry = Remember(entry, set);
        }

        Store(() => _options.Notifications.Save(record, sent ? entry : null), group.Key, sent ? entry : null);
        return sent;
    }

    private async Task<NotificationRecord> AttemptAsync(
        NotificationRecord record, Channel channel, NotificationMessage message, CancellationToken stop, CancellationToken cancellation)
    {
        var backoff = FirstBackoff;
        while (true)
        {
            record = record with { Attempts = record.Attempts + 1, UpdatedAt = _options.Time.GetUtcNow() };
            var error = await TryAsync(channel, message, cancellation).ConfigureAwait(false);
            if (error is null)
            {
                return record with { Status = NotificationStatus.Sent, Error = string.Empty, UpdatedAt = _options.Time.GetUtcNow() };
            }

            if (cancellation.IsCancellationRequested)
            {
                // What the attempts before ran into says more than that this one was cut off.
                return GivenUp(record.Error.Length > 0 ? record : record with { Error = error.Message }, stop);
            }

            record = record with { Error = error.Message, UpdatedAt = _options.Time.GetUtcNow() };
            if (!error.Recoverable)
            {
                return record with { Status = NotificationStatus.Failed };
            }

            var pending = record;
            Store(() => _options.Notifications.Save(pending), record.GroupKey);
            try
            {
                // A receiver that says when to come back is believed; if that is after the deadline, the next flush is sooner.
                await Task.Delay(error.RetryAfter > backoff ? error.RetryAfter.Value : backoff, _options.Time, cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return GivenUp(record, stop);
            }

            backoff = backoff * 1.5 < LongestBackoff ? backoff * 1.5 : LongestBackoff;
        }
    }

    private NotificationRecord GivenUp(NotificationRecord record, CancellationToken stop)
    {
        var reason = stop.IsCancellationRequested ? "the server stopped" : "no time left before the next flush";
        return record with { Status = NotificationStatus.Failed, Error = $"{record.Error}; gave up: {reason}", UpdatedAt = _options.Time.GetUtcNow() };
    }

    private async Task<DeliveryException?> TryAsync(Channel channel, NotificationMessage message, CancellationToken cancellation)
    {
        var limit = channel.Configuration.Timeout > TimeSpan.Zero ? channel.Configuration.Timeout : AlertingLimits.MaxAttemptTime;
        using var timeout = new CancellationTokenSource(limit, _options.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            await channel.Notifier.SendAsync(message, both.Token).ConfigureAwait(false);
            return null;
        }
        catch (DeliveryException e)
        {
            return e;
        }
        catch (TemplateException e)
        {
            return new DeliveryException(e.Message, recoverable: false, e);
        }
        catch (OperationCanceledException) when (both.IsCancellationRequested)
        {
            return new DeliveryException(timeout.IsCancellationRequested ? $"no answer within {PromDuration.Format(limit)}" : "cancelled", recoverable: true);
        }
    }

    /// <summary>Why a message is due, in Alertmanager's words; null when there is nothing to tell.</summary>
    private static string? Reason(
        NotificationLogEntry? last, List<string> firing, List<string> resolved, bool sendResolved, TimeSpan repeat, DateTimeOffset now)
    {
        if (last is null)
        {
            return firing.Count > 0 ? FirstReason : null;
        }

        if (firing.Exists(f => !last.Firing.Contains(f)))
        {
            return last.Firing.Count == 0 ? FirstReason : "new alerts added";
        }

        // All are over: noted even when it is not told, so that the next time they fire is news.
        if (firing.Count == 0)
        {
            return last.Firing.Count > 0 ? "all alerts resolved" : null;
        }

        if (sendResolved && resolved.Exists(r => !last.Resolved.Contains(r)))
        {
            return "some alerts resolved";
        }

        return last.At < now - repeat ? RepeatReason : null;
    }
}
