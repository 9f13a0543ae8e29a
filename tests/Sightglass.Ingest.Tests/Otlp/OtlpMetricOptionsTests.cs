using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using static Sightglass.Ingest.Tests.Otlp.MetricsRequest;
using static Sightglass.Ingest.Tests.Otlp.ProtoText;

namespace Sightglass.Ingest.Tests.Otlp;

public sealed class OtlpMetricOptionsTests
{
    private static readonly byte[] Delta = Varint(2, 1);
    private static readonly byte[] Cumulative = Varint(2, 2);

    [Theory]
    [InlineData(OtlpTranslation.UnderscoreEscapingWithoutSuffixes, "http.server--duration", "s", true, false, "http_server_duration")]
    [InlineData(OtlpTranslation.UnderscoreEscapingWithoutSuffixes, ".a__b.", "s", true, false, "a__b")]
    [InlineData(OtlpTranslation.UnderscoreEscapingWithoutSuffixes, "3d", "", false, true, "_3d")]
    [InlineData(OtlpTranslation.NoUTF8EscapingWithSuffixes, "http.server.duration", "s", false, false, "http.server.duration_seconds")]
    [InlineData(OtlpTranslation.NoUTF8EscapingWithSuffixes, "system.io", "By", true, false, "system.io_bytes_total")]
    [InlineData(OtlpTranslation.NoUTF8EscapingWithSuffixes, "system.io.bytes.total", "By", true, false, "system.io.bytes_total")]
    [InlineData(OtlpTranslation.NoUTF8EscapingWithSuffixes, "speed", "m/s", false, true, "speed_meters_per_second")]
    [InlineData(OtlpTranslation.NoUTF8EscapingWithSuffixes, "load.ratio", "1", false, true, "load_ratio")]
    [InlineData(OtlpTranslation.NoUTF8EscapingWithSuffixes, "req", "{request}", true, false, "req_total")]
    [InlineData(OtlpTranslation.NoTranslation, "größe.x", "By", true, false, "größe.x")]
    public void Names_follow_the_strategy(OtlpTranslation translation, string name, string unit, bool counter, bool gauge, string want) =>
        MetricNames.Family(translation, name, unit, counter, gauge).ShouldBe(want);

    [Theory]
    [InlineData(OtlpTranslation.UnderscoreEscapingWithSuffixes, "up_time_seconds", "a_b", "host_name")]
    [InlineData(OtlpTranslation.UnderscoreEscapingWithoutSuffixes, "up_time", "a_b", "host_name")]
    [InlineData(OtlpTranslation.NoUTF8EscapingWithSuffixes, "up.time_seconds", "a.b", "host.name")]
    [InlineData(OtlpTranslation.NoTranslation, "up.time", "a.b", "host.name")]
    public void Labels_follow_the_strategy(OtlpTranslation translation, string name, string label, string info)
    {
        using var request = new MetricsRequest(options: new OtlpMetricOptions { Translation = translation });
        request.Decode(Of([Attribute(1, "service.name", "shop"), Attribute(1, "host.name", "h")], [], Metric("up.time", "s", 5, Number(1, 0, Attribute(7, "a.b", "c")))));
        LabelSet.FromKey(request.Batch.SeriesKey(0)).ShouldBe(LabelSet.Of("__name__", name, "job", "shop", label, "c"));
        LabelSet.FromKey(request.Batch.SeriesKey(1)).ShouldBe(LabelSet.Of("__name__", "target_info", "job", "shop", info, "h"));
    }

    [Fact]
    public void The_scope_is_no_label_by_default()
    {
        using var request = new MetricsRequest(options: OtlpMetricOptions.Default);
        request.Decode(Of(Array.Empty<byte[]>(), Message(Text(1, "lib")), Metric("a", "", 5, Number(1))));
        request.Samples.ShouldBe(["a 1"]);
    }

    [Fact]
    public void Promoted_attributes_are_labels_where_the_point_has_none_of_that_name()
    {
        byte[][] resource = [Attribute(1, "service.name", "shop"), Attribute(1, "host.name", "h"), Attribute(1, "zone", "z"), Attribute(1, "pod", "p")];
        using var some = new MetricsRequest(options: new OtlpMetricOptions { PromoteResourceAttributes = ["host.name", "zone"] });
        some.Decode(Of(resource, [], Metric("a", "", 5, Number(1), Number(2, 1, Attribute(7, "zone", "own")))));
        some.Samples.ShouldBe(["a{host_name=\"h\", job=\"shop\", zone=\"own\"} 2", "a{host_name=\"h\", job=\"shop\", zone=\"z\"} 1"]);
        using var all = new MetricsRequest(options: new OtlpMetricOptions { PromoteAllResourceAttributes = true, IgnoreResourceAttributes = ["pod"] });
        all.Decode(Of(resource, [], Metric("a", "", 5, Number(1))));
        all.Samples.ShouldBe(["a{host_name=\"h\", job=\"shop\", service_name=\"shop\", zone=\"z\"} 1"]);
        LabelSet.FromKey(all.Batch.SeriesKey(1)).ShouldBe(LabelSet.Of("__name__", "target_info", "job", "shop", "host_name", "h", "zone", "z", "pod", "p"));
    }

    [Fact]
    public void Identifying_attributes_stay_in_target_info_when_asked_for()
    {
        using var request = new MetricsRequest(options: new OtlpMetricOptions { KeepIdentifyingResourceAttributes = true });
        request.Decode(Of([Attribute(1, "service.name", "shop"), Attribute(1, "service.instance.id", "i")], [], Metric("a", "", 5, Number(1))));
        LabelSet.FromKey(request.Batch.SeriesKey(1)).ShouldBe(LabelSet.Of("__name__", "target_info", "job", "shop", "instance", "i", "service_name", "shop", "service_instance_id", "i"));
    }

    [Fact]
    public void Histograms_become_native_ones_with_custom_buckets()
    {
        using var request = new MetricsRequest(options: new OtlpMetricOptions { ConvertHistogramsToNhcb = true });
        byte[] Point(int second) => Bytes(1, Message(Fixed64(3, Time(second)), Fixed64(4, 6), Double(5, 9.5), Fixed64(6, 1), Fixed64(6, 2), Fixed64(6, 3), Double(7, 0.5), Double(7, 2)));
        request.Decode(Of(Metric("h", "s", 9, Point(0), Cumulative)));
        request.Batch.SampleCount.ShouldBe(0);
        var histogram = request.Batch.Histograms.ShouldHaveSingleItem().Histogram;
        LabelSet.FromKey(request.Batch.SeriesKey(0)).Name.ShouldBe("h_seconds");
        (histogram.Schema, histogram.Count, histogram.Sum).ShouldBe((NativeHistogram.CustomBucketsSchema, 6.0, 9.5));
        histogram.CustomBounds.ShouldBe([0.5, 2]);
        histogram.PositiveBuckets.ShouldBe([1.0, 2, 3]);
        histogram.PositiveSpans.ShouldBe([new BucketSpan(0, 3)]);
        request.Decode(Of(Metric("h", "s", 9, Point(1), Delta)));
        request.Decode(Of(Metric("h", "s", 9, Point(2), Delta)));
        request.Batch.Histograms.ShouldHaveSingleItem().Histogram.PositiveBuckets.ShouldBe([2.0, 4, 6]);
    }
}
