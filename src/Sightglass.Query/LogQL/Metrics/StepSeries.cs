using Sightglass.Core.Model;

namespace Sightglass.Query.LogQL.Metrics;

/// <summary>The times at which a metric query is evaluated; nanoseconds. An instant query has one.</summary>
/// <param name="StartNano">First time.</param>
/// <param name="StepNano">Distance between two.</param>
/// <param name="Count">How many.</param>
internal readonly record struct StepGrid(long StartNano, long StepNano, int Count)
{
    /// <summary>Last time.</summary>
    public long EndNano => StartNano + (StepNano * (Count - 1));

    /// <summary>First step at or after a time; may be <see cref="Count"/> or more.</summary>
    public long FirstAtOrAfter(long timeNano)
    {
        if (timeNano <= StartNano)
        {
            return 0;
        }

        return Count == 1 ? 1 : (timeNano - StartNano + StepNano - 1) / StepNano;
    }

    /// <summary>The time of a step.</summary>
    public long TimeOf(int step) => StartNano + (StepNano * step);
}

/// <summary>A series over the steps of a query.</summary>
internal sealed class StepSeries(LabelSet labels, int steps)
{
    /// <summary>Its labels.</summary>
    public LabelSet Labels { get; } = labels;

    /// <summary>Values by step.</summary>
    public double[] Values { get; } = new double[steps];

    /// <summary>Whether there is a value at a step.</summary>
    public bool[] Present { get; } = new bool[steps];

    /// <summary>The same values under other labels.</summary>
    public StepSeries WithLabels(LabelSet labels)
    {
        var copy = new StepSeries(labels, Values.Length);
        Values.CopyTo(copy.Values, 0);
        Present.CopyTo(copy.Present, 0);
        return copy;
    }

    /// <summary>Sets a value.</summary>
    public void Set(int step, double value)
    {
        Values[step] = value;
        Present[step] = true;
    }
}
