using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using static Sightglass.Ingest.Tests.Otlp.MetricsRequest;
using static Sightglass.Ingest.Tests.Otlp.ProtoText;

namespace Sightglass.Ingest.Tests.Otlp;

public sealed class OtlpMetricsDecoderTests : IDisposable
{
    private static readonly byte[] Delta = Varint(2, 1);
    private static readonly byte[] Cumulative = Varint(2, 2);
    private static readonly byte[] Monotonic = Varint(3, 1);

    private readonly MetricsRequest _request = new();

    public void Dispose() => _request.Dispose();

    [Fact]
    public void A_gauge_keeps_its_attributes_time_and_metadata()
    {
        _request.Decode(Of(Metric("my.gauge", "1", 5, Number(10, 5, Attribute(7, "my.gauge.attr", "some value")))));
        _request.Samples.ShouldBe(["my_gauge_ratio{my_gauge_attr=\"some value\"} 10"]);
        _request.Batch.SampleTimestampsMs[0].ShouldBe(Time(5) / 1_000_000);
        _request.Batch.Metadata.ShouldBe([new MetricMetadata("my_gauge_ratio", MetricType.Gauge, "help of my.gauge", "1")]);
    }

    [Fact]
    public void Resource_and_scope_become_labels_and_target_info()
    {
        byte[][] resource =
        [
            Attribute(1, "service.name", "shop"), Attribute(1, "service.namespace", "eu"), Attribute(1, "service.instance.id", "i-1"),
            Attribute(1, "host.name", "h"), Attribute(1, "cores", Varint(3, 8)),
        ];
        var scope = Message(Text(1, "lib"), Text(2, "1.0"), Attribute(3, "my.scope.attr", "s"));
        _request.Decode(Of(resource, scope, Metric("up.time", "s", 5, Number(1))));
        _request.Samples.ShouldBe(["up_time_seconds{instance=\"i-1\", job=\"eu/shop\", otel_scope_my_scope_attr=\"s\", otel_scope_name=\"lib\", otel_scope_version=\"1.0\"} 1"]);
        LabelSet.FromKey(_request.Batch.SeriesKey(1)).ToString().ShouldBe("target_info{cores=\"8\", host_name=\"h\", instance=\"i-1\", job=\"eu/shop\"}");
        _request.Batch.SampleValues[1].ShouldBe(1);
    }

    [Fact]
    public void Without_other_attributes_there_is_no_target_info()
    {
        _request.Decode(Of([Attribute(1, "service.name", "shop")], [], Metric("a", "", 5, Number(1))));
        _request.Batch.SampleCount.ShouldBe(1);
    }

    [Fact]
    public void Attributes_that_become_one_name_are_joined_in_order_of_their_keys()
    {
        _request.Decode(Of(Metric("a", "", 5, Number(1, 0, Attribute(7, "x_y", "second"), Attribute(7, "x.y", "first"), Attribute(7, "job", "own")))));
        _request.Samples.ShouldBe(["a{job=\"own\", x_y=\"first;second\"} 1"]);
    }

    [Theory]
    [InlineData(0, "-7")]
    [InlineData(1, "true")]
    [InlineData(2, "0.5")]
    [InlineData(3, "AQI=")]
    [InlineData(4, "[\"a\"]")]
    public void Values_of_all_types_become_text(int kind, string want)
    {
        var any = kind switch
        {
            0 => Varint(3, unchecked((ulong)-7L)),
            1 => Varint(2, 1),
            2 => Double(4, 0.5),
            3 => Bytes(7, 1, 2),
            _ => Bytes(5, Bytes(1, Text(1, "a"))),
        };
        _request.Decode(Of(Metric("a", "", 5, Number(1, 0, Attribute(7, "v", any)))));
        LabelSet.FromKey(_request.Batch.SeriesKey(0))["v"].ShouldBe(want);
    }

    [Fact]
    public void Integers_are_taken_as_numbers() =>
        _request.Decode(Of(Metric("a", "", 5, Bytes(1, Message(Fixed64(3, Time(0)), Fixed64(6, -3)))))).Samples.ShouldBe(["a -3"]);

    [Fact]
    public void A_delta_counter_becomes_cumulative_and_a_repeated_point_counts_once()
    {
        byte[] At(double value, int second) => Of(Metric("c", "", 7, Delta, Monotonic, Number(value, second)));
        _request.Decode(At(5, 1)).Samples.ShouldBe(["c_total 5"]);
        _request.Decode(At(2, 2)).Samples.ShouldBe(["c_total 7"]);
        _request.Decode(At(2, 2)).Samples.ShouldBe(["c_total 7"]);
        _request.Decode(At(1, 1)).Samples.ShouldBeEmpty();
        _request.Rejected.Items.ShouldBe(1);
        _request.Decode(At(1, 3)).Samples.ShouldBe(["c_total 8"]);
    }

