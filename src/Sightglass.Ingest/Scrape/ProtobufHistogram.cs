using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Scrape;

/// <summary>Reads <c>io.prometheus.client.Histogram</c>: its totals and its native part. Reused from histogram to histogram.</summary>
internal sealed class ProtobufHistogram(int maxBuckets)
{
    private const int MinSchema = -4;
    private const int MaxSchema = 8;

    // Higher resolutions are defined, and stored at the highest that is in use.
    private const int MaxReservedSchema = 52;

    private readonly Side _positive = new(maxBuckets);
    private readonly Side _negative = new(maxBuckets);
    private int _schema;
    private double _zeroThreshold;
    private double _zeroCount;
    private bool _float;

    public double Count { get; private set; }

    public double Sum { get; private set; }

    /// <summary>When it began, in milliseconds; 0 when it does not say.</summary>
    public long CreatedMs { get; private set; }

    /// <summary>Whether it has classic buckets.</summary>
    public bool HasBuckets { get; private set; }

    /// <summary>Whether it has exemplars that belong to no bucket.</summary>
    public bool HasExemplars { get; private set; }

    /// <summary>Whether it has a native part: even without observations that shows by a zero threshold or an empty span.</summary>
    public bool IsNative => _positive.Spans.Count > 0 || _negative.Spans.Count > 0 || _zeroThreshold > 0 || _zeroCount > 0;

