using Sightglass.Core.Model;
using Sightglass.Events.Columns;

namespace Sightglass.Events.Parts;

/// <summary>Smallest and largest value of a column of numbers.</summary>
internal static class ColumnStats
{
    /// <summary>Fills the range where all values are integers, or all are doubles and none is NaN.</summary>
    public static void Fill(ValueVector values, ref ColumnEntry entry)
    {
        var bits = values.Bits.AsSpan(0, values.EntryCount);
        if (values.Type == AttributeType.Int)
        {
            (entry.StatsType, entry.Min, entry.Max) = (AttributeType.Int, long.MaxValue, long.MinValue);
            foreach (var value in bits)
            {
                (entry.Min, entry.Max) = (Math.Min(entry.Min, value), Math.Max(entry.Max, value));
            }
        }
        else if (values.Type == AttributeType.Double)
        {
            var (min, max) = (double.PositiveInfinity, double.NegativeInfinity);
            foreach (var value in bits)
            {
                var number = BitConverter.Int64BitsToDouble(value);
                if (double.IsNaN(number))
                {
                    return;
                }

                (min, max) = (Math.Min(min, number), Math.Max(max, number));
            }

            (entry.StatsType, entry.Min, entry.Max) = (AttributeType.Double, BitConverter.DoubleToInt64Bits(min), BitConverter.DoubleToInt64Bits(max));
        }
    }
}
