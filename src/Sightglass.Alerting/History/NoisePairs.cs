namespace Sightglass.Alerting.History;

/// <summary>Finds alerts that begin together.</summary>
internal static class NoisePairs
{
    /// <summary>Alerts compared with each other: those that began most often.</summary>
    private const int MaxAlerts = 200;

    /// <summary>Pairs told.</summary>
    private const int MaxPairs = 100;

    /// <summary>Below this the two have more to themselves than in common.</summary>
    private const double MinJaccard = 0.5;

    public static IReadOnlyList<NoisyPair> Of(IReadOnlyList<(string Name, IEnumerable<DateTimeOffset> Starts)> alerts, NoiseOptions options)
    {
        var candidates = alerts.Select(a => (a.Name, Times: Occurrences(a.Starts, options.Together))).Where(a => a.Times.Count >= options.Support)
            .OrderByDescending(static a => a.Times.Count).ThenBy(static a => a.Name, StringComparer.Ordinal).Take(MaxAlerts).ToList();
        var pairs = new List<NoisyPair>();
        for (var i = 0; i < candidates.Count; i++)
        {
            for (var j = i + 1; j < candidates.Count; j++)
            {
                var (a, b) = (candidates[i], candidates[j]);
                var (together, leading) = Matches(a.Times, b.Times, options.Together);
                var jaccard = (double)together / (a.Times.Count + b.Times.Count - together);
                if (together >= options.Support && jaccard >= MinJaccard)
                {
                    pairs.Add(leading * 2 >= together
                        ? new NoisyPair(a.Name, b.Name, together, a.Times.Count, b.Times.Count, jaccard)
                        : new NoisyPair(b.Name, a.Name, together, b.Times.Count, a.Times.Count, jaccard));
                }
            }
        }

        return [.. pairs.OrderByDescending(static p => p.Jaccard).ThenByDescending(static p => p.Together).ThenBy(static p => p.First, StringComparer.Ordinal).ThenBy(static p => p.Second, StringComparer.Ordinal).Take(MaxPairs)];
    }

    /// <summary>The moments at which an alert began: series that begin within <paramref name="together"/> of a moment's first belong to it.</summary>
    internal static List<DateTimeOffset> Occurrences(IEnumerable<DateTimeOffset> starts, TimeSpan together)
    {
        var moments = new List<DateTimeOffset>();
        foreach (var start in starts.Order())
        {
            if (moments.Count == 0 || start - moments[^1] > together)
            {
                moments.Add(start);
            }
        }

        return moments;
    }

    /// <summary>How many moments of the one have a moment of the other of their own within <paramref name="together"/>, and in how many of these the one is not later.</summary>
    internal static (int Together, int Leading) Matches(List<DateTimeOffset> a, List<DateTimeOffset> b, TimeSpan together)
    {
        var (i, j, matched, leading) = (0, 0, 0, 0);
        while (i < a.Count && j < b.Count)
        {
            var apart = b[j] - a[i];
            if (apart.Duration() <= together)
            {
                matched++;
                leading += apart >= TimeSpan.Zero ? 1 : 0;
                i++;
                j++;
            }
            else if (apart > TimeSpan.Zero)
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return (matched, leading);
    }
}
