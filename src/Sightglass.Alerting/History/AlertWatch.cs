using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Silences;

namespace Sightglass.Alerting.History;

/// <summary>What keeps an alert from being told, at a moment.</summary>
/// <param name="Silences">Silences in effect for it.</param>
/// <param name="Inhibitors">Alerts that inhibit it.</param>
/// <param name="Intervals">Time intervals that mute it.</param>
internal readonly record struct AlertHindrances(IReadOnlyList<Silence> Silences, IReadOnlyList<Alert> Inhibitors, IReadOnlyList<string> Intervals);

/// <summary>
/// Tells the timeline what happens to the dispatcher's alerts: each change once, also over a restart. Alerts from outside begin and end here;
/// those of rules are told by their rules. Guarded by the dispatcher's lock.
/// </summary>
internal sealed class AlertWatch
{
    private readonly IAlertTimeline _timeline;
    private readonly Dictionary<string, Life> _lives = new(StringComparer.Ordinal);
    private readonly List<AlertEvent> _events = [];
    private readonly DateTimeOffset _start;
    private bool _hasUnheard;

    public AlertWatch(IAlertTimeline timeline, DateTimeOffset now)
    {
        (_timeline, _start) = (timeline, now);
        var open = timeline.Open();
        foreach (var e in open.Where(static e => e.Kind == AlertEventKind.Firing))
        {
            _lives[e.Fingerprint] = new Life(e);
        }

        foreach (var e in open)
        {
            if (_lives.TryGetValue(e.Fingerprint, out var life) && life.Of(e.Kind) is { } details)
            {
                details.Add(e.Detail);
            }
        }

        _hasUnheard = _lives.Count > 0;
    }

    /// <summary>Looks at an alert.</summary>
    public void Observe(Alert alert, AlertHindrances hindrances, DateTimeOffset now)
    {
        if (alert.IsResolvedAt(now))
        {
            End(alert, now);
            return;
        }

        var outside = alert.RuleGroup.Length == 0;
        if (!_lives.TryGetValue(alert.Fingerprint, out var life) || (!outside && alert.StartsAt > life.Began.At))
        {
            var at = alert.StartsAt < now ? alert.StartsAt : now;
            var began = AlertEvent.Of(alert.Labels, at, AlertEventKind.Firing, outside ? Sender(alert) : alert.RuleGroup, value: alert.Value) with { RuleGroup = alert.RuleGroup };
            _lives[alert.Fingerprint] = life = new Life(began);
            if (outside)
            {
                _events.Add(began);
            }
        }

        life.Heard = true;
        Compare(alert, life.Silenced, (AlertEventKind.Silenced, AlertEventKind.Unsilenced), hindrances.Silences, static s => $"{s.Id}: {s.Comment}", static s => s.CreatedBy, s => Later(s.StartsAt, alert.StartsAt), now);
        Compare(alert, life.Inhibited, (AlertEventKind.Inhibited, AlertEventKind.Uninhibited), hindrances.Inhibitors, static a => a.Fingerprint, static a => a.Labels["alertname"], _ => now, now);
        Compare(alert, life.Muted, (AlertEventKind.Muted, AlertEventKind.Unmuted), hindrances.Intervals, static i => i, static i => i, _ => now, now);
    }

    /// <summary>Ends the alerts that were known at the start and were not heard of since, once everybody had time to tell them again.</summary>
    public void EndUnheard(DateTimeOffset now, TimeSpan patience)
    {
        if (!_hasUnheard || now - _start <= patience)
        {
            return;
        }

        _hasUnheard = false;
        foreach (var (fingerprint, life) in _lives.Where(static l => !l.Value.Heard).ToArray())
        {
            _lives.Remove(fingerprint);
            if (life.Began.RuleGroup.Length == 0)
            {
                _events.Add(life.Began with { At = now, Kind = AlertEventKind.Resolved, Detail = "not heard of since the server started", Value = null });
            }
        }
    }

    /// <summary>Hands over what was seen.</summary>
    public void Tell()
    {
        if (_events.Count > 0)
        {
            _timeline.Append([.. _events]);
            _events.Clear();
        }
    }

    private void End(Alert alert, DateTimeOffset now)
    {
        if (_lives.Remove(alert.Fingerprint, out var life) && alert.RuleGroup.Length == 0 && life.Began.RuleGroup.Length == 0)
        {
            var at = alert.EndsAt < life.Began.At ? now : alert.EndsAt;
            _events.Add(AlertEvent.Of(alert.Labels, at, AlertEventKind.Resolved, Sender(alert), alert.Timeout ? "not heard of within resolve_timeout" : string.Empty, alert.Value));
        }
    }

    private void Compare<T>(
        Alert alert, HashSet<string> known, (AlertEventKind Begin, AlertEventKind End) kinds, IReadOnlyList<T> present,
        Func<T, string> detail, Func<T, string> actor, Func<T, DateTimeOffset> since, DateTimeOffset now)
    {
        if (present.Count == 0)
        {
            if (known.Count > 0)
            {
                _events.Add(AlertEvent.Of(alert.Labels, now, kinds.End, detail: string.Join(", ", known.Order(StringComparer.Ordinal))));
                known.Clear();
            }

            return;
        }

        foreach (var one in present)
        {
            if (known.Add(detail(one)))
            {
                _events.Add(AlertEvent.Of(alert.Labels, since(one), kinds.Begin, actor(one), detail(one), alert.Value));
            }
        }
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    /// <summary>Who sent an alert from outside: the host of its link, which is all that is known of it.</summary>
    private static string Sender(Alert alert) => Uri.TryCreate(alert.GeneratorUrl, UriKind.Absolute, out var url) && url.Authority.Length > 0 ? url.Authority : "api";

    /// <summary>One alert from its beginning to its end.</summary>
    private sealed class Life(AlertEvent began)
    {
        public AlertEvent Began { get; } = began;

        public bool Heard { get; set; }

        public HashSet<string> Silenced { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Inhibited { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Muted { get; } = new(StringComparer.Ordinal);

        public HashSet<string>? Of(AlertEventKind kind) => kind switch
        {
            AlertEventKind.Silenced => Silenced,
            AlertEventKind.Inhibited => Inhibited,
            AlertEventKind.Muted => Muted,
            _ => null,
        };
    }
}
