namespace Sightglass.Alerting.History;

/// <summary>Makes episodes of events.</summary>
public static class AlertEpisodes
{
    /// <summary>Events read at a time.</summary>
    private const int PageSize = 5_000;

    /// <summary>
    /// The episodes of alerts that fired at some time from <see cref="AlertEventFilter.From"/> to <see cref="AlertEventFilter.To"/>, by start, of
    /// <paramref name="maxEvents"/> events at most.
    /// </summary>
    public static (IReadOnlyList<AlertEpisode> Episodes, bool IsComplete) Read(IAlertTimeline timeline, AlertEventFilter filter, int maxEvents, CancellationToken cancellation)
    {
        var events = new List<AlertEvent>();
        var next = filter with { Ascending = true, Limit = PageSize, Cursor = null };
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var page = timeline.List(next with { Limit = Math.Min(PageSize, maxEvents - events.Count) });
            events.AddRange(page.Events);
            if (page.Next is null || events.Count >= maxEvents)
            {
                var from = filter.From ?? DateTimeOffset.MinValue;
                return (Of(events, from, Lasting(timeline, filter, from)), page.Next is null);
            }

            next = next with { Cursor = page.Next };
        }
    }

    /// <summary>
    /// The episodes in events, by start; those without a beginning among them began before <paramref name="from"/>, as did those of
    /// <paramref name="lasting"/>.
    /// </summary>
    public static IReadOnlyList<AlertEpisode> Of(IEnumerable<AlertEvent> events, DateTimeOffset from, IEnumerable<AlertEvent>? lasting = null)
    {
        var episodes = new List<AlertEpisode>();
        var alerts = new Dictionary<string, AlertEpisode>(StringComparer.Ordinal);
        foreach (var began in lasting ?? [])
        {
            episodes.Add(alerts[began.Fingerprint] = new AlertEpisode(began with { At = from }, beganBefore: true));
        }

        foreach (var e in events.OrderBy(static e => e.At).ThenBy(static e => Order(e.Kind)))
        {
            var last = alerts.GetValueOrDefault(e.Fingerprint);
            switch (e.Kind)
            {
                case AlertEventKind.Firing:
                    // Without an end of the one before: nobody saw it.
                    last?.Close(e.At);
                    episodes.Add(alerts[e.Fingerprint] = new AlertEpisode(e, beganBefore: false));
                    break;
                case AlertEventKind.Resolved when last is null:
                    episodes.Add(alerts[e.Fingerprint] = new AlertEpisode(e with { At = from, Value = null }, beganBefore: true));
                    alerts[e.Fingerprint].Close(e.At);
                    break;
                case AlertEventKind.Resolved:
                    last.Close(e.At);
                    break;
                default:
                    last?.Add(e);
                    break;
            }
        }

        return [.. episodes.OrderBy(static e => e.Start).ThenBy(static e => e.Fingerprint, StringComparer.Ordinal)];
    }

    /// <summary>
    /// Alerts that fired since before the time looked at: nothing in it has to tell so. Those that still fire are known even when their beginning was forgotten.
    /// </summary>
    private static IEnumerable<AlertEvent> Lasting(IAlertTimeline timeline, AlertEventFilter filter, DateTimeOffset from) => timeline.FiringAt(from).Concat(timeline.Open()).DistinctBy(static e => (e.Fingerprint, e.Kind)).Where(e =>
        e.Kind == AlertEventKind.Firing && e.At < from
        && (filter.AlertName is null || e.AlertName == filter.AlertName)
        && (filter.Fingerprint is null || e.Fingerprint == filter.Fingerprint)
        && (filter.Selectors.Count == 0 || filter.Selectors.Any(set => set.All(m => m.Matches(e.Labels[m.Name])))));

    /// <summary>The order of what happens at one moment: what a firing brings with it comes after it.</summary>
    private static int Order(AlertEventKind kind) => kind switch
    {
        AlertEventKind.Resolved or AlertEventKind.Cleared => 0,
        AlertEventKind.Pending => 1,
        AlertEventKind.Firing => 2,
        _ => 3,
    };
}
