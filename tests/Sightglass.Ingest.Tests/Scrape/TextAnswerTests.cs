using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Exposition;
using Sightglass.Ingest.Scrape;
using Sightglass.TestKit;
using static Sightglass.Ingest.Tests.Scrape.Families;

namespace Sightglass.Ingest.Tests.Scrape;

public sealed class TextAnswerTests
{
    private const string Classic = """
        # TYPE h histogram
        h_bucket{x="1",le="1"} 1
        h_bucket{x="1",le="2"} 1
        h_bucket{x="1",le="5"} 4
        h_bucket{x="1",le="+Inf"} 6
        h_sum{x="1"} 20
        h_count{x="1"} 6

        """;

    private static readonly ScrapeConfiguration Plain = new() { JobName = "j" };
    private static readonly ScrapeConfiguration Converting = Plain with { ConvertClassicHistograms = true };

    [Fact]
    public void OpenMetrics_in_full()
    {
        var host = new AnswerHost(Plain).Text("""
            # HELP req_seconds Time of \"requests\".
            # TYPE req_seconds counter
            # UNIT req_seconds seconds
            req_seconds_total{a="b"} 17.5 12.5 # {trace_id="x",n="{}"} 0.5 11.25
            req_seconds_created{a="b"} 1
            # TYPE i info
            i_info{v="1"} 1
            # TYPE st stateset
            st{st="on"} 1
            # TYPE n unknown
            n NaN # {} 3
            # EOF

            """, openMetrics: true);
        host.Samples.ShouldBe(["i_info{v=\"1\"} 1", "n NaN", "req_seconds_created{a=\"b\"} 1", "req_seconds_total{a=\"b\"} 17.5@12500", "st{st=\"on\"} 1"]);
        host.Exemplars.ShouldBe(["req_seconds_total{a=\"b\"} {n=\"{}\", trace_id=\"x\"} 0.5@11250", "n {} 3"]);
        host.Batch.Metadata.ShouldContain(new MetricMetadata("req_seconds", MetricType.Counter, "Time of \"requests\".", "seconds"));
    }

    [Theory]
    [InlineData("# TYPE a counter\n# UNIT a seconds\na_total 1\n# EOF\n", "unit \"seconds\" not a suffix of metric \"a\"")]
    [InlineData("# TYPE a thing\n# EOF\n", "invalid metric type \"thing\"")]
    [InlineData("a 1\n", "does not end with # EOF")]
    [InlineData("a.b 1\n# EOF\n", "can stand without quotes")]
    [InlineData("a{b.c=\"1\"} 1\n# EOF\n", "can stand without quotes")]
    [InlineData("a{b=\"1\",b=\"2\"} 1\n# EOF\n", "not unique")]
    [InlineData("a 1 # x\n# EOF\n", "brace")]
    [InlineData("a 1 # {t=\"x\"}\n# EOF\n", "no value")]
    [InlineData("a 1 # {t=\"x\"} 1 y\n# EOF\n", "timestamp")]
    public void OpenMetrics_that_is_none(string text, string message) =>
        Should.Throw<MalformedInputException>(() => new AnswerHost(Plain).Text(text, openMetrics: true)).Message.ShouldContain(message);

    [Fact]
    public void Exemplars_too_long_for_OpenMetrics_are_left_out() =>
        new AnswerHost(Plain).Text($"a_total 1 # {{t=\"{new string('x', 200)}\"}} 1\n# EOF\n", openMetrics: true).Exemplars.ShouldBeEmpty();

