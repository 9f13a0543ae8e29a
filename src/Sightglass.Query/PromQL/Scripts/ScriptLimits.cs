namespace Sightglass.Query.PromQL.Scripts;

/// <summary>Bounds on one script. Each is named in the error that it causes.</summary>
public sealed record ScriptLimits
{
    /// <summary>The defaults.</summary>
    public static ScriptLimits Default { get; } = new();

    /// <summary>Characters of a script.</summary>
    public int MaxScriptLength { get; init; } = 16 << 20;

    /// <summary>Values of one series in one <c>load</c> or expectation.</summary>
    public int MaxValuesPerSeries { get; init; } = 1_000_000;

    /// <summary>Samples that a script may have loaded at one time.</summary>
    public long MaxLoadedSamples { get; init; } = 20_000_000;

    /// <summary>Failures that are kept; a script with more ends there.</summary>
    public int MaxFailures { get; init; } = 1000;

    /// <summary>Longest time of all of a script's evaluations together.</summary>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromMinutes(10);
}
