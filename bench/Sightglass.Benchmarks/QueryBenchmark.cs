using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Metrics;
using Sightglass.Query.PromQL;

namespace Sightglass.Benchmarks;

/// <summary>
/// The PromQL queries of a question file over a store's folder that is in nobody's use, without HTTP. For each: best and median time, processor
/// time, bytes allocated, and what finding and reading its series alone takes.
/// </summary>
internal static class QueryBenchmark
{
    public static void Run(string folder, string questions, DateTimeOffset start, DateTimeOffset end, int rounds, string only)
    {
        using var store = MetricStore.Open(new MetricStoreOptions { Folder = folder, Report = Console.Error.WriteLine });
        using var engine = new PromQLEngine(store, QueryLimits.Default, TimeProvider.System);
        using var document = JsonDocument.Parse(File.ReadAllText(questions));
        Console.WriteLine($"{"query",-40} {"best ms",9} {"med ms",9} {"cpu ms",9} {"alloc MB",9} {"find ms",9} {"read ms",9} {"series",8}");
        foreach (var question in document.RootElement.EnumerateArray())
        {
            var name = question.GetProperty("name").GetString()!;
            var query = question.GetProperty("params").TryGetProperty("query", out var q) ? q.GetString()! : string.Empty;
            if (query.Length == 0 || query.Contains("{{", StringComparison.Ordinal) || !name.Contains(only, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            var isRange = question.GetProperty("path").GetString()!.EndsWith("query_range", StringComparison.Ordinal);
            Measure(store, engine, name, query, isRange ? start.AddMinutes(10) : end, end, isRange, rounds);
        }
    }

    private static void Measure(MetricStore store, PromQLEngine engine, string name, string query, DateTimeOffset start, DateTimeOffset end, bool isRange, int rounds)
    {
        var (from, to) = (start.ToUnixTimeMilliseconds(), end.ToUnixTimeMilliseconds());
        var process = Process.GetCurrentProcess();
        PromQLResult Once() => isRange ? engine.Range(query, from, to, 60_000) : engine.Instant(query, to);
        for (var i = 0; i < 3; i++)
        {
            Once();
        }

        var times = new double[rounds];
        process.Refresh();
        var cpu = process.TotalProcessorTime;
        var allocated = GC.GetTotalAllocatedBytes();
        for (var i = 0; i < rounds; i++)
        {
            var watch = Stopwatch.StartNew();
            Once();
            times[i] = watch.Elapsed.TotalMilliseconds;
        }

        process.Refresh();
        var cpuMs = (process.TotalProcessorTime - cpu).TotalMilliseconds / rounds;
        var allocatedMb = (GC.GetTotalAllocatedBytes() - allocated) / 1e6 / rounds;
        Array.Sort(times);
        var (find, read, series) = ReadAlone(store, engine.Parse(query), from, to, rounds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-40} {times[0],9:F2} {times[rounds / 2],9:F2} {cpuMs,9:F1} {allocatedMb,9:F2} {find,9:F2} {read,9:F2} {series,8}"));
    }

    /// <summary>The least that any evaluation costs, on one core: the selectors' series found, and their samples read.</summary>
    private static (double FindMs, double ReadMs, int Series) ReadAlone(MetricStore store, PromQLExpression expression, long from, long to, int rounds)
    {
        var (bestFind, bestRead, series) = (double.MaxValue, double.MaxValue, 0);
        var buffer = new SampleBuffer();
        for (var i = 0; i < rounds; i++)
        {
            var (find, read) = (0d, 0d);
            series = 0;
            foreach (var selector in Selectors(expression))
            {
                var watch = Stopwatch.StartNew();
                using var selection = store.Select(new MetricSelection(selector.Matchers, from - 300_000, to), default);
                find += watch.Elapsed.TotalMilliseconds;
                watch.Restart();
                series += selection.Count;
                for (var s = 0; s < selection.Count; s++)
                {
                    selection.Read(s, buffer);
                }

                read += watch.Elapsed.TotalMilliseconds;
            }

            bestFind = Math.Min(bestFind, find);
            bestRead = Math.Min(bestRead, read);
        }

        return (bestFind, bestRead, series);
    }

    private static IEnumerable<VectorSelector> Selectors(PromQLExpression expression) =>
        expression is VectorSelector selector ? [selector] : expression.Children.SelectMany(Selectors);
}
