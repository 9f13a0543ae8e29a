using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Otlp;

/// <summary>Exponential histograms, which become native ones, and exemplars.</summary>
internal sealed partial class OtlpMetricsDecoder
{
    /// <summary>Half width of the zero bucket when the sender does not say, as in Prometheus' receiver.</summary>
    private const double DefaultZeroThreshold = 1e-128;

    private const int MinSchema = -4;

    private const int MaxSchema = 8;

    /// <summary>Longest label set of an exemplar, in characters (OpenMetrics).</summary>
    private const int MaxExemplarRunes = 128;

    private readonly ExponentialBuckets _positive = new();
    private readonly ExponentialBuckets _negative = new();

    private void Exponential(ReadOnlySpan<byte> point, MetricFamily family, PointTime at)
    {
        double count = 0;
        double sum = 0;
        double zeroCount = 0;
        double zeroThreshold = 0;
        var scale = 0;
        ReadOnlySpan<byte> positive = default;
        ReadOnlySpan<byte> negative = default;
        var reader = new ProtoReader(point);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 4:
                    count = reader.ReadFixed64();
                    break;
                case 5:
                    sum = reader.ReadDouble();
                    break;
                case 6:
                    scale = (int)reader.ReadSInt64();
                    break;
                case 7:
                    zeroCount = reader.ReadFixed64();
                    break;
                case 8:
                    positive = reader.ReadBytes();
                    break;
                case 9:
                    negative = reader.ReadBytes();
                    break;
                case 14:
                    zeroThreshold = reader.ReadDouble();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (scale < MinSchema)
        {
            _rejections.Add("invalid_histogram", $"exponential histogram: got scale {scale}, want at least {MinSchema}");
            return;
        }

        zeroThreshold = zeroThreshold > 0 ? zeroThreshold : DefaultZeroThreshold;
        var down = Math.Max(0, scale - MaxSchema);
        scale -= down;
        if (!ReadBuckets(positive, _positive, down) || !ReadBuckets(negative, _negative, down))
        {
            return;
        }

        var series = Series(family.Name);
        if (at.Stale)
        {
            Add(series, at, new NativeHistogram { Sum = SpecialValues.StaleNaN, Count = 0 });
            return;
        }

        if (at.Delta)
        {
            lock (deltas.Gate)
            {
                if (FindDelta(series, at) is not { } state)
                {
                    return;
                }

                if (!state.Repeated)
                {
                    Accumulate(state, scale, count, sum, zeroCount, zeroThreshold);
                }

                Add(series, at, Native(state.Scale, state.Count, state.Sum, state.ZeroCount, state.ZeroThreshold, state.Positive!, state.Negative!));
            }
        }
        else
        {
            Add(series, at, Native(scale, count, sum, zeroCount, zeroThreshold, _positive, _negative));
        }

        Exemplars(point, 11, series);
    }

    private void Accumulate(DeltaState state, int scale, double count, double sum, double zeroCount, double zeroThreshold)
    {
        state.Positive ??= new ExponentialBuckets();
        state.Negative ??= new ExponentialBuckets();
        var common = Math.Min(scale, state.Scale);
        _positive.Downscale(scale - common);
        _negative.Downscale(scale - common);
        if (state.Scale != int.MaxValue)
        {
            state.Positive.Downscale(state.Scale - common);
            state.Negative.Downscale(state.Scale - common);
        }

        state.Scale = common;
        state.Positive.Merge(_positive);
        state.Negative.Merge(_negative);
        while (state.Scale > MinSchema && state.Positive.Count + state.Negative.Count > limits.MaxHistogramBuckets)
        {
            state.Scale--;
            state.Positive.Downscale(1);
            state.Negative.Downscale(1);
        }

        state.Count += count;
        state.Sum += sum;
        state.ZeroCount += zeroCount;
        state.ZeroThreshold = Math.Max(state.ZeroThreshold, zeroThreshold);
    }

    private static NativeHistogram Native(int scale, double count, double sum, double zeroCount, double zeroThreshold, ExponentialBuckets positive, ExponentialBuckets negative)
    {
        var (positiveSpans, positiveCounts) = positive.ToSpans();
        var (negativeSpans, negativeCounts) = negative.ToSpans();
        return new NativeHistogram
        {
            Schema = scale,
            Count = count,
            Sum = sum,
            ZeroCount = zeroCount,
            ZeroThreshold = zeroThreshold,
            PositiveSpans = positiveSpans,
            PositiveBuckets = positiveCounts,
            NegativeSpans = negativeSpans,
            NegativeBuckets = negativeCounts,
        };
    }

