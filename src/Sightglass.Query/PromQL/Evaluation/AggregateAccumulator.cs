using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>A group of an aggregation that takes its series one after the other, so that none has to be kept.</summary>
internal sealed class AggregateAccumulator
{
    private readonly AggregateOperator _operator;
    private readonly double[] _compensation;

    public AggregateAccumulator(AggregateOperator op, LabelSet labels, int steps)
    {
        _operator = op;
        _compensation = op == AggregateOperator.Sum ? new double[steps] : [];
        Result = Column.Empty(labels, steps);
    }

    public Column Result { get; }

    public static bool Supports(AggregateOperator op) => op is AggregateOperator.Sum or AggregateOperator.Count or AggregateOperator.Min or AggregateOperator.Max or AggregateOperator.Group;

    /// <summary>Takes a series' values of the steps from <paramref name="from"/> on. Different steps may be added side by side.</summary>
    public void Add(ReadOnlySpan<double> row, int from)
    {
        var results = Result.Values.AsSpan(from, row.Length);
        switch (_operator)
        {
            case AggregateOperator.Sum:
                Sum(row, results, _compensation.AsSpan(from, row.Length));
                break;
            case AggregateOperator.Count:
                for (var i = 0; i < row.Length; i++)
                {
                    if (!SpecialValues.IsStale(row[i]))
                    {
                        results[i] = SpecialValues.IsStale(results[i]) ? 1 : results[i] + 1;
                    }
                }

                break;
            case AggregateOperator.Group:
                for (var i = 0; i < row.Length; i++)
                {
                    results[i] = SpecialValues.IsStale(row[i]) ? results[i] : 1;
                }

                break;
            default:
                Extreme(row, results, _operator == AggregateOperator.Max);
                break;
        }
    }

    public Column Finish()
    {
        for (var i = 0; i < _compensation.Length; i++)
        {
            // Also of zero: it makes 0 of -0. The bits of "absent" must stay.
            if (!SpecialValues.IsStale(Result.Values[i]))
            {
                Result.Values[i] += _compensation[i];
            }
        }

        return Result;
    }

    private static void Sum(ReadOnlySpan<double> row, Span<double> sums, Span<double> compensation)
    {
        for (var i = 0; i < row.Length; i++)
        {
            var value = row[i];
            if (SpecialValues.IsStale(value))
            {
                continue;
            }

            if (SpecialValues.IsStale(sums[i]))
            {
                sums[i] = value;
            }
            else
            {
                KahanSum.Add(value, ref sums[i], ref compensation[i]);
            }
        }
    }

    private static void Extreme(ReadOnlySpan<double> row, Span<double> results, bool max)
    {
        for (var i = 0; i < row.Length; i++)
        {
            var value = row[i];
            var best = results[i];

            // A number beats NaN.
            if (!SpecialValues.IsStale(value) && (SpecialValues.IsStale(best) || double.IsNaN(best) || (max ? best < value : best > value)))
            {
                results[i] = value;
            }
        }
    }
}
