using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Server.RemoteRead;

/// <summary>
/// Reads chunks of native histograms: the layout of the buckets once, then each count as the bits that differ (float histograms) or as the difference of
/// its differences (whole counts, of which buckets are told as the difference to the bucket before).
/// </summary>
internal static class HistogramChunkReader
{
    /// <summary>Reads what follows the number of samples.</summary>
    public static void Read(ref BitReader reader, int count, bool isFloat, long startMs, long endMs, SampleBuffer buffer)
    {
        var gauge = reader.Bits(8) >> 6 == 3;
        var layout = Layout(ref reader);
        var (positive, negative) = (Buckets(layout.PositiveSpans, reader.Left), Buckets(layout.NegativeSpans, reader.Left));
        var columns = new XorReader[isFloat ? 3 + positive + negative : 1];
        var wholes = new Whole[isFloat ? 0 : 2 + positive + negative];
        long time = 0, delta = 0;
        for (var i = 0; i < count; i++)
        {
            switch (i)
            {
                case 0:
                    time = reader.Signed();
                    break;
                case 1 when !isFloat:
                    delta = (long)reader.Unsigned();
                    break;
                default:
                    delta += reader.Signed();
                    break;
            }

            time += i == 0 ? 0 : delta;
            var sum = isFloat ? Floats(ref reader, columns, i) : Wholes(ref reader, ref columns[0], wholes, i);
            if (time < startMs || time > endMs)
            {
                continue;
            }

            // Behind the first one of a chunk no counter begins anew.
            var hint = gauge ? CounterResetHint.Gauge : i > 0 ? CounterResetHint.NotCounterReset : CounterResetHint.Unknown;
            buffer.Add(time, SpecialValues.IsStale(sum) ? new NativeHistogram { Sum = sum, ResetHint = hint } : layout with
            {
                ResetHint = hint,
                Sum = sum,
                Count = isFloat ? columns[0].Value : wholes[0].Value,
                ZeroCount = isFloat ? columns[1].Value : wholes[1].Value,
                PositiveBuckets = isFloat ? Values(columns.AsSpan(3, positive)) : Absolute(wholes.AsSpan(2, positive)),
                NegativeBuckets = isFloat ? Values(columns.AsSpan(3 + positive, negative)) : Absolute(wholes.AsSpan(2 + positive, negative)),
            });
        }
    }

    // Counts and sum, then the buckets, which a stale marker has none of.
    private static double Floats(ref BitReader reader, Span<XorReader> columns, int sample)
    {
        for (var i = 0; i < columns.Length && (i < 3 || !SpecialValues.IsStale(columns[2].Value)); i++)
        {
            if (sample == 0)
            {
                columns[i].First(ref reader);
            }
            else
            {
                columns[i].Next(ref reader);
            }
        }

        return columns[2].Value;
    }

    private static double Wholes(ref BitReader reader, ref XorReader sum, Span<Whole> columns, int sample)
    {
        if (sample == 0)
        {
            columns[0].Value = (long)reader.Unsigned();
            columns[1].Value = (long)reader.Unsigned();
            sum.First(ref reader);
        }
        else
        {
            columns[0].Next(ref reader, sample);
            columns[1].Next(ref reader, sample);
            sum.Next(ref reader);
        }

        for (var i = 2; i < columns.Length && !SpecialValues.IsStale(sum.Value); i++)
        {
            columns[i].Next(ref reader, sample);
        }

        return sum.Value;
    }

    private static double[] Values(ReadOnlySpan<XorReader> columns)
    {
        var values = new double[columns.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = columns[i].Value;
        }

        return values;
    }

    private static double[] Absolute(ReadOnlySpan<Whole> columns)
    {
        var values = new double[columns.Length];
        var count = 0L;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = count += columns[i].Value;
        }

        return values;
    }

    private static NativeHistogram Layout(ref BitReader reader)
    {
        var exponent = (int)reader.Bits(8);
        var threshold = exponent switch { 0 => 0, 255 => reader.Double(), _ => Math.ScaleB(0.5, exponent - 243) };
        var schema = (int)reader.Signed();
        var (positive, negative) = (Spans(ref reader), Spans(ref reader));
        double[] bounds = [];
        if (schema == NativeHistogram.CustomBucketsSchema)
        {
            bounds = new double[reader.Count()];
            for (var i = 0; i < bounds.Length; i++)
            {
                bounds[i] = reader.Unsigned() is var thousandths && thousandths == 0 ? reader.Double() : (thousandths - 1) / 1000.0;
            }
        }

        return new NativeHistogram { Schema = schema, ZeroThreshold = threshold, PositiveSpans = positive, NegativeSpans = negative, CustomBounds = bounds };
    }

    // Each takes a bit at least, unless there are none of them at all.
    private static int Buckets(BucketSpan[] spans, int left) => spans.Sum(s => (long)s.Length) is var all && all <= left ? (int)all : throw new MalformedInputException($"a chunk claims {all} buckets that do not fit into it");

    private static BucketSpan[] Spans(ref BitReader reader)
    {
        var spans = new BucketSpan[reader.Count()];
        for (var i = 0; i < spans.Length; i++)
        {
            var length = reader.Count();
            spans[i] = new BucketSpan((int)reader.Signed(), length);
        }

        return spans;
    }

    /// <summary>A column of whole numbers.</summary>
    private struct Whole
    {
        private long _delta;

        public long Value { get; set; }

        public void Next(ref BitReader reader, int sample)
        {
            var read = reader.Signed();
            _delta = sample switch { 0 => 0, 1 => read, _ => _delta + read };
            Value = sample == 0 ? read : Value + _delta;
        }
    }
}
