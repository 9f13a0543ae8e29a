using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Metrics.Downsampling;
using Sightglass.Metrics;
using Sightglass.Query.PromQL;
using Sightglass.Query.Vectors;
using Sightglass.Server.RemoteRead;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests;

/// <summary>The same samples whole and downsampled: what is asked of whole buckets has the same answer.</summary>
public sealed class DownsampledQueryTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 10, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new(Start);
    private readonly MetricStore _whole;
    private readonly MetricStore _coarse;

    public DownsampledQueryTests()
    {
        _whole = Open("whole", []);
        _coarse = Open("coarse", [new DownsamplingRule(TimeSpan.FromDays(1), TimeSpan.FromMinutes(5)), new DownsamplingRule(TimeSpan.FromDays(3), TimeSpan.FromHours(1))]);
        foreach (var store in new[] { _whole, _coarse })
        {
            var random = new Random(3);
            using var batch = MetricBatch.Rent();
            var counter = batch.AddSeries(LabelSet.Of("__name__", "requests_total", "job", "a"));
            var gauge = batch.AddSeries(LabelSet.Of("__name__", "load", "job", "a"));
            double total = 0;
            for (var at = 0; at < 86_400; at += 30)
            {
                total = random.Next(500) == 0 ? 0 : total + random.Next(20);
                var ms = Start.ToUnixTimeMilliseconds() + (at * 1000L) + 1;
                batch.AddSample(counter, ms, total);
                batch.AddSample(gauge, ms, Math.Round(random.NextDouble() * 8, 2));
            }

            store.Append(batch).Rejected.ShouldBe(0);
            store.Flush();
        }
    }

    [Theory]
    [InlineData("increase(requests_total[2h])", 0.02)]
    [InlineData("sum(rate(requests_total[6h]))", 0.02)]
    [InlineData("resets(requests_total[1h])", 0)]
    [InlineData("sum_over_time(load[1h])", 1e-9)]
    [InlineData("count_over_time(load[1h])", 0)]
    [InlineData("avg_over_time(load[3h])", 1e-9)]
    [InlineData("max(avg_over_time(load[3h]))", 1e-9)]
    [InlineData("min_over_time(load[1h])", 0)]
    [InlineData("max_over_time(load[1h])", 0)]
    [InlineData("last_over_time(load[1h])", 0)]
    [InlineData("load", 0)]
    [InlineData("sum(load)", 0)]
    [InlineData("timestamp(load)", 0)]
    [InlineData("max_over_time(load[30m:5m])", double.PositiveInfinity)]
    public void Answers_over_whole_buckets(string query, double tolerance)
    {
        foreach (var days in new[] { 2, 5 })
        {
            _time.Advance(Start.AddDays(days + 1) - _time.GetUtcNow());
            _coarse.Compact();
            var step = days == 2 ? TimeSpan.FromMinutes(5) : TimeSpan.FromHours(1);
            var (want, got) = (Ask(_whole, query, step), Ask(_coarse, query, step));
            got.Count.ShouldBe(want.Count);
            for (var s = 0; s < want.Count; s++)
            {
                got[s].TimestampsMs.ShouldBe(want[s].TimestampsMs);
                for (var i = 0; i < want[s].Values.Length && double.IsFinite(tolerance); i++)
                {
                    got[s].Values[i].ShouldBe(want[s].Values[i], Math.Max(Math.Abs(want[s].Values[i]) * tolerance, 1e-9), $"{query} at {want[s].TimestampsMs[i]} after {days} days");
                }
            }
        }
    }

    [Fact]
    public void What_was_downsampled_is_reached_back_for_when_its_rule_is_gone()
    {
        _time.Advance(TimeSpan.FromDays(6));
        _coarse.Compact();
        _coarse.CoarsestMs.ShouldBe((long)TimeSpan.FromHours(2).TotalMilliseconds);
        _coarse.Dispose();
        using var later = Open("coarse", []);
        later.CoarsestMs.ShouldBe((long)TimeSpan.FromHours(2).TotalMilliseconds);
        _whole.CoarsestMs.ShouldBe(0);
        Ask(later, "load", TimeSpan.FromMinutes(20)).ShouldHaveSingleItem().Count.ShouldBe(Ask(_whole, "load", TimeSpan.FromMinutes(20))[0].Count);
    }

    public void Dispose()
    {
        _whole.Dispose();
        _coarse.Dispose();
        _folder.Dispose();
    }

    private IReadOnlyList<ResultSeries> Ask(MetricStore store, string query, TimeSpan step)
    {
        // As the server asks: through the store that other servers' samples are joined in.
        using var joined = new RemoteReadStore(store, QueryLimits.Default, _time);
        using var engine = new PromQLEngine(joined, QueryLimits.Default, _time);
        return engine.Range(query, Start.AddHours(6).ToUnixTimeMilliseconds(), Start.AddHours(24).ToUnixTimeMilliseconds(), (long)step.TotalMilliseconds).Series;
    }

    private MetricStore Open(string name, IReadOnlyList<DownsamplingRule> rules) => MetricStore.Open(new MetricStoreOptions
    {
        Folder = _folder.PathOf(name),
        TimeProvider = _time,
        BackgroundInterval = TimeSpan.FromHours(10_000),
        Downsampling = rules,
    });
}