    private bool ReadBuckets(ReadOnlySpan<byte> message, ExponentialBuckets into, int down)
    {
        into.Clear();
        var offset = 0L;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                offset = reader.ReadSInt64();
            }
            else
            {
                reader.Skip();
            }
        }

        // Halving 32 times leaves one bucket on either side of one: more makes no difference, and shifts stay within a word.
        down = Math.Min(down, 32);
        var index = 0L;
        reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field != 2)
            {
                reader.Skip();
                continue;
            }

            var single = reader.ReadRepeatedVarint(out var packed);
            if (reader.WireType != ProtoWireType.Bytes && !AddBucket(into, offset, index++, down, single))
            {
                return false;
            }

            while (packed.Length > 0)
            {
                if (!AddBucket(into, offset, index++, down, ProtoReader.ReadPackedVarint(ref packed)))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private bool AddBucket(ExponentialBuckets into, long offset, long index, int down, ulong count)
    {
        if (offset is < int.MinValue or > int.MaxValue || index >= limits.MaxHistogramBuckets)
        {
            _rejections.Add("limit", OtlpValues.Limit("histogram buckets", index + 1, nameof(IngestLimits.MaxHistogramBuckets), limits.MaxHistogramBuckets));
            return false;
        }

        var bucket = ((offset + index) >> down) + 1;
        if (bucket is < int.MinValue or > int.MaxValue)
        {
            _rejections.Add("invalid_histogram", $"exponential histogram: bucket index {bucket} does not fit 32 bits");
            return false;
        }

        into.Add((int)bucket, count);
        return true;
    }

    private void Exemplars(ReadOnlySpan<byte> point, int field, int series)
    {
        var reader = new ProtoReader(point);
        while (reader.Next())
        {
            if (reader.Field == field)
            {
                _items.Take();
                var (timestampMs, value, labels) = Exemplar(reader.ReadBytes());
                _batch.Exemplars.Add((series, timestampMs, value, labels));
            }
            else
            {
                reader.Skip();
            }
        }
    }

    /// <summary>An exemplar of a classic histogram belongs to the bucket that its value falls into.</summary>
    private void BucketExemplars(ReadOnlySpan<byte> point, int firstBucket)
    {
        var reader = new ProtoReader(point);
        while (reader.Next())
        {
            if (reader.Field == 8)
            {
                _items.Take();
                var (timestampMs, value, labels) = Exemplar(reader.ReadBytes());
                var bucket = 0;
                while (bucket < _bounds.Count && bucket < _batch.SeriesCount - firstBucket - 1 && value > _bounds[bucket])
                {
                    bucket++;
                }

                _batch.Exemplars.Add((firstBucket + bucket, timestampMs, value, labels));
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private (long TimestampMs, double Value, LabelSet Labels) Exemplar(ReadOnlySpan<byte> message)
    {
        var labels = new LabelSetBuilder();
        long time = 0;
        double value = 0;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    time = (long)reader.ReadFixed64();
                    break;
                case 3:
                    value = reader.ReadDouble();
                    break;
                case 4:
                    var span = reader.ReadBytes();
                    labels.Set("span_id", span.Length == 8 ? Convert.ToHexStringLower(span) : string.Empty);
                    break;
                case 5:
                    var trace = reader.ReadBytes();
                    labels.Set("trace_id", trace.Length == 16 ? Convert.ToHexStringLower(trace) : string.Empty);
                    break;
                case 6:
                    value = (long)reader.ReadFixed64();
                    break;
                case 7:
                    AddExemplarAttribute(labels, reader.ReadBytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return ((time <= 0 ? _nowUnixNano : time) / 1_000_000, value, labels.Build());
    }

    private void AddExemplarAttribute(LabelSetBuilder labels, ReadOnlySpan<byte> keyValue)
    {
        var key = OtlpValues.Key(keyValue, out var any);
        var type = OtlpValues.Read(any, limits.MaxNestingDepth, out var bits, out var bytes);
        if (key.Length is 0 or > MaxExemplarRunes || bytes.Length > MaxExemplarRunes)
        {
            return;
        }

        var name = System.Text.Encoding.UTF8.GetString(key);
        var value = AttributeValue.From(type, bits, bytes).ToString();
        var used = 0;
        foreach (var present in labels.Names)
        {
            used += present.Length + labels.Get(present).Length;
        }

        if (used + name.Length + value.Length <= MaxExemplarRunes)
        {
            labels.Set(name, value);
        }
    }
}
