using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.History;
using Sightglass.Alerting.Silences;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Routing;

/// <summary>What an <see cref="AlertDispatcher"/> needs.</summary>
public sealed record AlertDispatcherOptions
{
    /// <summary>The configuration to start with.</summary>
    public required AlertmanagerConfiguration Configuration { get; init; }

    /// <summary>Keeps notifications and the log of what was told.</summary>
    public required INotificationStore Notifications { get; init; }

    /// <summary>The silences.</summary>
    public required SilenceRegistry Silences { get; init; }

    /// <summary>The history of alerts, where there is one; has to answer at once.</summary>
    public IAlertTimeline? Timeline { get; init; }

    /// <summary>Escalations and acknowledgements, where there are any.</summary>
    public EscalationOptions? Escalation { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Where people reach this server; part of links in messages.</summary>
    public Uri ExternalUrl { get; init; } = new("http://127.0.0.1:4300/");

    /// <summary>Told of an exception that no notification may cause: a bug.</summary>
    public Action<string, Exception>? Failed { get; init; }
}

/// <summary>Takes alerts, groups them by the routing tree, and tells receivers with Alertmanager's timing. Thread-safe.</summary>
public sealed partial class AlertDispatcher : IAsyncDisposable
{
    private static readonly TimeSpan MaintenanceInterval = TimeSpan.FromSeconds(30);

    private readonly AlertDispatcherOptions _options;
    private readonly NotificationSender _sender;
    private readonly Dictionary<LabelSet, Alert> _alerts = [];
    private readonly Dictionary<(string Route, LabelSet Labels), AlertGroup> _groups = [];

    /// <summary>Flushes that go on though their groups are gone.</summary>
    private readonly List<Task> _leaving = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _maintenance;
    private readonly AlertWatch? _watch;
    private readonly Escalator? _escalator;
    private AlertmanagerConfiguration _configuration;
    private Inhibitor? _inhibitor;
    private DateTimeOffset _inhibitorAt;
    private long _received;
    private long _invalid;

    /// <summary>Starts; nothing is told before alerts are posted.</summary>
    public AlertDispatcher(AlertDispatcherOptions options)
    {
        _options = options;
        _configuration = options.Configuration;
        _clock = new SteadyClock(options.Time);
        _sender = new NotificationSender(options);
        _watch = options.Timeline is { } timeline ? new AlertWatch(timeline, options.Time.GetUtcNow()) : null;
        _maintenance = options.Time.CreateTimer(static state => ((AlertDispatcher)state!).Maintain(), this, MaintenanceInterval, MaintenanceInterval);
        _escalator = options.Escalation is { } escalation ? new Escalator(this, _sender, options, escalation, _stop.Token) : null;
        _escalator?.Start();
    }

    /// <summary>The configuration in effect.</summary>
    public AlertmanagerConfiguration Configuration => _configuration;

    /// <summary>The silences.</summary>
    public SilenceRegistry Silences => _options.Silences;

    /// <summary>Alerts taken in since the start.</summary>
    public long ReceivedTotal => Interlocked.Read(ref _received);

    /// <summary>Alerts refused since the start.</summary>
    public long InvalidTotal => Interlocked.Read(ref _invalid);

    internal Lock Gate { get; } = new();

    internal bool IsStopped => _stop.IsCancellationRequested;

    /// <summary>Takes alerts; a known one is brought up to date, one whose end has passed is resolved.</summary>
    /// <exception cref="LimitExceededException">There are too many alerts; those that fit were taken.</exception>
    public void Post(IReadOnlyList<PostedAlert> alerts)
    {
        var refused = 0;
        lock (Gate)
        {
            if (IsStopped)
            {
                return;
            }

            var now = Now();
            foreach (var posted in alerts)
            {
                if (!_alerts.ContainsKey(posted.Labels) && _alerts.Count >= AlertingLimits.MaxAlerts)
                {
                    refused++;
                    continue;
                }

                if (_alerts.TryGetValue(posted.Labels, out var before) && before.IsResolvedAt(now))
                {
                    Observe([before], now);
                }

                Put(Complete(posted, now), now);
                _received++;
            }

            _inhibitor = null;
            Observe(alerts.Select(a => _alerts.GetValueOrDefault(a.Labels)).OfType<Alert>(), now);
            _invalid += refused;
        }

        if (refused > 0)
        {
            throw new LimitExceededException("MaxAlerts", AlertingLimits.MaxAlerts, AlertingLimits.MaxAlerts + refused, "too many alerts at a time");
        }
    }

