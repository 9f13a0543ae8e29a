using System.Collections.Concurrent;
using System.Net;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Scrape;

public sealed class ScraperTests : IBatchSink
{
    private readonly ManualTimeProvider _time = new();
    private readonly ConcurrentQueue<(string Series, long At, double Value)> _samples = [];

    [Fact]
    public void Thousands_of_targets_are_spread_evenly_and_stay_in_their_place()
    {
        var interval = TimeSpan.FromSeconds(15);
        var seconds = new int[15];
        for (var i = 0; i < 3000; i++)
        {
            var offset = TargetLoop.OffsetOf($"j\nhttp://10.0.{i / 250}.{i % 250}:9100/metrics\n{{}}", interval, 0);
            offset.ShouldBeInRange(TimeSpan.Zero, interval);
            seconds[(int)offset.TotalSeconds]++;
            TargetLoop.OffsetOf($"j\nhttp://10.0.{i / 250}.{i % 250}:9100/metrics\n{{}}", interval, 0).ShouldBe(offset);
        }

        seconds.Min().ShouldBeGreaterThan(140);
        seconds.Max().ShouldBeLessThan(260);
        TargetLoop.OffsetOf("a", interval, 1).ShouldNotBe(TargetLoop.OffsetOf("a", interval, 2));
    }

    [Fact]
    public async Task Samples_have_even_distances()
    {
        await using var server = new TinyServer(_ => TinyServer.Ok("a 1\n"));
        await using var scraper = NewScraper(Job("j", server.EndPoint));
        scraper.Start();
        await Until(() => Step() && Of("up").Length >= 4);
        var times = Of("up").Select(s => s.At).ToArray();
        times.Zip(times.Skip(1), (a, b) => b - a).Distinct().ShouldBe([15_000]);
    }

    [Fact]
    public async Task A_new_configuration_leaves_what_did_not_change_alone()
    {
        await using var server = new TinyServer(r => TinyServer.Ok(r.Line.Contains("/other", StringComparison.Ordinal) ? "other 1\n" : "a 1\n"));
        var same = Job("same", server.EndPoint) with { Fingerprint = "1" };
        var changed = Job("changed", server.EndPoint) with { Fingerprint = "2" };
        await using var scraper = NewScraper(same, changed, Job("gone", server.EndPoint));
        scraper.Start();
        await Until(() => Step() && scraper.Targets().All(t => t.Health == TargetHealth.Up));
        var last = scraper.Targets().Single(t => t.Job == "same").LastScrape;
        scraper.Apply(
        [
            same,
            changed with { Fingerprint = "3", MetricRelabel = [new RelabelRule(RelabelAction.Replace, [], targetLabel: "new", replacement: "x")] },
            Job("fresh", server.EndPoint) with { MetricsPath = "/other" },
        ]);
        scraper.Pools().ShouldBe(["changed", "fresh", "same"]);
        scraper.Targets().Single(t => t.Job == "same").LastScrape.ShouldBe(last);
        scraper.Targets().Single(t => t.Job == "changed").Health.ShouldBe(TargetHealth.Up);
        await Until(() => Step() && _samples.Any(s => s.Series.Contains("new=\"x\"", StringComparison.Ordinal)) && _samples.Any(s => s.Series.StartsWith("other", StringComparison.Ordinal)));
        _samples.ShouldContain(s => s.Series == "a{instance=\"" + server.EndPoint + "\", job=\"changed\"}" && SpecialValues.IsStale(s.Value));
        _samples.ShouldNotContain(s => s.Series.Contains("job=\"same\"", StringComparison.Ordinal) && SpecialValues.IsStale(s.Value));

        // The job that is gone ends only when its targets have had the time to come back, and as of the scrape that did not come.
        await Until(() => Step() && _samples.Any(s => s.Series.StartsWith("up{", StringComparison.Ordinal) && s.Series.Contains("job=\"gone\"", StringComparison.Ordinal) && SpecialValues.IsStale(s.Value)));
        var ends = _samples.Where(s => s.Series.Contains("job=\"gone\"", StringComparison.Ordinal)).ToArray();
        var stale = ends.Last(s => SpecialValues.IsStale(s.Value)).At;
        (stale - ends.Last(s => !SpecialValues.IsStale(s.Value)).At).ShouldBeInRange(15_000, 15_100);
    }

    [Fact]
    public async Task A_target_that_comes_back_in_time_goes_on()
    {
        await using var server = new TinyServer(_ => TinyServer.Ok("a 1\n"));
        await using var scraper = NewScraper(Job("j", server.EndPoint));
        scraper.Start();
        await Until(() => Step() && Of("up").Length >= 1);
        scraper.Apply([Job("j")]);
        scraper.Targets().ShouldBeEmpty();
        Step();
        scraper.Apply([Job("j", server.EndPoint) with { MetricsPath = "/moved" }]);
        await Until(() => Step() && Of("up").Length >= 5);
        _samples.ShouldNotContain(s => SpecialValues.IsStale(s.Value));
        server.Requests[^1].Line.ShouldContain("/moved");
    }

