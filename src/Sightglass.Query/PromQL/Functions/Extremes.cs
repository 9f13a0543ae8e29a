using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sightglass.Query.PromQL;

/// <summary>The largest or smallest of some values as Prometheus finds it: the first of equal ones, and no number only where none is one.</summary>
internal static class Extremes
{
    private const int Lanes = 4;

    /// <summary>Of at least one value.</summary>
    public static double Of(ReadOnlySpan<double> values, bool max)
    {
        var found = values.Length >= 4 * Lanes && Vector256.IsHardwareAccelerated ? (max ? Wide<Larger>(values) : Wide<Smaller>(values)) : max ? One<Larger>(values) : One<Smaller>(values);

        // Of the two zeros the one that came first.
        return found == 0 ? values[values.IndexOf(0)] : found;
    }

    private static double One<T>(ReadOnlySpan<double> values)
        where T : struct, IComparison
    {
        var found = values[0];
        foreach (var value in values[1..])
        {
            found = double.IsNaN(found) || T.IsBetter(value, found) ? value : found;
        }

        return found;
    }

    private static double Wide<T>(ReadOnlySpan<double> values)
        where T : struct, IComparison
    {
        ref var first = ref MemoryMarshal.GetReference(values);
        var (a, b) = (Vector256.LoadUnsafe(ref first), Vector256.LoadUnsafe(ref first, Lanes));
        nuint i = 2 * Lanes;
        for (; i + (2 * Lanes) <= (nuint)values.Length; i += 2 * Lanes)
        {
            a = Better<T>(Vector256.LoadUnsafe(ref first, i), a);
            b = Better<T>(Vector256.LoadUnsafe(ref first, i + Lanes), b);
        }

        a = Better<T>(b, a);
        Span<double> last = stackalloc double[Lanes];
        a.CopyTo(last);
        var (lanes, rest) = (One<T>(last), i < (nuint)values.Length ? One<T>(values[(int)i..]) : double.NaN);
        return double.IsNaN(lanes) || T.IsBetter(rest, lanes) ? rest : lanes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Better<T>(Vector256<double> values, Vector256<double> found)
        where T : struct, IComparison =>
        Vector256.ConditionalSelect(T.IsBetter(values, found) | ~Vector256.Equals(found, found), values, found);

    private interface IComparison
    {
        static abstract bool IsBetter(double value, double found);

        static abstract Vector256<double> IsBetter(Vector256<double> values, Vector256<double> found);
    }

    private readonly struct Larger : IComparison
    {
        public static bool IsBetter(double value, double found) => value > found;

        public static Vector256<double> IsBetter(Vector256<double> values, Vector256<double> found) => Vector256.GreaterThan(values, found);
    }

    private readonly struct Smaller : IComparison
    {
        public static bool IsBetter(double value, double found) => value < found;

        public static Vector256<double> IsBetter(Vector256<double> values, Vector256<double> found) => Vector256.LessThan(values, found);
    }
}
