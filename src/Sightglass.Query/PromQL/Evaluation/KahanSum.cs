using System.Runtime.CompilerServices;

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
}