    /// <summary>Takes another configuration: alerts are grouped anew, what was told before is not told again.</summary>
    public void Update(AlertmanagerConfiguration configuration, EscalationConfiguration? escalation = null)
    {
        lock (Gate)
        {
            _configuration = configuration;
            escalation ??= _escalator?.Configuration ?? EscalationConfiguration.None;
            _sender.Update(configuration, escalation);
            var before = new Dictionary<(string Route, LabelSet Labels), Task>();
            foreach (var (key, group) in _groups)
            {
                group.Dispose();
                if (!group.Finished.IsCompleted)
                {
                    before.Add(key, group.Finished);
                    _leaving.Add(group.Finished);
                }
            }

            _groups.Clear();
            _inhibitor = null;
            var now = Now();
            foreach (var alert in _alerts.Values)
            {
                Route(alert, now);
            }

            foreach (var (key, flush) in before)
            {
                _groups.GetValueOrDefault(key)?.Follow(flush);
            }

            _escalator?.Update(escalation);
        }
    }

    /// <summary>The alerts that are not over, with what keeps them from being told; by labels.</summary>
    public IReadOnlyList<AlertStatusView> Alerts()
    {
        lock (Gate)
        {
            var now = Now();
            return [.. _alerts.Values.Where(a => !a.IsResolvedAt(now)).OrderBy(static a => a.Fingerprint, StringComparer.Ordinal)
                .Select(a => View(a, now, [.. _configuration.Route.Match(a.Labels).Select(static r => r.Receiver).Distinct()], MutedBy(a, now)))];
        }
    }

    /// <summary>The groups that alerts are in, by labels and receiver.</summary>
    public IReadOnlyList<AlertGroupView> Groups()
    {
        lock (Gate)
        {
            var now = Now();
            var views = new List<AlertGroupView>();
            foreach (var group in _groups.Values)
            {
                var muted = IsMuted(group.Route, now, out var names) ? names : [];
                var alerts = group.Alerts.Values.Where(a => !a.IsResolvedAt(now)).Select(a => View(a, now, [.. _configuration.Route.Match(a.Labels).Select(static r => r.Receiver).Distinct().Order(StringComparer.Ordinal)], muted)).ToList();
                if (alerts.Count > 0)
                {
                    alerts.Sort(static (a, b) => Alert.Compare(a.Alert, b.Alert));
                    views.Add(new AlertGroupView(group.Key, group.Labels, group.Route.Receiver, alerts));
                }
            }

            return [.. views.OrderBy(static v => v.Labels, Comparer<LabelSet>.Create(Alert.CompareLabels)).ThenBy(static v => v.Receiver, StringComparer.Ordinal)];
        }
    }

    /// <summary>Stops: attempts that run are cancelled and waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        List<Task> running;
        lock (Gate)
        {
            if (IsStopped)
            {
                return;
            }

            _stop.Cancel();
            _maintenance.Dispose();
            running = [.. _groups.Values.Select(static g => g.Finished), .. _leaving, .. _escalator?.Work() ?? []];
            _escalator?.Dispose();
            foreach (var group in _groups.Values)
            {
                group.Dispose();
            }
        }

        await Task.WhenAll(running).ConfigureAwait(false);
        _sender.Dispose();
        _stop.Dispose();
    }

    /// <summary>Done when the flushes that have begun are over.</summary>
    internal Task FlushesFinished()
    {
        lock (Gate)
        {
            return Task.WhenAll(_groups.Values.Select(static g => g.Finished).Concat(_leaving));
        }
    }

