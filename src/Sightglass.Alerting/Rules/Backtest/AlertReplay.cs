using Sightglass.Core.Model;

namespace Sightglass.Alerting.Rules.Backtest;

/// <summary>A time during which an alert would have fired.</summary>
/// <param name="Labels">The alert's labels.</param>
/// <param name="From">When it began to fire.</param>
/// <param name="To">When it was over, or the end of the replay.</param>
/// <param name="IsOver">False when it still fired at the end.</param>
internal sealed record ReplayedAlert(LabelSet Labels, DateTimeOffset From, DateTimeOffset To, bool IsOver);

/// <summary>Replays an alerting rule over the results of its expression: the same steps as <see cref="AlertingRule"/> takes, without a clock.</summary>
internal static class AlertReplay
{
    /// <summary>An alert that fires again this soon after it was over flaps.</summary>
    public static readonly TimeSpan FlapTime = TimeSpan.FromMinutes(15);

    /// <summary>When each series would have fired; <paramref name="holds"/> gives, by series, the moments at which the expression held, in order.</summary>
    public static IReadOnlyList<ReplayedAlert> Run(
        IReadOnlyDictionary<LabelSet, IReadOnlyList<DateTimeOffset>> holds, DateTimeOffset start, DateTimeOffset end, TimeSpan interval, TimeSpan hold, TimeSpan keepFiring,
        CancellationToken cancellation = default)
    {
        var alerts = new List<ReplayedAlert>();
        foreach (var (labels, moments) in holds)
        {
            cancellation.ThrowIfCancellationRequested();
            Run(labels, [.. moments], start, end, interval, (hold, keepFiring), alerts);
        }

        return [.. alerts.OrderBy(static a => a.From).ThenBy(static a => a.Labels)];
    }

    /// <summary>How many of the alerts fired again within <see cref="FlapTime"/> of having been over.</summary>
    public static int Flaps(IReadOnlyList<ReplayedAlert> alerts) => alerts.GroupBy(static a => a.Labels)
        .Sum(static g => g.Zip(g.Skip(1)).Count(static p => p.Second.From - p.First.To <= FlapTime));

    private static void Run(
        LabelSet labels, HashSet<DateTimeOffset> holds, DateTimeOffset start, DateTimeOffset end, TimeSpan interval, (TimeSpan Hold, TimeSpan Keep) times, List<ReplayedAlert> alerts)
    {
        DateTimeOffset? active = null, fired = null, keeping = null;
        for (var at = start; at <= end; at += interval)
        {
            if (holds.Contains(at))
            {
                keeping = null;
                active ??= at;
                fired ??= at - active >= times.Hold ? at : null;
            }
            else if (active is not null)
            {
                keeping ??= at;
                if (fired is null || times.Keep <= TimeSpan.Zero || at - keeping >= times.Keep)
                {
                    if (fired is { } from)
                    {
                        alerts.Add(new ReplayedAlert(labels, from, at, IsOver: true));
                    }

                    (active, fired, keeping) = (null, null, null);
                }
            }
        }

        if (fired is { } still)
        {
            alerts.Add(new ReplayedAlert(labels, still, end, IsOver: false));
        }
    }
}
