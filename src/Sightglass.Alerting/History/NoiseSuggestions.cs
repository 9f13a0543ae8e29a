using System.Globalization;

namespace Sightglass.Alerting.History;

/// <summary>Says in words what might be done about an alert.</summary>
internal static class NoiseSuggestions
{
    private const int FewEpisodes = 3;
    private const int FewNotifications = 5;
    private const double FlapShare = 0.3;
    private const double ShortShare = 0.5;
    private const int MaxPartners = 3;

    public static NoisyAlert Add(NoisyAlert alert, IReadOnlyList<NoisyPair> pairs, bool isAcknowledging, NoiseOptions options)
    {
        var words = new List<string>();
        if (alert.AlwaysSilenced)
        {
            words.Add($"Every one of its {Times(alert.Episodes)} was silenced from start to end: remove the alert, or what it warns of.");
        }

        if (alert.Episodes >= FewEpisodes && alert.ShortEpisodes >= ShortShare * alert.Episodes)
        {
            words.Add($"{alert.ShortEpisodes} of {Times(alert.Episodes)} were over within {PromDuration.Format(options.Short)}: raise `for` by that much; see the backtest for what is left.");
        }

        if (alert.Flaps >= FewEpisodes && alert.Flaps >= FlapShare * alert.Episodes)
        {
            words.Add($"It flaps: {alert.Flaps} times it fired again within {PromDuration.Format(options.Flap)} of being over. Set `keep_firing_for`, raise `for`, or measure over a longer range.");
        }

        if (isAcknowledging && alert.Notifications >= FewNotifications && alert.NeverAcknowledged)
        {
            words.Add($"{alert.Notifications} notifications and nobody ever acknowledged it: send it where nobody is woken, or remove it.");
        }

        if (alert.FailedNotifications > 0)
        {
            words.Add($"{alert.FailedNotifications} of its notifications could not be sent: look at the receivers.");
        }

        words.AddRange(pairs.Where(p => p.First == alert.AlertName || p.Second == alert.AlertName).Take(MaxPartners).Select(p => Words(p, alert.AlertName)));
        return alert with { Suggestions = words };
    }

    private static string Words(NoisyPair pair, string name)
    {
        var share = pair.Jaccard.ToString("P0", CultureInfo.InvariantCulture);
        return pair.Second == name
            ? $"It begins together with {pair.First} ({pair.Together} times, {share} of all times that one of them began): group them, or let {pair.First} inhibit it."
            : $"It begins together with {pair.Second} ({pair.Together} times, {share} of all times that one of them began): group them.";
    }

    private static string Times(int count) => count == 1 ? "1 episode" : $"{count} episodes";
}