    /// <summary>Tells a group's alerts; resolved ones leave the group once they are told.</summary>
    internal async Task FlushAsync(AlertGroup group)
    {
        List<Alert> alerts;
        List<(Alert Alert, bool Resolved)> told;
        DateTimeOffset now;
        lock (Gate)
        {
            now = Now();
            alerts = [.. group.Alerts.Values];
            alerts.Sort(Alert.Compare);
            Observe(alerts, now);
            _escalator?.Review(group, now);
            var muted = IsMuted(group.Route, now, out _);
            told = muted ? [] : [.. alerts.Where(a => CurrentInhibitor(now).InhibitedBy(a.Labels).Count == 0 && _options.Silences.SilencedBy(a.Labels).Count == 0).Select(a => (a, a.IsResolvedAt(now)))];
        }

        var done = false;
        try
        {
            done = told.Count == 0 || await _sender.SendAsync(group, told, now, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (IsStopped)
        {
            // The server stops; what was not told is told after the restart.
        }
#pragma warning disable CA1031 // A bug in one notification must not end the group's life: it is reported, and the next flush comes.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _options.Failed?.Invoke(group.Key, e);
        }

        if (!done)
        {
            return;
        }

        lock (Gate)
        {
            foreach (var alert in alerts)
            {
                if (alert.IsResolvedAt(now) && group.Alerts.TryGetValue(alert.Labels, out var present) && ReferenceEquals(present, alert))
                {
                    group.Alerts.Remove(alert.Labels);
                }
            }

            // The next alert begins a new group and waits group_wait again. A reload may have put another group in this one's place.
            var key = (group.Route.Id, group.Labels);
            if (group.Alerts.Count == 0 && _groups.TryGetValue(key, out var current) && ReferenceEquals(current, group))
            {
                _groups.Remove(key);
                _leaving.Add(group.Finished);
                group.Dispose();
            }
        }
    }

    private Alert Complete(PostedAlert posted, DateTimeOffset now)
    {
        var starts = posted.StartsAt ?? (posted.EndsAt is { } end && end < now ? end : now);
        return new Alert
        {
            Labels = posted.Labels,
            Annotations = posted.Annotations,
            StartsAt = starts,
            EndsAt = posted.EndsAt ?? now + _configuration.ResolveTimeout,
            Timeout = posted.EndsAt is null,
            UpdatedAt = now,
            GeneratorUrl = posted.GeneratorUrl,
            RuleGroup = posted.RuleGroup,
            Value = posted.Value,
            Threshold = posted.Threshold,
        };
    }

    private void Put(Alert alert, DateTimeOffset now)
    {
        if (_alerts.TryGetValue(alert.Labels, out var old)
            && ((alert.EndsAt > old.StartsAt && alert.EndsAt < old.EndsAt) || (alert.StartsAt > old.StartsAt && alert.StartsAt < old.EndsAt)))
        {
            alert = Alert.Merge(old, alert, now);
        }

        _alerts[alert.Labels] = alert;
        Route(alert, now);
    }

    private void Route(Alert alert, DateTimeOffset now)
    {
        foreach (var route in _configuration.Route.Match(alert.Labels))
        {
            var labels = route.GroupLabels(alert.Labels);
            if (!_groups.TryGetValue((route.Id, labels), out var group))
            {
                if (_groups.Count >= AlertingLimits.MaxGroups)
                {
                    _invalid++;
                    continue;
                }

                _groups.Add((route.Id, labels), group = new AlertGroup(this, route, labels, _options.Time));
                group.Start(alert, now);
                continue;
            }

            group.Alerts[alert.Labels] = alert;
        }
    }

    /// <summary>Tells the timeline what is new about alerts.</summary>
    private void Observe(IEnumerable<Alert> alerts, DateTimeOffset now)
    {
        if (_watch is null)
        {
            return;
        }

        var byFingerprint = new Lazy<Dictionary<string, Alert>>(() => _alerts.Values.DistinctBy(static a => a.Fingerprint).ToDictionary(static a => a.Fingerprint, StringComparer.Ordinal));
        foreach (var alert in alerts)
        {
            _watch.Observe(alert, alert.IsResolvedAt(now) ? default : Hindrances(alert, byFingerprint, now), now);
        }

        _watch.Tell();
    }

    private AlertHindrances Hindrances(Alert alert, Lazy<Dictionary<string, Alert>> byFingerprint, DateTimeOffset now) => new(
        [.. _options.Silences.SilencedBy(alert.Labels).Select(_options.Silences.Get).OfType<Silence>()],
        [.. CurrentInhibitor(now).InhibitedBy(alert.Labels).Select(f => byFingerprint.Value.GetValueOrDefault(f)).OfType<Alert>()],
        MutedBy(alert, now));

    private Inhibitor CurrentInhibitor(DateTimeOffset now)
    {
        if (_inhibitor is null || _inhibitorAt != now)
        {
            (_inhibitor, _inhibitorAt) = (new Inhibitor(_configuration.InhibitRules, _alerts.Values, now), now);
        }

        return _inhibitor;
    }

    private AlertStatusView View(Alert alert, DateTimeOffset now, IReadOnlyList<string> receivers, IReadOnlyList<string> mutedBy) =>
        new(alert, receivers, _options.Silences.SilencedBy(alert.Labels), CurrentInhibitor(now).InhibitedBy(alert.Labels), mutedBy);

    private IReadOnlyList<string> MutedBy(Alert alert, DateTimeOffset now)
    {
        var names = new List<string>();
        foreach (var route in _configuration.Route.Match(alert.Labels))
        {
            if (IsMuted(route, now, out var by))
            {
                names.AddRange(by);
            }
        }

        return [.. names.Distinct()];
    }

    private bool IsMuted(Route route, DateTimeOffset now, out IReadOnlyList<string> by)
    {
        bool Inside(string name) => _configuration.TimeIntervals[name].Any(i => i.Contains(now));
        var muting = route.MuteTimeIntervals.Where(Inside).ToList();
        if (muting.Count == 0 && route.ActiveTimeIntervals.Count > 0 && !route.ActiveTimeIntervals.Any(Inside))
        {
            muting.AddRange(route.ActiveTimeIntervals);
        }

        by = muting;
        return muting.Count > 0;
    }

    private void Maintain()
    {
        _sender.SaveAgain();
        lock (Gate)
        {
            var now = Now();
            _leaving.RemoveAll(static t => t.IsCompleted);
            Observe(_alerts.Values.Where(a => a.IsResolvedAt(now)), now);
            _watch?.EndUnheard(now, _configuration.ResolveTimeout);
            _watch?.Tell();
            EndAcknowledgements(now);
            _escalator?.ReviewOrphans(now);
            foreach (var alert in _alerts.Values.Where(a => a.EndsAt + MaintenanceInterval < now).ToArray())
            {
                _alerts.Remove(alert.Labels);
            }
        }
    }
}

/// <summary>An alert with what keeps it from being told.</summary>
/// <param name="Alert">The alert.</param>
/// <param name="Receivers">Names of the receivers that it goes to.</param>
/// <param name="SilencedBy">Ids of silences.</param>
/// <param name="InhibitedBy">Fingerprints of alerts.</param>
/// <param name="MutedBy">Names of time intervals.</param>
public sealed record AlertStatusView(
    Alert Alert, IReadOnlyList<string> Receivers, IReadOnlyList<string> SilencedBy, IReadOnlyList<string> InhibitedBy, IReadOnlyList<string> MutedBy);

/// <summary>A group of alerts.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Receiver">Where it is told.</param>
/// <param name="Alerts">Its alerts.</param>
public sealed record AlertGroupView(string Key, LabelSet Labels, string Receiver, IReadOnlyList<AlertStatusView> Alerts);
