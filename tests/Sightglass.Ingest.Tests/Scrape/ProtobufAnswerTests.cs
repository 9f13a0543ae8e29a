using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;
using static Sightglass.Ingest.Tests.Scrape.Families;

namespace Sightglass.Ingest.Tests.Scrape;

public sealed class ProtobufAnswerTests
{
    private static readonly ScrapeConfiguration Plain = new() { JobName = "j" };
    private static readonly ScrapeConfiguration Native = Plain with { NativeHistograms = true };

    [Fact]
    public void Every_simple_type()
    {
        var host = new AnswerHost(Plain).Protobuf(Delimited(
            Family("c_total", Counter, new Message().Label("a", "b").Nested(3, new Message().Double(1, 4).Nested(2, Exemplar("t", 2, 7)).Nested(3, new Message().Varint(1, 5)))),
            Family("g", Gauge, new Message().Nested(2, new Message().Double(1, -1.5)).Varint(6, 1234)),
            Family("u", Untyped, new Message().Nested(5, new Message().Double(1, 3))),
            Family("empty", Counter),
            Family("s", Summary, new Message().Nested(4, new Message().Varint(1, 5).Double(2, 2.5).Nested(3, new Message().Double(1, 0.5).Double(2, 7)).Nested(3, new Message().Double(1, 1).Double(2, 8))))));
        host.Samples.ShouldBe(["c_total{a=\"b\"} 4", "g -1.5@1234", "s_count 5", "s_sum 2.5", "s{quantile=\"0.5\"} 7", "s{quantile=\"1.0\"} 8", "u 3"]);
        host.Exemplars.ShouldBe(["c_total{a=\"b\"} {trace_id=\"t\"} 2@7500"]);
        host.Batch.Metadata.ShouldContain(new MetricMetadata("c_total", MetricType.Counter, "help of c_total", string.Empty));
        host.Batch.Metadata.ShouldContain(new MetricMetadata("u", MetricType.Unknown, "help of u", string.Empty));
        host.Batch.Metadata.Count.ShouldBe(4);
    }

    [Fact]
    public void Classic_histograms_get_the_bucket_they_lack()
    {
        var metric = new Message().Nested(7, new Message().Varint(1, 5).Double(2, 8).Nested(3, Bucket(1, 1)).Nested(3, Bucket(3, 1e6)));
        new AnswerHost(Plain).Protobuf(Delimited(Family("h", Histogram, metric))).Samples
            .ShouldBe(["h_bucket{le=\"+Inf\"} 5", "h_bucket{le=\"1.0\"} 1", "h_bucket{le=\"1e+06\"} 3", "h_count 5", "h_sum 8"]);
    }

    [Theory]
    [InlineData(false, false, 0, 5)]
    [InlineData(true, false, 1, 0)]
    [InlineData(true, true, 1, 5)]
    public void Native_and_classic_are_taken_as_configured(bool native, bool classic, int histograms, int samples)
    {
        var host = new AnswerHost(Native with { NativeHistograms = native, AlwaysClassicHistograms = classic });
        host.Protobuf(Delimited(Family("h", Histogram, new Message().Nested(7, Families.Native()))));
        (host.Histograms.Length, host.Samples.Length).ShouldBe((histograms, samples));
    }

    [Fact]
    public void Native_histogram_in_full()
    {
        var host = new AnswerHost(Native).Protobuf(Delimited(Family("h", Histogram, new Message().Label("x", "y").Nested(7, Families.Native()))));
        var (series, histogram) = host.Histograms.ShouldHaveSingleItem();
        series.ShouldBe("h{x=\"y\"}");
        (histogram.Schema, histogram.Count, histogram.Sum, histogram.ZeroCount, histogram.ZeroThreshold, histogram.ResetHint).ShouldBe((3, 9, 12.5, 2, 0.001, CounterResetHint.Unknown));
        histogram.PositiveSpans.ShouldBe([new BucketSpan(-2, 2), new BucketSpan(1, 2)]);
        histogram.PositiveBuckets.ShouldBe([1, 3, 0, 2]);
        histogram.NegativeBuckets.ShouldBe([1]);
        host.Exemplars.ShouldBe(["h{x=\"y\"} {trace_id=\"native\"} 1@100500"]);
    }

    [Fact]
    public void Gauge_and_float_histograms()
    {
        var floats = new Message().Double(4, 3.5).Double(2, 1).Signed(5, 0).Double(6, 0.1).Double(8, 0.5).Span(12, 1, 2).Double(14, 1.5).Double(14, 1.5);
        var host = new AnswerHost(Native).Protobuf(Delimited(Family("g", GaugeHistogram, new Message().Nested(7, floats))));
        var histogram = host.Histograms.ShouldHaveSingleItem().Histogram;
        (histogram.ResetHint, histogram.Count, histogram.ZeroCount).ShouldBe((CounterResetHint.Gauge, 3.5, 0.5));
        histogram.PositiveBuckets.ShouldBe([1.5, 1.5]);
        host.Batch.Metadata.ShouldHaveSingleItem().Type.ShouldBe(MetricType.GaugeHistogram);
    }

