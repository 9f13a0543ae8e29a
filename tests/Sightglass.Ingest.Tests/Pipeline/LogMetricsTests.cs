using System.Globalization;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Pipeline;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Pipeline;

/// <summary>What metrics from logs put into the metrics engine, sample by sample.</summary>
public sealed class LogMetricsTests
{
    private static readonly LabelSet Empty = LabelSet.Empty;
    private readonly SampleSink _sink = new();
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void A_series_begins_at_zero_when_its_first_record_comes()
    {
        var metrics = new LogMetrics(_time);
        var counter = metrics.Of(new MetricConfiguration { Name = "lines_total", Help = "Lines." });
        counter.TryObserve(LabelSet.Of("level", "error"), 1, 3);
        _time.Advance(TimeSpan.FromSeconds(15));
        metrics.Store(_sink, _time.GetUtcNow());
        _time.Advance(TimeSpan.FromSeconds(15));
        counter.TryObserve(LabelSet.Of("level", "error"), 1, 2);
        counter.TryObserve(LabelSet.Of("level", "info"), 1, 1);
        metrics.Store(_sink, _time.GetUtcNow());
        _sink.Samples.ShouldBe(
        [
            "lines_total{level=\"error\"} 0 @0", "lines_total{level=\"error\"} 3 @15", "lines_total{level=\"error\"} 5 @30", "lines_total{level=\"info\"} 0 @29.999", "lines_total{level=\"info\"} 1 @30",
        ]);
        _sink.Metadata.ShouldBe(["lines_total Counter Lines.", "lines_total Counter Lines."]);
        _sink.Sender.ShouldBe("pipelines");
    }

    // Before the restart 5, after it 9 more: without the sample of 0 that would be an increase of 4.
    [Fact]
    public void A_restart_is_a_reset_although_the_value_is_larger_than_before()
    {
        foreach (var count in new[] { 5, 9 })
        {
            var metrics = new LogMetrics(_time);
            metrics.Of(new MetricConfiguration { Name = "lines_total" }).TryObserve(Empty, 1, count);
            _time.Advance(TimeSpan.FromSeconds(15));
            metrics.Store(_sink, _time.GetUtcNow());
            _time.Advance(TimeSpan.FromSeconds(15));
        }

        _sink.Samples.ShouldBe(["lines_total{} 0 @0", "lines_total{} 5 @15", "lines_total{} 0 @30", "lines_total{} 9 @45"]);
    }

    [Fact]
    public void A_failed_store_gives_the_zero_again_with_what_came_since()
    {
        var metrics = new LogMetrics(_time);
        var counter = metrics.Of(new MetricConfiguration { Name = "lines_total" });
        counter.TryObserve(Empty, 1, 1);
        _sink.Fails = true;
        Should.Throw<StorageFailedException>(() => metrics.Store(_sink, _time.GetUtcNow()));
        _sink.Fails = false;
        counter.TryObserve(Empty, 1, 1);
        _time.Advance(TimeSpan.FromSeconds(15));
        metrics.Store(_sink, _time.GetUtcNow());
        _sink.Samples.ShouldBe(["lines_total{} 0 @0", "lines_total{} 2 @15"]);
    }

    [Theory]
    [InlineData(0.1, "1 1 1 1")]
    [InlineData(0.25, "1 1 1 1")]
    [InlineData(0.26, "0 1 1 1")]
    [InlineData(1, "0 1 1 1")]
    [InlineData(30000000, "0 0 1 1")]
    [InlineData(30000001, "0 0 0 1")]
    [InlineData(-5, "1 1 1 1")]
    public void A_value_lands_in_every_bucket_whose_bound_it_does_not_exceed(double value, string buckets)
    {
        var metrics = new LogMetrics(_time);
        metrics.Of(new MetricConfiguration { Name = "size", Value = "x", Buckets = [0.25, 1, 3e7] }).TryObserve(Empty, value, 1);
        metrics.Store(_sink, _time.GetUtcNow());
        _sink.Last("size_bucket").Select(s => s.Labels).ShouldBe(["{le=\"0.25\"}", "{le=\"1\"}", "{le=\"30000000\"}", "{le=\"+Inf\"}"]);
        string.Join(' ', _sink.Last("size_bucket").Select(s => s.Value)).ShouldBe(buckets);
        _sink.Last("size_count").Single().Value.ShouldBe(1);
        _sink.Last("size_sum").Single().Value.ShouldBe(value);
    }

    [Fact]
    public void Weights_count_in_buckets_and_sums()
    {
        var metrics = new LogMetrics(_time);
        metrics.Of(new MetricConfiguration { Name = "size", Value = "x", Buckets = [1, 2] }).TryObserve(Empty, 1.5, 10);
        metrics.Store(_sink, _time.GetUtcNow());
        _sink.Last("size_bucket").Select(s => s.Value).ShouldBe([0, 10, 10]);
        _sink.Last("size_sum").Single().Value.ShouldBe(15);
    }

    [Fact]
    public void Label_sets_beyond_the_limit_are_counted_together()
    {
        var metrics = new LogMetrics(_time);
        var counter = metrics.Of(new MetricConfiguration { Name = "lines_total" });
        for (var i = 0; i < MetricConfiguration.MaxSeries + 50; i++)
        {
            counter.TryObserve(LabelSet.Of("user", i.ToString(CultureInfo.InvariantCulture)), 1, 2).ShouldBe(i < MetricConfiguration.MaxSeries);
        }

        counter.TryObserve(LabelSet.Of("user", "7"), 1, 1).ShouldBeTrue();
        metrics.Store(_sink, _time.GetUtcNow());
        var last = _sink.Last("lines_total").ToDictionary(s => s.Labels, s => s.Value);
        last.Count.ShouldBe(MetricConfiguration.MaxSeries + 1);
        last["{overflow=\"(other)\"}"].ShouldBe(100);
        last["{user=\"7\"}"].ShouldBe(3);
    }

    [Fact]
    public void What_a_reload_leaves_as_it_was_goes_on_and_what_it_changes_begins_anew()
    {
        var metrics = new LogMetrics(_time);
        var first = metrics.Of(new MetricConfiguration { Name = "a_total" });
        metrics.Of(new MetricConfiguration { Name = "a_total" }).ShouldBeSameAs(first);
        metrics.Of(new MetricConfiguration { Name = "a_total", Labels = [new("x", "y")] }).ShouldNotBeSameAs(first);
        metrics.Retain(new HashSet<string>());
        metrics.Store(_sink, _time.GetUtcNow());
        _sink.Samples.ShouldBeEmpty();
    }
}
