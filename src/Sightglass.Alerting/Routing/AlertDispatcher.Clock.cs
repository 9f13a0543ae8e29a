namespace Sightglass.Alerting.Routing;

/// <content>
/// What happens when the clock is set: alerts that would have ended in a minute still end in a minute, and what was told an hour ago was still told an hour
/// ago. Waits of groups run on timers, which do not mind. Silences and time intervals are about the clock itself and follow it.
/// </content>
public sealed partial class AlertDispatcher
{
    private readonly SteadyClock _clock;

    /// <summary>Now; under the lock.</summary>
    private DateTimeOffset Now()
    {
        var now = _clock.Read(out var step);
        if (step != TimeSpan.Zero)
        {
            Shift(step);
        }

        return now;
    }

    private void Shift(TimeSpan step)
    {
        foreach (var (labels, alert) in _alerts.ToArray())
        {
            var moved = Moved(alert, step);
            foreach (var group in _groups.Values)
            {
                if (group.Alerts.TryGetValue(labels, out var present) && ReferenceEquals(present, alert))
                {
                    group.Alerts[labels] = moved;
                }
            }

            _alerts[labels] = moved;
        }

        // Alerts that only their group knows still are over and have not been told so yet.
        foreach (var group in _groups.Values)
        {
            foreach (var (labels, alert) in group.Alerts.Where(a => !_alerts.ContainsKey(a.Key)).ToArray())
            {
                group.Alerts[labels] = Moved(alert, step);
            }
        }

        _inhibitor = null;
        _sender.Shift(step);
    }

    private static Alert Moved(Alert alert, TimeSpan step) => alert with { EndsAt = Later(alert.EndsAt, step), UpdatedAt = Later(alert.UpdatedAt, step) };

    internal static DateTimeOffset Later(DateTimeOffset at, TimeSpan step) =>
        step < TimeSpan.Zero ? (at - DateTimeOffset.MinValue > -step ? at + step : DateTimeOffset.MinValue) : DateTimeOffset.MaxValue - at > step ? at + step : DateTimeOffset.MaxValue;
}
