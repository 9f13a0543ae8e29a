using System.Globalization;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Contracts;
using Sightglass.Events;
using Sightglass.Events.Deletion;
using Sightglass.Query.LogQL;
using Sightglass.TestKit;

namespace Sightglass.Query.Tests.LogQL.Model;

/// <summary>
/// Random queries over random lines, answered by the engine over the real store and by a model that does to every line what the query says, one stage after
/// the other, and looks at all of them again for every step. <c>SIGHTGLASS_LOGQL_WORLDS=300 SIGHTGLASS_SEED=1 dotnet test --filter ModelTests</c> does more.
/// </summary>
public sealed class ModelTests
{
    private static readonly int Worlds = Number("SIGHTGLASS_LOGQL_WORLDS", 10);
    private static readonly int Size = Number("SIGHTGLASS_LOGQL_SIZE", 1);
    private static readonly int Seed = Number("SIGHTGLASS_SEED", 4711);

    [Fact]
    public void The_engine_answers_as_the_model_does()
    {
        var counts = new Dictionary<string, int>();
        var wrong = new List<string>();
        for (var world = 0; world < Worlds; world++)
        {
            using var folder = new TemporaryFolder();
            Run(Seed + world, folder.PathOf("data"), counts, wrong);
        }

        wrong.Take(12).ShouldBeEmpty(string.Join(", ", counts.Select(static c => $"{c.Key} {c.Value}")));
        counts["same"].ShouldBeGreaterThan(counts.GetValueOrDefault("skipped"), string.Join(", ", counts.Select(static c => $"{c.Key} {c.Value}")));
    }

    private static void Run(int seed, string folder, Dictionary<string, int> counts, List<string> wrong)
    {
        var random = new Random(seed);
        var data = new ModelData(random, random.Next(3) switch { 0 => 1, 1 => 6, _ => 60 }, otlp: random.Next(2) == 0);
        EventStore Open() => new(new EventStoreOptions
        {
            Folder = folder,
            TimeProvider = new ManualTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(LogWorld.At(4000) / 1_000_000)),
            RunInBackground = false,
            DeletionFilter = static (_, query) => Named(LogQLDeletion.Filter(query)),
            OnCorruption = static e => throw e,
        });
        var store = Open();
        var engine = new LogQLEngine(store, QueryLimits.Default);
        for (var i = 0; i < 40; i++)
        {
            if (i % 8 == 4 && random.Next(3) == 0)
            {
                store.Dispose();
                store = Open();
                engine = new LogQLEngine(store, QueryLimits.Default);
            }

            if (i % 16 == 0 || data.Lines.Count == 0)
            {
                Fill(store, data, random);
            }

            var pipelines = new ModelPipelines(random, data.Lines);
            var metrics = new ModelMetrics(random, pipelines);
            if (i % 16 == 8 && random.Next(3) == 0)
            {
                Delete(store, data, pipelines.Log(2), LogWorld.At(random.Next(data.Seconds)), LogWorld.At(data.Seconds));
                continue;
            }

            var log = i % 2 == 0 ? pipelines.Log(5) : null;
            var metric = log is not null ? null : i % 10 == 5 ? metrics.Variants() : metrics.Metric(0);
            var about = $"seed {seed}: {log?.ToString() ?? metric!.ToString()}";
            string outcome;
            try
            {
                outcome = log is not null ? Lines(engine, data.Lines, log, random) : Series(engine, data, metric!, random);
            }
            catch (SkippedException)
            {
                outcome = "skipped";
            }

            if (outcome is not ("same" or "refused" or "skipped"))
            {
                wrong.Add($"{about}\n{outcome}\n");
                outcome = "other";
            }

            counts[outcome] = counts.GetValueOrDefault(outcome) + 1;
        }

