using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Aggregation;
using Sightglass.Ingest.Scrape;
using Sightglass.TestKit;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Ingest.Tests.Aggregation;

/// <summary>What comes out of relabelling and streaming aggregation, sample by sample.</summary>
public sealed class MetricPipelineTests
{
    private readonly SampleSink _sink = new();
    private readonly ManualTimeProvider _time = new();
    private readonly List<string> _reports = [];

    [Fact]
    public void Without_a_configuration_a_batch_passes_as_it_is()
    {
        var pipeline = Pipeline(new());
        using var batch = MetricBatch.Rent();
        batch.AddSample(batch.AddSeries(LabelSet.Of("__name__", "a")), 5, 1);
        var seen = new SameBatch();
        new MetricPipeline(seen, new(), _time, _reports.Add).Append(batch);
        seen.Batch.ShouldBeSameAs(batch);
        Send(pipeline, "a", 1);
        _sink.Take().ShouldBe(["a{} 1 @0"]);
    }

    [Fact]
    public void Relabelling_drops_labels_and_series_and_keeps_what_belongs_to_the_rest()
    {
        var pipeline = Pipeline(new()
        {
            Relabel = [new RelabelRule(RelabelAction.LabelDrop, [], regex: "pod_.+"), new RelabelRule(RelabelAction.Drop, ["__name__"], regex: "debug_.*")],
        });
        using var batch = MetricBatch.Rent();
        batch.Sender = "somebody";
        batch.Metadata.Add(new MetricMetadata("a", MetricType.Counter, "A.", string.Empty));
        var a = batch.AddSeries(LabelSet.Of("__name__", "a", "job", "j", "pod_uid", "1"));
        var debug = batch.AddSeries(LabelSet.Of("__name__", "debug_x"));
        var b = batch.AddSeries(LabelSet.Of("__name__", "b"));
        batch.AddSample(debug, Ms(0), 1);
        batch.AddSample(a, Ms(0), 2);
        batch.SetSampleStart(Ms(-5));
        batch.AddSample(b, Ms(0), 3);
        batch.Histograms.Add((debug, Ms(0), Histogram(4)));
        batch.Histograms.Add((b, Ms(1), Histogram(5)));
        batch.Exemplars.Add((debug, Ms(0), 1, LabelSet.Of("t", "1")));
        batch.Exemplars.Add((a, Ms(0), 1, LabelSet.Of("t", "2")));

        pipeline.Append(batch).ShouldBe(new AppendResult(5, 0, null));

        _sink.Take().ShouldBe(["a{job=\"j\"} 2 @0", "b{} 3 @0"]);
        _sink.Histograms.ShouldBe(["b 5 @1"]);
        _sink.Exemplars.ShouldBe(["a{job=\"j\"} {t=\"2\"}"]);
        _sink.Starts.ShouldBe([-5]);
        _sink.Metadata.ShouldBe(["a Counter A."]);
        _sink.Sender.ShouldBe("somebody");
        pipeline.DroppedSamples.ShouldBe(2);
    }

