using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.RemoteWrite;
using static Sightglass.Ingest.Tests.RemoteWrite.WireFields;

namespace Sightglass.Ingest.Tests.RemoteWrite;

public sealed class RemoteWriteDecoderTests
{
    [Fact]
    public void Samples_keep_labels_time_and_value()
    {
        using var batch = new MetricBatch();
        var rejections = Decode(Request(Series([("__name__", "up"), ("job", "a")], Sample(1.5, 1000), Sample(-2, 2000))), batch);
        rejections.Items.ShouldBe(0);
        LabelSet.FromKey(batch.SeriesKey(0)).ShouldBe(LabelSet.Of("__name__", "up", "job", "a"));
        batch.SampleTimestampsMs.ToArray().ShouldBe([1000L, 2000L]);
        batch.SampleValues.ToArray().ShouldBe([1.5, -2]);
    }

    [Fact]
    public void Stale_marker_keeps_its_bits()
    {
        using var batch = new MetricBatch();
        Decode(Request(Series([("__name__", "up")], Sample(SpecialValues.StaleNaN, 1))), batch);
        SpecialValues.IsStale(batch.SampleValues[0]).ShouldBeTrue();
    }

    [Theory]
    [InlineData("job", "a", "series without a metric name")]
    [InlineData("", "a", "label without a name")]
    public void Bad_series_are_left_out_alone(string name, string value, string reason)
    {
        using var batch = new MetricBatch();
        var rejections = Decode(Request(Series([(name, value)], Sample(1, 1), Sample(2, 2)), Series([("__name__", "ok")], Sample(3, 3))), batch);
        rejections.Items.ShouldBe(2);
        rejections.First.ShouldBe(reason);
        batch.SampleValues.ToArray().ShouldBe([3.0]);
    }

    [Fact]
    public void A_label_that_stands_twice_is_refused()
    {
        using var batch = new MetricBatch();
        Decode(Request(Series([("__name__", "up"), ("a", "1"), ("a", "2")], Sample(1, 1))), batch).First.ShouldBe("label name stands twice in one series");
        batch.SampleCount.ShouldBe(0);
    }

    public static TheoryData<string[]> LabelLists => new()
    {
        new[] { "__name__", "up", "job", "a" },
        new[] { "job", "a", "__name__", "up" },
        new[] { "__name__", "up", "job", "" },
        new[] { "Zone", "1", "__name__", "up", "a", "2", "ab", "3", "abcdefgh", "4", "abcdefghi", "5", "abcdefgi", "6" },
        new[] { "__name__", "up", "abcdefghi", "5", "abcdefgh", "4" },
        new[] { "__name__", "up", "grüße", "schöne" },
        new[] { "__name__", "up", "id", "/" + new string('k', 126) },
        new[] { "__name__", "up", "id", "/" + new string('k', 127) },
        new[] { "__name__", "up", "id", new string('k', 300), "z", "ü" },
        new[] { "__name__", "up", "id", new string('ü', 3000) },
        new[] { "__name__", "up", new string('n', 127), "1", new string('o', 128), "2" },
    };

    [Theory]
    [MemberData(nameof(LabelLists))]
    public void Labels_make_the_same_series_wherever_they_stand(string[] labels)
    {
        var pairs = labels.Chunk(2).Select(p => (p[0], p[1])).ToArray();
        using var batch = new MetricBatch();
        // The first series is read the quick way where its labels allow it; the last of a body never is.
        Decode(Request(Series(pairs, Sample(1, 1_700_000_000_000), Sample(0, 1_700_000_000_001)), Series(pairs, Sample(2, 7), Sample(0, 0))), batch).Items.ShouldBe(0);
        batch.SeriesCount.ShouldBe(2);
        LabelSet.FromKey(batch.SeriesKey(0)).ShouldBe(LabelSet.Of(labels));
        batch.SeriesKey(0).SequenceEqual(batch.SeriesKey(1)).ShouldBeTrue();
        batch.SeriesHash(0).ShouldBe(batch.SeriesHash(1));
        batch.SampleTimestampsMs.ToArray().ShouldBe([1_700_000_000_000L, 1_700_000_000_001, 7, 0]);
        batch.SampleValues.ToArray().ShouldBe([1.0, 0, 2, 0]);
    }

    [Fact]
    public void Labels_behind_samples_are_labels_too()
    {
        using var batch = new MetricBatch();
        var series = Message(w =>
        {
            w.Write(Series([("__name__", "up")], Sample(1, 5)));
            w.Write(Series([("job", "a")]));
        });
        Decode(Request(series, Series([("__name__", "other")])), batch).Items.ShouldBe(0);
        LabelSet.FromKey(batch.SeriesKey(0)).ShouldBe(LabelSet.Of("__name__", "up", "job", "a"));
        batch.SampleCount.ShouldBe(1);
    }

