using FsCheck;
using FsCheck.Fluent;
using Sightglass.Metrics.Querying;

namespace Sightglass.Metrics.Tests;

public sealed class ChangeLedgerTests
{
    [Fact]
    public void Nothing_changed() => new ChangeLedger().UnchangedUntilMs(0).ShouldBe(long.MaxValue);

    [Fact]
    public void Of_the_changes_since_the_one_that_reaches_furthest_back_counts()
    {
        var ledger = new ChangeLedger();
        ledger.Changed(5 << 10);
        var between = ledger.Revision;
        ledger.Changed(9 << 10);
        ledger.Changed(7 << 10);
        ledger.UnchangedUntilMs(0).ShouldBe((5 << 10) - 1);
        ledger.UnchangedUntilMs(between).ShouldBe((7 << 10) - 1);
        ledger.UnchangedUntilMs(between + 1).ShouldBe((7 << 10) - 1);
        ledger.UnchangedUntilMs(ledger.Revision).ShouldBe(long.MaxValue);
        ledger.ChangedAll();
        ledger.UnchangedUntilMs(between).ShouldBe(long.MinValue);
    }

    [Fact]
    public void Never_later_than_the_oldest_change_since_and_at_most_a_grain_before() => Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), Holds).QuickCheckThrowOnFailure();

    private static bool Holds(int[] seconds)
    {
        var ledger = new ChangeLedger();
        var times = seconds.Select(s => s * 777L).ToArray();
        foreach (var time in times)
        {
            ledger.Changed(time);
        }

        return Enumerable.Range(0, times.Length).All(r => times[r..].Min() is var oldest && ledger.UnchangedUntilMs(r) < oldest && ledger.UnchangedUntilMs(r) >= oldest - 1024);
    }

    [Fact]
    public void Of_very_many_changes_the_old_ones_are_remembered_as_one()
    {
        var ledger = new ChangeLedger();
        for (var i = 1; i <= 100_000; i++)
        {
            ledger.Changed(i << 10);
        }

        ledger.UnchangedUntilMs(99_990).ShouldBe((99_991 << 10) - 1);
        ledger.UnchangedUntilMs(10).ShouldBeLessThan(11 << 10);
    }
}
