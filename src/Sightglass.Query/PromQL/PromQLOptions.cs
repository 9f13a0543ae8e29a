namespace Sightglass.Query.PromQL;

/// <summary>
/// Switches for the parts of the language that are experimental in Prometheus. All off by default. Not available at all are
/// extended range selectors (<c>anchored</c>, <c>smoothed</c>), <c>info()</c> and start timestamps.
/// </summary>
public sealed record PromQLOptions
{
    /// <summary>Everything off.</summary>
    public static PromQLOptions Default { get; } = new();

    /// <summary>Everything on.</summary>
    public static PromQLOptions AllExperimental { get; } = new()
    {
        ExperimentalFunctions = true,
        DurationExpressions = true,
        FillModifiers = true,
        DelayedNameRemoval = true,
    };

    /// <summary><c>promql-experimental-functions</c>: <c>limitk</c>, <c>limit_ratio</c>, <c>sort_by_label</c>, <c>mad_over_time</c> and others.</summary>
    public bool ExperimentalFunctions { get; init; }

    /// <summary><c>promql-duration-expr</c>: arithmetic in ranges and offsets.</summary>
    public bool DurationExpressions { get; init; }

    /// <summary><c>promql-binop-fill-modifiers</c>: <c>fill</c>, <c>fill_left</c>, <c>fill_right</c>.</summary>
    public bool FillModifiers { get; init; }

    /// <summary><c>promql-delayed-name-removal</c>: metric names are dropped at the end of the evaluation.</summary>
    public bool DelayedNameRemoval { get; init; }
}