    [Fact]
    public void Counters_are_summed_over_their_series_and_the_raw_samples_are_not_stored()
    {
        var pipeline = Pipeline(new() { Aggregation = [Rule("requests_total", by: ["job"], Outputs("total", "total_prometheus", "increase", "increase_prometheus", "rate_sum", "rate_avg"), ignoreFirst: 0)] });
        Send(pipeline, "requests_total", 100, "job", "j", "pod", "1").ShouldBe(AppendResult.All(1));
        At(1);
        Send(pipeline, "requests_total", 7, "job", "j", "pod", "2");
        Send(pipeline, "other", 1);
        _sink.Take().ShouldBe(["other{} 1 @1"]);
        At(5);
        Send(pipeline, "requests_total", 110, "job", "j", "pod", "1");
        Send(pipeline, "requests_total", 3, "job", "j", "pod", "2");
        At(60, pipeline);
        _sink.Take().ShouldBe(
        [
            // What came at the very start may have been counting for long; what began later is new.
            "requests_total:1m_by_job_total{job=\"j\"} 20 @60", "requests_total:1m_by_job_total_prometheus{job=\"j\"} 13 @60",
            "requests_total:1m_by_job_increase{job=\"j\"} 20 @60", "requests_total:1m_by_job_increase_prometheus{job=\"j\"} 13 @60",
            "requests_total:1m_by_job_rate_sum{job=\"j\"} 2.75 @60", "requests_total:1m_by_job_rate_avg{job=\"j\"} 1.375 @60",
        ]);
        _sink.Sender.ShouldBe("aggregation");

        At(70);
        Send(pipeline, "requests_total", 123, "job", "j", "pod", "1");
        At(120, pipeline);
        _sink.Take().ShouldBe(
        [
            "requests_total:1m_by_job_total{job=\"j\"} 33 @120", "requests_total:1m_by_job_total_prometheus{job=\"j\"} 26 @120",
            "requests_total:1m_by_job_increase{job=\"j\"} 13 @120", "requests_total:1m_by_job_increase_prometheus{job=\"j\"} 13 @120",
            "requests_total:1m_by_job_rate_sum{job=\"j\"} 0.2 @120", "requests_total:1m_by_job_rate_avg{job=\"j\"} 0.2 @120",
        ]);
    }

    [Fact]
    public void Samples_are_described()
    {
        var pipeline = Pipeline(new()
        {
            Aggregation = [Rule("g", without: ["pod"], outputs: [.. Outputs("avg", "min", "max", "last", "stddev", "stdvar", "sum_samples", "count_samples", "count_series", "unique_samples"), new(AggregationKind.Quantiles, [0.5, 1])])],
        });
        At(1);
        Send(pipeline, "g", 2, "pod", "1", "zone", "z");
        Send(pipeline, "g", 4, "pod", "2", "zone", "z");
        Send(pipeline, "g", double.NaN, "pod", "2", "zone", "z");
        At(2);
        Send(pipeline, "g", 4, "pod", "1", "zone", "z");
        Send(pipeline, "g", 6, "pod", "1", "zone", "z");
        At(60, pipeline);
        const string of = "{zone=\"z\"}";
        _sink.Take().ShouldBe(
        [
            $"g:1m_without_pod_avg{of} 4 @60", $"g:1m_without_pod_min{of} 2 @60", $"g:1m_without_pod_max{of} 6 @60", $"g:1m_without_pod_last{of} 6 @60",
            $"g:1m_without_pod_stddev{of} {Math.Sqrt(2)} @60", $"g:1m_without_pod_stdvar{of} 2 @60", $"g:1m_without_pod_sum_samples{of} 16 @60", $"g:1m_without_pod_count_samples{of} 4 @60",
            $"g:1m_without_pod_count_series{of} 2 @60", $"g:1m_without_pod_unique_samples{of} 3 @60",
            "g:1m_without_pod_quantiles{quantile=\"0.5\", zone=\"z\"} 4 @60", "g:1m_without_pod_quantiles{quantile=\"1\", zone=\"z\"} 6 @60",
        ]);
        (pipeline.Figures.Single().Samples, pipeline.Figures.Single().IgnoredSamples, pipeline.Figures.Single().Series, pipeline.Figures.Single().Groups).ShouldBe((4, 1, 2, 1));

        // Nothing is told of an interval without samples, but for sums.
        At(120, pipeline);
        _sink.Take().ShouldBe([$"g:1m_without_pod_sum_samples{of} 0 @120"]);
        At(240, pipeline);
        _sink.Take().ShouldBeEmpty();
        (pipeline.Figures.Single().Series, pipeline.Figures.Single().Groups).ShouldBe((0, 0));
    }

