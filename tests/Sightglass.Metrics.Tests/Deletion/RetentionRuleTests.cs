using Sightglass.Core.Model;
using static Sightglass.Metrics.Tests.StoreFixture;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Metrics.Tests.Deletion;

public sealed class RetentionRuleTests
{
    private static readonly MetricRetentionRule[] Rules =
    [
        new([new LabelMatcher(MatchType.Equal, "job", "short")], TimeSpan.FromDays(2)),
        new([new LabelMatcher(MatchType.Regex, "job", "long|short")], TimeSpan.FromDays(30)),
        new([new LabelMatcher(MatchType.Equal, "job", "forever")], TimeSpan.Zero),
    ];

    [Fact]
    public void Each_series_is_kept_as_long_as_its_first_rule_says()
    {
        using var f = new StoreFixture { Retention = TimeSpan.FromDays(10), Rules = Rules }.Open();
        var days = new[] { 0, 1, 3, 9, 12, 29, 40 };
        foreach (var job in (string[])["short", "long", "forever", "other"])
        {
            foreach (var day in days)
            {
                f.AppendSample(LabelSet.Of("__name__", "m", "job", job), Now - (day * 86_400_000L), day);
            }
        }

        f.Store.Flush();
        Kept(f).ShouldBe("forever 7, long 6, other 4, short 2");
        f.Store.CompactFully();
        f.Store.Stats.PartSamples.ShouldBe(19);
        Kept(f).ShouldBe("forever 7, long 6, other 4, short 2");
        f.Time.Advance(TimeSpan.FromDays(5));
        Kept(f).ShouldBe("forever 7, long 5, other 3, short 0");
        f.Store.CompactFully();
        f.Store.Stats.PartSamples.ShouldBe(15);
        f.Restart(loseUnsynced: true);
        Kept(f).ShouldBe("forever 7, long 5, other 3, short 0");
        f.Store.LabelValues("job", [], 0, long.MaxValue, default).ShouldBe(["forever", "long", "other"]);
    }

    [Fact]
    public void A_rule_that_keeps_less_than_all_others_leaves_whole_days_to_age()
    {
        using var f = new StoreFixture { Retention = TimeSpan.FromDays(10), Rules = [Rules[0]] }.Open();
        f.AppendSample(LabelSet.Of("__name__", "m", "job", "other"), Now - (9 * 86_400_000L), 1);
        f.Append(b => b.AddSample(b.AddSeries(LabelSet.Of("__name__", "m", "job", "other")), Now - (11 * 86_400_000L), 1)).Rejected.ShouldBe(1);
        f.Store.Flush();
        f.Time.Advance(TimeSpan.FromDays(3));
        f.Store.Compact();
        f.Store.Stats.Parts.ShouldBe(0);
    }

    private static string Kept(StoreFixture f) => string.Join(", ", ((string[])["forever", "long", "other", "short"])
        .Select(j => $"{j} {Dump(f.Store, [new LabelMatcher(MatchType.Equal, "job", j)]).Count}"));
}
