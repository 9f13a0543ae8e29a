namespace Sightglass.Query.PromQL.Caching;

/// <summary>What answers have to share to be of use to each other: everything but the range, and for an indivisible expression that, too.</summary>
internal readonly record struct CacheKey(string Query, long StepMs, long PhaseMs, long LookbackMs, long SubqueryStepMs, long StartMs, long EndMs)
{
    public static CacheKey Of(string query, AnswerReach reach, StepGrid grid, long lookbackMs, long subqueryStepMs)
    {
        // A query for one time is of use to the same one only.
        var phase = grid.StepMs == 0 ? grid.StartMs : grid.StartMs % grid.StepMs;
        return new CacheKey(query, grid.StepMs, phase < 0 && grid.StepMs > 0 ? phase + grid.StepMs : phase, lookbackMs, subqueryStepMs, reach.IsDivisible ? 0 : grid.StartMs, reach.IsDivisible ? 0 : grid.EndMs);
    }
}
