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

        using var body = new ByteWriter();
        using var writer = new WriteRequestEncoder(new RemoteWriteTarget { Name = "t", Url = new Uri("http://localhost/"), Otlp = true });
        using var encoder = new OtlpMetricsEncoder();
        writer.Encode(batch, (message, _) => encoder.Encode(message.ToArray(), body));

        using var read = new MetricBatch();
        var rejections = new Rejections();
        using var decoder = new OtlpMetricsDecoder(new MetricFamilies(OtlpTranslation.UnderscoreEscapingWithSuffixes), OtlpMetricOptions.Default, new DeltaAccumulator(TimeProvider.System), IngestLimits.Default);
        decoder.Decode(body.Written, read, rejections, Now * 1_000_000);
        rejections.First.ShouldBeNull();
        Samples(read).ShouldBe(Samples(batch));
        read.Metadata.ShouldContain(new MetricMetadata("up", MetricType.Gauge, "is it up", string.Empty));
        read.Metadata.ShouldContain(static m => m.Family == "requests_total" && m.Type == MetricType.Counter);
    }

    private static string[] Samples(MetricBatch batch) =>
    [
        .. Enumerable.Range(0, batch.SampleCount).Select(i => FormattableString.Invariant(
            $"{LabelSet.FromKey(batch.SeriesKey(batch.SampleSeries[i]))} {batch.SampleTimestampsMs[i]} {(SpecialValues.IsStale(batch.SampleValues[i]) ? "stale" : batch.SampleValues[i])}")).Order(StringComparer.Ordinal),
    ];
}
