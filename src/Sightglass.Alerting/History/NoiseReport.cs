namespace Sightglass.Alerting.History;

/// <summary>What counts as noise.</summary>
public sealed record NoiseOptions
{
    /// <summary>The first moment looked at.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>The last moment looked at; what still fires is counted up to it.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>An alert that fires again this soon after it was over flaps.</summary>
    public TimeSpan Flap { get; init; } = Rules.Backtest.AlertReplay.FlapTime;

    /// <summary>An episode that was over sooner is short.</summary>
    public TimeSpan Short { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Alerts that begin this close to each other begin together.</summary>
    public TimeSpan Together { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Times that two alerts have to begin together to be told as a pair.</summary>
    public int Support { get; init; } = 3;
}

/// <summary>How one alert behaved.</summary>
public sealed record NoisyAlert
{
    /// <summary>The alert's name.</summary>
    public required string AlertName { get; init; }

    /// <summary>The rule's group; empty for alerts from outside.</summary>
    public required string RuleGroup { get; init; }

    /// <summary>Different sets of labels that fired.</summary>
    public required int Series { get; init; }

    /// <summary>Times it fired, over all series.</summary>
    public required int Episodes { get; init; }

    /// <summary>How long it fired in all.</summary>
    public required TimeSpan Total { get; init; }

    /// <summary>The median length of an episode.</summary>
    public required TimeSpan Median { get; init; }

    /// <summary>Episodes that began within <see cref="NoiseOptions.Flap"/> of the end of the one before of the same series.</summary>
    public required int Flaps { get; init; }

    /// <summary>Episodes that were over within <see cref="NoiseOptions.Short"/>.</summary>
    public required int ShortEpisodes { get; init; }

    /// <summary>Notifications sent.</summary>
    public required int Notifications { get; init; }

    /// <summary>Notifications given up.</summary>
    public required int FailedNotifications { get; init; }

    /// <summary>Episodes that somebody acknowledged.</summary>
    public required int Acknowledged { get; init; }

    /// <summary>Episodes that were silenced from start to end.</summary>
    public required int SilencedEpisodes { get; init; }

    /// <summary>What might be done about it, in words.</summary>
    public required IReadOnlyList<string> Suggestions { get; init; }

    /// <summary>It was told and nobody ever acknowledged it.</summary>
    public bool NeverAcknowledged => Notifications > 0 && Acknowledged == 0;

    /// <summary>No episode of it was not silenced.</summary>
    public bool AlwaysSilenced => SilencedEpisodes == Episodes;
}

/// <summary>Two alerts that begin together.</summary>
/// <param name="First">Name of the one that is not later, in most cases.</param>
/// <param name="Second">Name of the other.</param>
/// <param name="Together">Times that they began together.</param>
/// <param name="FirstTimes">Times that the first began.</param>
/// <param name="SecondTimes">Times that the second began.</param>
/// <param name="Jaccard">Times together of all times that one of them began.</param>
public sealed record NoisyPair(string First, string Second, int Together, int FirstTimes, int SecondTimes, double Jaccard);

/// <summary>What of all alerts was noise: the loudest first.</summary>
/// <param name="Alerts">Every alert that fired.</param>
/// <param name="Pairs">Those that begin together, the closest first.</param>
public sealed record NoiseReport(IReadOnlyList<NoisyAlert> Alerts, IReadOnlyList<NoisyPair> Pairs)
{
    /// <summary>The report of episodes.</summary>
    public static NoiseReport Of(IReadOnlyList<AlertEpisode> episodes, NoiseOptions options)
    {
        var alerts = episodes.GroupBy(static e => (Name: e.Labels["alertname"], e.RuleGroup)).Select(static g => (g.Key, Episodes: (IReadOnlyList<AlertEpisode>)[.. g])).ToList();
        var pairs = NoisePairs.Of([.. alerts.GroupBy(static a => a.Key.Name, StringComparer.Ordinal).Select(static g => (g.Key, g.SelectMany(static a => a.Episodes.Where(static e => !e.BeganBefore)).Select(static e => e.Start)))], options);
        var isAcknowledging = episodes.Any(static e => e.Acknowledged is not null);
        return new NoiseReport(
            [.. alerts.Select(a => NoiseSuggestions.Add(Figures(a.Key, a.Episodes, options), pairs, isAcknowledging, options))
                .OrderByDescending(static a => a.Notifications).ThenByDescending(static a => a.Episodes).ThenBy(static a => a.AlertName, StringComparer.Ordinal).ThenBy(static a => a.RuleGroup, StringComparer.Ordinal)],
            pairs);
    }

    private static NoisyAlert Figures((string Name, string RuleGroup) alert, IReadOnlyList<AlertEpisode> episodes, NoiseOptions options)
    {
        var lengths = episodes.Select(e => e.Duration(options.To)).Order().ToList();
        var series = episodes.GroupBy(static e => e.Fingerprint, StringComparer.Ordinal).ToList();
        return new NoisyAlert
        {
            AlertName = alert.Name,
            RuleGroup = alert.RuleGroup,
            Series = series.Count,
            Episodes = episodes.Count,
            Total = lengths.Aggregate(TimeSpan.Zero, static (sum, l) => sum + l),
            Median = lengths.Count % 2 == 1 ? lengths[lengths.Count / 2] : (lengths[(lengths.Count / 2) - 1] + lengths[lengths.Count / 2]) / 2,
            Flaps = series.Sum(s => s.Zip(s.Skip(1)).Count(p => p.First.End is { } end && p.Second.Start - end <= options.Flap)),
            ShortEpisodes = episodes.Count(e => !e.BeganBefore && e.End - e.Start < options.Short),
            Notifications = episodes.Sum(static e => e.NotifiedCount),
            FailedNotifications = episodes.Sum(static e => e.FailedCount),
            Acknowledged = episodes.Count(static e => e.Acknowledged is not null),
            SilencedEpisodes = episodes.Count(static e => e.AlwaysSilenced),
            Suggestions = [],
        };
    }
}
