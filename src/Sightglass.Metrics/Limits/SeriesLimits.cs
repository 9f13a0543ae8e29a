using Sightglass.Core.Model;

namespace Sightglass.Metrics.Limits;

/// <summary>
/// Bounds on new series. A series that is known already is never refused by them. A sender is who pushes or the scrape job; a job is a
/// value of the label <c>job</c> of one sender. 0 is no bound.
/// </summary>
public sealed record SeriesLimits
{
    /// <summary>The defaults.</summary>
    public static SeriesLimits Default { get; } = new();

    /// <summary>Series in memory at once, of all senders.</summary>
    public int MaxActiveSeries { get; init; } = 10_000_000;

    /// <summary>Series in memory at once that one sender brought.</summary>
    public int MaxActiveSeriesPerSender { get; init; } = 2_000_000;

    /// <summary>
    /// Series in memory at once of one metric, of all senders; series without a name are one metric. None by default: a sender that explodes would keep others from new series of
    /// the metrics that they share.
    /// </summary>
    public int MaxActiveSeriesPerMetric { get; init; }

    /// <summary>Distinct values of one label among the series in memory, of all metrics; <c>__name__</c> has no such bound. None by default, as above.</summary>
    public int MaxValuesPerLabel { get; init; }

    /// <summary>New series a minute of one job of a sender; all jobs of a sender together may bring <see cref="JobsPerSender"/> times as many.</summary>
    public int MaxNewSeriesPerMinute { get; init; } = 200_000;

    /// <summary>
    /// New series that a job may bring at once after a quiet time: whoever starts or is rolled out anew brings all of its series in one go.
    /// It fills up again at <see cref="MaxNewSeriesPerMinute"/>.
    /// </summary>
    public int NewSeriesBurst { get; init; } = 600_000;

    /// <summary>How many times what one job may bring a sender may: one that invents jobs is bounded too.</summary>
    public const int JobsPerSender = 3;
}

/// <summary>Why a new series was refused.</summary>
public enum SeriesVerdict
{
    /// <summary>It was not.</summary>
    Admitted,

    /// <summary><see cref="SeriesLimits.MaxActiveSeries"/>.</summary>
    TooManyActiveSeries,

    /// <summary><see cref="SeriesLimits.MaxActiveSeriesPerSender"/>.</summary>
    TooManyActiveSeriesOfSender,

    /// <summary><see cref="SeriesLimits.MaxActiveSeriesPerMetric"/>.</summary>
    TooManyActiveSeriesOfMetric,

    /// <summary><see cref="SeriesLimits.MaxValuesPerLabel"/>.</summary>
    TooManyValuesOfLabel,

    /// <summary><see cref="SeriesLimits.MaxNewSeriesPerMinute"/>.</summary>
    TooManyNewSeries,
}

/// <summary>What was refused of one sender for one reason, since the start of the process.</summary>
/// <param name="Sender">The sender.</param>
/// <param name="Job">The job, empty where series have none.</param>
/// <param name="Verdict">The reason.</param>
/// <param name="RefusedSamples">Samples of new series that were refused.</param>
/// <param name="FirstAt">When it happened first.</param>
/// <param name="LastAt">When it happened last.</param>
/// <param name="Example">One of the refused series.</param>
public sealed record SeriesRefusal(string Sender, string Job, SeriesVerdict Verdict, long RefusedSamples, DateTimeOffset FirstAt, DateTimeOffset LastAt, LabelSet Example)
{
    /// <summary>The metric that is over its limit, or that the example's label is of; none where neither a metric nor a label is over.</summary>
    public string? Metric { get; init; }

    /// <summary>The label that is over its limit, if one is.</summary>
    public string? Label { get; init; }
}

/// <summary>A sender and the series that it brought.</summary>
/// <param name="Sender">The sender.</param>
/// <param name="ActiveSeries">Series in memory that it brought.</param>
/// <param name="CreatedSeries">New series that it brought since the start of the process.</param>
public sealed record SeriesSender(string Sender, int ActiveSeries, long CreatedSeries);

/// <summary>New series of one metric.</summary>
/// <param name="Metric">The metric's name.</param>
/// <param name="LastHour">New series in the sixty minutes before, by whole minutes.</param>
/// <param name="Total">New series since the start of the process.</param>
public sealed record MetricChurn(string Metric, long LastHour, long Total);
