using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>
/// A series over the steps of an evaluation: one value per step, <see cref="SpecialNumbers.Absent"/> where it has none. Where there
/// is a histogram the value is an ordinary NaN.
/// </summary>
internal sealed class Column(LabelSet labels, double[] values, NativeHistogram?[]? histograms = null)
{
    public LabelSet Labels { get; set; } = labels;

    public double[] Values { get; } = values;

    public NativeHistogram?[]? Histograms { get; private set; } = histograms;

    /// <summary>The metric's name is to be dropped when the evaluation ends (delayed name removal).</summary>
    public bool DropName { get; init; }

    public static Column Empty(LabelSet labels, int steps, bool dropName = false)
    {
        var values = new double[steps];
        Array.Fill(values, SpecialNumbers.Absent);
        return new Column(labels, values) { DropName = dropName };
    }

    public Column WithLabels(LabelSet labels, bool dropName) => new(labels, Values, Histograms) { DropName = dropName };

    /// <summary>A copy that may be written.</summary>
    public Column Copy() => new(Labels, [.. Values], Histograms is null ? null : [.. Histograms]) { DropName = DropName };

    /// <summary>Whether a step has a value of any kind.</summary>
    public bool Has(int step) => !SpecialValues.IsStale(Values[step]);

    public NativeHistogram? Histogram(int step) => Histograms?[step];

    public bool HasFloat(int step) => Has(step) && Histograms?[step] is null;

    public void Set(int step, NativeHistogram histogram)
    {
        Histograms ??= new NativeHistogram?[Values.Length];
        Histograms[step] = histogram;
        Values[step] = SpecialNumbers.NaN;
    }

    public void Clear(int step)
    {
        Values[step] = SpecialNumbers.Absent;
        if (Histograms is not null)
        {
            Histograms[step] = null;
        }
    }

    public bool IsEmpty()
    {
        foreach (var value in Values)
        {
            if (!SpecialValues.IsStale(value))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Copies a step of another column.</summary>
    public void CopyFrom(Column other, int from, int to)
    {
        if (other.Histogram(from) is { } histogram)
        {
            Set(to, histogram);
        }
        else
        {
            Values[to] = other.Values[from];
        }
    }
}
