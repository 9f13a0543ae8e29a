using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Otlp;

/// <summary>Data points of the five kinds.</summary>
internal sealed partial class OtlpMetricsDecoder
{
    /// <summary>Bit of a point's flags: it says only that there is no value any more.</summary>
    private const uint NoRecordedValue = 1;

    private readonly List<double> _counts = [];
    private readonly List<double> _bounds = [];

    private void Point(ReadOnlySpan<byte> point, int kind, MetricFamily family, bool delta, bool monotonic)
    {
        _labels.CutPoint();
        var attributesField = kind switch
        {
            9 => 9,
            10 => 1,
            _ => 7,
        };
        var flagsField = kind is 9 or 10 ? 10 : 8;
        long time = 0;
        long start = 0;
        uint flags = 0;
        var reader = new ProtoReader(point);
        while (reader.Next())
        {
            if (reader.Field == 3)
            {
                time = (long)reader.ReadFixed64();
            }
            else if (reader.Field == 2)
            {
                start = (long)reader.ReadFixed64();
            }
            else if (reader.Field == flagsField)
            {
                flags = (uint)reader.ReadUInt64();
            }
            else if (reader.Field == attributesField)
            {
                if (_labels.AddAttribute(default, reader.ReadBytes(), limits) is { } limit)
                {
                    _rejections.Add("limit", limit);
                    return;
                }
            }
            else
            {
                reader.Skip();
            }
        }

        _labels.AddMissing(_promoted);
        if (_labels.Count > limits.MaxLabelsPerSeries - 2)
        {
            _rejections.Add("limit", OtlpValues.Limit("labels of a series", _labels.Count + 2, nameof(IngestLimits.MaxLabelsPerSeries), limits.MaxLabelsPerSeries));
            return;
        }

        time = time == 0 ? _nowUnixNano : time;
        if (OtlpTimes.Invalid(time, _nowUnixNano, limits))
        {
            _rejections.Add("invalid_time", $"data point: time {(ulong)time} is not valid or further in the future than {nameof(IngestLimits.MaxFuture)}");
            return;
        }

        // What was a delta grows from a start of our own; a gauge has none, and one that is not before the point says nothing.
        var started = !delta && (monotonic || kind > 7) && start > 0 && start < time;
        var at = new PointTime(time, started ? start / 1_000_000 : 0, (flags & NoRecordedValue) != 0, delta);
        _latestMs = Math.Max(_latestMs, at.Ms);
        switch (kind)
        {
            case 5 or 7:
                Number(point, family, at, monotonic);
                break;
            case 9:
                Histogram(point, family, at);
                break;
            case 10:
                Exponential(point, family, at);
                break;
            default:
                Summary(point, family, at);
                break;
        }
    }

    private void Number(ReadOnlySpan<byte> point, MetricFamily family, PointTime at, bool monotonic)
    {
        double value = 0;
        var reader = new ProtoReader(point);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 4:
                    value = reader.ReadDouble();
                    break;
                case 6:
                    value = (long)reader.ReadFixed64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        var series = Series(family.Name);
        if (at.Delta && !at.Stale)
        {
            lock (deltas.Gate)
            {
                if (FindDelta(series, at) is not { } state)
                {
                    return;
                }

                value = state.Value += state.Repeated ? 0 : value;
            }
        }

        Add(series, at, value);
        if (monotonic)
        {
            Exemplars(point, 5, series);
        }
    }

    private void Histogram(ReadOnlySpan<byte> point, MetricFamily family, PointTime at)
    {
        _counts.Clear();
        _bounds.Clear();
        double count = 0;
        double sum = 0;
        var hasSum = false;
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
                    hasSum = true;
                    break;
                case 6:
                    ReadFixed(ref reader, _counts, asDouble: false);
                    break;
                case 7:
                    ReadFixed(ref reader, _bounds, asDouble: true);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (_counts.Count > limits.MaxHistogramBuckets || _bounds.Count > limits.MaxHistogramBuckets)
        {
            _rejections.Add("limit", OtlpValues.Limit("histogram buckets", _counts.Count, nameof(IngestLimits.MaxHistogramBuckets), limits.MaxHistogramBuckets));
            return;
        }

        if (_counts.Count > 0 && _counts.Count != _bounds.Count + 1)
        {
            _rejections.Add("invalid_histogram", $"histogram: got {_counts.Count} bucket counts, want {_bounds.Count + 1} for {_bounds.Count} bounds");
            return;
        }

        if (options.ConvertHistogramsToNhcb)
        {
            CustomBuckets(point, family, at, count, sum);
            return;
        }

        var countSeries = Series(family.Count);
        if (at.Delta && !at.Stale && !AddHistogramDelta(countSeries, at, ref count, ref sum))
        {
            return;
        }

        Add(countSeries, at, count);
        if (hasSum)
        {
            Add(Series(family.Sum), at, sum);
        }

        Span<byte> text = stackalloc byte[GoNumberText.MaxBytes];
        var firstBucket = _batch.SeriesCount;
        double below = 0;
        for (var i = 0; i < _bounds.Count && i < _counts.Count; i++)
        {
            below += _counts[i];
            if (!double.IsPositiveInfinity(_bounds[i]))
            {
                var length = GoNumberText.Fixed(_bounds[i], text);
                Add(Series(family.Bucket, "le"u8, text[..length]), at, below);
            }
        }

        Add(Series(family.Bucket, "le"u8, "+Inf"u8), at, count);
        BucketExemplars(point, firstBucket);
    }

