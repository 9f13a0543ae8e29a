using Sightglass.Core.Model;
using Sightglass.TestKit;
using Sightglass.TestKit.Faults;

namespace Sightglass.Metrics.Tests.Exemplars;

public sealed class ExemplarStoreTests : IDisposable
{
    private static readonly LabelSet A = LabelSet.Of("__name__", "a", "job", "x");
    private static readonly LabelSet B = LabelSet.Of("__name__", "b", "job", "y");
    private readonly ManualTimeProvider _time = new();
    private FaultyFileSystem _files = new();
    private MetricStore _store;

    public ExemplarStoreTests() => _store = Open(5);

    public void Dispose() => _store.Dispose();

    [Fact]
    public void Exemplars_are_found_by_their_series_and_time()
    {
        Append((B, 10, 1, "t1"), (A, 10, 2, "t2"), (A, 20, 3, "t3"));
        Found("a", 0, 100).ShouldBe("a: t2=2@10 t3=3@20");
        Found("a", 11, 20).ShouldBe("a: t3=3@20");
        Found("a", 21, 30).ShouldBe(string.Empty);
        Found("nobody", 0, 100).ShouldBe(string.Empty);

        // Series in order, and one that two selectors mean stands once.
        Found(["b", "a", "a"], 0, 100).ShouldBe("a: t2=2@10 t3=3@20|b: t1=1@10");
    }

    [Fact]
    public void Repetitions_and_what_is_out_of_order_are_left_out()
    {
        Append((A, 20, 2, "t"));
        Append((A, 20, 2, "t"), (A, 10, 9, "t"), (A, 20, 1, "t"));
        Append((A, 20, 2, "u"), (A, 20, 2.5, "a"), (A, 20, 2.5, "a"));
        Found("a", 0, 100).ShouldBe("a: t=2@20 u=2@20 a=2.5@20");
    }

    [Fact]
    public void Long_labels_and_times_of_a_far_future_are_left_out()
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var fits = new string('x', 128 - "trace_id".Length);
        Append((A, now + 7 * 86_400_000L, 1, "future"), (A, now, 1, fits + "x"), (A, now, 2, fits[..^1] + "\U0001F600"));
        Found("a", 0, long.MaxValue).ShouldBe($"a: {fits[..^1]}\U0001F600=2@{now}");
    }

    [Fact]
    public void Deleted_ones_stay_gone()
    {
        Append((A, 10, 1, "t1"), (A, 20, 2, "t2"), (A, 30, 3, "t3"), (B, 20, 4, "t4"));
        IReadOnlyList<LabelMatcher>[] selectors = [[new LabelMatcher(Core.Model.MatchType.Equal, "job", "x"), new LabelMatcher(Core.Model.MatchType.Regex, "__name__", "a|b")]];
        _store.Delete(selectors, 15, 25);
        Found(["a", "b"], 0, 100).ShouldBe("a: t1=1@10 t3=3@30|b: t4=4@20");
        _store.Dispose();
        _store = Open(5);
        Found(["a", "b"], 0, 100).ShouldBe("a: t1=1@10 t3=3@30|b: t4=4@20");

        // What comes later is kept, and has to be later than what was deleted.
        _store.Delete(selectors, 0, 100);
        Append((A, 30, 3, "t3"), (A, 40, 4, "t4"));
        Found("a", 0, 100).ShouldBe("a: t4=4@40");
    }

    [Fact]
    public void The_newest_written_stay()
    {
        for (var i = 1; i <= 4; i++)
        {
            Append((A, i, i, "t"), (B, i, i, "t"));
        }

        Found(["a", "b"], 0, 100).ShouldBe("a: t=3@3 t=4@4|b: t=2@2 t=3@3 t=4@4");
        Append((A, 5, 5, "t"), (A, 6, 6, "t"), (A, 7, 7, "t"), (A, 8, 8, "t"), (A, 9, 9, "t"));
        Found(["a", "b"], 0, 100).ShouldBe("a: t=5@5 t=6@6 t=7@7 t=8@8 t=9@9");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_killed_process_or_a_stopped_machine_loses_none(bool machine)
    {
        for (var i = 1; i <= 20; i++)
        {
            Append((A, i, i, "t"), (B, i, i, "t"));
        }

        var before = Found(["a", "b"], 0, 100);
        var old = _store;
        _files = _files.Restart(machine);
        _store = Open(5);
        old.Dispose();
        Found(["a", "b"], 0, 100).ShouldBe(before);
        Append((A, 30, 1, "t"));
        Found("a", 30, 30).ShouldBe("a: t=1@30");
    }

    [Fact]
    public void The_log_does_not_grow_beyond_what_the_ring_holds()
    {
        var label = new string('x', 100);
        for (var i = 1; i <= 3000; i++)
        {
            Append([.. Enumerable.Range(0, 40).Select(n => (A, (i * 100L) + n, 1.0, label))]);
        }

        var bytes = _files.List("/metrics/exemplars").Sum(name =>
        {
            using var file = _files.OpenRead(Path.Combine("/metrics/exemplars", name));
            return file.Length;
        });
        bytes.ShouldBeLessThan(12 << 20);
    }

    [Fact]
    public void None_are_kept_where_none_are_wanted()
    {
        _store.Dispose();
        _store = Open(0);
        Append((A, 1, 1, "t"));
        Found("a", 0, 100).ShouldBe(string.Empty);
    }

    private MetricStore Open(int maxExemplars) => MetricStore.Open(new MetricStoreOptions
    {
        Folder = "/metrics",
        Files = _files,
        TimeProvider = _time,
        SyncInterval = TimeSpan.Zero,
        Retention = TimeSpan.Zero,
        MaxExemplars = maxExemplars,
    });

    private void Append(params (LabelSet Series, long Time, double Value, string Trace)[] exemplars)
    {
        using var batch = MetricBatch.Rent();
        foreach (var (series, time, value, trace) in exemplars)
        {
            batch.Exemplars.Add((batch.AddSeries(series), time, value, LabelSet.Of("trace_id", trace)));
        }

        _store.Append(batch);
    }

    private string Found(string metric, long from, long to) => Found([metric], from, to);

    private string Found(string[] metrics, long from, long to) => string.Join('|', _store
        .Exemplars([.. metrics.Select(m => (IReadOnlyList<LabelMatcher>)[new LabelMatcher(Core.Model.MatchType.Equal, "__name__", m)])], from, to, CancellationToken.None)
        .Select(s => $"{s.Series.Name}: {string.Join(' ', s.Exemplars.Select(e => FormattableString.Invariant($"{e.Labels["trace_id"]}={e.Value}@{e.TimestampMs}")))}"));
}
