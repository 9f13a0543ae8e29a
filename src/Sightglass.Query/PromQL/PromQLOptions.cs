namespace Sightglass.Query.PromQL;

/// <summary>Switches for the parts of the language that are experimental in Prometheus, each with the name of Prometheus' feature flag. All off by default.</summary>
public sealed record PromQLOptions
{
    private static readonly (string Name, Func<PromQLOptions, PromQLOptions> With)[] Features =
    [
        ("promql-experimental-functions", o => o with { ExperimentalFunctions = true }),
        ("promql-duration-expr", o => o with { DurationExpressions = true }),
        ("promql-extended-range-selectors", o => o with { ExtendedRangeSelectors = true }),
        ("promql-binop-fill-modifiers", o => o with { FillModifiers = true }),
        ("promql-delayed-name-removal", o => o with { DelayedNameRemoval = true }),
        ("use-start-timestamps", o => o with { StartTimestamps = true }),
    ];

    /// <summary>Everything off.</summary>
    public static PromQLOptions Default { get; } = new();

    /// <summary>Everything on.</summary>
    public static PromQLOptions AllExperimental => Features.Aggregate(Default, static (options, feature) => feature.With(options));

    /// <summary>The names that <see cref="With"/> knows.</summary>
    public static IReadOnlyList<string> FeatureNames => [.. Features.Select(static f => f.Name)];

    /// <summary><c>promql-experimental-functions</c>: <c>limitk</c>, <c>limit_ratio</c>, <c>sort_by_label</c>, <c>mad_over_time</c>, <c>info</c> and others.</summary>
    public bool ExperimentalFunctions { get; init; }

    /// <summary><c>promql-duration-expr</c>: arithmetic in ranges and offsets.</summary>
    public bool DurationExpressions { get; init; }

    /// <summary><c>promql-extended-range-selectors</c>: <c>anchored</c> and <c>smoothed</c>.</summary>
    public bool ExtendedRangeSelectors { get; init; }

    /// <summary><c>promql-binop-fill-modifiers</c>: <c>fill</c>, <c>fill_left</c>, <c>fill_right</c>.</summary>
    public bool FillModifiers { get; init; }

    /// <summary><c>promql-delayed-name-removal</c>: metric names are dropped at the end of the evaluation.</summary>
    public bool DelayedNameRemoval { get; init; }

    /// <summary><c>use-start-timestamps</c>: <c>rate</c>, <c>increase</c>, <c>irate</c> and <c>resets</c> see counter resets by the samples' start timestamps.</summary>
    public bool StartTimestamps { get; init; }

    /// <summary>These options with the part of a feature's name on; null for a name that is none.</summary>
    public PromQLOptions? With(string feature)
    {
        foreach (var (name, with) in Features)
        {
            if (name == feature)
            {
                return with(this);
            }
        }

        return null;
    }
}