    public void Read(ReadOnlySpan<byte> message)
    {
        (Count, Sum, HasBuckets, HasExemplars, CreatedMs) = (0, 0, false, false, 0);
        (_schema, _zeroThreshold, _zeroCount, _float) = (0, 0, 0, false);
        _positive.Clear();
        _negative.Clear();
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    Count = _float ? Count : reader.ReadUInt64();
                    break;
                case 4:
                    if (reader.ReadDouble() is > 0 and var count)
                    {
                        (Count, _float) = (count, true);
                    }

                    break;
                case 2:
                    Sum = reader.ReadDouble();
                    break;
                case 5:
                    _schema = (int)reader.ReadSInt64();
                    break;
                case 6:
                    _zeroThreshold = reader.ReadDouble();
                    break;
                case 7:
                    _zeroCount = reader.ReadUInt64() is > 0 and var zero ? zero : _zeroCount;
                    break;
                case 8:
                    if (reader.ReadDouble() is > 0 and var zeros)
                    {
                        (_zeroCount, _float) = (zeros, true);
                    }

                    break;
                case 9 or 12:
                    (reader.Field == 9 ? _negative : _positive).AddSpan(reader.ReadBytes());
                    break;
                case 10 or 13:
                    (reader.Field == 10 ? _negative : _positive).AddDeltas(ref reader);
                    break;
                case 11 or 14:
                    (reader.Field == 11 ? _negative : _positive).AddCounts(ref reader);
                    break;
                case 15:
                    CreatedMs = ReadTimestamp(reader.ReadBytes());
                    break;
                default:
                    HasBuckets |= reader.Field == 3;
                    HasExemplars |= reader.Field == 16;
                    reader.Skip();
                    break;
            }
        }
    }

    /// <summary>The native histogram.</summary>
    /// <exception cref="MalformedInputException">Its parts do not fit together.</exception>
    public NativeHistogram Build(bool gauge)
    {
        if (_schema is < MinSchema or > MaxReservedSchema)
        {
            throw new MalformedInputException($"histogram: got schema {_schema}, want {MinSchema} to {MaxSchema}");
        }

        var observations = _zeroCount + _positive.Check("positive") + _negative.Check("negative");
        if (!_float && (double.IsNaN(Sum) ? observations > Count : observations != Count))
        {
            throw new MalformedInputException($"histogram: {observations} observations found in buckets, but the Count field is {Count}");
        }

        var histogram = new NativeHistogram
        {
            ResetHint = gauge ? CounterResetHint.Gauge : CounterResetHint.Unknown,
            Schema = _schema,
            ZeroThreshold = _zeroThreshold,
            ZeroCount = _zeroCount,
            Count = Count,
            Sum = Sum,
            PositiveSpans = [.. _positive.Spans],
            PositiveBuckets = [.. _positive.Buckets],
            NegativeSpans = [.. _negative.Spans],
            NegativeBuckets = [.. _negative.Buckets],
        };
        return _schema > MaxSchema ? HistogramResolution.Reduce(histogram, MaxSchema) : histogram;
    }

    /// <summary>A classic bucket: its cumulative count, its bound, and its exemplar where it has one.</summary>
    public static (double Count, double Bound) ReadBucket(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> exemplar)
    {
        var (count, bound) = (0.0, 0.0);
        exemplar = default;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    count = reader.ReadUInt64() is > 0 and var whole ? whole : count;
                    break;
                case 4:
                    count = reader.ReadDouble() is > 0 and var part ? part : count;
                    break;
                case 2:
                    bound = reader.ReadDouble();
                    break;
                case 3:
                    exemplar = reader.ReadBytes();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return (count, bound);
    }

    /// <summary>A <c>google.protobuf.Timestamp</c> in milliseconds.</summary>
    public static long ReadTimestamp(ReadOnlySpan<byte> message)
    {
        var (seconds, nanoseconds) = (0L, 0L);
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    seconds = reader.ReadInt64();
                    break;
                case 2:
                    nanoseconds = reader.ReadInt64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return Math.Abs(seconds) < long.MaxValue / 2000 ? (seconds * 1000) + (nanoseconds / 1_000_000) : throw new MalformedInputException("a timestamp is not valid");
    }

    /// <summary>The buckets of one sign.</summary>
    private sealed class Side(int max)
    {
        private long _last;

        public List<BucketSpan> Spans { get; } = [];

        public List<double> Buckets { get; } = [];

        public void Clear()
        {
            Spans.Clear();
            Buckets.Clear();
            _last = 0;
        }

        public void AddSpan(ReadOnlySpan<byte> message)
        {
            var (offset, length) = (0L, 0UL);
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

            if (Spans.Count == max || length > (ulong)max || offset is < int.MinValue or > int.MaxValue)
            {
                throw new LimitExceededException(nameof(IngestLimits.MaxHistogramBuckets), max, (long)Math.Max(length, (ulong)Spans.Count + 1), "spans or buckets of a native histogram");
            }

            Spans.Add(new BucketSpan((int)offset, (int)length));
        }

        public void AddDeltas(ref ProtoReader reader)
        {
            var isPacked = reader.WireType == ProtoWireType.Bytes;
            var single = reader.ReadRepeatedVarint(out var packed);
            if (!isPacked)
            {
                AddDelta(single);
            }

            while (packed.Length > 0)
            {
                AddDelta(ProtoReader.ReadPackedVarint(ref packed));
            }
        }

        public void AddCounts(ref ProtoReader reader)
        {
            if (reader.WireType != ProtoWireType.Bytes)
            {
                Add(reader.ReadDouble());
                return;
            }

            var packed = new ByteReader(reader.ReadBytes());
            while (packed.Remaining > 0)
            {
                var count = packed.ReadDouble();
                if (packed.Failed)
                {
                    throw new MalformedInputException("truncated packed doubles");
                }

                Add(count);
            }
        }

        /// <summary>Checks that spans and counts fit together; gives the sum of the counts.</summary>
        public double Check(string which)
        {
            long length = 0;
            long index = 0;
            for (var i = 0; i < Spans.Count; i++)
            {
                if (i > 0 && Spans[i].Offset < 0)
                {
                    throw new MalformedInputException($"histogram: {which} side: span number {i + 1} with offset {Spans[i].Offset}: negative offset");
                }

                length += Spans[i].Length;
                index += (long)Spans[i].Offset + Spans[i].Length;
            }

            if (length != Buckets.Count || Math.Abs(index) > int.MaxValue)
            {
                throw new MalformedInputException($"histogram: {which} side: spans need {length} buckets, have {Buckets.Count} buckets");
            }

            var sum = 0.0;
            foreach (var count in Buckets)
            {
                sum += count >= 0 ? count : throw new MalformedInputException($"histogram: {which} side: a bucket has observation count of {count}");
            }

            return sum;
        }

        private void AddDelta(ulong zigzag)
        {
            _last = unchecked(_last + ((long)(zigzag >> 1) ^ -(long)(zigzag & 1)));
            Add(_last);
        }

        private void Add(double count)
        {
            if (Buckets.Count == max)
            {
                throw new LimitExceededException(nameof(IngestLimits.MaxHistogramBuckets), max, max + 1, "buckets of a native histogram");
            }

            Buckets.Add(count);
        }
    }
}
