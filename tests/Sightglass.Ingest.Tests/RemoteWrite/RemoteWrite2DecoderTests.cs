using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.RemoteWrite;
using static Sightglass.Ingest.Tests.RemoteWrite.WireFields;

namespace Sightglass.Ingest.Tests.RemoteWrite;

public sealed class RemoteWrite2DecoderTests
{
    private static readonly string[] Symbols = ["", "__name__", "http_seconds_bucket", "job", "a", "the help", "seconds", "trace_id", "abc", "le", "0.5", "up", "http_seconds"];

    [Fact]
    public void Samples_exemplars_metadata_and_start_timestamps()
    {
        using var read = Decode(Request(Symbols, Series([1, 2, 3, 4, 9, 10], w =>
        {
            Bytes(w, 2, Sample(1.5, 1_700_000_000_000));
            Bytes(w, 2, Sample(2.5, 1_700_000_015_000, 1_600_000_000_000));
            Bytes(w, 4, Message(e =>
            {
                Packed(e, 1, 7, 8);
                Double(e, 2, 0.25);
                Varint(e, 3, 1_700_000_000_001);
            }));
            Bytes(w, 5, Message(m =>
            {
                Varint(m, 1, 3);
                Varint(m, 3, 5);
                Varint(m, 4, 6);
            }));
        })));
        read.Rejections.Items.ShouldBe(0);
        LabelSet.FromKey(read.Floats.SeriesKey(0)).ShouldBe(LabelSet.Of("__name__", "http_seconds_bucket", "job", "a", "le", "0.5"));
        read.Floats.SampleTimestampsMs.ToArray().ShouldBe([1_700_000_000_000L, 1_700_000_015_000]);
        read.Floats.SampleValues.ToArray().ShouldBe([1.5, 2.5]);
        read.Floats.SampleStartsMs.ToArray().ShouldBe([0, 1_600_000_000_000L]);
        read.Floats.Exemplars.ShouldBe([(0, 1_700_000_000_001L, 0.25, LabelSet.Of("trace_id", "abc"))]);
        read.Floats.Metadata.ShouldBe([new MetricMetadata("http_seconds", MetricType.Histogram, "the help", "seconds")]);
        read.Decoder.NewFamilies.Count.ShouldBe(1);
    }

    [Fact]
    public void Labels_in_any_order_and_unpacked_make_the_same_series()
    {
        using var read = Decode(Request(Symbols, Series([3, 4, 1, 11], w => Bytes(w, 2, Sample(1, 1))), Message(w =>
        {
            foreach (var reference in new ulong[] { 1, 11, 3, 4 })
            {
                Varint(w, 1, reference);
            }

            Bytes(w, 2, Sample(2, 2));
        })));
        read.Rejections.First.ShouldBeNull();
        read.Floats.SeriesHash(0).ShouldBe(read.Floats.SeriesHash(1));
        LabelSet.FromKey(read.Floats.SeriesKey(0)).ShouldBe(LabelSet.Of("__name__", "up", "job", "a"));
    }

    [Fact]
    public void Histograms_go_into_their_own_batch()
    {
        var histogram = Message(w =>
        {
            Varint(w, 1, 3);
            Double(w, 3, 7);
            Varint(w, 4, 105); // zigzag of -53
            Bytes(w, 11, Message(s => Varint(s, 2, 2)));
            Bytes(w, 12, Message(s =>
            {
                s.WriteZigZag(1);
                s.WriteZigZag(1);
            }));
            Varint(w, 15, 5000);
            Bytes(w, 16, Message(b => b.WriteDouble(0.5)));
        });
        using var read = Decode(Request(Symbols, Series([1, 12], w => Bytes(w, 3, histogram)), Series([1, 11], w => Bytes(w, 2, Sample(1, 1)))));
        var (series, at, value) = read.Histograms.Histograms.ShouldHaveSingleItem();
        (series, at).ShouldBe((0, 5000L));
        value.Schema.ShouldBe(NativeHistogram.CustomBucketsSchema);
        value.CustomBounds.ShouldBe([0.5]);
        value.PositiveBuckets.ShouldBe([1.0, 2]);
        read.Floats.SampleCount.ShouldBe(1);
    }

    [Theory]
    [InlineData(new uint[] { 1, 11, 3 }, "labels are pairs of symbols: got 3 references")]
    [InlineData(new uint[] { 1, 11, 3, 99 }, "label refers to symbol 99, there are 13")]
    [InlineData(new uint[] { 3, 4 }, "series without a metric name")]
    [InlineData(new uint[] { 1, 11, 3, 4, 3, 4 }, "label name stands twice in one series")]
    [InlineData(new uint[] { 1, 11, 0, 4 }, "label without a name")]
    [InlineData(new uint[] { }, "series without a metric name")]
    public void Bad_series_are_left_out_alone(uint[] references, string reason)
    {
        using var read = Decode(Request(Symbols, Series(references, w => Bytes(w, 2, Sample(1, 1))), Series([1, 11], w => Bytes(w, 2, Sample(2, 2)))));
        read.Rejections.First.ShouldBe(reason);
        read.Rejections.Items.ShouldBe(1);
        read.Floats.SampleValues.ToArray().ShouldBe([2.0]);
    }

