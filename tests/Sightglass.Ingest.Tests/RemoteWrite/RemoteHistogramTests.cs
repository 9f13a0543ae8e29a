using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.RemoteWrite;
using static Sightglass.Ingest.Tests.RemoteWrite.WireFields;

namespace Sightglass.Ingest.Tests.RemoteWrite;

public sealed class RemoteHistogramTests
{
    private static readonly Shape Exponential = new(Schema: 2, Count: 7, ZeroCount: 1, Buckets: [2, 4]);

    private static readonly Shape Custom = new(Schema: NativeHistogram.CustomBucketsSchema, Count: 6, Buckets: [2, 4], Bounds: [0.5]);

    public static TheoryData<Shape, string?> Shapes => new()
    {
        { Exponential, null },
        { Exponential with { Count = 8 }, "histogram: 7 observations found in buckets, but the Count field is 8" },
        { Exponential with { Count = 8, Sum = double.NaN }, null },
        { Exponential with { Count = 6, Sum = double.NaN }, "histogram: 7 observations found in buckets, but the Count field is 6" },
        { Exponential with { Count = 6.5, IsFloat = true }, null },
        { Exponential with { Count = 3, Buckets = [4, -2] }, "histogram: a bucket has observation count of -2" },
        { Exponential with { Count = 3, Buckets = [4, -2], IsFloat = true }, "histogram: a bucket has observation count of -2" },
        { Exponential with { Bounds = [1] }, "histogram: got 1 custom bounds with schema 2" },
        { Exponential with { Schema = -5 }, "histogram: got schema -5, want -4 to 8 or -53" },
        { Exponential with { Schema = 53 }, "histogram: got schema 53, want -4 to 8 or -53" },
        { new Shape(Schema: 0, Count: 0, Sum: SpecialValues.StaleNaN, Buckets: []), null },
        { Custom, null },
        { Custom with { Bounds = [] }, "histogram: spans reach to bucket 2, 0 custom bounds have 1" },
        { Custom with { Bounds = [0.5, 0.5] }, "histogram: custom bound 1 is 0.5 after 0.5, want a larger one" },
        { Custom with { Bounds = [2, 1] }, "histogram: custom bound 1 is 1 after 2, want a larger one" },
        { Custom with { Bounds = [1, double.PositiveInfinity] }, $"histogram: custom bound 1 is {double.PositiveInfinity}, want a finite one" },
        { Custom with { Bounds = [double.NaN] }, "histogram: custom bound 0 is NaN, want a finite one" },
        { Custom with { Count = 7, ZeroCount = 1 }, "histogram: got a zero bucket or negative buckets beside custom bounds" },
        { Custom with { Offset = -1 }, "histogram: span of custom buckets has offset -1, want at least 0" },
        { Custom with { Offset = 1 }, "histogram: spans reach to bucket 3, 1 custom bounds have 2" },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void What_no_query_could_make_sense_of_is_refused(Shape shape, string? wrong)
    {
        RemoteHistogram.Read(shape.Message(), IngestLimits.Default, out var at, out _, out var histogram).ShouldBe(wrong);
        at.ShouldBe(5000);
        (histogram is null).ShouldBe(wrong is not null);
    }

    [Fact]
    public void Resolutions_beyond_the_highest_are_stored_at_it()
    {
        // At schema 10 buckets 1 to 4 are bucket 1 of schema 8, and 5 is in bucket 2.
        var shape = new Shape(Schema: 10, Count: 15, Buckets: [1, 2, 3, 4, 5], Offset: 1);
        RemoteHistogram.Read(shape.Message(), IngestLimits.Default, out _, out _, out var histogram).ShouldBeNull();
        histogram!.Schema.ShouldBe(8);
        histogram.PositiveSpans.ShouldBe([new BucketSpan(1, 2)]);
        histogram.PositiveBuckets.ShouldBe([10.0, 5]);
    }

    /// <summary>A histogram with one span of positive buckets.</summary>
    public sealed record Shape(int Schema, double Count, double[] Buckets, double ZeroCount = 0, double Sum = 1, double[]? Bounds = null, int Offset = 0, bool IsFloat = false)
    {
        public byte[] Message() => WireFields.Message(w =>
        {
            if (IsFloat)
            {
                Double(w, 2, Count);
                Double(w, 7, ZeroCount);
                Bytes(w, 13, p => Array.ForEach(Buckets, p.WriteDouble));
            }
            else
            {
                Varint(w, 1, (ulong)Count);
                Varint(w, 6, (ulong)ZeroCount);
                Bytes(w, 12, p =>
                {
                    var last = 0L;
                    foreach (var bucket in Buckets)
                    {
                        p.WriteZigZag((long)bucket - last);
                        last = (long)bucket;
                    }
                });
            }

            Double(w, 3, Sum);
            ZigZag(w, 4, Schema);
            if (Buckets.Length > 0)
            {
                Bytes(w, 11, s =>
                {
                    ZigZag(s, 1, Offset);
                    Varint(s, 2, (ulong)Buckets.Length);
                });
            }

            Varint(w, 15, 5000);
            Bytes(w, 16, p => Array.ForEach(Bounds ?? [], p.WriteDouble));
        });
    }
}
