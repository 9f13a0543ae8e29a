using FsCheck;
using FsCheck.Fluent;
using Sightglass.Core.Contracts;
using Sightglass.Events.Deletion;
using Sightglass.TestKit;

namespace Sightglass.Events.Tests;

/// <summary>Random batches, flushes, merges and restarts against rows in a list: every plan gives the same answer.</summary>
public sealed class StoreModelTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Any_sequence_of_operations_answers_as_the_plain_store_does()
    {
        var property = Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => Run(seed, operations: 25));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(15), property);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_long_sequence_answers_as_the_plain_store_does(int seed) => Run(seed, operations: 150);

    private static void Run(int seed, int operations)
    {
        using var folder = new TemporaryFolder();
        var events = new RandomEvents(seed, Now);
        var plain = new InMemoryEventStore();
        var deletions = new Dictionary<string, EventFilter>();
        var path = folder.PathOf("0");
        var store = Open(path, deletions);
        try
        {
            for (var i = 0; i < operations; i++)
            {
                switch (events.Next(15))
                {
                    case < 5:
                        using (var logs = events.Logs(events.Next(60)))
                        {
                            store.Append(logs).ShouldBe(AppendResult.All(logs.Count));
                            plain.Append(logs);
                        }

                        break;
                    case < 8:
                        using (var spans = events.Spans(events.Next(60)))
                        {
                            store.Append(spans).ShouldBe(AppendResult.All(spans.Count));
                            plain.Append(spans);
                        }

                        break;
                    case 8:
                        store.Flush();
                        break;
                    case 9:
                        store.Merge();
                        break;
                    case 10:
                        store.Dispose();
                        store = Open(path, deletions);
                        break;
                    case 11:
                        var plan = events.Plan((EventSignal)events.Next(2));
                        deletions[$"{i}"] = new EventFilter(plan.Streams ?? (static _ => true), plan.Where);
                        store.Delete(plan.Signal, $"{i}", plan.MinTimeUnixNano, plan.MaxTimeUnixNano - 1);
                        plain.Delete(plan);
                        break;
                    case 12:
                        store.CleanDeleted(default);
                        store.Deletions.ShouldAllBe(d => d.Status == EventDeletionStatus.Processed);
                        break;
                    case 13:
                        path = folder.PathOf($"{i + 1}");
                        store.Snapshot(path, skipHead: false);
                        store.Dispose();
                        store = Open(path, deletions);
                        break;
                    default:
                        break;
                }

                Compare(store, plain, events, seed);
            }
        }
        finally
        {
            store.Dispose();
        }
    }

    private static void Compare(EventStore store, InMemoryEventStore plain, RandomEvents events, int seed)
    {
        for (var i = 0; i < 3; i++)
        {
            var signal = (EventSignal)events.Next(2);
            var plan = events.Plan(signal);
            var (got, want) = (Answers.Rows(store, plan), Answers.Rows(plain, plan));
            var about = $"seed {seed}: {plan}";
            if (plan.Order != EventOrder.Any)
            {
                got.ShouldBe(want, about);
            }
            else if (plan.Limit == long.MaxValue)
            {
                got.Order(StringComparer.Ordinal).ShouldBe(want.Order(StringComparer.Ordinal), about);
            }
            else
            {
                got.Count.ShouldBe(want.Count, about);
                got.ShouldBeSubsetOf(Answers.Rows(plain, plan with { Limit = long.MaxValue }), about);
            }
        }

        foreach (var signal in Enum.GetValues<EventSignal>())
        {
            var plan = events.FoldedPlan(signal);
            Answers.Counts(store, plan).ShouldBe(Answers.Counts(plain, plan), $"seed {seed}: {plan}");
            var counted = plan with { Columns = [.. plan.Columns, .. RandomEvents.Keys.Select(static k => new ColumnRef(ColumnScope.Attribute, k)), .. ValueFields(signal)] };
            Answers.Values(store, counted).ShouldBe(Answers.Values(plain, counted), $"seed {seed}: {counted}");
            Streams(store, signal).ShouldBe(Streams(plain, signal));
            foreach (var scope in (ReadOnlySpan<ColumnScope>)[ColumnScope.Attribute, ColumnScope.Resource, ColumnScope.Scope])
            {
                store.AttributeKeys(signal, scope, long.MinValue, long.MaxValue, default).ShouldBe(plain.AttributeKeys(signal, scope, long.MinValue, long.MaxValue, default));
            }
        }

        foreach (var column in (ReadOnlySpan<ColumnRef>)[ColumnRef.Field(EventFields.SeverityNumber), ColumnRef.Field(EventFields.ScopeName), new(ColumnScope.Any, "service.name"), new(ColumnScope.Attribute, "level")])
        {
            Values(store, column).ShouldBe(Values(plain, column), $"seed {seed}: {column}");
        }
    }

    private static IEnumerable<ColumnRef> ValueFields(EventSignal signal) => signal == EventSignal.Logs
        ? [ColumnRef.Field(EventFields.Body), ColumnRef.Field(EventFields.SpanId), ColumnRef.Field(EventFields.ObservedTime), ColumnRef.Field(EventFields.Flags)]
        : [ColumnRef.Field(EventFields.ParentSpanId), ColumnRef.Field(EventFields.Duration), ColumnRef.Field(EventFields.TraceId)];

    private static IEnumerable<string> Streams(IEventStore store, EventSignal signal) =>
        store.Streams(signal, long.MinValue, long.MaxValue, default).Select(Answers.Describe).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Values(IEventStore store, ColumnRef column) =>
        store.ColumnValues(EventSignal.Logs, column, long.MinValue, long.MaxValue, 10_000, default).Select(v => $"{v.Type}:{v}").Distinct().Order(StringComparer.Ordinal);

    private static EventStore Open(string folder, Dictionary<string, EventFilter> deletions) => new(new EventStoreOptions
    {
        Folder = folder,
        TimeProvider = new ManualTimeProvider(Now),
        RunInBackground = false,
        DeletionFilter = (_, query) => deletions[query],
        OnCorruption = e => throw e,
    });
}
