using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Forward;
using Sightglass.Ingest.Otlp;

namespace Sightglass.Ingest.Tests.Forward;

public sealed class OtlpMetricsEncoderTests
{
    [Fact]
    public void A_receiver_makes_the_same_series_of_it()
    {
        const long Now = 1_700_000_000_000;
        using var batch = new MetricBatch();
        var up = batch.AddSeries(LabelSet.Of("__name__", "up", "job", "a", "instance", "i"));
        var total = batch.AddSeries(LabelSet.Of("__name__", "requests_total", "job", "a", "instance", "i", "path", "/ü"));
        var bucket = batch.AddSeries(LabelSet.Of("__name__", "took_seconds_bucket", "job", "b", "le", "0.5"));
        var plain = batch.AddSeries(LabelSet.Of("__name__", "plain"));
        batch.AddSample(up, Now, 0);
        batch.AddSample(total, Now, 7.5);
        batch.AddSample(bucket, Now + 1, 3);
        batch.AddSample(up, Now + 2, SpecialValues.StaleNaN);
        batch.AddSample(plain, Now, double.PositiveInfinity);
        batch.Metadata.Add(new MetricMetadata("up", MetricType.Gauge, "is it up", string.Empty));

        using var read = Sent(batch, Now, new RemoteWriteTarget { Name = "t", Url = new Uri("http://localhost/"), Otlp = true }, OtlpMetricOptions.Default);
        Samples(read).ShouldBe(Samples(batch));
        read.Metadata.ShouldContain(new MetricMetadata("up", MetricType.Gauge, "is it up", string.Empty));
        read.Metadata.ShouldContain(static m => m.Family == "requests_total" && m.Type == MetricType.Counter);
    }

    [Fact]
    public void Native_histograms_and_exemplars_arrive_too()
    {
        const long Now = 1_700_000_000_000;
        using var batch = new MetricBatch();
        var exponential = new NativeHistogram
        {
            Schema = 2,
            ZeroThreshold = 0.001,
            ZeroCount = 3,
            Count = 12,
            Sum = 4.5,
            PositiveSpans = [new BucketSpan(-3, 2), new BucketSpan(2, 1)],
            PositiveBuckets = [1, 2, 4],
            NegativeSpans = [new BucketSpan(1, 1)],
            NegativeBuckets = [2],
        };
        var custom = new NativeHistogram { Schema = NativeHistogram.CustomBucketsSchema, Count = 6, Sum = 9, CustomBounds = [0.5, 1, 2], PositiveSpans = [new BucketSpan(1, 1), new BucketSpan(1, 1)], PositiveBuckets = [2, 4] };
        var took = batch.AddSeries(LabelSet.Of("__name__", "took_seconds", "job", "a", "instance", "i", "path", "/"));
        var bounded = batch.AddSeries(LabelSet.Of("__name__", "bounded_seconds", "job", "a"));
        var total = batch.AddSeries(LabelSet.Of("__name__", "requests_total", "job", "a"));
        batch.Histograms.Add((took, Now, exponential));
        batch.Histograms.Add((took, Now + 1, new NativeHistogram { Sum = SpecialValues.StaleNaN }));
        batch.Histograms.Add((bounded, Now, custom));
        batch.Histograms.Add((bounded, Now + 5, custom with { ResetHint = CounterResetHint.Gauge }));
        batch.AddSample(total, Now, 7);
        var trace = LabelSet.Of("trace_id", "0123456789abcdef0123456789abcdef", "span_id", "0123456789abcdef", "user", "é");
        batch.Exemplars.Add((took, Now - 3, 0.25, trace));
        batch.Exemplars.Add((bounded, Now - 2, 0.75, LabelSet.Of("trace_id", "not hex")));
        batch.Exemplars.Add((total, Now - 1, 1, trace));

        using var read = Sent(batch, Now, new RemoteWriteTarget { Name = "t", Url = new Uri("http://localhost/"), Otlp = true, SendNativeHistograms = true, SendExemplars = true }, OtlpMetricOptions.Default with { ConvertHistogramsToNhcb = true });
        read.Histograms.Count.ShouldBe(3, "one that goes up and down has no place in OTLP");
        var histograms = read.Histograms.OrderByDescending(h => LabelSet.FromKey(read.SeriesKey(h.Series)).Name, StringComparer.Ordinal).ThenBy(static h => h.TimestampMs).ToArray();
        histograms[0].TimestampMs.ShouldBe(Now);
        (histograms[0].Histogram with { ResetHint = CounterResetHint.Unknown }).ShouldBeEquivalentTo(exponential);
        SpecialValues.IsStale(histograms[1].Histogram.Sum).ShouldBeTrue();
        var got = histograms[2].Histogram;
        (got.Schema, got.Count, got.Sum).ShouldBe((NativeHistogram.CustomBucketsSchema, 6, 9));
        got.CustomBounds.ShouldBe([0.5, 1, 2]);
        got.PositiveBuckets.Where(static c => c > 0).ShouldBe([2, 4]);
        Samples(read).ShouldBe(Samples(batch));
        read.Exemplars.Select(e => (LabelSet.FromKey(read.SeriesKey(e.Series)).Name, e.TimestampMs, e.Value, e.Labels)).OrderBy(static e => e.TimestampMs).ShouldBe(
            [("took_seconds", Now - 3, 0.25, trace), ("bounded_seconds", Now - 2, 0.75, LabelSet.Of("trace_id", "not hex")), ("requests_total", Now - 1, 1, trace)]);
    }

    private static MetricBatch Sent(MetricBatch batch, long now, RemoteWriteTarget target, OtlpMetricOptions options)
    {
        using var body = new ByteWriter();
        using var writer = new WriteRequestEncoder(target);
        using var encoder = new OtlpMetricsEncoder();
        writer.Encode(batch, (message, _) => encoder.Encode(message.ToArray(), body));
        var read = new MetricBatch();
        var rejections = new Rejections();
        using var decoder = new OtlpMetricsDecoder(new MetricFamilies(OtlpTranslation.UnderscoreEscapingWithSuffixes), options, new DeltaAccumulator(TimeProvider.System), IngestLimits.Default);
        decoder.Decode(body.Written, read, rejections, now * 1_000_000);
        rejections.First.ShouldBeNull();
        return read;
    }

    private static string[] Samples(MetricBatch batch) =>
    [
        .. Enumerable.Range(0, batch.SampleCount).Select(i => FormattableString.Invariant(
            $"{LabelSet.FromKey(batch.SeriesKey(batch.SampleSeries[i]))} {batch.SampleTimestampsMs[i]} {(SpecialValues.IsStale(batch.SampleValues[i]) ? "stale" : batch.SampleValues[i])}")).Order(StringComparer.Ordinal),
    ];
}
