using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Metrics.Limits;

namespace Sightglass.Metrics.Tests.Limits;

public sealed class SeriesLimitTests
{
    private static readonly SeriesLimits Small = new() { MaxActiveSeries = 1000, MaxActiveSeriesPerSender = 0, MaxNewSeriesPerMinute = 60, NewSeriesBurst = 100 };

    [Fact]
    public void A_burst_is_taken_then_as_many_as_the_rate_allows_and_known_series_go_on()
    {
        using var f = new StoreFixture { Limits = Small }.Open();
        Send(f, "a", "j", 0, 150).ShouldBe(new AppendResult(100, 50, "too many new series of sender \"a\": limits.metrics.max_new_series_per_minute is 60; samples of known series are taken") { SeriesLimited = 50 });
        Send(f, "a", "j", 0, 100).Stored.ShouldBe(100);
        f.Time.Advance(TimeSpan.FromSeconds(10));
        Send(f, "a", "j", 100, 150).ShouldBe(new AppendResult(10, 40, "too many new series of sender \"a\": limits.metrics.max_new_series_per_minute is 60; samples of known series are taken") { SeriesLimited = 40 });
        f.Time.Advance(TimeSpan.FromMinutes(5));
        Send(f, "a", "j", 1000, 1200).Stored.ShouldBe(100, "the burst is full again after a quiet time, and no fuller");
    }

    [Fact]
    public void Other_jobs_and_senders_have_accounts_of_their_own()
    {
        using var f = new StoreFixture { Limits = Small }.Open();
        Send(f, "a", "wild", 0, 200).Stored.ShouldBe(100);
        Send(f, "a", "tame", 0, 50).Stored.ShouldBe(50);
        Send(f, "b", "wild", 500, 550).Stored.ShouldBe(50);
    }

    [Fact]
    public void Who_invents_jobs_is_bounded_too()
    {
        using var f = new StoreFixture { Limits = Small }.Open();
        var stored = 0;
        for (var i = 0; i < 50; i++)
        {
            stored += Send(f, "a", $"job{i}", 0, 20).Stored;
        }

        stored.ShouldBe(SeriesLimits.JobsPerSender * 100);
        Send(f, "b", "j", 0, 20).Stored.ShouldBe(20);
    }

    [Theory]
    [InlineData(0, 300, 300, "max_active_series is 300")]
    [InlineData(200, 0, 200, "max_active_series_per_sender is 200")]
    [InlineData(0, 0, 400, null)]
    public void Series_in_memory_are_bounded(int perSender, int all, int stored, string? reason)
    {
        using var f = new StoreFixture { Limits = new SeriesLimits { MaxActiveSeries = all, MaxActiveSeriesPerSender = perSender, MaxNewSeriesPerMinute = 0 } }.Open();
        var result = Send(f, "a", "j", 0, 400);
        result.Stored.ShouldBe(stored);
        (result.FirstReason ?? string.Empty).ShouldContain(reason ?? string.Empty);
        (reason is null).ShouldBe(result.FirstReason is null);
    }

    [Fact]
    public void Series_on_disk_are_known_after_a_start()
    {
        using var f = new StoreFixture { Limits = Small }.Open();
        for (var i = 0; i < 5; i++)
        {
            Send(f, "a", "j", i * 100, (i + 1) * 100).Stored.ShouldBe(100);
            f.Time.Advance(TimeSpan.FromMinutes(2));
        }

        f.Store.Flush();
        f.Restart(loseUnsynced: false);
        Send(f, "a", "j", 0, 600).Stored.ShouldBe(500, "those that were there before, whatever the rate");
        Send(f, "a", "j", 600, 700).Stored.ShouldBe(0);
    }

    [Fact]
    public void Series_of_a_registry_that_was_replaced_are_known()
    {
        using var f = new StoreFixture { Limits = new SeriesLimits { MaxNewSeriesPerMinute = 10_000, NewSeriesBurst = 10_000 } }.Open();
        Send(f, "a", "j", 0, 5000).Stored.ShouldBe(5000);
        f.Store.Flush();
        Send(f, "a", "j", 0, 100).Stored.ShouldBe(100);
        f.Store.Flush();
        f.Store.SeriesSenders[0].ActiveSeries.ShouldBe(0, "the next table learns its series anew");
        Send(f, "a", "j", 0, 100).Stored.ShouldBe(100);
        f.Store.SeriesSenders.ShouldBe([new SeriesSender("a", 100, 5000)]);
        f.Store.SeriesCreated.ShouldBe(5000);
    }

    [Fact]
    public void Verdicts_say_who_why_when_and_which()
    {
        using var f = new StoreFixture { Limits = Small }.Open();
        Send(f, "a", "j", 0, 130);
        var first = f.Time.GetUtcNow();
        f.Time.Advance(TimeSpan.FromSeconds(1));
        Send(f, "a", "j", 200, 210);
        var refusal = f.Store.SeriesRefusals.ShouldHaveSingleItem();
        (refusal.Sender, refusal.Job, refusal.Verdict, refusal.RefusedSamples).ShouldBe(("a", "j", SeriesVerdict.TooManyNewSeries, 39));
        (refusal.FirstAt, refusal.LastAt).ShouldBe((first, f.Time.GetUtcNow()));
        refusal.Example.Name.ShouldBe("m");
        var churn = f.Store.SeriesChurn(5).ShouldHaveSingleItem();
        churn.ShouldBe(new MetricChurn("m", 101, 101));
        f.Time.Advance(TimeSpan.FromHours(2));
        f.Store.SeriesChurn(5)[0].ShouldBe(new MetricChurn("m", 0, 101));
    }

    [Fact]
    public void A_histogram_is_a_series_like_others()
    {
        using var f = new StoreFixture { Limits = Small with { MaxNewSeriesPerMinute = 1, NewSeriesBurst = 1 } }.Open();
        using var batch = MetricBatch.Rent();
        for (var i = 0; i < 3; i++)
        {
            batch.Histograms.Add((batch.AddSeries(LabelSet.Of("__name__", "h", "i", $"{i}")), StoreFixture.Now, new NativeHistogram { Count = 1, Sum = 1 }));
        }

        f.Store.Append(batch).SeriesLimited.ShouldBe(2);
    }

    private static AppendResult Send(StoreFixture f, string sender, string job, int from, int to)
    {
        using var batch = MetricBatch.Rent();
        batch.Sender = sender;
        for (var i = from; i < to; i++)
        {
            batch.AddSample(batch.AddSeries(LabelSet.Of("__name__", "m", "i", $"{i}", "job", job)), f.Time.GetUtcNow().ToUnixTimeMilliseconds(), i);
        }

        return f.Store.Append(batch);
    }
}