    [Fact]
    public void Too_many_labels_are_refused_and_not_kept()
    {
        using var read = Decode(Request(Symbols, Series([.. Enumerable.Repeat(1u, 100_000)], w => Bytes(w, 2, Sample(1, 1)))));
        read.Rejections.First.ShouldBe("labels of a series: got 129, limit MaxLabelsPerSeries is 128");
    }

    [Fact]
    public void Metadata_that_the_store_has_are_not_handed_on_again()
    {
        var body = Request(Symbols, Series([1, 11], w => Bytes(w, 5, Message(m => Varint(m, 1, 2)))));
        var seen = new SeenFamilies();
        using var first = Decode(body, seen);
        first.Floats.Metadata.Count.ShouldBe(1);
        seen.Add(first.Decoder.NewFamilies);
        using var second = Decode(body, seen);
        second.Floats.Metadata.ShouldBeEmpty();
    }

    [Fact]
    public void Only_series_of_symbols_that_are_not_utf8_are_left_out()
    {
        var body = Message(w =>
        {
            foreach (var symbol in (byte[][])[[], [.. "__name__"u8], [.. "up"u8], [.. "job"u8], [0xff]])
            {
                Bytes(w, 4, symbol);
            }

            w.Write(Request([], Series([1, 2, 3, 4], s => Bytes(s, 2, Sample(1, 1))), Series([1, 2], s => Bytes(s, 2, Sample(2, 2)))));
        });
        using var read = Decode(body);
        (read.Rejections.Items, read.Rejections.First).ShouldBe((1, "symbol 4 is not valid UTF-8"));
        read.Floats.SampleValues.ToArray().ShouldBe([2.0]);
    }

    [Fact]
    public void Damaged_and_random_bodies_are_refused_as_such()
    {
        var body = Request(Symbols, Series([1, 2, 3, 4], w =>
        {
            Bytes(w, 2, Sample(1.5, 1_700_000_000_000));
            Bytes(w, 3, Message(h => Varint(h, 1, 3)));
            Bytes(w, 4, Message(e => Packed(e, 1, 7, 8)));
            Bytes(w, 5, Message(m => Varint(m, 1, 3)));
        }));
        var random = new Random(11);
        for (var i = 0; i < 20_000; i++)
        {
            var damaged = i % 2 == 0 ? body.ToArray() : new byte[random.Next(200)];
            if (i % 2 == 1)
            {
                random.NextBytes(damaged);
            }

            for (var j = damaged.Length == 0 ? 0 : random.Next(1, 4); j > 0; j--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                using var read = Decode(damaged.AsSpan(0, random.Next(damaged.Length + 1)).ToArray());
            }
            catch (Exception e) when (e is MalformedInputException or LimitExceededException)
            {
            }
        }
    }

    private static Read2 Decode(byte[] body, SeenFamilies? seen = null)
    {
        var read = new Read2(seen ?? new SeenFamilies());
        read.Decoder.Decode(body);
        return read;
    }

    private static byte[] Request(string[] symbols, params byte[][] series) => Message(w =>
    {
        foreach (var symbol in symbols)
        {
            Bytes(w, 4, System.Text.Encoding.UTF8.GetBytes(symbol));
        }

        Array.ForEach(series, s => Bytes(w, 5, s));
    });

    private static byte[] Series(uint[] references, Action<ByteWriter> items) => Message(w =>
    {
        Packed(w, 1, references);
        items(w);
    });

    private static byte[] Sample(double value, long timestampMs, long startMs = 0) => Message(w =>
    {
        Double(w, 1, value);
        Varint(w, 2, (ulong)timestampMs);
        if (startMs != 0)
        {
            Varint(w, 3, (ulong)startMs);
        }
    });

    private static void Packed(ByteWriter writer, int field, params uint[] values) => Bytes(writer, field, Message(w => Array.ForEach(values, v => w.WriteVarint(v))));

    private sealed class Read2 : IDisposable
    {
        public Read2(SeenFamilies seen) => Decoder = new RemoteWrite2Decoder(Floats, Histograms, Rejections, IngestLimits.Default, seen);

        public MetricBatch Floats { get; } = new();

        public MetricBatch Histograms { get; } = new();

        public Rejections Rejections { get; } = new();

        public RemoteWrite2Decoder Decoder { get; }

        public void Dispose()
        {
            Decoder.Dispose();
            Floats.Dispose();
            Histograms.Dispose();
        }
    }
}