        store.Dispose();
    }

    private static void Delete(EventStore store, ModelData data, ModelLog rows, long from, long to)
    {
        HashSet<ModelLine> meant;
        try
        {
            meant = new(data.Lines.Where(l => l.Time >= from && l.Time <= to && rows.Run(l, null) is not null), ReferenceEqualityComparer.Instance);
        }
        catch (SkippedException)
        {
            return;
        }

        store.Delete(EventSignal.Logs, rows.ToString(), from, to);
        data.Lines.RemoveAll(meant.Contains);
    }

    private static EventFilter Named(LogQLRows rows) => new(rows.Streams, rows.Where) { Rows = rows.Rows };

    private static void Fill(EventStore store, ModelData data, Random random)
    {
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            using (var batch = data.Next(Size * (random.Next(4) == 0 ? random.Next(200, 600) : random.Next(1, 60))))
            {
                store.Append(batch).ShouldBe(AppendResult.All(batch.Count));
            }

            switch (random.Next(5))
            {
                case 0 or 1:
                    store.Flush();
                    break;
                case 2:
                    store.Merge();
                    break;
                case 3:
                    store.CleanDeleted(default);
                    break;
            }
        }
    }

    private static string Lines(LogQLEngine engine, List<ModelLine> lines, ModelLog log, Random random)
    {
        var direction = (LogDirection)random.Next(2);
        var limit = random.Next(3) == 0 ? random.Next(1, 40) : 5000;
        var (start, end) = random.Next(3) == 0 ? (LogWorld.At(random.Next(1800)), LogWorld.At(random.Next(1800, 3600))) : (LogWorld.At(0), LogWorld.At(3600));
        var ordered = direction == LogDirection.Forward ? lines.OrderBy(static l => l.Time) : lines.AsEnumerable().Reverse().OrderByDescending(static l => l.Time);
        var want = ordered.Where(l => l.Time >= start && l.Time < end).Select(l => log.Run(l, null)).Where(static e => e is not null)
            .Select(static e => $"{e!.Source.Time} {Text(e.All())} {Short(e.Line)}").Take(limit).ToList();
        List<string> got;
        try
        {
            got = [.. engine.QueryRange(new LogQLRange(log.ToString(), start, end) { Limit = limit, Direction = direction }, default).Lines
                .Select(static l => $"{l.TimeUnixNano} {Text(l.Labels.ToDictionary(static x => x.Name, static x => x.Value))} {Short(l.Line)}")];
        }
        catch (QueryException e)
        {
            return $"refused: {e.Message}";
        }

        return Compare(want, got, $"{direction} limit {limit}");
    }

    private static string Series(LogQLEngine engine, ModelData data, ModelMetric metric, Random random)
    {
        var (start, end) = random.Next(3) == 0 ? (random.Next(data.Seconds), -1) : (random.Next(-60, data.Seconds), random.Next(data.Seconds, data.Seconds + 60));
        var step = Math.Max(1, new[] { 7, 30, 60, 600 }[random.Next(4)] * data.Seconds / 3600.0 * 4);
        var (startNano, stepNano) = (LogWorld.At(start) + random.Next(3), (long)(step * LogWorld.Second));
        var steps = end < 0 ? 1 : (int)((LogWorld.At(end) - startNano) / stepNano) + 1;
        var want = new List<(string Key, double Value)>();
        string? refused = null;
        try
        {
            for (var i = 0; i < steps; i++)
            {
                var at = startNano + (i * stepNano);
                want.AddRange(metric.At(new ModelMoment(data.Lines, at)).Select(s => ($"{s.Key} {at}", s.Value)));
            }
        }
        catch (RefusedException e)
        {
            refused = e.Message;
        }

        try
        {
            var answer = end < 0 ? engine.Query(metric.ToString(), startNano, default) : engine.QueryRange(new LogQLRange(metric.ToString(), startNano, LogWorld.At(end)) { StepNano = stepNano }, default);
            var got = answer.Series.SelectMany(static s => s.Values.Select((v, i) => (Key: $"{s.Labels} {s.TimesUnixNano[i]}", Value: v))).ToDictionary(static p => p.Key, static p => p.Value);

            // Sums depend on their order in the last bits: a value that is near enough counts as the same.
            return refused is not null ? $"answered, not refused with {refused}"
                : Compare([.. want.Select(w => $"{w.Key} {Text(w.Value)}").Order(StringComparer.Ordinal)],
                    [.. got.Select(g => $"{g.Key} {Text(want.Find(w => w.Key == g.Key) is { Key: not null } near && ModelFunctions.Close(near.Value, g.Value) ? near.Value : g.Value)}").Order(StringComparer.Ordinal)],
                    $"from {start} to {end} every {stepNano}");
        }
        catch (QueryException e)
        {
            return refused is null ? $"refused: {e.Message}" : "refused";
        }
    }

    private static string Compare(List<string> want, List<string> got, string how)
    {
        if (want.SequenceEqual(got))
        {
            return "same";
        }

        var at = want.Zip(got).TakeWhile(static p => p.First == p.Second).Count();
        return $"{how}, want {want.Count} got {got.Count}, first difference at {at}\n  want {want.ElementAtOrDefault(at)}\n  got  {got.ElementAtOrDefault(at)}";
    }

    private static string Text(IReadOnlyDictionary<string, string> labels) =>
        string.Join(',', labels.Where(static l => l.Key != ModelEntry.MarkLabel).OrderBy(static l => l.Key, StringComparer.Ordinal).Select(static l => $"{l.Key}={l.Value}"));

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Short(string line) => line.Length < 300 ? line : $"{line[..100]}…{line.Length} {string.GetHashCode(line, StringComparison.Ordinal)}";

    private static int Number(string variable, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
