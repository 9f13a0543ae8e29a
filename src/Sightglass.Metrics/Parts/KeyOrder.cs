using Sightglass.Core.Bytes;

namespace Sightglass.Metrics.Parts;

/// <summary>The order of series: by their labels, name before value, as bytes. A label set that another one continues comes first.</summary>
internal static class KeyOrder
{
    public static int Compare(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var left = new ByteReader(a);
        var right = new ByteReader(b);
        while (left.Remaining > 0 && right.Remaining > 0)
        {
            var order = left.ReadLengthPrefixed().SequenceCompareTo(right.ReadLengthPrefixed());
            if (order != 0)
            {
                return order;
            }
        }

        return left.Remaining.CompareTo(right.Remaining);
    }
}
