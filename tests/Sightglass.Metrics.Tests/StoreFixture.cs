using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Metrics.Limits;
using Sightglass.Query.PromQL.Scripts;
using Sightglass.TestKit;
using Sightglass.TestKit.Faults;

namespace Sightglass.Metrics.Tests;

/// <summary>A store on a file system in memory, with the plain store beside it that says what is right.</summary>
internal sealed class StoreFixture : IDisposable
{
    public const long Now = 1_767_225_600_000;

    public static readonly LabelMatcher[] Everything = [new(Core.Model.MatchType.Regex, "__name__", ".+")];

    public FaultyFileSystem Files { get; private set; } = new();

    public ManualTimeProvider Time { get; } = new();

    public InMemoryMetricStore Model { get; private set; } = new();

    public List<string> Reports { get; } = [];

    public MetricStore Store { get; private set; } = null!;

    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    public long FlushBytes { get; init; } = 64 << 20;

    public IReadOnlyList<MetricRetentionRule> Rules { get; init; } = [];

    public SeriesLimits Limits { get; init; } = SeriesLimits.Default;

    public string Folder { get; private set; } = "/metrics";

    public StoreFixture Open()
    {
        Store = MetricStore.Open(new MetricStoreOptions
        {
            Folder = Folder,
            Files = Files,
            TimeProvider = Time,
            SyncInterval = TimeSpan.Zero,
            Retention = Retention,
            RetentionRules = Rules,
            FlushBytes = FlushBytes,
            SeriesLimits = Limits,
            Report = m =>
            {
                lock (Reports)
                {
                    Reports.Add(m);
                }
            },
        });
        return this;
    }

    /// <summary>Kills the process (or the machine) and opens again.</summary>
    public void Restart(bool loseUnsynced)
    {
        var before = Store;
        Files = Files.Restart(loseUnsynced);
        Open();
        before.Dispose();
    }

    public void UseFolder(string folder) => Folder = folder;

    public void UseFiles(FaultyFileSystem files) => Files = files;

    /// <summary>Snapshots, and goes on with a store on the snapshot alone.</summary>
    public void MoveToSnapshot(bool skipHead = false)
    {
        var target = Folder + "-snapshot";
        Store.Snapshot(target, skipHead);
        Store.Dispose();
        Folder = target;
        Restart(loseUnsynced: true);
    }

    public void Delete(IReadOnlyList<LabelMatcher> matchers, long min, long max)
    {
        Store.Delete([matchers], min, max);
        Forget((labels, time) => time >= min && time <= max && matchers.All(m => m.Matches(labels.TryGet(m.Name, out var value) ? value : string.Empty)));
    }

    /// <summary>Takes samples out of the plain store.</summary>
    public void Forget(Func<LabelSet, long, bool> gone)
    {
        using var selection = Model.Select(new MetricSelection([], long.MinValue, long.MaxValue, WithStarts: true), CancellationToken.None);
        var left = new InMemoryMetricStore();
        var buffer = new SampleBuffer();
        using var batch = MetricBatch.Rent();
        for (var i = 0; i < selection.Count; i++)
        {
            selection.Read(i, buffer);
            var series = batch.AddSeries(selection.Labels(i));
            for (var s = 0; s < buffer.Count; s++)
            {
                if (gone(selection.Labels(i), buffer.TimestampsMs[s]))
                {
                    continue;
                }

                if (buffer.HasHistograms && buffer.Histograms[s] is { } histogram)
                {
                    batch.Histograms.Add((series, buffer.TimestampsMs[s], histogram));
                    batch.SetHistogramStart(buffer.StartTimestampsMs.IsEmpty ? 0 : buffer.StartTimestampsMs[s]);
                }
                else
                {
                    batch.AddSample(series, buffer.TimestampsMs[s], buffer.Values[s]);
                    batch.SetSampleStart(buffer.StartTimestampsMs.IsEmpty ? 0 : buffer.StartTimestampsMs[s]);
                }
            }
        }

        left.Append(batch);
        Model = left;
    }

    public AppendResult Append(Action<MetricBatch> fill)
    {
        using var batch = MetricBatch.Rent();
        fill(batch);
        var result = Store.Append(batch);
        Model.Append(batch);
        return result;
    }

    public void AppendSample(LabelSet labels, long time, double value) =>
        Append(b => b.AddSample(b.AddSeries(labels), time, value));

    public static List<string> Dump(IMetricStore store, IReadOnlyList<LabelMatcher> matchers, long min = 0, long max = long.MaxValue)
    {
        using var selection = store.Select(new MetricSelection(matchers, min, max, WithStarts: true), CancellationToken.None);
        var lines = new List<string>();
        var buffer = new SampleBuffer();
        for (var i = 0; i < selection.Count; i++)
        {
            selection.Read(i, buffer);
            for (var s = 0; s < buffer.Count; s++)
            {
                var histogram = buffer.HasHistograms ? buffer.Histograms[s] : null;
                var start = buffer.StartTimestampsMs.IsEmpty ? 0 : buffer.StartTimestampsMs[s];
                lines.Add($"{selection.Labels(i)} {start}@{buffer.TimestampsMs[s]} {(histogram is null ? $"{BitConverter.DoubleToUInt64Bits(buffer.Values[s]):x}" : $"H{histogram.Schema}/{histogram.Sum}/{string.Join(',', histogram.PositiveBuckets)}/{string.Join(',', histogram.CustomBounds)}")}");
            }
        }

        return lines;
    }

    public void ShouldAgree(IReadOnlyList<LabelMatcher>? matchers = null, long min = 0, long max = long.MaxValue) =>
        Dump(Store, matchers ?? Everything, min, max).ShouldBe(Dump(Model, matchers ?? Everything, min, max));

    public void Dispose() => Store?.Dispose();
}
