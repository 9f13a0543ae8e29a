namespace Sightglass.Alerting.Routing;

/// <summary>The wall clock, watched for being set: it then differs from what has elapsed. Not thread-safe.</summary>
internal sealed class SteadyClock(TimeProvider time)
{
    /// <summary>A smaller step is the work of a time daemon, and changes nothing that is timed in minutes.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(10);

    private DateTimeOffset _wall = time.GetUtcNow();
    private long _elapsed = time.GetTimestamp();

    /// <summary>What the clock says.</summary>
    /// <param name="step">By how much it was set since the last call, zero when it was not.</param>
    public DateTimeOffset Read(out TimeSpan step)
    {
        var (wall, elapsed) = ReadBoth();
        step = wall - _wall - time.GetElapsedTime(_elapsed, elapsed);
        step = step.Duration() > Tolerance ? step : TimeSpan.Zero;
        (_wall, _elapsed) = (wall, elapsed);
        return wall;
    }

    /// <summary>Both clocks at one moment: held up between two readings, a thread would take the time that passed for a step.</summary>
    private (DateTimeOffset Wall, long Elapsed) ReadBoth()
    {
        while (true)
        {
            var before = time.GetTimestamp();
            var wall = time.GetUtcNow();
            var elapsed = time.GetTimestamp();
            if (time.GetElapsedTime(before, elapsed) < Tolerance / 2)
            {
                return (wall, elapsed);
            }
        }
    }
}
