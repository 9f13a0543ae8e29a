using Sightglass.Core.Model;

namespace Sightglass.Server.Api.Prometheus.RemoteRead;

/// <summary>Prometheus' chunk of float histograms: the layout of the buckets once, then each count as the bits that differ.</summary>
internal static class FloatHistogramChunk
{
    /// <summary>Bits of a number behind its prefix of ones; a prefix without a size here is followed by 64.</summary>
    private static readonly int[] Sizes = [3, 6, 9, 12, 18, 25, 56];

    /// <summary>Bounds that are whole thousandths up to this take a varbit number.</summary>
    private const double MaxShortBound = 33_554_430;

    /// <summary>Whether a histogram has the layout of another, and may follow it in a chunk.</summary>
    public static bool SameLayout(NativeHistogram a, NativeHistogram b) =>
        a.Schema == b.Schema && a.ZeroThreshold == b.ZeroThreshold
        && (a.ResetHint == CounterResetHint.Gauge) == (b.ResetHint == CounterResetHint.Gauge)
        && b.ResetHint != CounterResetHint.CounterReset
        && (!SpecialValues.IsStale(a.Sum) || SpecialValues.IsStale(b.Sum))
        && a.PositiveSpans.AsSpan().SequenceEqual(b.PositiveSpans) && a.NegativeSpans.AsSpan().SequenceEqual(b.NegativeSpans)
        && a.CustomBounds.AsSpan().SequenceEqual(b.CustomBounds);

    /// <summary>Writes histograms of the same layout as one chunk into <paramref name="writer"/>, which is cleared before.</summary>
    public static void Write(BitWriter writer, ReadOnlySpan<long> timestampsMs, ReadOnlySpan<NativeHistogram?> histograms)
    {
        var first = histograms[0]!;
        writer.Clear();
        writer.BeginCount();
        writer.Byte(first.ResetHint switch
        {
            CounterResetHint.Gauge => 0b1100_0000,
            CounterResetHint.CounterReset => 0b1000_0000,
            CounterResetHint.NotCounterReset => 0b0100_0000,
            _ => 0,
        });
        Layout(writer, first);
        var columns = new XorColumn[3 + first.PositiveBuckets.Length + first.NegativeBuckets.Length];
        long delta = 0;
        for (var i = 0; i < histograms.Length; i++)
        {
            var histogram = histograms[i]!;
            if (i == 0)
            {
                Signed(writer, timestampsMs[0]);
            }
            else
            {
                // The first step is told as a difference too, of zero; chunks of whole counts and of samples have it as it is.
                var next = timestampsMs[i] - timestampsMs[i - 1];
                Signed(writer, next - delta);
                delta = next;
            }

            Value(writer, ref columns[0], i, histogram.Count);
            Value(writer, ref columns[1], i, histogram.ZeroCount);
            Value(writer, ref columns[2], i, histogram.Sum);
            if (SpecialValues.IsStale(histogram.Sum))
            {
                // Readers look for no buckets behind it.
                continue;
            }

            var at = 3;
            foreach (var bucket in histogram.PositiveBuckets)
            {
                Value(writer, ref columns[at++], i, bucket);
            }

            foreach (var bucket in histogram.NegativeBuckets)
            {
                Value(writer, ref columns[at++], i, bucket);
            }
        }

        writer.SetCount(histograms.Length);
    }

    private static void Value(BitWriter writer, ref XorColumn column, int sample, double value)
    {
        if (sample == 0)
        {
            column.First(writer, value);
        }
        else
        {
            column.Next(writer, value);
        }
    }

    private static void Layout(BitWriter writer, NativeHistogram histogram)
    {
        ZeroThreshold(writer, histogram.ZeroThreshold);
        Signed(writer, histogram.Schema);
        Spans(writer, histogram.PositiveSpans);
        Spans(writer, histogram.NegativeSpans);
        if (histogram.Schema == NativeHistogram.CustomBucketsSchema)
        {
            Unsigned(writer, (ulong)histogram.CustomBounds.Length);
            foreach (var bound in histogram.CustomBounds)
            {
                Bound(writer, bound);
            }
        }
    }

    private static void Spans(BitWriter writer, BucketSpan[] spans)
    {
        Unsigned(writer, (ulong)spans.Length);
        foreach (var span in spans)
        {
            Unsigned(writer, (ulong)span.Length);
            Signed(writer, span.Offset);
        }
    }

    // A power of two, as most thresholds are, takes one byte.
    private static void ZeroThreshold(BitWriter writer, double threshold)
    {
        if (threshold == 0)
        {
            writer.Byte(0);
            return;
        }

        var bits = BitConverter.DoubleToUInt64Bits(threshold);
        var exponent = (int)((bits >> 52) & 0x7ff) - 1022;
        if ((bits & ~(0x7ffUL << 52)) == 0 && exponent is >= -242 and <= 11)
        {
            writer.Byte((byte)(exponent + 243));
            return;
        }

        writer.Byte(255);
        writer.Double(threshold);
    }

    private static void Bound(BitWriter writer, double bound)
    {
        var thousandths = bound * 1000;
        var whole = Math.Round(thousandths, MidpointRounding.AwayFromZero);
        if (thousandths < 0 || thousandths > MaxShortBound || whole / 1000 != bound)
        {
            writer.Bits(0, 1);
            writer.Double(bound);
            return;
        }

        Unsigned(writer, (ulong)whole + 1);
    }

    private static void Signed(BitWriter writer, long value)
    {
        var size = 0;
        while (size < Sizes.Length && !BitWriter.Fits(value, Sizes[size]))
        {
            size++;
        }

        Sized(writer, (ulong)value, size);
    }

    private static void Unsigned(BitWriter writer, ulong value)
    {
        var size = 0;
        while (size < Sizes.Length && value >= 1UL << Sizes[size])
        {
            size++;
        }

        Sized(writer, value, size);
    }

    // Zero is one bit; the others have as many ones as their size's position, and one more, before a zero.
    private static void Sized(BitWriter writer, ulong value, int size)
    {
        if (value == 0)
        {
            writer.Bits(0, 1);
        }
        else if (size == Sizes.Length)
        {
            writer.Bits(0xff, 8);
            writer.Bits(value, 64);
        }
        else
        {
            writer.Bits((1UL << (size + 2)) - 2, size + 2);
            writer.Bits(value, Sizes[size]);
        }
    }
}
