using Sightglass.Alerting.Rules.Backtest;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Tests.Rules.Backtest;

public sealed class AlertReplayTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A character per minute: <c>x</c> where the expression held.</summary>
    [Theory]
    [InlineData("..xxx..", 0, 0, "2-5")]
    [InlineData("..xxx..", 2, 0, "4-5")]
    [InlineData("..xxx..", 3, 0, "")]
    [InlineData("xx.xxx.", 1, 0, "1-2 4-6")]
    [InlineData("..xxx", 1, 0, "3-4 still")]
    [InlineData(".x..x...", 0, 2, "1-7")]
    [InlineData(".x...x...", 0, 2, "1-4 5-8")]
    [InlineData(".x.x....", 0, 2, "1-6")]
    [InlineData(".......", 0, 0, "")]
    public void Alerts_fire_as_the_rule_would(string held, int hold, int keep, string expected)
    {
        var alerts = Run(held, hold, keep);
        string.Join(' ', alerts.Select(static a => $"{(a.From - Start).TotalMinutes}-{(a.To - Start).TotalMinutes}{(a.IsOver ? string.Empty : " still")}")).ShouldBe(expected);
    }

    [Theory]
    [InlineData("x.x.x.", 2)]
    [InlineData("x................x.", 0)]
    [InlineData("x.", 0)]
    public void Firing_again_soon_is_flapping(string held, int flaps) => AlertReplay.Flaps(Run(held, 0, 0)).ShouldBe(flaps);

    private static IReadOnlyList<ReplayedAlert> Run(string held, int hold, int keep)
    {
        var moments = Enumerable.Range(0, held.Length).Where(i => held[i] == 'x').Select(static i => Start.AddMinutes(i)).ToList();
        return AlertReplay.Run(
            new Dictionary<LabelSet, IReadOnlyList<DateTimeOffset>> { [LabelSet.Of("a", "b")] = moments }, Start, Start.AddMinutes(held.Length - 1), TimeSpan.FromMinutes(1),
            TimeSpan.FromMinutes(hold), TimeSpan.FromMinutes(keep));
    }
}
