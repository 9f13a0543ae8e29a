using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Metrics;
using Sightglass.Query.PromQL;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Prometheus;

/// <summary>Answers with parts that were kept are those that an evaluation of everything gives, whatever happens to the store between them.</summary>
public sealed class CachedAnswerTests : IDisposable
{
    private const long Step = 60_000;

    private static readonly string[] Queries =
    [
        "load",
        "sum by (job) (rate(requests_total[5m]))",
        "max_over_time(load[10m:1m])",
        "load offset -3m",
        "load offset 3m",
        "load @ end()",
        "sum(load @ 1767225600)",
        "topk(1, load)",
        "count(load) or vector(0)",
        "scalar(sum(load)) + time()",
        "absent(gone)",
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly MetricStore _store;
    private readonly PromQLEngine _engine;
    private readonly long _began;

    public CachedAnswerTests()
    {
        _store = MetricStore.Open(new MetricStoreOptions { Folder = _folder.PathOf("metrics"), TimeProvider = _time, BackgroundInterval = TimeSpan.FromHours(10_000) });
        _engine = new PromQLEngine(_store, QueryLimits.Default, _time);
        _began = _time.GetUtcNow().ToUnixTimeMilliseconds();
    }

    public void Dispose()
    {
        _engine.Dispose();
        _store.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Equal_to_a_whole_evaluation(int seed)
    {
        var random = new Random(seed);
        Write(_began - 7_200_000, _began, 15_000);
        for (var round = 0; round < 60; round++)
        {
            Change(random);
            var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
            foreach (var query in Queries)
            {
                var end = (now / Step * Step) - (random.Next(4) * Step) + (random.Next(8) == 0 ? 5 : 0);
                var start = end - ((5 + random.Next(90)) * Step);
                var expression = _engine.Parse(query);
                var whole = await _engine.RangeAsync(expression, query, start, end, Step);
                var kept = await _engine.RangeAsync(expression, query, start, end, Step, cached: true);
                var at = await _engine.InstantAsync(expression, query, end);
                for (var asked = 0; asked < 3 && expression.Type == PromQLType.Vector; asked++)
                {
                    var again = await _engine.InstantAsync(expression, query, end, cached: true);
                    again.Series.Select(s => (s.Labels, s.Values[0])).ShouldBe(at.Series.Select(s => (s.Labels, s.Values[0])), $"{query} at {end} in round {round}");
                }

                kept.Series.Select(s => s.Labels).ShouldBe(whole.Series.Select(s => s.Labels), $"{query} in round {round}");
                for (var i = 0; i < whole.Series.Count; i++)
                {
                    kept.Series[i].TimestampsMs.ShouldBe(whole.Series[i].TimestampsMs, $"{query} in round {round}");
                    kept.Series[i].Values.ShouldBe(whole.Series[i].Values, $"{query} in round {round}");
                }
            }
        }
    }

    [Fact]
    public async Task A_query_for_one_time_is_kept_when_it_is_asked_again()
    {
        Write(_began - 7_200_000, _began, 15_000);
        const string Query = "sort_desc(sum by (instance) (rate(requests_total[1h])))";
        var expression = _engine.Parse(Query);
        Task<PromQLResult> Ask() => _engine.InstantAsync(expression, Query, _began, cached: true);
        var first = await Ask();
        (await Ask()).Statistics.TotalSamples.ShouldBe(first.Statistics.TotalSamples);
        var third = await Ask();
        third.Statistics.TotalSamples.ShouldBe(0);
        third.Series.Select(s => s.Labels).ShouldBe(first.Series.Select(s => s.Labels));
        Write(_began - 60_000, _began - 60_000, 15_000);
        (await Ask()).Statistics.TotalSamples.ShouldBe(first.Statistics.TotalSamples);
    }

    [Fact]
    public async Task What_is_known_is_not_evaluated_again()
    {
        Write(_began - 7_200_000, _began, 15_000);
        const string Query = "sum by (job) (rate(requests_total[5m]))";
        var expression = _engine.Parse(Query);
        Task<PromQLResult> Ask(long end) => _engine.RangeAsync(expression, Query, end - 3_600_000, end, Step, cached: true);
        var first = await Ask(_began);
        first.Statistics.TotalSamples.ShouldBeGreaterThan(4096);
        (await Ask(_began)).Statistics.TotalSamples.ShouldBe(0);
        _engine.CachedAnswerBytes.ShouldBeGreaterThan(0);

        // A minute later only the last steps are new.
        _time.Advance(TimeSpan.FromMinutes(1));
        Write(_began + 15_000, _began + 60_000, 15_000);
        (await Ask(_began + 60_000)).Statistics.TotalSamples.ShouldBeInRange(1, first.Statistics.TotalSamples / 10);

        // A late sample in the middle: from there on everything is.
        Write(_began - 1_800_001, _began - 1_800_001, 15_000);
        (await Ask(_began + 60_000)).Statistics.TotalSamples.ShouldBeInRange(first.Statistics.TotalSamples / 3, first.Statistics.TotalSamples * 2 / 3);

        _store.Delete([[new LabelMatcher(Core.Model.MatchType.Equal, "job", "a")]], _began - 10, _began);
        (await Ask(_began + 60_000)).Statistics.TotalSamples.ShouldBeGreaterThan(first.Statistics.TotalSamples * 2 / 3);
    }

    private void Change(Random random)
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        switch (random.Next(8))
        {
            case 0:
                var late = now - random.Next(7_200_000);
                Write(late, late + random.Next(300_000), 15_000);
                break;
            case 1:
                _store.Delete([[new LabelMatcher(Core.Model.MatchType.Equal, "job", random.Next(2) == 0 ? "a" : "b")]], now - random.Next(3_600_000), now - random.Next(600_000));
                break;
            case 2:
                _store.Flush();
                break;
            case 3:
                _store.Compact();
                break;
            default:
                var forward = random.Next(1, 200) * 1000;
                _time.Advance(TimeSpan.FromMilliseconds(forward));
                Write(now + 1, now + forward, 15_000);
                break;
        }
    }

    private void Write(long from, long to, int every)
    {
        using var batch = MetricBatch.Rent();
        var series = new[] { "a", "b" }.SelectMany(job => Enumerable.Range(0, 4).Select(i => (
            Counter: batch.AddSeries(LabelSet.Of("__name__", "requests_total", "instance", $"{i}", "job", job)),
            Gauge: batch.AddSeries(LabelSet.Of("__name__", "load", "instance", $"{i}", "job", job))))).ToArray();
        for (var at = from; at <= to; at += every)
        {
            for (var i = 0; i < series.Length; i++)
            {
                batch.AddSample(series[i].Counter, at, (at / 100) + i);
                batch.AddSample(series[i].Gauge, at, ((at / 1000) * (i + 3)) % 97);
            }
        }

        _store.Append(batch).Rejected.ShouldBe(0);
    }
}
