using System.Text;
using Sightglass.Core.Model;
using Sightglass.Metrics.Cardinality;

namespace Sightglass.Metrics.Tests.Cardinality;

public sealed class CardinalityTests
{
    [Fact]
    public void It_agrees_with_counting_the_label_sets_wherever_the_series_are()
    {
        using var f = new StoreFixture().Open();
        var random = new Random(7);
        for (var round = 0; round < 4; round++)
        {
            using var batch = MetricBatch.Rent();
            for (var i = 0; i < 300; i++)
            {
                var labels = LabelSet.Of("__name__", $"m{random.Next(12)}", "host", $"h{random.Next(20)}", "käse", random.Next(3) == 0 ? $"x{random.Next(5)}é" : string.Empty);
                batch.AddSample(batch.AddSeries(labels), StoreFixture.Now + (round * 1000), i);
            }

            f.Store.Append(batch);
            if (round is 0 or 2)
            {
                f.Store.Flush();
            }
        }

        LabelMatcher[] some = [new(Core.Model.MatchType.Regex, "host", "h1.*")];
        LabelMatcher[] others = [new(Core.Model.MatchType.Equal, "__name__", "m3")];
        foreach (var selectors in new IReadOnlyList<LabelMatcher>[][] { [], [some], [some, others] })
        {
            foreach (var (from, to) in new[] { (0L, long.MaxValue), (StoreFixture.Now + 1000, StoreFixture.Now + 2000), (StoreFixture.Now + 3000, StoreFixture.Now + 9000), (5L, 6L) })
            {
                var series = f.Store.Series([], from, to, 0, default).Where(s => selectors.Length == 0 || selectors.Any(m => m.All(x => x.Matches(s[x.Name])))).ToArray();
                ShouldBe(f.Store.Cardinality(selectors, from, to, 1000, "host", default), series);
            }
        }
    }

    [Fact]
    public void Lists_are_cut_after_the_largest()
    {
        using var f = new StoreFixture().Open();
        using var batch = MetricBatch.Rent();
        for (var i = 0; i < 60; i++)
        {
            batch.AddSample(batch.AddSeries(LabelSet.Of("__name__", i < 40 ? "big" : i < 55 ? "middle" : "small", "i", $"{i}")), StoreFixture.Now, i);
        }

        f.Store.Append(batch);
        var report = f.Store.Cardinality([], 0, long.MaxValue, 2, null, default);
        report.Metrics.ShouldBe([new CardinalityItem("big", 40), new CardinalityItem("middle", 15)]);
        report.Pairs.ShouldBe([new CardinalityPair("__name__", "big", 40), new CardinalityPair("__name__", "middle", 15)]);
        report.LabelValues.ShouldBe([new CardinalityItem("i", 60), new CardinalityItem("__name__", 3)]);
        (report.Series, report.LabelPairs, report.MinTimeMs, report.MaxTimeMs).ShouldBe((60, 63, StoreFixture.Now, StoreFixture.Now));
        report.Values.ShouldBeEmpty();
    }

    [Fact]
    public void Without_series_there_is_nothing_to_count()
    {
        using var f = new StoreFixture().Open();
        var report = f.Store.Cardinality([], 0, long.MaxValue, 10, "job", default);
        (report.Series, report.LabelPairs, report.MinTimeMs, report.Metrics.Count, report.Values.Count).ShouldBe((0, 0, null, 0, 0));
    }

    private static void ShouldBe(CardinalityReport report, LabelSet[] series)
    {
        var pairs = series.SelectMany(s => s).GroupBy(l => l).Select(g => new CardinalityPair(g.Key.Name, g.Key.Value, g.Count())).ToArray();
        report.Series.ShouldBe(series.Length);
        report.LabelPairs.ShouldBe(pairs.Length);
        report.Pairs.ShouldBe(pairs.OrderByDescending(p => p.Series).ThenBy(p => p.Label, StringComparer.Ordinal).ThenBy(p => p.Value, StringComparer.Ordinal));
        report.Metrics.ShouldBe(Sorted(pairs.Where(p => p.Label == "__name__").Select(p => new CardinalityItem(p.Value, p.Series))));
        report.Values.ShouldBe(Sorted(pairs.Where(p => p.Label == "host").Select(p => new CardinalityItem(p.Value, p.Series))));
        report.LabelValues.ShouldBe(Sorted(pairs.GroupBy(p => p.Label).Select(g => new CardinalityItem(g.Key, g.Count()))));
        report.LabelSeries.ShouldBe(Sorted(pairs.GroupBy(p => p.Label).Select(g => new CardinalityItem(g.Key, g.Sum(p => p.Series)))));
        report.LabelBytes.ShouldBe(Sorted(pairs.GroupBy(p => p.Label).Select(g => new CardinalityItem(g.Key, g.Sum(p => p.Series * Encoding.UTF8.GetByteCount(p.Value))))));
    }

    private static IEnumerable<CardinalityItem> Sorted(IEnumerable<CardinalityItem> items) => items.OrderByDescending(i => i.Value).ThenBy(i => i.Name, StringComparer.Ordinal);
}
