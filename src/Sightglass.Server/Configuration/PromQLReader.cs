using Sightglass.Alerting;
using Sightglass.Core.Limits;
using Sightglass.Query.PromQL;

namespace Sightglass.Server.Configuration;

/// <summary>The block <c>promql</c>: which experimental parts of the language are on, and the limits of queries.</summary>
/// <param name="Options">The parts that are on.</param>
/// <param name="Limits">The limits.</param>
internal sealed record PromQLConfiguration(PromQLOptions Options, QueryLimits Limits)
{
    /// <summary>As in Prometheus.</summary>
    public static PromQLConfiguration Default { get; } = new(PromQLOptions.Default, QueryLimits.Default);
}

/// <summary>Reads the block <c>promql</c>.</summary>
internal static class PromQLReader
{
    public static PromQLConfiguration Read(YamlSection? section)
    {
        if (section is null)
        {
            return PromQLConfiguration.Default;
        }

        var options = PromQLOptions.Default;
        foreach (var name in section.Texts("experimental"))
        {
            options = name == "all"
                ? PromQLOptions.AllExperimental
                : options.With(name) ?? throw section.Error("experimental", $"experimental: got \"{name}\", want all or any of {string.Join(", ", PromQLOptions.FeatureNames)}");
        }

        var limits = QueryLimits.Default;
        limits = limits with
        {
            Timeout = section.Duration("timeout") ?? limits.Timeout,
            LookbackDelta = section.Duration("lookback_delta") ?? limits.LookbackDelta,
            MaxSamples = Positive(section, "max_samples", limits.MaxSamples),
            MaxSeries = (int)Math.Min(int.MaxValue, Positive(section, "max_series", limits.MaxSeries)),
            MaxMemoryBytes = Positive(section, "max_memory_bytes", limits.MaxMemoryBytes),
            MaxTotalMemoryBytes = Positive(section, "max_total_memory_bytes", limits.MaxTotalMemoryBytes),
            MaxCachedAnswerBytes = section.Integer("max_cached_answer_bytes") is 0 ? 0 : Positive(section, "max_cached_answer_bytes", limits.MaxCachedAnswerBytes),
            MaxConcurrentQueries = (int)Math.Min(10_000, Positive(section, "max_concurrency", limits.MaxConcurrentQueries)),
        };
        if (limits.Timeout <= TimeSpan.Zero || limits.LookbackDelta <= TimeSpan.Zero)
        {
            throw section.Error(limits.Timeout <= TimeSpan.Zero ? "timeout" : "lookback_delta", "a duration above 0 is wanted");
        }

        section.RejectUnknown();
        return new PromQLConfiguration(options, limits);
    }

    private static long Positive(YamlSection section, string key, long otherwise)
    {
        var value = section.Integer(key) ?? otherwise;
        return value > 0 ? value : throw section.Error(key, $"{key}: got {value}, want a whole number above 0");
    }
}