    /// <summary>The histogram just read as a native one with its bounds as custom buckets.</summary>
    private void CustomBuckets(ReadOnlySpan<byte> point, MetricFamily family, PointTime at, double count, double sum)
    {
        var series = Series(family.Name);
        if (at.Stale)
        {
            Add(series, at, new NativeHistogram { Schema = NativeHistogram.CustomBucketsSchema, Sum = SpecialValues.StaleNaN });
            return;
        }

        if (_counts.Count == 0)
        {
            // Without buckets everything is in the one that ends at infinity.
            _counts.Add(count);
            _bounds.Clear();
        }

        if (_bounds.Count > 0 && double.IsPositiveInfinity(_bounds[^1]))
        {
            // The bucket up to infinity has no bound of its own in the model.
            _bounds.RemoveAt(_bounds.Count - 1);
            _counts[^2] += _counts[^1];
            _counts.RemoveAt(_counts.Count - 1);
        }

        if (at.Delta && !AddHistogramDelta(series, at, ref count, ref sum))
        {
            return;
        }

        Add(series, at, new NativeHistogram
        {
            Schema = NativeHistogram.CustomBucketsSchema,
            Count = count,
            Sum = sum,
            PositiveSpans = [new BucketSpan(0, _counts.Count)],
            PositiveBuckets = [.. _counts],
            CustomBounds = [.. _bounds],
        });
        Exemplars(point, 8, series);
    }

    private bool AddHistogramDelta(int series, PointTime at, ref double count, ref double sum)
    {
        lock (deltas.Gate)
        {
            if (FindDelta(series, at) is not { } state)
            {
                return false;
            }

            var bounds = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bounds);
            if (!bounds.SequenceEqual(state.Bounds) || state.Buckets.Length != _counts.Count)
            {
                // Other bounds: the old counts cannot be told apart any finer, the series begins again.
                state.Bounds = bounds.ToArray();
                state.Buckets = new double[_counts.Count];
                state.Count = 0;
                state.Sum = 0;
                state.Repeated = false;
            }

            for (var i = 0; i < _counts.Count; i++)
            {
                _counts[i] = state.Buckets[i] += state.Repeated ? 0 : _counts[i];
            }

            count = state.Count += state.Repeated ? 0 : count;
            sum = state.Sum += state.Repeated ? 0 : sum;
            return true;
        }
    }

    private void Summary(ReadOnlySpan<byte> point, MetricFamily family, PointTime at)
    {
        double count = 0;
        double sum = 0;
        var quantiles = 0;
        Span<byte> text = stackalloc byte[GoNumberText.MaxBytes];
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
                    var (quantile, value) = Quantile(reader.ReadBytes());
                    if (quantiles++ < limits.MaxHistogramBuckets)
                    {
                        var length = GoNumberText.Fixed(quantile, text);
                        Add(Series(family.Name, "quantile"u8, text[..length]), at, value);
                    }

                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        Add(Series(family.Sum), at, sum);
        Add(Series(family.Count), at, count);
    }

    private static (double Quantile, double Value) Quantile(ReadOnlySpan<byte> message)
    {
        double quantile = 0;
        double value = 0;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    quantile = reader.ReadDouble();
                    break;
                case 2:
                    value = reader.ReadDouble();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return (quantile, value);
    }

    private void Add(int series, PointTime at, double value)
    {
        _batch.AddSample(series, at.Ms, at.Value(value));
        if (at.StartMs != 0)
        {
            _batch.SetSampleStart(at.StartMs);
        }
    }

    private void Add(int series, PointTime at, NativeHistogram histogram)
    {
        _batch.Histograms.Add((series, at.Ms, histogram));
        if (at.StartMs != 0)
        {
            _batch.SetHistogramStart(at.StartMs);
        }
    }

    private DeltaState? FindDelta(int series, PointTime at)
    {
        var state = deltas.Find(_batch.SeriesHash(series), at.UnixNano, out var refusal);
        if (state is null)
        {
            _rejections.Add("delta", refusal!);
        }

        return state;
    }

    /// <summary>A repeated fixed64 or double field, packed or not.</summary>
    private void ReadFixed(ref ProtoReader reader, List<double> into, bool asDouble)
    {
        if (reader.WireType != ProtoWireType.Bytes)
        {
            AddBits(reader.ReadFixed64());
            return;
        }

        var packed = new ByteReader(reader.ReadBytes());
        while (packed.Remaining > 0 && into.Count <= limits.MaxHistogramBuckets)
        {
            AddBits(packed.ReadUInt64());
        }

        if (packed.Failed)
        {
            throw new Core.Errors.MalformedInputException("truncated packed 64-bit field");
        }

        void AddBits(ulong bits) => into.Add(asDouble ? BitConverter.UInt64BitsToDouble(bits) : bits);
    }

    /// <summary>When a point is and since when it counts (0: not known), and whether it has a value at all.</summary>
    private readonly record struct PointTime(long UnixNano, long StartMs, bool Stale, bool Delta)
    {
        public long Ms => UnixNano / 1_000_000;

        public double Value(double value) => Stale ? SpecialValues.StaleNaN : value;
    }
}
