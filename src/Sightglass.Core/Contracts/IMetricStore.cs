using Sightglass.Core.Model;

namespace Sightglass.Core.Contracts;

/// <summary>Which samples a query wants. Times are milliseconds since the Unix epoch, both ends inclusive.</summary>
/// <param name="Matchers">Conditions that all have to hold; at least one must not match the empty string.</param>
/// <param name="MinTimeMs">Oldest sample, inclusive.</param>
/// <param name="MaxTimeMs">Newest sample, inclusive.</param>
/// <param name="WithStarts">Whether start timestamps are wanted; they may be there without.</param>
public sealed record MetricSelection(IReadOnlyList<LabelMatcher> Matchers, long MinTimeMs, long MaxTimeMs, bool WithStarts = false);

/// <summary>The series that a selection found, in order of their labels. Samples are read series by series. Dispose releases what it pins.</summary>
public interface ISeriesSelection : IDisposable
{
    /// <summary>Number of series with samples in the range (a few may turn out empty).</summary>
    int Count { get; }

    /// <summary>What may be missing, a sentence each.</summary>
    IReadOnlyList<string> Warnings => [];

    /// <summary>Labels of a series, the metric's name included. Thread-safe.</summary>
    LabelSet Labels(int series);

    /// <summary>
    /// Clears <paramref name="buffer"/> and fills it with the series' samples in the range: ascending, one per timestamp (of
    /// duplicates the last written). Stale markers are among them. Thread-safe for distinct buffers.
    /// </summary>
    /// <exception cref="Errors.CorruptDataException">A block failed its check; it has been set aside, the query may be repeated.</exception>
    void Read(int series, SampleBuffer buffer);
}

/// <summary>A store of time series. Thread-safe.</summary>
public interface IMetricStore
{
    /// <summary>Takes a batch; see <see cref="IBatchSink"/>.</summary>
    AppendResult Append(MetricBatch batch);

    /// <summary>
    /// Largest distance of neighbouring samples that is no gap anywhere in the store, milliseconds; 0 when nothing is downsampled. A selector of
    /// the newest sample has to ask for that much more.
    /// </summary>
    long CoarsestMs { get; }

    /// <summary>Counts what was written, deleted or made coarser so far; with <see cref="UnchangedUntilMs"/> it tells which answers still hold.</summary>
    long Revision { get; }

    /// <summary>
    /// Newest time, milliseconds since the Unix epoch, up to which (itself included) every query finds what it found when <see cref="Revision"/> was
    /// <paramref name="revision"/>; <see cref="long.MaxValue"/> when nothing changed, <see cref="long.MinValue"/> when that is not known.
    /// </summary>
    long UnchangedUntilMs(long revision);

    /// <summary>Finds series.</summary>
    ISeriesSelection Select(MetricSelection selection, CancellationToken cancellation);

    /// <summary>Names of labels in use in the range (milliseconds, inclusive) by series that satisfy the matchers (none: all series); sorted.</summary>
    IReadOnlyList<string> LabelNames(IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs, CancellationToken cancellation);

    /// <summary>Values of one label in use, as <see cref="LabelNames"/>; sorted.</summary>
    IReadOnlyList<string> LabelValues(string name, IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs, CancellationToken cancellation);

    /// <summary>Label sets of the series with samples in the range that satisfy all matchers, at most <paramref name="limit"/> (0: all); sorted.</summary>
    IReadOnlyList<LabelSet> Series(IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs, int limit, CancellationToken cancellation);

    /// <summary>Metadata of one family, or of all when null.</summary>
    IReadOnlyList<MetricMetadata> Metadata(string? family);

    /// <summary>
    /// Exemplars in the range (milliseconds, inclusive) of the series that satisfy all matchers of at least one of
    /// <paramref name="selectors"/>; sorted by the series' labels. A store that keeps no exemplars has none to answer.
    /// </summary>
    IReadOnlyList<ExemplarSeries> Exemplars(IReadOnlyList<IReadOnlyList<LabelMatcher>> selectors, long minTimeMs, long maxTimeMs, CancellationToken cancellation) => [];
}
