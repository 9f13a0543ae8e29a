using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL;
using Sightglass.Query.PromQL.Scripts;
using Sightglass.TestKit;

namespace Sightglass.Query.Tests.PromQL;

public class QueryLimitTests
{
    [Fact]
    public async Task Queries_beyond_the_limit_wait_for_their_turn_and_not_longer_than_their_timeout()
    {
        var store = new HeldStore();
        using var engine = new PromQLEngine(store, QueryLimits.Default with { MaxConcurrentQueries = 1, Timeout = TimeSpan.FromSeconds(30) }, TimeProvider.System);
        var first = Task.Run(() => engine.Instant("m", 0));
        await store.Entered.WaitAsync();
        Should.Throw<QueryException>(() => engine.Instant("m", 0, timeout: TimeSpan.FromMilliseconds(20))).Message.ShouldBe("query timed out in query queue");
        using var gone = new CancellationTokenSource();
        var waiting = Task.Run(() => engine.Instant("m", 0, cancellation: gone.Token));
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        store.Held.Release(10);
        (await first).Series.ShouldHaveSingleItem();
        engine.Instant("m", 0).Statistics.Queue.ShouldBeLessThan(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Waiting_takes_no_thread_where_the_caller_can_await()
    {
        var store = new HeldStore();
        using var engine = new PromQLEngine(store, QueryLimits.Default with { MaxConcurrentQueries = 1 }, TimeProvider.System);
        var expression = engine.Parse("m");
        var first = Task.Run(() => engine.Instant("m", 0));
        await store.Entered.WaitAsync();
        var waiting = Enumerable.Range(0, 200).Select(_ => engine.RangeAsync(expression, "m", 0, 60_000, 60_000)).ToArray();
        var late = await Should.ThrowAsync<QueryException>(() => engine.InstantAsync(expression, "m", 0, timeout: TimeSpan.FromMilliseconds(5)));
        late.Message.ShouldBe("query timed out in query queue");
        waiting.ShouldAllBe(t => !t.IsCompleted);
        store.Held.Release(300);
        await first;
        (await Task.WhenAll(waiting)).ShouldAllBe(r => r.Series.Count == 1);
    }

    [Fact]
    public async Task A_query_that_runs_too_long_fails_alone()
    {
        var store = new HeldStore();
        var time = new ManualTimeProvider();
        using var engine = new PromQLEngine(store, QueryLimits.Default with { Timeout = TimeSpan.FromSeconds(5) }, time);
        var slow = Task.Run(() => engine.Instant("m", 0));
        await store.Entered.WaitAsync();
        time.Advance(TimeSpan.FromSeconds(6));
        var error = await Should.ThrowAsync<QueryException>(() => slow);
        error.Kind.ShouldBe(QueryErrorKind.Timeout);
        error.Message.ShouldBe("query timed out in expression evaluation");
        store.Held.Release(10);
        engine.Instant("m", 0).Series.ShouldHaveSingleItem();
    }

    [Fact]
    public void Memory_is_bounded_by_an_estimate()
    {
        var store = new InMemoryMetricStore();
        for (var i = 0; i < 100; i++)
        {
            store.Add(LabelSet.Of("__name__", "m", "i", $"{i}"), 0, i);
        }

        using var engine = new PromQLEngine(store, QueryLimits.Default with { MaxMemoryBytes = 100 * 256 }, TimeProvider.System);
        Should.Throw<LimitExceededException>(() => engine.Range("m", 0, 60_000, 1000)).Setting.ShouldBe(nameof(QueryLimits.MaxMemoryBytes));
        engine.Instant("m{i=\"5\"}", 0).Series.ShouldHaveSingleItem();
    }

    [Fact]
    public void All_queries_share_a_budget_and_the_one_that_finds_it_used_up_fails_alone()
    {
        var budget = new MemoryBudget("MaxTotalMemoryBytes", 3 << 20, "all queries together would use too much memory");
        using var first = Run(budget);
        using var second = Run(budget);
        first.Take(100_000);
        budget.UsedBytes.ShouldBe(2 << 20, "1.6 MB, claimed by the megabyte");
        second.Take(50_000);
        Should.Throw<LimitExceededException>(() => second.Take(50_000)).Message.ShouldContain("all queries together would use too much memory");
        first.Release(100_000);
        first.Take(100_000);
        first.Dispose();
        budget.UsedBytes.ShouldBe(1 << 20);
        second.Take(1);
        second.Dispose();
        budget.UsedBytes.ShouldBe(0);
    }

    [Fact]
    public void An_engine_gives_back_what_its_queries_claimed()
    {
        var store = new InMemoryMetricStore();
        for (var i = 0; i < 100; i++)
        {
            store.Add(LabelSet.Of("__name__", "m", "i", $"{i}"), 0, i);
        }

        using var engine = new PromQLEngine(store, QueryLimits.Default with { MaxTotalMemoryBytes = 1 << 20 }, TimeProvider.System);
        Should.Throw<LimitExceededException>(() => engine.Range("m", 0, 10_000_000, 1000)).Setting.ShouldBe(nameof(QueryLimits.MaxTotalMemoryBytes));
        engine.MemoryBytes.ShouldBe(0);
        engine.Instant("m", 0).Series.Count.ShouldBe(100);
        engine.MemoryBytes.ShouldBe(0);
    }

    private static QueryRun Run(MemoryBudget budget) => new(new InMemoryMetricStore(), QueryLimits.Default, PromQLOptions.Default, "m", 0, 0, 0, 0, 0, budget, CancellationToken.None);

    /// <summary>A store whose selections wait until they are let go, or cancelled.</summary>
    private sealed class HeldStore : IMetricStore
    {
        private readonly InMemoryMetricStore _inner = new();

        public HeldStore() => _inner.Add(LabelSet.Of("__name__", "m"), 0, 1);

        public SemaphoreSlim Entered { get; } = new(0);

        public SemaphoreSlim Held { get; } = new(0);

        public ISeriesSelection Select(MetricSelection selection, CancellationToken cancellation)
        {
            Entered.Release();
            Held.Wait(cancellation);
            return _inner.Select(selection, cancellation);
        }

        public long CoarsestMs => 0;

        public long Revision => 0;

        public long UnchangedUntilMs(long revision) => long.MinValue;

        public AppendResult Append(MetricBatch batch) => _inner.Append(batch);

        public IReadOnlyList<string> LabelNames(IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs, CancellationToken cancellation) => [];

        public IReadOnlyList<string> LabelValues(string name, IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs, CancellationToken cancellation) => [];

        public IReadOnlyList<LabelSet> Series(IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs, int limit, CancellationToken cancellation) => [];

        public IReadOnlyList<MetricMetadata> Metadata(string? family) => [];
    }
}
