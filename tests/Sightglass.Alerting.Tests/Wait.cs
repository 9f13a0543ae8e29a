using System.Diagnostics;

namespace Sightglass.Alerting.Tests;

internal static class Wait
{
    /// <summary>Waits for what another thread does; fails after half a minute.</summary>
    public static async Task Until(Func<bool> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30), "the condition did not come true");
            await Task.Delay(1);
        }
    }
}
