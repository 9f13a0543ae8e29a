namespace Sightglass.Query.PromQL;

/// <summary>The times of an evaluation.</summary>
/// <param name="StartMs">First time.</param>
/// <param name="StepMs">Distance.</param>
/// <param name="Count">Number of times.</param>
internal readonly record struct StepGrid(long StartMs, long StepMs, int Count)
{
    public long EndMs => StartMs + (StepMs * (Count - 1));

    public long Time(int step) => StartMs + (StepMs * step);
}
