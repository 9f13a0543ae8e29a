using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Events;
using Sightglass.Metrics;
using Sightglass.Storage;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Hosting;

/// <summary>The bound on the disk with both engines behind it.</summary>
public sealed class DiskBudgetOverStoresTests
{
    private const long DayMs = 86_400_000;

    [Fact]
    public void The_oldest_days_of_metrics_and_logs_go_together_and_the_rest_is_answered()
    {
        using var folder = new TemporaryFolder();
        var time = new ManualTimeProvider();
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        using var metrics = MetricStore.Open(new MetricStoreOptions { Folder = folder.PathOf("metrics"), TimeProvider = time });
        using var events = new EventStore(new EventStoreOptions { Folder = folder.PathOf("events"), TimeProvider = time, RunInBackground = false });
        for (var day = 0; day < 5; day++)
        {
            using var samples = MetricBatch.Rent();
            samples.AddSample(samples.AddSeries(LabelSet.Of("__name__", "m")), now - (day * DayMs), day);
            metrics.Append(samples);
            using var logs = LogBatch.Rent();
            logs.EndResource(ResourceKind.Otlp);
            logs.AddRow(new LogRow { TimeUnixNano = (now - (day * DayMs)) * 1_000_000, Scope = -1 });
            events.Append(logs);
        }

        metrics.Flush();
        events.Flush();
        var days = metrics.StoredParts().Concat(events.StoredParts()).GroupBy(p => p.Day).OrderBy(g => g.Key).ToArray();
        days.Length.ShouldBe(5);
        var budget = new DiskBudget([metrics, events], () => metrics.DiskBytes + events.DiskBytes);
        budget.Apply().ShouldBeEmpty();
        var limit = budget.UsedBytes - days[0].Sum(p => p.Bytes) - 1;
        budget = new DiskBudget([metrics, events], () => limit);
        budget.Apply().Select(d => (d.Signal, d.Day - days[0].Key)).ShouldBe([("metrics", 0), ("logs", 0), ("metrics", 1), ("logs", 1)]);
        metrics.Series([new LabelMatcher(Core.Model.MatchType.Equal, "__name__", "m")], now - (10 * DayMs), now - (3 * DayMs), 0, default).ShouldBeEmpty();
        metrics.Stats.PartSamples.ShouldBe(3);
        events.Stats().Logs.Rows.ShouldBe(3);
        events.Streams(EventSignal.Logs, 0, (now - (3 * DayMs) + 1) * 1_000_000, default).ShouldBeEmpty();
    }
}