    [Fact]
    public void Metadata_are_told_once_until_they_change()
    {
        var host = new AnswerHost(Plain);
        host.Text("# HELP a x\n# TYPE a gauge\na 1\n").Batch.Metadata.Count.ShouldBe(1);
        host.Text("# HELP a x\n# TYPE a gauge\na 1\n").Batch.Metadata.Count.ShouldBe(0);
        host.Text("# HELP a y\n# TYPE a gauge\na 1\n").Batch.Metadata.ShouldHaveSingleItem().Help.ShouldBe("y");
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 6)]
    public void Classic_histograms_become_native_ones(bool always, int classic)
    {
        var host = new AnswerHost(Converting with { AlwaysClassicHistograms = always });
        for (var i = 0; i < 2; i++)
        {
            host.Text(Classic + "# TYPE g gauge\ng 1\n");
            var (series, histogram) = host.Histograms.ShouldHaveSingleItem();
            series.ShouldBe("h{x=\"1\"}");
            (histogram.Schema, histogram.Count, histogram.Sum).ShouldBe((NativeHistogram.CustomBucketsSchema, 6, 20));
            histogram.CustomBounds.ShouldBe([1, 2, 5]);
            histogram.PositiveSpans.ShouldBe([new BucketSpan(0, 1), new BucketSpan(1, 2)]);
            histogram.PositiveBuckets.ShouldBe([1, 3, 2]);
            host.Samples.Length.ShouldBe(classic + 1);
            host.Appender.Scraped.ShouldBe(classic + 2);
        }

        host.Text("g 1\n").Samples.Count(s => s.EndsWith("NaN", StringComparison.Ordinal)).ShouldBe(classic + 1);
    }

    [Theory]
    [InlineData("h_bucket{le=\"1\"} 5\nh_bucket{le=\"+Inf\"} 3\nh_count 3\nh_sum 1\n")]
    [InlineData("h_bucket{le=\"1\"} 5\nh_bucket{le=\"2\"} 4\nh_count 6\nh_sum 1\n")]
    [InlineData("h_bucket{le=\"1\"} NaN\nh_count 6\nh_sum 1\n")]
    public void Parts_that_make_no_histogram_are_left_out(string text) =>
        new AnswerHost(Converting).Text("# TYPE h histogram\n" + text).Histograms.ShouldBeEmpty();

    [Fact]
    public void A_histogram_without_count_takes_its_highest_bucket()
    {
        var histogram = new AnswerHost(Converting).Text("# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"2\"} 5\n").Histograms.ShouldHaveSingleItem().Histogram;
        (histogram.Count, histogram.CustomBounds.Length).ShouldBe((5, 2));
    }

    [Fact]
    public void Exemplars_of_buckets_go_to_the_native_histogram()
    {
        var host = new AnswerHost(Converting).Text("# TYPE h histogram\nh_bucket{le=\"1\"} 2 # {t=\"x\"} 0.5 7\nh_bucket{le=\"+Inf\"} 2\nh_count 2\nh_sum 1\n# EOF\n", openMetrics: true);
        host.Exemplars.ShouldBe(["h {t=\"x\"} 0.5@7000"]);
    }

    [Fact]
    public void Protobuf_histograms_are_converted_unless_they_are_native()
    {
        var classic = new Message().Nested(7, new Message().Varint(1, 5).Double(2, 8).Nested(3, Bucket(1, 1)).Nested(3, Bucket(3, 2)));
        var host = new AnswerHost(Converting with { NativeHistograms = true });
        host.Protobuf(Delimited(Family("c", Histogram, classic), Family("n", Histogram, new Message().Nested(7, Native()))));
        host.Histograms.Select(h => (h.Series, h.Histogram.Schema)).ShouldBe([("c", NativeHistogram.CustomBucketsSchema), ("n", 3)]);
        host.Samples.ShouldBeEmpty();
    }

    [SharedTheory]
    [InlineData("1histogram.om.txt", true)]
    [InlineData("alltypes.5mfs.om.txt", true)]
    [InlineData("alltypes.237mfs.prom.txt", false)]
    [InlineData("alltypes.237mfs.nometa.prom.txt", false)]
    public void Real_answers_are_taken_whole(string file, bool openMetrics)
    {
        var text = File.ReadAllText(SharedInput.PathOf($"conformance/exposition/{file}"));
        var host = new AnswerHost(Plain);
        host.Text(text, openMetrics);
        var lines = text.Split('\n').Count(l => l.Length > 0 && l[0] != '#');
        (host.Appender.Scraped, host.Appender.Kept, host.Appender.Added).ShouldBe((lines, lines, lines));
        host.Text(text, openMetrics);
        (host.Appender.Scraped, host.Appender.Added, host.Batch.Metadata.Count).ShouldBe((lines, 0, 0));
    }

    [Theory]
    [InlineData(1, "1.0")]
    [InlineData(0, "0.0")]
    [InlineData(-1, "-1.0")]
    [InlineData(0.5, "0.5")]
    [InlineData(0.005, "0.005")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(100000, "100000.0")]
    [InlineData(1000000, "1e+06")]
    [InlineData(1234567, "1.234567e+06")]
    [InlineData(123456.75, "123456.75")]
    [InlineData(1.5e-7, "1.5e-07")]
    [InlineData(1e100, "1e+100")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NaN, "NaN")]
    public void Bounds_are_spelled_as_OpenMetrics_has_them(double value, string text) => GoNumber.OpenMetrics(value).ShouldBe(text);
}
