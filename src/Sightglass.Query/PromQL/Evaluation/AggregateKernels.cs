using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>The aggregations that make one series of a group.</summary>
internal static class AggregateKernels
{
    public static void Run(AggregateExpression aggregate, List<Column> columns, double[]? parameter, Column result, Annotations annotations)
    {
        switch (aggregate.Operator)
        {
            case AggregateOperator.Sum:
            case AggregateOperator.Avg:
                if (columns.Exists(c => c.Histograms is not null))
                {
                    HistogramAggregation.SumOrAverage(aggregate, columns, result, annotations);
                }
                else if (aggregate.Operator == AggregateOperator.Sum)
                {
                    Sum(columns, result.Values);
                }
                else
                {
                    Average(columns, result.Values);
                }

                break;
            case AggregateOperator.Count:
                Count(columns, result.Values);
                break;
            case AggregateOperator.Group:
                foreach (var column in columns)
                {
                    for (var i = 0; i < result.Values.Length; i++)
                    {
                        if (column.Has(i))
                        {
                            result.Values[i] = 1;
                        }
                    }
                }

                break;
            case AggregateOperator.Min:
            case AggregateOperator.Max:
                Extreme(columns, result.Values, aggregate.Operator == AggregateOperator.Max);
                break;
            case AggregateOperator.Stddev:
            case AggregateOperator.Stdvar:
                Deviation(columns, result.Values, aggregate.Operator == AggregateOperator.Stddev);
                break;
            case AggregateOperator.Quantile:
                Quantile(columns, parameter!, result.Values);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"BUG: {aggregate.Operator} makes no single series");
        }

        if (aggregate.Operator is AggregateOperator.Min or AggregateOperator.Max or AggregateOperator.Stddev or AggregateOperator.Stdvar or AggregateOperator.Quantile
            && columns.Exists(HasHistogram))
        {
            IgnoredHistogram(aggregate, aggregate.Inner, annotations);
        }
    }

    public static void IgnoredHistogram(AggregateExpression aggregate, PromQLExpression at, Annotations annotations) =>
        annotations.Info($"ignored histogram in {PromQLOperators.Name(aggregate.Operator)} aggregation", at);

    private static bool HasHistogram(Column column) => column.Histograms is not null && Array.Exists(column.Histograms, h => h is not null);

    /// <summary>Compensated sums of the float values of columns, one step after the other in each column.</summary>
    private static void Sum(List<Column> columns, double[] sums)
    {
        var compensation = new double[sums.Length];
        foreach (var column in columns)
        {
            var values = column.Values;
            for (var i = 0; i < sums.Length; i++)
            {
                if (SpecialValues.IsStale(values[i]))
                {
                    continue;
                }

                if (SpecialValues.IsStale(sums[i]))
                {
                    sums[i] = values[i];
                }
                else
                {
                    KahanSum.Add(values[i], ref sums[i], ref compensation[i]);
                }
            }
        }

        for (var i = 0; i < sums.Length; i++)
        {
            // Also of zero: it makes 0 of -0. The bits of "absent" must stay.
            if (!SpecialValues.IsStale(sums[i]))
            {
                sums[i] += compensation[i];
            }
        }
    }

    private static void Count(List<Column> columns, double[] counts)
    {
        foreach (var column in columns)
        {
            for (var i = 0; i < counts.Length; i++)
            {
                if (column.Has(i))
                {
                    counts[i] = SpecialValues.IsStale(counts[i]) ? 1 : counts[i] + 1;
                }
            }
        }
    }

    private static void Average(List<Column> columns, double[] results)
    {
        var gathered = new double[columns.Count];
        for (var i = 0; i < results.Length; i++)
        {
            var count = 0;
            foreach (var column in columns)
            {
                if (column.Has(i))
                {
                    gathered[count++] = column.Values[i];
                }
            }

            if (count > 0)
            {
                results[i] = Means.Average(gathered.AsSpan(0, count));
            }
        }
    }

    private static void Extreme(List<Column> columns, double[] results, bool max)
    {
        foreach (var column in columns)
        {
            for (var i = 0; i < results.Length; i++)
            {
                if (!column.HasFloat(i))
                {
                    continue;
                }

                var value = column.Values[i];
                var best = results[i];
                // A number beats NaN.
                if (SpecialValues.IsStale(best) || double.IsNaN(best) || (max ? best < value : best > value))
                {
                    results[i] = value;
                }
            }
        }
    }

    private static void Deviation(List<Column> columns, double[] results, bool root)
    {
        var gathered = new double[columns.Count];
        for (var i = 0; i < results.Length; i++)
        {
            var count = Gather(columns, i, gathered);
            if (count > 0)
            {
                var variance = Means.Variance(gathered.AsSpan(0, count));
                results[i] = root ? Math.Sqrt(variance) : variance;
            }
        }
    }

    private static void Quantile(List<Column> columns, double[] q, double[] results)
    {
        var gathered = new double[columns.Count];
        for (var i = 0; i < results.Length; i++)
        {
            var count = Gather(columns, i, gathered);
            if (count > 0)
            {
                results[i] = Means.Quantile(q[i], gathered.AsSpan(0, count));
            }
        }
    }

    private static int Gather(List<Column> columns, int step, double[] gathered)
    {
        var count = 0;
        foreach (var column in columns)
        {
            if (column.HasFloat(step))
            {
                gathered[count++] = column.Values[step];
            }
        }

        return count;
    }
}
