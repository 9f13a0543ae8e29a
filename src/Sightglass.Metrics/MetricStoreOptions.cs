using Sightglass.Core.Limits;
using Sightglass.Metrics.Downsampling;
using Sightglass.Metrics.Limits;
using Sightglass.Storage;

namespace Sightglass.Metrics;

/// <summary>Settings of a metric store.</summary>
public sealed record MetricStoreOptions
{
    /// <summary>The store's own folder; made where it is missing. Nobody else may write to it.</summary>
    public required string Folder { get; init; }

    /// <summary>Samples older are dropped and refused; zero keeps everything.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Series for which another retention holds; of the rules that a series satisfies the first counts.</summary>
    public IReadOnlyList<MetricRetentionRule> RetentionRules { get; init; } = [];

    /// <summary>Age of a deletion at which parts are written anew for it alone.</summary>
    public TimeSpan CleanAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>From which ages on samples are kept in buckets only, ascending; none by default.</summary>
    public IReadOnlyList<DownsamplingRule> Downsampling { get; init; } = [];

    /// <summary>How often the log is synced; zero: before every answer.</summary>
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Where the time comes from.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The files; another implementation in tests.</summary>
    public IFileSystem Files { get; init; } = DiskFileSystem.Instance;

    /// <summary>Bounds on what is taken in.</summary>
    public IngestLimits Limits { get; init; } = IngestLimits.Default;

    /// <summary>Bounds on new series.</summary>
    public SeriesLimits SeriesLimits { get; init; } = SeriesLimits.Default;

    /// <summary>Bytes of the memory table at which it is written out as a part.</summary>
    public long FlushBytes { get; init; } = 32 << 20;

    /// <summary>Age of the memory table at which it is written out, so that a restart has little to replay.</summary>
    public TimeSpan FlushAge { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Quiet time after which the memory table is written out: a store that nobody writes to holds no memory and no log.</summary>
    public TimeSpan FlushIdle { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often background work looks for something to do.</summary>
    public TimeSpan BackgroundInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of decompressed blocks kept for queries.</summary>
    public long CacheBytes { get; init; } = 32 << 20;

    /// <summary>
    /// Bytes of decompressed series of indexes kept for queries, some fifty for each series of each part: a sixteenth of the memory that the process may have, 32 MiB to 1 GiB.
    /// </summary>
    public long IndexCacheBytes { get; init; } = Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 16, 32 << 20, 1 << 30);

    /// <summary>Exemplars kept, the newest written; 0 keeps none.</summary>
    public int MaxExemplars { get; init; } = 100_000;

    /// <summary>Told of losses and failures, as a sentence for the operator; called from any thread.</summary>
    public Action<string> Report { get; init; } = static _ => { };
}

/// <summary>A retention of its own for some series.</summary>
/// <param name="Matchers">Conditions that all hold for a series.</param>
/// <param name="Keep">Samples older are dropped; zero keeps everything.</param>
public sealed record MetricRetentionRule(IReadOnlyList<Core.Model.LabelMatcher> Matchers, TimeSpan Keep);

/// <summary>Figures of a metric store at one moment.</summary>
/// <param name="ActiveSeries">Series in memory.</param>
/// <param name="MemorySamples">Samples in memory.</param>
/// <param name="MemoryBytes">Bytes of the memory tables, estimated.</param>
/// <param name="PartSamples">Samples in parts; duplicates count until they are merged.</param>
/// <param name="Parts">Parts.</param>
/// <param name="PartBytes">Bytes of the parts.</param>
/// <param name="WalBytes">Bytes of the log.</param>
/// <param name="SamplesAppended">Samples stored since the start of the process.</param>
/// <param name="SamplesRejected">Samples refused since the start of the process.</param>
/// <param name="Quarantined">Parts set aside since the start of the process.</param>
public sealed record MetricStoreStats(
    long ActiveSeries,
    long MemorySamples,
    long MemoryBytes,
    long PartSamples,
    int Parts,
    long PartBytes,
    long WalBytes,
    long SamplesAppended,
    long SamplesRejected,
    int Quarantined)
{
    /// <summary>Deletions of which something is still on disk.</summary>
    public int Tombstones { get; init; }

    /// <summary>Bytes on disk: parts and log.</summary>
    public long DiskBytes => PartBytes + WalBytes;
}
