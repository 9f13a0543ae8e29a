using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sightglass.Query.PromQL;

/// <summary>Compensated summation (Kahan with Neumaier's improvement), as Prometheus sums.</summary>
internal static class KahanSum
{
    /// <summary>Adds <paramref name="increment"/> to a sum and its compensation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(double increment, ref double sum, ref double compensation)
    {
        var t = sum + increment;
        if (double.IsInfinity(t))
        {
            compensation = 0;
        }
        else if (Math.Abs(sum) >= Math.Abs(increment))
        {
            compensation += (sum - t) + increment;
        }
        else
        {
            compensation += (increment - t) + sum;
        }

        sum = t;
    }

    /// <summary>Four sums at once, each as <see cref="Add(double, ref double, ref double)"/> adds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(Vector256<double> increment, ref Vector256<double> sum, ref Vector256<double> compensation)
    {
        var t = sum + increment;
        var isLarger = Vector256.GreaterThanOrEqual(Vector256.Abs(sum), Vector256.Abs(increment));
        var larger = Vector256.ConditionalSelect(isLarger, sum, increment);
        var smaller = Vector256.ConditionalSelect(isLarger, increment, sum);
        compensation = Vector256.ConditionalSelect(IsInfinity(t), Vector256<double>.Zero, compensation + ((larger - t) + smaller));
        sum = t;
    }

    /// <summary>Which of four numbers are infinite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> IsInfinity(Vector256<double> values) => Vector256.Equals(Vector256.Abs(values), Vector256.Create(double.PositiveInfinity));
}
