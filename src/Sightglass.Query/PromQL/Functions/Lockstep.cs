using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sightglass.Query.PromQL;

/// <summary>
/// Sums over the windows of four steps side by side. Compensated sums have to be made in order, each addition after the one before: one window alone leaves most of the
/// processor waiting. What is longer in one window than in the others is added to it alone.
/// </summary>
internal static class Lockstep
{
    private const int Lanes = 4;

    public static void Sum(in WindowSteps.Windows windows, Span<double> row)
    {
        for (var step = 0; step < row.Length;)
        {
            if (!TryFour(windows, step, row.Length, out var four))
            {
                row[step] = windows.IsEmpty(step) ? row[step] : SumOf(windows.Values(step), 0, 0);
                step++;
                continue;
            }

            var (sum, compensation) = (Vector256<double>.Zero, Vector256<double>.Zero);
            for (nuint i = 0; i < four.Shared; i++)
            {
                KahanSum.Add(four.At(i), ref sum, ref compensation);
            }

            for (var lane = 0; lane < Lanes; lane++, step++)
            {
                row[step] = SumOf(windows.Values(step)[(int)four.Shared..], sum[lane], compensation[lane]);
            }
        }
    }

    public static void Average(in WindowSteps.Windows windows, Span<double> row)
    {
        for (var step = 0; step < row.Length;)
        {
            if (!TryFour(windows, step, row.Length, out var four))
            {
                row[step] = windows.IsEmpty(step) ? row[step] : Means.Average(windows.Values(step));
                step++;
                continue;
            }

            var (sum, compensation, infinite) = (four.At(0), Vector256<double>.Zero, Vector256<double>.Zero);
            for (nuint i = 1; i < four.Shared; i++)
            {
                KahanSum.Add(four.At(i), ref sum, ref compensation);
                infinite |= KahanSum.IsInfinity(sum);
            }

            for (var lane = 0; lane < Lanes; lane++, step++)
            {
                var values = windows.Values(step);
                row[step] = BitConverter.DoubleToInt64Bits(infinite[lane]) == 0 && TryAverage(values, (int)four.Shared, sum[lane], compensation[lane], out var average) ? average : Means.Average(values);
            }
        }
    }

    public static void Variance(in WindowSteps.Windows windows, bool root, Span<double> row)
    {
        for (var step = 0; step < row.Length;)
        {
            if (!TryFour(windows, step, row.Length, out var four))
            {
                row[step] = windows.IsEmpty(step) ? row[step] : Rooted(Means.Variance(windows.Values(step)), root);
                step++;
                continue;
            }

            var (mean, meanCompensation, aux, auxCompensation) = (Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero);
            for (nuint i = 0; i < four.Shared; i++)
            {
                var value = four.At(i);
                var delta = value - (mean + meanCompensation);
                KahanSum.Add(delta / Vector256.Create((double)(i + 1)), ref mean, ref meanCompensation);
                KahanSum.Add(delta * (value - (mean + meanCompensation)), ref aux, ref auxCompensation);
            }

            for (var lane = 0; lane < Lanes; lane++, step++)
            {
                var sums = new VarianceSums { Count = four.Shared, Mean = mean[lane], MeanCompensation = meanCompensation[lane], Aux = aux[lane], AuxCompensation = auxCompensation[lane] };
                foreach (var value in windows.Values(step)[(int)four.Shared..])
                {
                    sums.Add(value);
                }

                row[step] = Rooted(sums.Variance, root);
            }
        }
    }

    /// <summary>The slopes; with <paramref name="ahead"/> what the line is so many seconds after each step.</summary>
    public static void Regression(in WindowSteps.Windows windows, StepGrid grid, double[]? ahead, Span<double> row)
    {
        for (var step = 0; step < row.Length;)
        {
            if (!TryFour(windows, step, row.Length, out var four))
            {
                if (!windows.IsEmpty(step))
                {
                    row[step] = Ends(Continue(windows, step, 0, new RegressionSums(windows.Values(step)[0]), Zero(windows, grid, ahead, step)), ahead, step);
                }

                step++;
                continue;
            }

            var zeros = Vector256.Create(Zero(windows, grid, ahead, step), Zero(windows, grid, ahead, step + 1), Zero(windows, grid, ahead, step + 2), Zero(windows, grid, ahead, step + 3));
            var (x, xc, y, yc) = (Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero);
            var (xy, xyc, x2, x2c) = (Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero);
            var (initial, isConstant) = (four.At(0), Vector256<double>.AllBitsSet);
            for (nuint i = 0; i < four.Shared; i++)
            {
                var (time, value) = (four.SecondsAt(i, zeros), four.At(i));
                isConstant &= Vector256.Equals(value, initial);
                KahanSum.Add(time, ref x, ref xc);
                KahanSum.Add(value, ref y, ref yc);
                KahanSum.Add(time * value, ref xy, ref xyc);
                KahanSum.Add(time * time, ref x2, ref x2c);
            }

            for (var lane = 0; lane < Lanes; lane++, step++)
            {
                var sums = new RegressionSums(initial[lane])
                {
                    Count = four.Shared,
                    X = x[lane],
                    XCompensation = xc[lane],
                    Y = y[lane],
                    YCompensation = yc[lane],
                    XY = xy[lane],
                    XYCompensation = xyc[lane],
                    X2 = x2[lane],
                    X2Compensation = x2c[lane],
                    IsConstant = BitConverter.DoubleToInt64Bits(isConstant[lane]) != 0,
                };
                row[step] = Ends(Continue(windows, step, (int)four.Shared, sums, zeros[lane]), ahead, step);
            }
        }
    }

