namespace Sightglass.Metrics.Blocks;

/// <summary>Numbers in planes of bytes, lowest first, and back to values. The hot loops of every query.</summary>
internal static class PlaneCodec
{
    /// <summary>Joins the planes; each has as many bytes as there are numbers.</summary>
    public static void Read(ReadOnlySpan<byte> planes, Span<long> numbers, int count)
    {
        if (count == 0)
        {
            numbers.Clear();
            return;
        }

        var low = planes[..numbers.Length];
        switch (count)
        {
            case 1:
                for (var i = 0; i < numbers.Length; i++)
                {
                    numbers[i] = low[i];
                }

                return;
            case 2:
                var high = planes.Slice(numbers.Length, numbers.Length);
                for (var i = 0; i < numbers.Length; i++)
                {
                    numbers[i] = low[i] | (high[i] << 8);
                }

                return;
            default:
                for (var i = 0; i < numbers.Length; i++)
                {
                    numbers[i] = low[i];
                }

                for (var plane = 1; plane < count; plane++)
                {
                    var bytes = planes.Slice(plane * numbers.Length, numbers.Length);
                    var shift = 8 * plane;
                    for (var i = 0; i < numbers.Length; i++)
                    {
                        numbers[i] |= (long)bytes[i] << shift;
                    }
                }

                return;
        }
    }

    /// <summary>Makes values of zigzag deltas (from index 1) that stand in the same memory.</summary>
    public static void Restore(Span<long> numbers, Span<double> values, long first, double power, bool twice)
    {
        var number = first;
        long delta = 0;
        values[0] = first / power;
        if (twice)
        {
            for (var i = 1; i < numbers.Length && i < values.Length; i++)
            {
                delta += Signed(numbers[i]);
                number += delta;
                values[i] = number / power;
            }
        }
        else if (power == 1)
        {
            for (var i = 1; i < numbers.Length && i < values.Length; i++)
            {
                number += Signed(numbers[i]);
                values[i] = number;
            }
        }
        else
        {
            for (var i = 1; i < numbers.Length && i < values.Length; i++)
            {
                number += Signed(numbers[i]);
                values[i] = number / power;
            }
        }
    }

    private static long Signed(long zigzag) => (long)((ulong)zigzag >> 1) ^ -(zigzag & 1);
}
