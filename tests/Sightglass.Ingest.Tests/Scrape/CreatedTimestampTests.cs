using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;
using static Sightglass.Ingest.Tests.Scrape.Families;

namespace Sightglass.Ingest.Tests.Scrape;

public sealed class CreatedTimestampTests
{
    private static readonly ScrapeConfiguration Created = new() { JobName = "j", CreatedTimestampZero = true, NativeHistograms = true };

    // The host's first answer is of 1,015 s after the epoch, the next of 1,030 s.
    private const string Text = """
        # TYPE c counter
        c_total{a="1"} 4
        c_created{a="1"} 1000.5
        c_total{a="2"} 5
        c_total{a="3"} 6
        c_created{a="3"} 1001
        # TYPE h histogram
        h_bucket{le="1"} 1
        h_bucket{le="+Inf"} 2
        h_count 2
        h_sum 3
        h_created 1002
        # TYPE s summary
        s_created 1003
        s{quantile="0.5"} 7
        s_count 1
        # TYPE g gauge
        g 1
        g_created 1004
        # EOF

        """;

    [Fact]
    public void Series_of_OpenMetrics_begin_with_a_zero()
    {
        var host = new AnswerHost(Created).Text(Text, openMetrics: true);
        host.Samples.ShouldBe(
        [
            "c_total{a=\"1\"} 0@1000500", "c_total{a=\"1\"} 4", "c_total{a=\"2\"} 5", "c_total{a=\"3\"} 0@1001000", "c_total{a=\"3\"} 6",
            "g 1", "g_created 1004",
            "h_bucket{le=\"+Inf\"} 0@1002000", "h_bucket{le=\"+Inf\"} 2", "h_bucket{le=\"1.0\"} 0@1002000", "h_bucket{le=\"1.0\"} 1",
            "h_count 0@1002000", "h_count 2", "h_sum 0@1002000", "h_sum 3",
            "s_count 0@1003000", "s_count 1", "s{quantile=\"0.5\"} 0@1003000", "s{quantile=\"0.5\"} 7",
        ]);
        host.Appender.Scraped.ShouldBe(11);
        host.Batch.SampleSeries[0].ShouldBe(host.Batch.SampleSeries[1], "the zero goes before the sample, so that a sender on keeps the order");
        host.Batch.SampleTimestampsMs[0].ShouldBe(1_000_500);
        host.Text(Text, openMetrics: true).Samples.Length.ShouldBe(11, "what is known is not told again");
    }

    [Fact]
    public void A_series_that_begins_again_gets_another_zero()
    {
        static string Answer(double created, int value) => FormattableString.Invariant($"# TYPE c counter\nc_total {value}\nc_created {created}\n# EOF\n");
        var host = new AnswerHost(Created).Text(Answer(1_000, 9), openMetrics: true);
        host.Text(Answer(1_020, 2), openMetrics: true).Samples.ShouldBe(["c_total 0@1020000", "c_total 2"]);
        host.Text(Answer(1_025, 3), openMetrics: true).Samples.ShouldBe(["c_total 3"], "there is a later sample");
        host.Text(Answer(2_000, 3), openMetrics: true).Samples.ShouldBe(["c_total 3"], "it has not begun yet");
        new AnswerHost(Created).Text(Answer(-3_000, 3), openMetrics: true).Samples.ShouldBe(["c_total 3"], "too long ago");
    }

    [Fact]
    public void Without_the_setting_and_in_the_older_text_format_they_are_series()
    {
        new AnswerHost(Created with { CreatedTimestampZero = false }).Text(Text, openMetrics: true).Samples.Length.ShouldBe(15);
        new AnswerHost(Created).Text("# TYPE c counter\nc_total 1\nc_created 1000\n").Samples.ShouldBe(["c_created 1000", "c_total 1"]);
    }

    [Fact]
    public void Series_of_protobuf_begin_with_a_zero()
    {
        static Message At(ulong seconds) => new Message().Varint(1, seconds).Varint(2, 500_000_000);
        var body = Delimited(
            Family("c_total", Counter, new Message().Nested(3, new Message().Double(1, 4).Nested(3, At(1_000)))),
            Family("s", Summary, new Message().Nested(4, new Message().Varint(1, 5).Nested(3, new Message().Double(1, 0.5).Double(2, 7)).Nested(4, At(1_001)))),
            Family("h", Histogram, new Message().Nested(7, new Message().Varint(1, 5).Double(2, 8).Nested(3, Bucket(1, 1)).Nested(15, At(1_002)))),
            Family("n", Histogram, new Message().Nested(7, Families.Native().Nested(15, At(1_003)))));
        var host = new AnswerHost(Created).Protobuf(body);
        host.Samples.Where(s => s.Contains('@')).ShouldBe(
        [
            "c_total 0@1000500", "h_bucket{le=\"+Inf\"} 0@1002500", "h_bucket{le=\"1.0\"} 0@1002500", "h_count 0@1002500", "h_sum 0@1002500",
            "s_count 0@1001500", "s_sum 0@1001500", "s{quantile=\"0.5\"} 0@1001500",
        ]);
        host.Histograms.Length.ShouldBe(2);
        var (empty, full) = (host.Histograms[0].Histogram, host.Histograms[1].Histogram);
        host.Batch.Histograms[0].TimestampMs.ShouldBe(1_003_500);
        (empty.Count, empty.Schema, empty.ZeroThreshold, empty.ResetHint).ShouldBe((0, full.Schema, full.ZeroThreshold, CounterResetHint.CounterReset));
        host.Protobuf(body).Samples.ShouldNotContain(s => s.Contains('@'));
        host.Histograms.Length.ShouldBe(1);
        new AnswerHost(Created with { CreatedTimestampZero = false }).Protobuf(body).Samples.ShouldNotContain(s => s.Contains('@'));
    }
}