    // Relative to the first sample, so that large timestamps cost no digits, or to the step.
    private static long Zero(in WindowSteps.Windows windows, StepGrid grid, double[]? ahead, int step) => ahead is null ? windows.Times(step)[0] : grid.Time(step);

    private static RegressionSums Continue(in WindowSteps.Windows windows, int step, int from, RegressionSums sums, long zero)
    {
        var times = windows.Times(step)[from..];
        var values = windows.Values(step)[from..];
        for (var i = 0; i < values.Length; i++)
        {
            sums.Add((times[i] - zero) / 1e3, values[i]);
        }

        return sums;
    }

    private static double Ends(in RegressionSums sums, double[]? ahead, int step)
    {
        var (slope, intercept) = sums.Line;
        return ahead is null ? slope : (slope * ahead[step]) + intercept;
    }

    private static double Rooted(double variance, bool root) => root ? Math.Sqrt(variance) : variance;

    private static double SumOf(ReadOnlySpan<double> values, double sum, double compensation)
    {
        foreach (var value in values)
        {
            KahanSum.Add(value, ref sum, ref compensation);
        }

        return double.IsInfinity(sum) ? sum : sum + compensation;
    }

    private static bool TryAverage(ReadOnlySpan<double> values, int from, double sum, double compensation, out double average)
    {
        foreach (var value in values[from..])
        {
            KahanSum.Add(value, ref sum, ref compensation);
            if (double.IsInfinity(sum))
            {
                average = 0;
                return false;
            }
        }

        average = (sum / values.Length) + (compensation / values.Length);
        return true;
    }

    private static bool TryFour(in WindowSteps.Windows windows, int step, int steps, out Four four)
    {
        four = default;
        if (!Vector256.IsHardwareAccelerated || step + Lanes > steps)
        {
            return false;
        }

        for (var lane = 0; lane < Lanes; lane++)
        {
            if (windows.IsEmpty(step + lane))
            {
                return false;
            }
        }

        four = new Four(windows, step);
        return true;
    }

    /// <summary>The windows of four steps, none of which is empty.</summary>
    private readonly ref struct Four
    {
        private readonly ref double _a;
        private readonly ref double _b;
        private readonly ref double _c;
        private readonly ref double _d;
        private readonly ref long _timesA;
        private readonly ref long _timesB;
        private readonly ref long _timesC;
        private readonly ref long _timesD;

        public Four(in WindowSteps.Windows windows, int step)
        {
            var a = windows.Values(step);
            var b = windows.Values(step + 1);
            var c = windows.Values(step + 2);
            var d = windows.Values(step + 3);
            Shared = (nuint)Math.Min(Math.Min(a.Length, b.Length), Math.Min(c.Length, d.Length));
            _a = ref MemoryMarshal.GetReference(a);
            _b = ref MemoryMarshal.GetReference(b);
            _c = ref MemoryMarshal.GetReference(c);
            _d = ref MemoryMarshal.GetReference(d);
            _timesA = ref MemoryMarshal.GetReference(windows.Times(step));
            _timesB = ref MemoryMarshal.GetReference(windows.Times(step + 1));
            _timesC = ref MemoryMarshal.GetReference(windows.Times(step + 2));
            _timesD = ref MemoryMarshal.GetReference(windows.Times(step + 3));
        }

        /// <summary>How many samples all four have.</summary>
        public nuint Shared { get; }

        /// <summary>The sample of each at an index below <see cref="Shared"/>.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<double> At(nuint i) => Vector256.Create(Unsafe.Add(ref _a, i), Unsafe.Add(ref _b, i), Unsafe.Add(ref _c, i), Unsafe.Add(ref _d, i));

        /// <summary>Its time in seconds since each one's zero.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<double> SecondsAt(nuint i, Vector256<long> zeros) =>
            Vector256.ConvertToDouble(Vector256.Create(Unsafe.Add(ref _timesA, i), Unsafe.Add(ref _timesB, i), Unsafe.Add(ref _timesC, i), Unsafe.Add(ref _timesD, i)) - zeros) / Vector256.Create(1e3);
    }
}