    [Fact]
    public void An_empty_span_tells_a_native_histogram_without_observations()
    {
        var host = new AnswerHost(Native).Protobuf(Delimited(Family("h", Histogram, new Message().Nested(7, new Message().Varint(1, 0).Double(2, 0).Span(12, 0, 0)))));
        host.Histograms.ShouldHaveSingleItem().Histogram.Count.ShouldBe(0);
        host.Samples.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(4, 4, 2)]
    [InlineData(3, 3, 1)]
    public void Bucket_limit_lowers_the_resolution(int limit, int buckets, int schema)
    {
        var host = new AnswerHost(Native with { Limits = new ScrapeLimits { HistogramBuckets = limit } });
        host.Protobuf(Delimited(Family("h", Histogram, new Message().Nested(7, Families.Native()))));
        var histogram = host.Histograms.ShouldHaveSingleItem().Histogram;
        (histogram.PositiveBuckets.Length + histogram.NegativeBuckets.Length).ShouldBeLessThanOrEqualTo(buckets);
        histogram.Schema.ShouldBe(schema);
        (histogram.PositiveBuckets.Sum() + histogram.NegativeBuckets.Sum() + histogram.ZeroCount).ShouldBe(9);
    }

    [Fact]
    public void Bucket_limit_that_no_resolution_meets_fails_the_scrape()
    {
        var host = new AnswerHost(Native with { Limits = new ScrapeLimits { HistogramBuckets = 1 } });
        Should.Throw<ScrapeFailedException>(() => host.Protobuf(Delimited(Family("h", Histogram, new Message().Nested(7, Families.Native()))))).Message.ShouldStartWith("histogram bucket limit exceeded");
    }

    [Theory]
    [InlineData(1.5, 0)]
    [InlineData(1.1, 2)]
    [InlineData(4, -1)]
    [InlineData(0, 3)]
    public void Least_factor_between_buckets(double factor, int schema)
    {
        var host = new AnswerHost(Native with { Limits = new ScrapeLimits { HistogramMinBucketFactor = factor } });
        host.Protobuf(Delimited(Family("h", Histogram, new Message().Nested(7, Families.Native()))));
        host.Histograms.ShouldHaveSingleItem().Histogram.Schema.ShouldBe(schema);
    }

    [Fact]
    public void Known_series_vanish_and_go_on_by_their_labels()
    {
        var host = new AnswerHost(Plain);
        Message One(string label, double value) => new Message().Label("l", label).Nested(2, new Message().Double(1, value));
        host.Protobuf(Delimited(Family("g", Gauge, One("a", 1), One("b", 2))));
        host.Protobuf(Delimited(Family("g", Gauge, One("b", 3), One("c", 4)))).Samples.ShouldBe(["g{l=\"a\"} NaN", "g{l=\"b\"} 3", "g{l=\"c\"} 4"]);
        (host.Appender.Scraped, host.Appender.Added).ShouldBe((2, 1));
    }

    public static TheoryData<byte[], string> Broken => new()
    {
        { [5, 1], "past the end" },
        { Delimited(Family(string.Empty, Gauge, new Message())), "no name" },
        { Delimited(Family("x", 9, new Message())), "unknown metric type 9" },
        { Delimited(Family("x", Gauge, new Message().Label("a", "1").Label("a", "2"))), "not unique" },
        { Delimited(Family("x", Histogram, new Message().Nested(7, new Message().Varint(1, 3).Span(12, 0, 2).PackedSigned(13, 3)))), "spans need 2 buckets, have 1" },
        { Delimited(Family("x", Histogram, new Message().Nested(7, new Message().Varint(1, 3).Span(12, 0, 1).PackedSigned(13, 4)))), "the Count field is 3" },
        { Delimited(Family("x", Histogram, new Message().Nested(7, new Message().Signed(5, -7).Span(12, 0, 0)))), "schema -7" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Broken_answers_are_refused(byte[] body, string message) =>
        Should.Throw<MalformedInputException>(() => new AnswerHost(Native).Protobuf(body)).Message.ShouldContain(message);

    [Fact]
    public void Random_changes_break_nothing_but_the_answer()
    {
        var random = new Random(11);
        var body = Delimited(
            Family("h", Histogram, new Message().Label("x", "y").Nested(7, Families.Native())),
            Family("s", Summary, new Message().Nested(4, new Message().Varint(1, 5).Nested(3, new Message().Double(1, 0.5)))));
        for (var i = 0; i < 20_000; i++)
        {
            var changed = (byte[])body.Clone();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            try
            {
                new AnswerHost(Native with { AlwaysClassicHistograms = true }).Protobuf(changed[..random.Next(changed.Length)]);
            }
            catch (Exception e) when (e is MalformedInputException or LimitExceededException or ScrapeFailedException)
            {
                // The only exceptions that it declares.
            }
        }
    }
}