    [Fact]
    public void A_series_that_was_away_for_long_is_a_new_one()
    {
        var pipeline = Pipeline(new() { Aggregation = [Rule("c", outputs: Outputs("increase"), ignoreFirst: 0)] });
        Send(pipeline, "c", 100);
        At(60, pipeline);
        At(120, pipeline);
        _sink.Take().ShouldBe(["c:1m_increase{} 0 @60", "c:1m_increase{} 0 @120"]);
        At(180, pipeline);
        Send(pipeline, "c", 130);
        At(240, pipeline);
        _sink.Take().ShouldBe(["c:1m_increase{} 130 @240"]);
    }

    [Fact]
    public void After_a_start_first_samples_are_no_increase_for_a_while()
    {
        var pipeline = Pipeline(new() { Aggregation = [Rule("c", by: ["x"], outputs: Outputs("increase"), ignoreFirst: 90)] });
        Send(pipeline, "c", 100, "i", "1");
        At(60, pipeline);
        At(95);
        Send(pipeline, "c", 5, "i", "2");
        At(120, pipeline);
        _sink.Take().ShouldBe(["c:1m_by_x_increase{} 0 @60", "c:1m_by_x_increase{} 5 @120"]);
    }

    [Fact]
    public void Of_samples_within_the_deduplication_interval_the_newest_counts()
    {
        var pipeline = Pipeline(new() { Aggregation = [Rule("d", outputs: Outputs("sum_samples", "count_samples")) with { DedupInterval = TimeSpan.FromSeconds(30) }] });
        foreach (var (at, value) in new[] { (1, 1), (5, 2), (31, 10), (32, 20) })
        {
            At(at, pipeline);
            Send(pipeline, "d", value);
        }

        At(60, pipeline);
        _sink.Take().ShouldBe(["d:1m_sum_samples{} 22 @60", "d:1m_count_samples{} 2 @60"]);
    }

    [Fact]
    public void Labels_are_dropped_and_relabelled_before_and_after()
    {
        var pipeline = Pipeline(new()
        {
            Aggregation =
            [
                Rule("k", outputs: Outputs("last")) with
                {
                    KeepMetricNames = true,
                    DropInputLabels = ["pod"],
                    InputRelabel = [new RelabelRule(RelabelAction.Drop, ["env"], regex: "test")],
                    OutputRelabel = [new RelabelRule(RelabelAction.Replace, [], targetLabel: "agg", replacement: "1")],
                },
            ],
        });
        Send(pipeline, "k", 1, "pod", "1", "env", "prod");
        Send(pipeline, "k", 2, "pod", "2", "env", "prod");
        Send(pipeline, "k", 3, "env", "test");
        At(60, pipeline);
        _sink.Take().ShouldBe(["k{agg=\"1\", env=\"prod\"} 2 @60"]);
    }

    [Theory]
    [InlineData(false, false, "other")]
    [InlineData(true, false, "g other")]
    [InlineData(false, true, "")]
    [InlineData(true, true, "g")]
    public void Which_raw_samples_are_stored_is_said(bool keep, bool drop, string stored)
    {
        var pipeline = Pipeline(new() { KeepInput = keep, DropInput = drop, Aggregation = [Rule("g", outputs: Outputs("last"))] });
        Send(pipeline, "g", 1).ShouldBe(AppendResult.All(1));
        Send(pipeline, "other", 1).ShouldBe(AppendResult.All(1));
        string.Join(' ', _sink.Take().Select(s => s[..s.IndexOf('{', StringComparison.Ordinal)])).ShouldBe(stored);
        At(60, pipeline);
        _sink.Take().ShouldBe(["g:1m_last{} 1 @60"]);
    }

    [Fact]
    public void Native_histograms_of_a_taken_series_are_stored()
    {
        var pipeline = Pipeline(new() { Aggregation = [Rule("h", outputs: Outputs("last"))] });
        using var batch = MetricBatch.Rent();
        batch.Histograms.Add((batch.AddSeries(LabelSet.Of("__name__", "h")), Ms(0), Histogram(3)));
        pipeline.Append(batch);
        _sink.Histograms.ShouldBe(["h 3 @0"]);
    }

