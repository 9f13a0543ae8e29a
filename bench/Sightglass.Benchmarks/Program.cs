using System.Diagnostics;
using System.Globalization;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Metrics;

// micro [filter…]: micro-benchmarks of encoding, decoding, appending, merging, selecting and PromQL; arguments as BenchmarkDotNet has them.
// In this process: the projects that it would make otherwise do not pass the checks of this repository's builds.
if (args is ["micro", ..])
{
    BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(Sightglass.Benchmarks.Micro.BlockBenchmarks).Assembly).Run([.. args.Length > 1 ? args[1..] : ["--filter", "*"], "--inProcess"]);
    return;
}

// startup-profile TRACES FOLDER OUT: the methods that a published server in FOLDER compiled while it wrote the traces in a folder, as a profile for its next publish; see ../startup-profile.sh.
if (args is ["startup-profile", var traces, var published, var profile])
{
    var writer = new Sightglass.Benchmarks.StartupProfile.ProfileWriter(published);
    foreach (var trace in Directory.EnumerateFiles(traces, "*.nettrace").Order(StringComparer.Ordinal))
    {
        writer.Add(Sightglass.Benchmarks.StartupProfile.CompiledMethods.Read(trace));
    }

    var (written, skipped) = writer.Write(profile);
    Console.WriteLine($"{written} methods, {skipped} that cannot be named");
    return;
}

// queries FOLDER QUESTIONS.json START END [rounds] [only]: PromQL over a store that was filled before; see QueryBenchmark.
if (args is ["queries", var dataFolder, var questions, var first, var last, ..])
{
    var rounds = args.Length > 5 ? int.Parse(args[5], CultureInfo.InvariantCulture) : 10;
    Sightglass.Benchmarks.QueryBenchmark.Run(dataFolder, questions, DateTimeOffset.Parse(first, CultureInfo.InvariantCulture), DateTimeOffset.Parse(last, CultureInfo.InvariantCulture), rounds, args.Length > 6 ? args[6] : string.Empty);
    return;
}

// What the metrics engine costs: samples of many series appended scrape by scrape, then merged, then read.
// Usage: Sightglass.Benchmarks [series] [samples per series] [folder]
var seriesCount = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 40_000;
var scrapes = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 250;
var folder = args.Length > 2 ? args[2] : Path.Combine(Path.GetTempPath(), $"sightglass-bench-{Environment.ProcessId}");
const int SeriesPerBatch = 2000;
const int StepMs = 15_000;
var process = Process.GetCurrentProcess();
var total = (double)seriesCount * scrapes;
var start = (TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - ((long)scrapes * StepMs)) / StepMs * StepMs;
var random = new Random(1);
var values = new double[seriesCount];

using (var store = MetricStore.Open(new MetricStoreOptions { Folder = folder, Report = Console.Error.WriteLine }))
{
    var keys = new LabelSet[seriesCount];
    for (var i = 0; i < seriesCount; i++)
    {
        keys[i] = LabelSet.Of("__name__", $"app_metric_{i % 200}_total", "instance", $"host-{i / 200}.example:9100", "job", "app", "region", $"eu-{i % 4}", "path", $"/api/v1/{i % 50}");
    }

    using var writer = new Sightglass.Core.Bytes.ByteWriter();
    var encoded = keys.Select(k =>
    {
        writer.Clear();
        k.WriteKey(writer);
        return writer.Written.ToArray();
    }).ToArray();

    var fill = TimeSpan.Zero;
    var append = TimeSpan.Zero;
    var wall = Stopwatch.StartNew();
    var before = Cpu(process);
    for (var scrape = 0; scrape < scrapes; scrape++)
    {
        for (var from = 0; from < seriesCount; from += SeriesPerBatch)
        {
            var filled = Stopwatch.StartNew();
            using var batch = MetricBatch.Rent();
            for (var i = from; i < Math.Min(from + SeriesPerBatch, seriesCount); i++)
            {
                values[i] = Math.Round(values[i] + ((i % 3) switch { 0 => random.Next(100), 1 => random.Next(10) / 100.0, _ => random.Next(3) == 0 ? 1 : 0 }), 2);
                batch.AddSample(batch.AddSeries(encoded[i]), start + ((long)scrape * StepMs), values[i]);
            }

            fill += filled.Elapsed;
            filled.Restart();
            store.Append(batch);
            append += filled.Elapsed;
        }
    }

    var cpu = Cpu(process) - before;
    Console.WriteLine($"append: {total:N0} samples of {seriesCount:N0} series, wall {wall.Elapsed.TotalSeconds:F2} s, of it filling batches {fill.TotalSeconds:F2} s, appending {append.TotalSeconds:F2} s");
    Console.WriteLine($"cpu: {cpu.TotalSeconds / total * 1e6:F3} s per million samples with background flushes and merges, batches' filling included");
    process.Refresh();
    Console.WriteLine($"memory: resident {process.WorkingSet64 >> 20} MiB, peak {process.PeakWorkingSet64 >> 20} MiB; {store.Stats}");
    store.Flush();
    store.CompactFully();
    var stats = store.Stats;
    Console.WriteLine($"disk: {stats.PartBytes / total:F3} bytes per sample after merges; {stats}");
    Read(store, "one metric", new LabelMatcher(Sightglass.Core.Model.MatchType.Equal, "__name__", "app_metric_1_total"));
    Read(store, "everything", new LabelMatcher(Sightglass.Core.Model.MatchType.Regex, "__name__", ".+"));
}

var reopen = Stopwatch.StartNew();
MetricStore.Open(new MetricStoreOptions { Folder = folder }).Dispose();
Console.WriteLine($"reopen: {reopen.Elapsed.TotalMilliseconds:F0} ms");
Directory.Delete(folder, recursive: true);

static TimeSpan Cpu(Process process)
{
    process.Refresh();
    return process.TotalProcessorTime;
}

static void Read(MetricStore store, string what, LabelMatcher matcher)
{
    for (var round = 0; round < 2; round++)
    {
        var watch = Stopwatch.StartNew();
        using var found = store.Select(new MetricSelection([matcher], 0, long.MaxValue), CancellationToken.None);
        var selected = watch.Elapsed;
        var buffer = new SampleBuffer();
        long samples = 0;
        for (var i = 0; i < found.Count; i++)
        {
            found.Read(i, buffer);
            samples += buffer.Count;
        }

        Console.WriteLine($"read {what}: {found.Count:N0} series found in {selected.TotalMilliseconds:F1} ms, {samples:N0} samples, {samples / watch.Elapsed.TotalSeconds / 1e6:F0} million a second");
    }
}
