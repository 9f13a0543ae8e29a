using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.Scrape;

namespace Sightglass.Ingest.RemoteWrite;

/// <summary>Reads <c>prometheus.Histogram</c>: integer histograms (bucket deltas) and float ones (absolute counts).</summary>
internal static class RemoteHistogram
{
    private const int MinSchema = -4;
    private const int MaxSchema = 8;

    // Higher resolutions are defined, and stored at the highest that is in use.
    private const int MaxReservedSchema = 52;

    /// <summary>Reads a message. The result says why it is no histogram, null when it is one.</summary>
    public static string? Read(ReadOnlySpan<byte> message, IngestLimits limits, out long timestampMs, out long startMs, out NativeHistogram? histogram)
    {
        double count = 0;
        double sum = 0;
        double zeroCount = 0;
        double zeroThreshold = 0;
        var schema = 0;
        var isFloat = false;
        var hint = CounterResetHint.Unknown;
        var positive = new Side(limits.MaxHistogramBuckets);
        var negative = new Side(limits.MaxHistogramBuckets);
        var bounds = new List<double>();
        timestampMs = 0;
        startMs = 0;
        histogram = null;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    (count, isFloat) = (reader.ReadUInt64(), false);
                    break;
                case 2:
                    (count, isFloat) = (reader.ReadDouble(), true);
                    break;
                case 3:
                    sum = reader.ReadDouble();
                    break;
                case 4:
                    schema = (int)reader.ReadSInt64();
                    break;
                case 5:
                    zeroThreshold = reader.ReadDouble();
                    break;
                case 6:
                    zeroCount = reader.ReadUInt64();
                    break;
                case 7:
                    zeroCount = reader.ReadDouble();
                    break;
                case 8 or 11:
                    (reader.Field == 8 ? negative : positive).AddSpan(reader.ReadBytes());
                    break;
                case 9 or 12:
                    (reader.Field == 9 ? negative : positive).AddDeltas(ref reader);
                    break;
                case 10 or 13:
                    ReadDoubles(ref reader, (reader.Field == 10 ? negative : positive).Buckets, limits.MaxHistogramBuckets);
                    break;
                case 14:
                    hint = reader.ReadInt32() is > 0 and <= 3 and var number ? (CounterResetHint)number : CounterResetHint.Unknown;
                    break;
                case 15:
                    timestampMs = reader.ReadInt64();
                    break;
                case 16:
                    ReadDoubles(ref reader, bounds, limits.MaxHistogramBuckets);
                    break;
                case 17:
                    startMs = reader.ReadInt64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (schema is (< MinSchema or > MaxReservedSchema) and not NativeHistogram.CustomBucketsSchema)
        {
            return $"histogram: got schema {schema}, want {MinSchema} to {MaxSchema} or {NativeHistogram.CustomBucketsSchema}";
        }

        if ((positive.Check() ?? negative.Check()) is { } wrong)
        {
            return wrong;
        }

        var read = new NativeHistogram
        {
            ResetHint = hint,
            Schema = schema,
            Count = count,
            Sum = sum,
            ZeroCount = zeroCount,
            ZeroThreshold = zeroThreshold,
            PositiveSpans = [.. positive.Spans],
            PositiveBuckets = [.. positive.Buckets],
            NegativeSpans = [.. negative.Spans],
            NegativeBuckets = [.. negative.Buckets],
            CustomBounds = [.. bounds],
        };
        if ((CheckBounds(read) ?? CheckCounts(read, isFloat)) is { } reason)
        {
            return reason;
        }

        histogram = schema > MaxSchema ? HistogramResolution.Reduce(read, MaxSchema) : read;
        return null;
    }

    /// <summary>What is wrong with the bounds of custom buckets, or with there being some; null when nothing is.</summary>
    private static string? CheckBounds(NativeHistogram histogram)
    {
        var bounds = histogram.CustomBounds;
        if (histogram.Schema != NativeHistogram.CustomBucketsSchema)
        {
            return bounds.Length > 0 ? $"histogram: got {bounds.Length} custom bounds with schema {histogram.Schema}" : null;
        }

        if (histogram.ZeroCount != 0 || histogram.ZeroThreshold != 0 || histogram.NegativeSpans.Length > 0 || histogram.NegativeBuckets.Length > 0)
        {
            return "histogram: got a zero bucket or negative buckets beside custom bounds";
        }

        for (var i = 0; i < bounds.Length; i++)
        {
            if (!double.IsFinite(bounds[i]))
            {
                return $"histogram: custom bound {i} is {bounds[i]}, want a finite one";
            }

            if (i > 0 && bounds[i] <= bounds[i - 1])
            {
                return $"histogram: custom bound {i} is {bounds[i]} after {bounds[i - 1]}, want a larger one";
            }
        }

        var end = 0L;
        foreach (var span in histogram.PositiveSpans)
        {
            if (span.Offset < 0)
            {
                return $"histogram: span of custom buckets has offset {span.Offset}, want at least 0";
            }

            end += (long)span.Offset + span.Length;
        }

        return end > bounds.Length + 1 ? $"histogram: spans reach to bucket {end}, {bounds.Length} custom bounds have {bounds.Length + 1}" : null;
    }

