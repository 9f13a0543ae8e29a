using BenchmarkDotNet.Attributes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Metrics;
using Sightglass.Query.PromQL;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Benchmarks.Micro;

/// <summary>A store of 10,000 series and four hours: an append, a merge, selections and PromQL over it.</summary>
[MemoryDiagnoser]
public class StoreBenchmarks
{
    private const int Series = 10_000;
    private const int Scrapes = 960;

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"sightglass-micro-{Environment.ProcessId}");
    private readonly MetricBatch _batch = new();
    private readonly SampleBuffer _samples = new();
    private readonly FixedTime _time = new(Shapes.StartMs + (Scrapes * (long)Shapes.StepMs));
    private MetricStore _store = null!;
    private PromQLEngine _engine = null!;
    private long _next;

    [GlobalSetup]
    public void SetUp()
    {
        _store = MetricStore.Open(new MetricStoreOptions { Folder = _folder, TimeProvider = _time, Report = Console.Error.WriteLine });
        _engine = new PromQLEngine(_store, QueryLimits.Default, _time);
        for (var scrape = 0; scrape < Scrapes; scrape++)
        {
            Fill(Shapes.StartMs + (scrape * (long)Shapes.StepMs));
            _store.Append(_batch);
            if (scrape % 240 == 239)
            {
                _store.Flush();
            }
        }

        _store.CompactFully();
        _next = Shapes.StartMs + (Scrapes * (long)Shapes.StepMs);
        Fill(_next);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _engine.Dispose();
        _store.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark(OperationsPerInvoke = Series)]
    public int Append() => _store.Append(_batch).Stored;

    [Benchmark]
    public void FlushAndMerge()
    {
        _store.Append(_batch);
        _store.Flush();
        _store.CompactFully();
    }

    [Benchmark]
    public int SelectOneSeries() => Select(new LabelMatcher(MatchType.Equal, "shard", "77"));

    [Benchmark]
    public int SelectFiveHundredSeries() => Select(new LabelMatcher(MatchType.Equal, "__name__", "app_metric_7_total"));

    [Benchmark]
    public int SelectByExpression() => Select(new LabelMatcher(MatchType.Regex, "instance", "host-1.*"));

    [Benchmark]
    public int Rate() => Range("rate(app_metric_7_total[5m])");

    [Benchmark]
    public int SumOfRates() => Range("sum by (region) (rate(app_metric_7_total[5m]))");

    [Benchmark]
    public int Quantile() => Range("quantile(0.9, app_metric_7_total)");

    private int Range(string query) => _engine.Range(query, Shapes.StartMs + 3_600_000, Shapes.StartMs + (3 * 3_600_000), 60_000).Series.Count;

    private int Select(LabelMatcher matcher)
    {
        using var found = _store.Select(new MetricSelection([matcher], Shapes.StartMs, Shapes.StartMs + 3_600_000), CancellationToken.None);
        var samples = 0;
        for (var i = 0; i < found.Count; i++)
        {
            found.Read(i, _samples);
            samples += _samples.Count;
        }

        return samples;
    }

    private void Fill(long at)
    {
        _batch.Clear();
        for (var i = 0; i < Series; i++)
        {
            _batch.AddSample(_batch.AddSeries(Shapes.Labels(i)), at, (at / 1000) + i);
        }
    }

    private sealed class FixedTime(long nowMs) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(nowMs);
    }
}