    [Fact]
    public void A_series_with_text_that_is_not_utf8_is_left_out_alone()
    {
        var body = Request(Series([("__name__", "up"), ("job", "abc")], Sample(1, 5)), Series([("__name__", "other")]));
        body[Array.IndexOf(body, (byte)'b')] = 0xff;
        using var batch = new MetricBatch();
        var rejections = Decode(body, batch);
        (rejections.Items, rejections.First).ShouldBe((1, "label that is not valid UTF-8"));
        batch.SeriesCount.ShouldBe(1);
    }

    [Fact]
    public void Start_timestamps_stand_beside_the_samples()
    {
        using var batch = new MetricBatch();
        Decode(Request(Series([("__name__", "up")], (2, Message(w =>
        {
            Double(w, 1, 2);
            Varint(w, 2, 2000);
            Varint(w, 3, 1000);
        })))), batch);
        batch.SampleStartsMs.ToArray().ShouldBe([1000L]);
    }

    [Fact]
    public void Integer_histograms_sum_their_deltas()
    {
        using var batch = new MetricBatch();
        var histogram = Message(w =>
        {
            Varint(w, 1, 9);
            Double(w, 3, 12.5);
            ZigZag(w, 4, 1);
            Double(w, 5, 0.001);
            Varint(w, 6, 2);
            Bytes(w, 11, Message(s =>
            {
                ZigZag(s, 1, -2);
                Varint(s, 2, 3);
            }));
            Bytes(w, 12, Message(s =>
            {
                s.WriteZigZag(1);
                s.WriteZigZag(2);
                s.WriteZigZag(0);
            }));
            Varint(w, 14, 3);
            Varint(w, 15, 5000);
        });
        Decode(Request(Series([("__name__", "h")], (4, histogram))), batch).Items.ShouldBe(0);
        var (_, at, read) = batch.Histograms.ShouldHaveSingleItem();
        at.ShouldBe(5000);
        read.Schema.ShouldBe(1);
        read.Count.ShouldBe(9);
        read.ZeroCount.ShouldBe(2);
        read.ResetHint.ShouldBe(CounterResetHint.Gauge);
        read.PositiveSpans.ShouldBe([new BucketSpan(-2, 3)]);
        read.PositiveBuckets.ShouldBe([1.0, 3, 3]);
    }

    [Fact]
    public void Histograms_whose_spans_and_counts_differ_are_refused()
    {
        using var batch = new MetricBatch();
        var histogram = Message(w => Bytes(w, 11, Message(s => Varint(s, 2, 3))));
        Decode(Request(Series([("__name__", "h")], (4, histogram))), batch).First.ShouldBe("histogram: spans have 3 buckets, got 0 counts");
        batch.Histograms.ShouldBeEmpty();
    }

    [Fact]
    public void Limits_hold()
    {
        using var batch = new MetricBatch();
        var limits = new IngestLimits { MaxItemsPerRequest = 3 };
        var body = Request(Series([("__name__", "a")], Sample(1, 1), Sample(1, 2), Sample(1, 3)));
        Should.Throw<LimitExceededException>(() => RemoteWriteDecoder.Decode(body, batch, new Rejections(), limits)).Setting.ShouldBe("MaxItemsPerRequest");
        Decode(Request(Series([("__name__", new string('x', 20_000))], Sample(1, 1))), batch).First.ShouldBe("label value: got 20000, limit MaxLabelValueBytes is 16384");
    }

    [Fact]
    public void Damaged_bodies_are_refused_as_such()
    {
        var body = Request(Series([("__name__", "up"), ("job", "a")], Sample(1.5, 1000), (4, Message(w => Varint(w, 1, 3)))), Series([("__name__", "up"), ("job", "a"), ("zone", "üb")], Sample(0, 1_700_000_000_000)));
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var damaged = body.ToArray();
            for (var j = random.Next(1, 4); j > 0; j--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            using var batch = new MetricBatch();
            try
            {
                Decode(damaged.AsSpan(0, random.Next(damaged.Length + 1)).ToArray(), batch);
            }
            catch (Exception e) when (e is MalformedInputException or LimitExceededException)
            {
            }
        }
    }

    private static Rejections Decode(byte[] body, MetricBatch batch)
    {
        var rejections = new Rejections();
        RemoteWriteDecoder.Decode(body, batch, rejections, IngestLimits.Default);
        return rejections;
    }

    private static byte[] Request(params byte[][] series) => Message(w => Array.ForEach(series, s => Bytes(w, 1, s)));

    private static byte[] Series((string Name, string Value)[] labels, params (int Field, byte[] Message)[] items) => Message(w =>
    {
        foreach (var (name, value) in labels)
        {
            Bytes(w, 1, Message(l =>
            {
                Bytes(l, 1, System.Text.Encoding.UTF8.GetBytes(name));
                Bytes(l, 2, System.Text.Encoding.UTF8.GetBytes(value));
            }));
        }

        foreach (var (field, message) in items)
        {
            Bytes(w, field, message);
        }
    });

    private static (int Field, byte[] Message) Sample(double value, long timestampMs) => (2, Message(w =>
    {
        Double(w, 1, value);
        Varint(w, 2, (ulong)timestampMs);
    }));
}