    [Fact]
    public void What_the_store_did_not_take_is_not_counted_and_results_wait_until_it_does()
    {
        var pipeline = Pipeline(new() { KeepInput = true, Aggregation = [Rule("g", outputs: Outputs("count_samples"))] });
        Send(pipeline, "g", 1);
        _sink.Fails = true;
        Should.Throw<StorageFailedException>(() => Send(pipeline, "g", 1));
        At(60, pipeline);
        _sink.Fails = false;
        _sink.Take();
        At(61, pipeline);
        _sink.Take().ShouldBe(["g:1m_count_samples{} 1 @60"]);
    }

    [Fact]
    public async Task A_stop_stores_what_the_interval_has_unless_it_is_not_wanted()
    {
        foreach (var flush in new[] { true, false })
        {
            var pipeline = Pipeline(new() { Aggregation = [Rule("g", outputs: Outputs("sum_samples")) with { FlushOnShutdown = flush }] });
            Send(pipeline, "g", 5);
            _time.Advance(TimeSpan.FromSeconds(10));
            await pipeline.DisposeAsync();
            _sink.Take().ShouldBe(flush ? ["g:1m_sum_samples{} 5 @10"] : []);
        }
    }

    [Fact]
    public void An_interval_of_which_only_the_end_was_seen_is_stored_unless_it_is_not_wanted()
    {
        _time.Advance(TimeSpan.FromSeconds(30));
        foreach (var (rule, stored) in new[] { (Rule("g", outputs: Outputs("sum_samples")), 1), (Rule("g", outputs: Outputs("sum_samples")) with { FlushOnShutdown = false }, 0) })
        {
            var pipeline = Pipeline(new() { Aggregation = [rule] });
            Send(pipeline, "g", 5);
            _time.Advance(TimeSpan.FromSeconds(30));
            pipeline.EndIntervals();
            _sink.Take().Length.ShouldBe(stored);
            _time.Advance(TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public void Intervals_and_old_samples_are_ignored_when_that_is_said()
    {
        var pipeline = Pipeline(new() { Aggregation = [Rule("g", outputs: Outputs("sum_samples")) with { IgnoreFirstIntervals = 1, IgnoreOldSamples = true }] });
        Send(pipeline, "g", 1);
        At(60, pipeline);
        _sink.Take().ShouldBeEmpty();
        Send(pipeline, "g", 2);
        Send(pipeline, "g", 4, Ms(59));
        At(120, pipeline);
        _sink.Take().ShouldBe(["g:1m_sum_samples{} 2 @120"]);
    }

    [Fact]
    public void A_reload_goes_on_with_rules_that_stay_and_stores_what_the_others_have()
    {
        var (stays, goes) = (Rule("a", outputs: Outputs("sum_samples")), Rule("b", outputs: Outputs("sum_samples")));
        var pipeline = Pipeline(new() { Aggregation = [stays, goes] });
        Send(pipeline, "a", 1);
        Send(pipeline, "b", 1);
        At(30);
        pipeline.Update(new() { Aggregation = [stays] });
        _sink.Take().ShouldBe(["b:1m_sum_samples{} 1 @30"]);
        Send(pipeline, "a", 2);
        Send(pipeline, "b", 2);
        _sink.Take().ShouldBe(["b{} 2 @30"]);
        At(60, pipeline);
        _sink.Take().ShouldBe(["a:1m_sum_samples{} 3 @60"]);
    }

    [Fact]
    public async Task Results_are_stored_at_the_end_of_every_interval()
    {
        await using var pipeline = Pipeline(new() { Aggregation = [Rule("g", outputs: Outputs("sum_samples"))] });
        pipeline.Start();
        for (var minute = 1; minute <= 3; minute++)
        {
            Send(pipeline, "g", minute);
            while (!_sink.Samples.Any(s => s.StartsWith($"g:1m_sum_samples{{}} {minute} @", StringComparison.Ordinal)))
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }
        }
    }

    // Whatever comes in which order by how many threads: all of it is in the sum.
    [Fact]
    public async Task Nothing_is_lost_between_threads_and_intervals()
    {
        var pipeline = Pipeline(new() { Aggregation = [Rule("g", by: ["x"], outputs: Outputs("sum_samples"))] });
        var senders = Enumerable.Range(0, 4).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < 2000; i++)
            {
                using var batch = MetricBatch.Rent();
                for (var s = 0; s < 5; s++)
                {
                    batch.AddSample(batch.AddSeries(LabelSet.Of("__name__", "g", "s", $"{(i * 7) + s + (t * 100_000)}")), Ms(i), 1);
                }

                pipeline.Append(batch);
            }
        })).ToArray();
        while (!Task.WhenAll(senders).IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(60));
            pipeline.EndIntervals();
        }

        await Task.WhenAll(senders);
        await pipeline.DisposeAsync();
        _sink.Samples.Sum(s => double.Parse(s.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)).ShouldBe(4 * 2000 * 5);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Samples_of_known_series_cost_no_memory(bool keep)
    {
        var pipeline = new MetricPipeline(
            new SameBatch(),
            new() { KeepInput = keep, Relabel = [new RelabelRule(RelabelAction.LabelDrop, [], regex: "pod")], Aggregation = [Rule("g", by: ["job"], outputs: Outputs("total", "max"))] },
            _time,
            _reports.Add);
        using var batch = MetricBatch.Rent();
        for (var i = 0; i < 1000; i++)
        {
            batch.AddSample(batch.AddSeries(LabelSet.Of("__name__", i % 2 == 0 ? "g" : "other", "pod", "p", "i", $"{i}")), i, i);
        }

        for (var i = 0; i < 20; i++)
        {
            pipeline.Append(batch);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20; i++)
        {
            pipeline.Append(batch);
        }

        // Less than a byte a sample: what belongs to a batch.
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(20_000);
    }

    private static long Ms(double seconds) => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(seconds).ToUnixTimeMilliseconds();

    private static NativeHistogram Histogram(double count) => new() { Count = count, Sum = 1 };

    private static List<AggregationOutput> Outputs(params string[] names) => [.. names.Select(n => new AggregationOutput(AggregationOutput.Names[n], []))];

    private static AggregationConfiguration Rule(string metric, IReadOnlyList<string>? by = null, IReadOnlyList<AggregationOutput>? outputs = null, IReadOnlyList<string>? without = null, int ignoreFirst = 120) => new()
    {
        Name = metric,
        Match = [[new LabelMatcher(MatchType.Equal, "__name__", metric)]],
        Interval = TimeSpan.FromMinutes(1),
        IntervalText = "1m",
        By = by ?? [],
        Without = without ?? [],
        Outputs = outputs!,
        StalenessInterval = TimeSpan.FromMinutes(2),
        IgnoreFirstSampleInterval = TimeSpan.FromSeconds(ignoreFirst),
        Fingerprint = string.Empty,
    };

    private MetricPipeline Pipeline(MetricPipelineConfiguration configuration) => new(_sink, configuration, _time, _reports.Add);

    private void At(int seconds, MetricPipeline? end = null)
    {
        _time.Advance(DateTimeOffset.FromUnixTimeMilliseconds(Ms(seconds)) - _time.GetUtcNow());
        end?.EndIntervals();
    }

    private AppendResult Send(MetricPipeline pipeline, string name, double value, params string[] labels) => Send(pipeline, name, value, _time.GetUtcNow().ToUnixTimeMilliseconds(), labels);

    private static AppendResult Send(MetricPipeline pipeline, string name, double value, long atMs, params string[] labels)
    {
        using var batch = MetricBatch.Rent();
        batch.AddSample(batch.AddSeries(LabelSet.Of(["__name__", name, .. labels])), atMs, value);
        return pipeline.Append(batch);
    }

    private sealed class SameBatch : IBatchSink
    {
        public MetricBatch? Batch { get; private set; }

        public AppendResult Append(MetricBatch batch)
        {
            Batch = batch;
            return default;
        }

        public AppendResult Append(LogBatch batch) => default;

        public AppendResult Append(SpanBatch batch) => default;
    }
}
