using Sightglass.Core.Model;

namespace Sightglass.Events.Querying;

/// <summary>Compares integers and doubles as the numbers they are, without rounding one to the other.</summary>
internal static class NumberOrder
{
    private const double TwoTo63 = 9223372036854775808;

    /// <summary>Less than 0, 0 or greater than 0; null when a NaN has no place in the order.</summary>
    public static int? Compare(AttributeType leftType, long left, AttributeType rightType, long right)
    {
        if (leftType == AttributeType.Double)
        {
            return rightType == AttributeType.Double
                ? Compare(BitConverter.Int64BitsToDouble(left), BitConverter.Int64BitsToDouble(right))
                : -Compare(right, BitConverter.Int64BitsToDouble(left));
        }

        return rightType == AttributeType.Double ? Compare(left, BitConverter.Int64BitsToDouble(right)) : left.CompareTo(right);
    }

    private static int? Compare(double left, double right) =>
        double.IsNaN(left) || double.IsNaN(right) ? null : left < right ? -1 : left > right ? 1 : 0;

    private static int? Compare(long left, double right)
    {
        if (double.IsNaN(right))
        {
            return null;
        }

        if (right >= TwoTo63)
        {
            return -1;
        }

        if (right < -TwoTo63)
        {
            return 1;
        }

        var whole = (long)right;
        return left != whole ? left.CompareTo(whole) : -(right - whole).CompareTo(0d);
    }
}