    /// <summary>What is wrong with the counts: of integer histograms they add up; those of floats are not exact, and need not.</summary>
    private static string? CheckCounts(NativeHistogram histogram, bool isFloat)
    {
        var observations = histogram.ZeroCount;
        foreach (var counts in (ReadOnlySpan<double[]>)[histogram.PositiveBuckets, histogram.NegativeBuckets])
        {
            foreach (var count in counts)
            {
                if (count < 0)
                {
                    return $"histogram: a bucket has observation count of {count}";
                }

                observations += count;
            }
        }

        // An observation that is NaN is in no bucket, and makes the sum NaN.
        return !isFloat && (double.IsNaN(histogram.Sum) ? observations > histogram.Count : observations != histogram.Count)
            ? $"histogram: {observations} observations found in buckets, but the Count field is {histogram.Count}"
            : null;
    }

    private static void ReadDoubles(ref ProtoReader reader, List<double> into, int max)
    {
        if (reader.WireType != ProtoWireType.Bytes)
        {
            Add(into, reader.ReadDouble(), max);
            return;
        }

        var packed = new ByteReader(reader.ReadBytes());
        while (packed.Remaining > 0)
        {
            Add(into, packed.ReadDouble(), max);
        }

        if (packed.Failed)
        {
            throw new MalformedInputException("truncated packed doubles");
        }
    }

    private static void Add(List<double> into, double value, int max)
    {
        // One more than allowed is kept, so that the check at the end sees it.
        if (into.Count <= max)
        {
            into.Add(value);
        }
    }

    /// <summary>The buckets of one sign.</summary>
    private sealed class Side(int max)
    {
        private long _last;

        public List<BucketSpan> Spans { get; } = [];

        public List<double> Buckets { get; } = [];

        public void AddSpan(ReadOnlySpan<byte> message)
        {
            long offset = 0;
            ulong length = 0;
            var reader = new ProtoReader(message);
            while (reader.Next())
            {
                switch (reader.Field)
                {
                    case 1:
                        offset = reader.ReadSInt64();
                        break;
                    case 2:
                        length = reader.ReadUInt64();
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            if (Spans.Count <= max)
            {
                Spans.Add(new BucketSpan((int)offset, (int)Math.Min(length, int.MaxValue)));
            }
        }

        public void AddDeltas(ref ProtoReader reader)
        {
            var packedField = reader.WireType == ProtoWireType.Bytes;
            var single = reader.ReadRepeatedVarint(out var packed);
            if (!packedField)
            {
                AddDelta(single);
            }

            while (packed.Length > 0)
            {
                AddDelta(ProtoReader.ReadPackedVarint(ref packed));
            }
        }

        public string? Check()
        {
            if (Buckets.Count > max || Spans.Count > max)
            {
                return OtlpValues.Limit("histogram buckets", Math.Max(Buckets.Count, Spans.Count), nameof(IngestLimits.MaxHistogramBuckets), max);
            }

            long length = 0;
            long index = 0;
            for (var i = 0; i < Spans.Count; i++)
            {
                if (i > 0 && Spans[i].Offset < 0)
                {
                    return $"histogram: span {i} has offset {Spans[i].Offset}, want at least 0";
                }

                length += Spans[i].Length;
                index += (long)Spans[i].Offset + Spans[i].Length;
            }

            return length != Buckets.Count ? $"histogram: spans have {length} buckets, got {Buckets.Count} counts"
                : Math.Abs(index) > int.MaxValue ? $"histogram: bucket index {index} does not fit 32 bits"
                : null;
        }

        private void AddDelta(ulong zigzag)
        {
            _last = unchecked(_last + ((long)(zigzag >> 1) ^ -(long)(zigzag & 1)));
            Add(Buckets, _last, max);
        }
    }
}
