using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;

namespace Sightglass.Ingest.Aggregation;

/// <summary>What happens to samples between whoever brings them and the store.</summary>
public sealed record MetricPipelineConfiguration
{
    /// <summary>Nothing.</summary>
    public static MetricPipelineConfiguration Default { get; } = new();

    /// <summary>Rules of relabelling for every series that comes in, before anything else.</summary>
    public IReadOnlyList<RelabelRule> Relabel { get; init; } = [];

    /// <summary>Whether samples that a rule of aggregation takes are stored too.</summary>
    public bool KeepInput { get; init; }

    /// <summary>Whether samples that no rule of aggregation takes are dropped.</summary>
    public bool DropInput { get; init; }

    /// <summary>The rules of aggregation; a sample goes to each that takes it.</summary>
    public IReadOnlyList<AggregationConfiguration> Aggregation { get; init; } = [];
}

/// <summary>One rule of streaming aggregation, in the terms of VictoriaMetrics' (<c>-streamAggr.config</c>).</summary>
public sealed record AggregationConfiguration
{
    /// <summary>Its name, in counters and errors.</summary>
    public required string Name { get; init; }

    /// <summary>Which series it takes: those that satisfy one of the selectors; without any, all.</summary>
    public IReadOnlyList<IReadOnlyList<LabelMatcher>> Match { get; init; } = [];

    /// <summary>How often results are stored.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>The interval as it is written, which names of results have in them.</summary>
    public required string IntervalText { get; init; }

    /// <summary>Labels that results keep, sorted; the name is always kept.</summary>
    public IReadOnlyList<string> By { get; init; } = [];

    /// <summary>Labels that results lose, sorted.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>What is computed.</summary>
    public required IReadOnlyList<AggregationOutput> Outputs { get; init; }

    /// <summary>Whether results have the names of what they are made of; with one output only.</summary>
    public bool KeepMetricNames { get; init; }

    /// <summary>A series without a sample for so long is forgotten: its next sample is the first of a new one.</summary>
    public required TimeSpan StalenessInterval { get; init; }

    /// <summary>For so long after the start the first sample of a series is no increase: which series are new is not known yet.</summary>
    public required TimeSpan IgnoreFirstSampleInterval { get; init; }

    /// <summary>Whether samples older than the interval are left out.</summary>
    public bool IgnoreOldSamples { get; init; }

    /// <summary>Intervals after the start whose results are not stored.</summary>
    public int IgnoreFirstIntervals { get; init; }

    /// <summary>Whether the intervals that a start, a stop or a reload cuts are stored as far as they go.</summary>
    public bool FlushOnShutdown { get; init; } = true;

    /// <summary>Whether intervals begin with the process and not at whole multiples of their length.</summary>
    public bool NoAlignFlushToInterval { get; init; }

    /// <summary>Of the samples of a series within so long the newest counts; zero for all of them.</summary>
    public TimeSpan DedupInterval { get; init; }

    /// <summary>Labels that are taken away first.</summary>
    public IReadOnlyList<string> DropInputLabels { get; init; } = [];

    /// <summary>Relabelling of what it takes.</summary>
    public IReadOnlyList<RelabelRule> InputRelabel { get; init; } = [];

    /// <summary>Relabelling of results.</summary>
    public IReadOnlyList<RelabelRule> OutputRelabel { get; init; } = [];

    /// <summary>The rule as it is written: one that a reload leaves as it was goes on.</summary>
    public required string Fingerprint { get; init; }
}

/// <summary>Something that a rule computes.</summary>
/// <param name="Kind">What.</param>
/// <param name="Quantiles">The quantiles of <see cref="AggregationKind.Quantiles"/>, 0 to 1.</param>
public sealed record AggregationOutput(AggregationKind Kind, IReadOnlyList<double> Quantiles)
{
    /// <summary>The outputs by their names; <c>quantiles(0.5, 0.9)</c> has its arguments behind it.</summary>
    public static IReadOnlyDictionary<string, AggregationKind> Names { get; } = new Dictionary<string, AggregationKind>(StringComparer.Ordinal)
    {
        ["avg"] = AggregationKind.Avg,
        ["count_samples"] = AggregationKind.CountSamples,
        ["count_series"] = AggregationKind.CountSeries,
        ["increase"] = AggregationKind.Increase,
        ["increase_prometheus"] = AggregationKind.IncreasePrometheus,
        ["last"] = AggregationKind.Last,
        ["max"] = AggregationKind.Max,
        ["min"] = AggregationKind.Min,
        ["quantiles"] = AggregationKind.Quantiles,
        ["rate_avg"] = AggregationKind.RateAvg,
        ["rate_sum"] = AggregationKind.RateSum,
        ["stddev"] = AggregationKind.Stddev,
        ["stdvar"] = AggregationKind.Stdvar,
        ["sum_samples"] = AggregationKind.SumSamples,
        ["total"] = AggregationKind.Total,
        ["total_prometheus"] = AggregationKind.TotalPrometheus,
        ["unique_samples"] = AggregationKind.UniqueSamples,
    };

    /// <summary>The name of <see cref="Kind"/>.</summary>
    public string Name => Names.First(n => n.Value == Kind).Key;
}

/// <summary>What is computed of the samples of an interval, all series of a group together.</summary>
public enum AggregationKind
{
    /// <summary>Their mean.</summary>
    Avg,

    /// <summary>How many there are.</summary>
    CountSamples,

    /// <summary>Of how many series they are.</summary>
    CountSeries,

    /// <summary>By how much counters rose, the first sample of a new series included.</summary>
    Increase,

    /// <summary>By how much counters rose, without the first samples of series.</summary>
    IncreasePrometheus,

    /// <summary>The one with the newest timestamp.</summary>
    Last,

    /// <summary>The largest.</summary>
    Max,

    /// <summary>The smallest.</summary>
    Min,

    /// <summary>Quantiles of them.</summary>
    Quantiles,

    /// <summary>The mean of the counters' rates, per second.</summary>
    RateAvg,

    /// <summary>The sum of the counters' rates, per second.</summary>
    RateSum,

    /// <summary>Their standard deviation.</summary>
    Stddev,

    /// <summary>Their variance.</summary>
    Stdvar,

    /// <summary>Their sum.</summary>
    SumSamples,

    /// <summary>A counter of <see cref="Increase"/>.</summary>
    Total,

    /// <summary>A counter of <see cref="IncreasePrometheus"/>.</summary>
    TotalPrometheus,

    /// <summary>How many different values there are.</summary>
    UniqueSamples,
}

/// <summary>What a rule of aggregation did since it is in force.</summary>
/// <param name="Rule">Its name.</param>
/// <param name="Samples">Samples that it took.</param>
/// <param name="IgnoredSamples">Samples that it left out: too old, or no numbers.</param>
/// <param name="Overflow">How often there was no room for a series: its samples were stored as they are.</param>
/// <param name="Series">Series whose samples it takes now.</param>
/// <param name="Groups">Groups that it makes of them.</param>
/// <param name="Results">Samples that it stored.</param>
public sealed record AggregationFigure(string Rule, long Samples, long IgnoredSamples, long Overflow, int Series, int Groups, long Results);
