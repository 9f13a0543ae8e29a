using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Forward;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.RemoteWrite;
using Sightglass.Ingest.Scrape;

namespace Sightglass.Ingest.Tests.Forward;

public sealed class WriteRequestEncoderTests
{
    private static readonly NativeHistogram Whole = new()
    {
        Schema = 2,
        Count = 9,
        Sum = 4.5,
        ZeroCount = 1,
        ZeroThreshold = 0.001,
        PositiveSpans = [new BucketSpan(-3, 2), new BucketSpan(4, 1)],
        PositiveBuckets = [3, 1, 2],
        NegativeSpans = [new BucketSpan(0, 1)],
        NegativeBuckets = [2],
        ResetHint = CounterResetHint.Gauge,
    };

    private static readonly NativeHistogram Fractions = Whole with { Count = 9.5, PositiveBuckets = [3.5, 1, 2] };

    private static readonly NativeHistogram Custom = new()
    {
        Schema = NativeHistogram.CustomBucketsSchema,
        Count = 3,
        Sum = 2,
        PositiveSpans = [new BucketSpan(0, 2)],
        PositiveBuckets = [1, 2],
        CustomBounds = [0.5],
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void What_is_written_is_read_back(int version)
    {
        using var batch = Batch();
        var target = Target with { SendExemplars = true, SendNativeHistograms = true };
        using var read = version == 1 ? Read(Encode(batch, target)) : ReadVersion2(Encode(batch, target));
        Samples(read).ShouldBe(Samples(batch));
        read.Histograms.Count.ShouldBe(version == 1 ? 3 : 0);
        read.Metadata.ShouldBe(batch.Metadata);
        if (version == 1)
        {
            read.Histograms.Select(static h => h.TimestampMs).ShouldBe([7L, 8, 9]);
            foreach (var (sent, got) in new[] { Whole, Fractions, Custom }.Zip(read.Histograms))
            {
                got.Histogram.ShouldBeEquivalentTo(sent);
            }

            read.Exemplars.ShouldHaveSingleItem().Labels.ShouldBe(LabelSet.Of("trace_id", "abc"));
        }
    }

    [Fact]
    public void Exemplars_and_histograms_are_sent_only_when_asked_for()
    {
        using var batch = Batch();
        using var read = Read(Encode(batch, Target with { SendMetadata = false }));
        (read.SampleCount, read.Histograms.Count, read.Exemplars.Count, read.Metadata.Count).ShouldBe((3, 0, 0, 0));
    }

    [Fact]
    public void External_labels_are_added_and_rules_applied()
    {
        using var batch = Batch();
        var target = Target with
        {
            ExternalLabels = LabelSet.Of("region", "eu", "job", "never"),
            Relabel = [new RelabelRule(RelabelAction.Drop, ["__name__"], regex: "other")],
        };
        using var read = Read(Encode(batch, target));
        Samples(read).ShouldBe(["up{job=\"a\", region=\"eu\"} 1000 1.5", "up{job=\"a\", region=\"eu\"} 2000 -0"]);
    }

    [Fact]
    public void Requests_are_cut_at_the_size_that_is_configured()
    {
        using var batch = new MetricBatch();
        var series = batch.AddSeries(LabelSet.Of("__name__", "up"));
        for (var i = 1; i <= 25; i++)
        {
            batch.AddSample(series, i, i);
        }

        Encode(batch, Target with { MaxSamplesPerSend = 10 }).Select(static p => p.Items).ShouldBe([10, 10, 5]);
    }

    private static RemoteWriteTarget Target { get; } = new() { Name = "t", Url = new Uri("http://localhost/") };

    private static MetricBatch Batch()
    {
        var batch = new MetricBatch();
        var up = batch.AddSeries(LabelSet.Of("__name__", "up", "job", "a"));
        var other = batch.AddSeries(LabelSet.Of("__name__", "other", "größe", "ü"));
        batch.AddSample(up, 1000, 1.5);
        batch.AddSample(up, 2000, -0.0);
        batch.AddSample(other, 3000, SpecialValues.StaleNaN);
        batch.Histograms.Add((up, 7, Whole));
        batch.Histograms.Add((up, 8, Fractions));
        batch.Histograms.Add((up, 9, Custom));
        batch.Exemplars.Add((other, 5, 0.5, LabelSet.Of("trace_id", "abc")));
        batch.Metadata.Add(new MetricMetadata("up", MetricType.Gauge, "is it up", "items"));
        return batch;
    }

    private static List<(byte[] Message, int Items)> Encode(MetricBatch batch, RemoteWriteTarget target)
    {
        using var encoder = new WriteRequestEncoder(target);
        var pieces = new List<(byte[], int)>();
        encoder.Encode(batch, (message, items) => pieces.Add((message.ToArray(), items)));
        return pieces;
    }

    private static MetricBatch Read(List<(byte[] Message, int Items)> pieces)
    {
        var batch = new MetricBatch();
        var rejections = new Rejections();
        RemoteWriteDecoder.Decode(pieces.SelectMany(static p => p.Message).ToArray(), batch, rejections, IngestLimits.Default);
        rejections.Items.ShouldBe(0);
        return batch;
    }

    private static MetricBatch ReadVersion2(List<(byte[] Message, int Items)> pieces)
    {
        using var encoder = new WriteRequest2Encoder();
        using var body = new ByteWriter();
        encoder.Encode(pieces.SelectMany(static p => p.Message).ToArray(), body);
        var floats = new MetricBatch();
        using var histograms = new MetricBatch();
        var rejections = new Rejections();
        using var decoder = new RemoteWrite2Decoder(floats, histograms, rejections, IngestLimits.Default, new SeenFamilies());
        decoder.Decode(body.Written);
        rejections.First.ShouldBeNull();
        histograms.Histograms.Count.ShouldBe(3);
        histograms.Histograms[1].Histogram.ShouldBeEquivalentTo(Fractions);
        decoder.Exemplars.ShouldBe(1);
        return floats;
    }

    private static string[] Samples(MetricBatch batch) =>
    [
        .. Enumerable.Range(0, batch.SampleCount).Select(i => FormattableString.Invariant(
            $"{LabelSet.FromKey(batch.SeriesKey(batch.SampleSeries[i]))} {batch.SampleTimestampsMs[i]} {(SpecialValues.IsStale(batch.SampleValues[i]) ? "stale" : batch.SampleValues[i])}")),
    ];
}
