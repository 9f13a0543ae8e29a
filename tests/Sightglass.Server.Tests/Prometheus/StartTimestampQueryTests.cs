using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Metrics;
using Sightglass.Query.PromQL;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Prometheus;

/// <summary>Resets that only start timestamps show, through the real store.</summary>
public sealed class StartTimestampQueryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly MetricStore _store;
    private readonly long _now;

    public StartTimestampQueryTests()
    {
        _store = MetricStore.Open(new MetricStoreOptions { Folder = _folder.PathOf("metrics"), TimeProvider = _time });
        _now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        using var batch = MetricBatch.Rent();
        var series = batch.AddSeries(LabelSet.Of("__name__", "requests_total"));

        // A process that was restarted and counted past its old value before it was looked at again.
        foreach (var (secondsAgo, value, startedAgo) in new[] { (180, 10.0, 600), (120, 20, 600), (60, 25, 100), (0, 30, 100) })
        {
            batch.AddSample(series, _now - (secondsAgo * 1000), value);
            batch.SetSampleStart(_now - (startedAgo * 1000));
        }

        _store.Append(batch).Rejected.ShouldBe(0);
    }

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_reset_that_no_value_shows(bool flushed)
    {
        if (flushed)
        {
            _store.Flush();
        }

        Ask("resets(requests_total[5m])", PromQLOptions.Default).ShouldBe(0);
        Ask("resets(requests_total[5m])", PromQLOptions.AllExperimental).ShouldBe(1);
        Ask("sum(rate(requests_total[5m]))", PromQLOptions.AllExperimental).ShouldBeGreaterThan(Ask("sum(rate(requests_total[5m]))", PromQLOptions.Default));
        Ask("start_timestamp(requests_total)", PromQLOptions.AllExperimental).ShouldBe((_now / 1000) - 100);
        Ask("start_timestamp(requests_total offset 2m)", PromQLOptions.AllExperimental).ShouldBe((_now / 1000) - 600);
    }

    private double Ask(string query, PromQLOptions options)
    {
        using var engine = new PromQLEngine(_store, QueryLimits.Default, _time, options);
        return engine.Instant(query, _now).Series.ShouldHaveSingleItem().Values[0];
    }
}
