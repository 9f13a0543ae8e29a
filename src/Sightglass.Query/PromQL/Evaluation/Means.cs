namespace Sightglass.Query.PromQL;

/// <summary>Averages, variances and quantiles as Prometheus computes them, bit for bit where its order of operations is known.</summary>
internal static class Means
{
    /// <summary>Compensated mean; changes to an incremental mean where the sum would overflow.</summary>
    public static double Average(ReadOnlySpan<double> values)
    {
        var sum = values[0];
        var mean = 0d;
        var compensation = 0d;
        var incremental = false;
        double count = 1;
        for (var i = 1; i < values.Length; i++)
        {
            var value = values[i];
            count++;
            if (!incremental)
            {
                var newSum = sum;
                var newCompensation = compensation;
                KahanSum.Add(value, ref newSum, ref newCompensation);
                if (!double.IsInfinity(newSum))
                {
                    sum = newSum;
                    compensation = newCompensation;
                    continue;
                }

                incremental = true;
                mean = sum / (count - 1);
                compensation /= count - 1;
            }

            var q = (count - 1) / count;
            mean *= q;
            compensation *= q;
            KahanSum.Add(value / count, ref mean, ref compensation);
        }

        return incremental ? mean + compensation : (sum / count) + (compensation / count);
    }

    /// <summary>Welford's variance with compensated sums.</summary>
    public static double Variance(ReadOnlySpan<double> values)
    {
        var sums = default(VarianceSums);
        foreach (var value in values)
        {
            sums.Add(value);
        }

        return sums.Variance;
    }

    /// <summary>The interpolated quantile; sorts <paramref name="values"/>, NaNs first.</summary>
    public static double Quantile(double q, Span<double> values)
    {
        if (values.Length == 0 || double.IsNaN(q))
        {
            return SpecialNumbers.NaN;
        }

        if (q < 0)
        {
            return double.NegativeInfinity;
        }

        if (q > 1)
        {
            return double.PositiveInfinity;
        }

        values.Sort();
        double n = values.Length;
        var rank = q * (n - 1);
        var lower = Math.Max(0, Math.Floor(rank));
        var upper = Math.Min(n - 1, lower + 1);
        var weight = rank - Math.Floor(rank);
        return (values[(int)lower] * (1 - weight)) + (values[(int)upper] * weight);
    }
}

/// <summary>What <see cref="Means.Variance"/> has of the values so far.</summary>
internal struct VarianceSums
{
    public double Count;
    public double Mean;
    public double MeanCompensation;
    public double Aux;
    public double AuxCompensation;

    public readonly double Variance => (Aux + AuxCompensation) / Count;

    public void Add(double value)
    {
        Count++;
        var delta = value - (Mean + MeanCompensation);
        KahanSum.Add(delta / Count, ref Mean, ref MeanCompensation);
        KahanSum.Add(delta * (value - (Mean + MeanCompensation)), ref Aux, ref AuxCompensation);
    }
}
