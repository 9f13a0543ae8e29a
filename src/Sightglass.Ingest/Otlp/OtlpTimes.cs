using Sightglass.Core.Limits;

namespace Sightglass.Ingest.Otlp;

/// <summary>Checks of senders' clocks.</summary>
internal static class OtlpTimes
{
    /// <summary>Nanoseconds since the Unix epoch.</summary>
    public static long NowUnixNano(TimeProvider time) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <summary>True for times beyond what 63 bits hold and for those too far in the future.</summary>
    public static bool Invalid(long timeUnixNano, long nowUnixNano, IngestLimits limits) =>
        timeUnixNano < 0 || timeUnixNano - nowUnixNano > limits.MaxFuture.Ticks * 100;
}
