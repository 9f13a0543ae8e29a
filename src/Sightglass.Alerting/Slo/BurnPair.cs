namespace Sightglass.Alerting.Slo;

/// <summary>Two windows whose burn rates both have to be too high: the long one says that it matters, the short one that it still goes on.</summary>
/// <param name="Long">The long window.</param>
/// <param name="Short">The short window.</param>
/// <param name="For">How long both have to hold.</param>
/// <param name="Factor">The burn rate: 1 uses the budget up in exactly the objective's window.</param>
/// <param name="Pages">Whether it wakes somebody; else it can wait.</param>
public sealed record BurnPair(TimeSpan Long, TimeSpan Short, TimeSpan For, decimal Factor, bool Pages)
{
    private static readonly TimeSpan ShortestLong = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortestShort = TimeSpan.FromMinutes(2);

    /// <summary>The pairs of the SRE workbook, for a window of 30 days: 2 %, 5 %, 10 % and 10 % of the budget are gone when they fire.</summary>
    private static readonly BurnPair[] OfThirtyDays =
    [
        new(TimeSpan.FromHours(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(2), 14.4m, true),
        new(TimeSpan.FromHours(6), TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(15), 6m, true),
        new(TimeSpan.FromDays(1), TimeSpan.FromHours(2), TimeSpan.FromHours(1), 3m, false),
        new(TimeSpan.FromDays(3), TimeSpan.FromHours(6), TimeSpan.FromHours(3), 1m, false),
    ];

    /// <summary>
    /// The pairs for a window of this length: the workbook's for four weeks and months, else scaled so that the same share of the budget is gone.
    /// No window is shorter than <paramref name="least"/>, or than what a usual scrape interval gives a few samples of.
    /// </summary>
    public static IReadOnlyList<BurnPair> Of(TimeSpan length, TimeSpan least)
    {
        if (length >= TimeSpan.FromDays(28) && length <= TimeSpan.FromDays(31) && least <= OfThirtyDays[0].Short)
        {
            return OfThirtyDays;
        }

        var scale = length >= TimeSpan.FromDays(28) && length <= TimeSpan.FromDays(31) ? 1 : length / TimeSpan.FromDays(30);
        return [.. OfThirtyDays.Select(pair => pair with
        {
            Long = Scaled(pair.Long, scale, Max(ShortestLong, least * 5)),
            Short = Scaled(pair.Short, scale, Max(ShortestShort, least)),
            For = Scaled(pair.For, scale, TimeSpan.Zero),
        })];
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    // Whole minutes, below two of them whole seconds: nobody wants to read a window of 1h7m12s.
    private static TimeSpan Scaled(TimeSpan span, double scale, TimeSpan least)
    {
        var unit = span * scale >= TimeSpan.FromMinutes(2) ? TimeSpan.FromMinutes(1) : TimeSpan.FromSeconds(1);
        return Max(unit * Math.Round(span * scale / unit), least);
    }
}