    [Fact]
    public async Task Another_interval_takes_over_without_a_gap()
    {
        await using var server = new TinyServer(_ => TinyServer.Ok("a 1\n"));
        await using var scraper = NewScraper(Job("j", server.EndPoint) with { Interval = TimeSpan.FromMinutes(10) });
        scraper.Start();
        // The clock stands while a request is under way, or its timeout would run out.
        await Until(() => (server.Requests.Count > 0 || Forward(TimeSpan.FromMilliseconds(500))) && scraper.Targets()[0].Health == TargetHealth.Up);
        scraper.Apply([Job("j", server.EndPoint) with { Interval = TimeSpan.FromSeconds(15) }]);
        scraper.Targets().ShouldHaveSingleItem().Health.ShouldBe(TargetHealth.Up);
        var before = Of("up").Length;
        await Until(() => Step() && Of("up").Length >= before + 3);
        _samples.ShouldNotContain(s => SpecialValues.IsStale(s.Value));
        var times = Of("up").Select(s => s.At).TakeLast(2).ToArray();
        (times[1] - times[0]).ShouldBe(15_000);
        scraper.Targets().ShouldHaveSingleItem().Interval.ShouldBe(TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task A_job_over_its_target_limit_fails_with_all_its_targets()
    {
        await using var server = new TinyServer(_ => TinyServer.Ok("a 1\n"));
        await using var scraper = NewScraper(Job("j", server.EndPoint, new IPEndPoint(IPAddress.Loopback, 1)) with { Limits = new ScrapeLimits { Targets = 1 } });
        scraper.Start();
        await Until(() => Step() && scraper.Targets().All(t => t.Health == TargetHealth.Down));
        scraper.Targets().ShouldAllBe(t => t.LastError == "target_limit exceeded (number of targets: 2, limit: 1)");
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Failures_are_written_down()
    {
        using var folder = new TemporaryFolder();
        await using var scraper = NewScraper(Job("j", new IPEndPoint(IPAddress.Loopback, 1)) with { FailureLogFile = folder.PathOf("f.log") });
        scraper.Start();
        await Until(() => Step() && File.Exists(folder.PathOf("f.log")) && File.ReadAllText(folder.PathOf("f.log")).EndsWith('\n'));
        using var line = System.Text.Json.JsonDocument.Parse(File.ReadAllLines(folder.PathOf("f.log"))[0]);
        line.RootElement.GetProperty("job_name").GetString().ShouldBe("j");
        line.RootElement.GetProperty("target").GetString().ShouldBe("http://127.0.0.1:1/metrics");
        line.RootElement.GetProperty("msg").GetString()!.ShouldContain("connection refused");
    }

    [Fact]
    public async Task Dropped_targets_are_counted_and_kept_as_many_as_wanted()
    {
        var job = Job("j", new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.Loopback, 2), new IPEndPoint(IPAddress.Loopback, 3));
        await using var scraper = NewScraper(job with { Relabel = [new RelabelRule(RelabelAction.Drop, [])], Limits = new ScrapeLimits { KeepDroppedTargets = 2 } });
        scraper.Start();
        scraper.Dropped().Count.ShouldBe(2);
        scraper.DroppedCounts()["j"].ShouldBe(3);
        scraper.Dropped()[0].DiscoveredLabels["__metrics_path__"].ShouldBe("/metrics");
    }

    public AppendResult Append(MetricBatch batch)
    {
        for (var i = 0; i < batch.SampleCount; i++)
        {
            _samples.Enqueue((LabelSet.FromKey(batch.SeriesKey(batch.SampleSeries[i])).ToString(), batch.SampleTimestampsMs[i], batch.SampleValues[i]));
        }

        return AppendResult.All(batch.SampleCount);
    }

    public AppendResult Append(LogBatch batch) => throw new NotSupportedException();

    public AppendResult Append(SpanBatch batch) => throw new NotSupportedException();

    private static ScrapeConfiguration Job(string name, params IPEndPoint[] targets) =>
        new() { JobName = name, StaticTargets = [new TargetGroup("0", [.. targets.Select(t => t.ToString())], LabelSet.Empty)] };

    private Scraper NewScraper(params ScrapeConfiguration[] jobs) => new(jobs, this, IngestLimits.Default, _time, _ => { });

    private (string Series, long At, double Value)[] Of(string name) => [.. _samples.Where(s => s.Series.StartsWith(name + "{", StringComparison.Ordinal))];

    private bool Step() => Forward(TimeSpan.FromMilliseconds(100));

    private bool Forward(TimeSpan by)
    {
        _time.Advance(by);
        return true;
    }

    private static async Task Until(Func<bool> condition)
    {
        for (var i = 0; i < 20_000 && !condition(); i++)
        {
            await Task.Delay(1);
        }

        condition().ShouldBeTrue();
    }
}