    [Fact]
    public void The_start_of_a_cumulative_counter_stands_beside_its_sample()
    {
        _request.Decode(Of(Metric("c", "", 7, Cumulative, Monotonic, Number(5, 9, Fixed64(2, Time(3))))));
        _request.Batch.SampleStartsMs.ToArray().ShouldBe([Time(3) / 1_000_000]);
        _request.Decode(Of(Metric("h", "s", 9, Cumulative, Bytes(1, Message(Fixed64(2, Time(3)), Fixed64(3, Time(9)), Fixed64(4, 4), PackedFixed(6, 3, 1), PackedDoubles(7, 1))))));
        _request.Batch.SampleStartsMs.ToArray().ShouldAllBe(s => s == Time(3) / 1_000_000);
    }

    [Fact]
    public void A_gauge_a_delta_and_a_point_at_its_start_have_none()
    {
        _request.Decode(Of(
            Metric("g", "", 5, Number(5, 9, Fixed64(2, Time(3)))),
            Metric("d", "", 7, Delta, Monotonic, Number(5, 9, Fixed64(2, Time(3)))),
            Metric("c", "", 7, Cumulative, Monotonic, Number(5, 9, Fixed64(2, Time(9))))));
        _request.Batch.SampleStartsMs.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void A_cumulative_sum_is_stored_as_it_is_and_one_that_falls_is_a_gauge()
    {
        _request.Decode(Of(Metric("c", "", 7, Cumulative, Number(5)))).Samples.ShouldBe(["c 5"]);
        _request.Batch.Metadata[0].Type.ShouldBe(MetricType.Gauge);
    }

    [Fact]
    public void A_histogram_becomes_buckets_sum_and_count()
    {
        byte[] At(int second) => Of(Metric("h", "s", 9, Delta, Bytes(1, Message(
            Fixed64(3, Time(second)), Fixed64(4, 4), Double(5, 9), PackedFixed(6, 1, 2, 1), PackedDoubles(7, 0.5, 1), Attribute(9, "le", "mine")))));
        _request.Decode(At(1)).Samples.ShouldBe(
        [
            "h_seconds_bucket{le=\"+Inf\"} 4", "h_seconds_bucket{le=\"0.5\"} 1", "h_seconds_bucket{le=\"1\"} 3",
            "h_seconds_count{le=\"mine\"} 4", "h_seconds_sum{le=\"mine\"} 9",
        ]);
        _request.Decode(At(2)).Samples.ShouldContain("h_seconds_bucket{le=\"1\"} 6");
        _request.Samples.ShouldContain("h_seconds_sum{le=\"mine\"} 18");
    }

    [Fact]
    public void Bounds_and_counts_that_do_not_fit_are_refused()
    {
        _request.Decode(Of(Metric("h", "", 9, Cumulative, Bytes(1, Message(Fixed64(3, Time(0)), PackedFixed(6, 1, 2), PackedDoubles(7, 0.5, 1))))));
        _request.Samples.ShouldBeEmpty();
        _request.Rejected.First!.ShouldContain("got 2 bucket counts, want 3");
    }

    [Fact]
    public void A_summary_becomes_quantiles() =>
        _request.Decode(Of(Metric("s", "", 11, Bytes(1, Message(
            Fixed64(3, Time(0)), Fixed64(4, 3), Double(5, 6), Bytes(6, Message(Double(1, 0.99), Double(2, 2.5)))))))).Samples
            .ShouldBe(["s_count 3", "s_sum 6", "s{quantile=\"0.99\"} 2.5"]);

    [Fact]
    public void Without_a_recorded_value_the_series_goes_stale() =>
        _request.Decode(Of(Metric("a", "", 5, Number(1, 0, Varint(8, 1))))).Samples.ShouldBe(["a stale"]);

    [Fact]
    public void An_exponential_histogram_becomes_a_native_one()
    {
        _request.Decode(Of(Metric("e", "1", 10, Cumulative, Exponential(1, 0, 1, 0, 2))));
        var histogram = _request.Batch.Histograms.ShouldHaveSingleItem().Histogram;
        (histogram.Schema, histogram.Count, histogram.Sum, histogram.ZeroCount).ShouldBe((0, 3, 10, 1));
        histogram.PositiveSpans.ShouldBe([new BucketSpan(3, 1)]);
        histogram.PositiveBuckets.ShouldBe([2]);
    }

    [Fact]
    public void A_finer_scale_than_eight_is_halved()
    {
        // OTLP buckets 0..3 at scale 9 are 0, 0, 1, 1 at scale 8, which Prometheus numbers 1, 1, 2, 2.
        _request.Decode(Of(Metric("e", "", 10, Cumulative, Exponential(1, 9, 0, 1, 2, 3, 4))));
        var histogram = _request.Batch.Histograms[0].Histogram;
        histogram.Schema.ShouldBe(8);
        histogram.PositiveSpans.ShouldBe([new BucketSpan(1, 2)]);
        histogram.PositiveBuckets.ShouldBe([3, 7]);
    }

    [Fact]
    public void Delta_exponential_histograms_meet_at_the_coarser_scale()
    {
        _request.Decode(Of(Metric("e", "", 10, Delta, Exponential(1, 1, 0, 1, 1))));
        _request.Decode(Of(Metric("e", "", 10, Delta, Exponential(2, 0, 0, 5))));
        var histogram = _request.Batch.Histograms[0].Histogram;
        (histogram.Schema, histogram.Count, histogram.ZeroCount).ShouldBe((0, 6, 2));
        histogram.PositiveBuckets.ShouldBe([7]);
    }

    [Fact]
    public void An_exemplar_goes_to_the_bucket_of_its_value()
    {
        var exemplar = Bytes(8, Message(Fixed64(2, Time(0)), Double(3, 0.7), Bytes(5, Enumerable.Repeat((byte)0xab, 16).ToArray()), Attribute(7, "user", "u")));
        _request.Decode(Of(Metric("h", "", 9, Cumulative, Bytes(1, Message(Fixed64(3, Time(0)), PackedFixed(6, 0, 1, 0), PackedDoubles(7, 0.5, 1), exemplar)))));
        var (series, _, value, labels) = _request.Batch.Exemplars.ShouldHaveSingleItem();
        LabelSet.FromKey(_request.Batch.SeriesKey(series))["le"].ShouldBe("1");
        value.ShouldBe(0.7);
        labels["trace_id"].ShouldBe(string.Concat(Enumerable.Repeat("ab", 16)));
        labels["user"].ShouldBe("u");
    }

    [Fact]
    public void Points_of_the_far_future_and_unknown_temporality_are_refused_alone()
    {
        _request.Decode(Of(Metric("a", "", 5, Number(1, 200_000), Number(2)), Metric("c", "", 7, Number(3))));
        _request.Samples.ShouldBe(["a 2"]);
        _request.Rejected.Items.ShouldBe(2);
    }

    [Fact]
    public void Too_many_labels_and_items_name_their_limit()
    {
        using var request = new MetricsRequest(new IngestLimits { MaxLabelsPerSeries = 4, MaxItemsPerRequest = 5 });
        var attributes = Enumerable.Range(0, 5).Select(static i => Attribute(7, $"l{i}", "v")).ToArray();
        request.Decode(Of(Metric("a", "", 5, Number(1, 0, attributes)))).Rejected.First!.ShouldContain(nameof(IngestLimits.MaxLabelsPerSeries));
        Should.Throw<LimitExceededException>(() => request.Decode(Of(Metric("a", "", 5, [.. Enumerable.Range(0, 9).Select(static i => Number(1, i))]))))
            .Setting.ShouldBe(nameof(IngestLimits.MaxItemsPerRequest));
    }

    [Fact]
    public void Damaged_requests_are_refused_and_nothing_else_happens()
    {
        var whole = Of(
            [Attribute(1, "service.name", "s"), Attribute(1, "m", Bytes(6, Bytes(1, Message(Text(1, "k"), Bytes(2, Varint(3, 1))))))],
            Text(1, "lib"),
            Metric("h", "", 9, Cumulative, Bytes(1, Message(Fixed64(3, Time(0)), PackedFixed(6, 0, 1, 0), PackedDoubles(7, 0.5, 1), Attribute(9, "a", "b")))),
            Metric("e", "", 10, Delta, Exponential(2, 0, 0, 5)));
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var damaged = whole.AsSpan(0, random.Next(4) == 0 ? random.Next(whole.Length) : whole.Length).ToArray();
            for (var change = random.Next(4); change > 0 && damaged.Length > 0; change--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                _request.Decode(damaged);
            }
            catch (Exception e) when (e is MalformedInputException or LimitExceededException)
            {
                // What a damaged request may do.
            }
        }
    }

    [Fact]
    public void The_steady_path_makes_no_objects()
    {
        var points = Enumerable.Range(0, 200).Select(static i => Number(i, 0, Attribute(7, "route", $"/r/{i}"), Attribute(7, "code", Varint(3, 200)))).ToArray();
        var request = Of([Attribute(1, "service.name", "s")], Text(1, "lib"), Metric("a", "s", 5, points));
        for (var i = 0; i < 20; i++)
        {
            _request.Decode(request);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        _request.Decode(request);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(2000);
        _request.Batch.SampleCount.ShouldBe(200);
    }

    private static byte[] Exponential(int second, int scale, int offset, params ulong[] counts) =>
        Bytes(1, Message(
            Fixed64(3, Time(second)), Fixed64(4, 3), Double(5, 10), ZigZag(6, scale), Fixed64(7, 1),
            Bytes(8, Message(ZigZag(1, offset), PackedVarints(2, counts)))));
}
