using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Events.Deletion;
using Sightglass.TestKit;
using Sightglass.TestKit.Faults;

namespace Sightglass.Events.Tests.Deletion;

public sealed class DeletionTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);
    private static readonly long NowNano = (Now - DateTimeOffset.UnixEpoch).Ticks * 100;
    private readonly ManualTimeProvider _time = new(Now);

    [Fact]
    public void What_is_stored_after_a_deletion_stays_and_what_was_before_is_gone_from_disk_after_a_clean()
    {
        var disk = new FaultyFileSystem();
        var store = Open(disk);
        Append(store, "a", 0, 10);
        Append(store, "b", 0, 10);
        store.Delete(EventSignal.Logs, "a", NowNano + 2, NowNano + 4).Status.ShouldBe(EventDeletionStatus.Received);
        Append(store, "a", 3, 1);
        Lines(store).ShouldBe("a0 a1 a3 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9");
        store.Dispose();
        store = Open(disk.Restart(loseUnsynced: true));
        Lines(store).ShouldBe("a0 a1 a3 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9");
        store.CleanDeleted(default).ShouldBe(1);
        store.Deletions.Single().Status.ShouldBe(EventDeletionStatus.Processed);
        store.Flush();
        store.Stats().Logs.Rows.ShouldBe(18);
        Lines(store).ShouldBe("a0 a1 a3 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9");
        store.Dispose();
    }

    [Fact]
    public void Rows_are_asked_one_by_one_where_the_store_cannot_tell()
    {
        var disk = new FaultyFileSystem();
        var store = Open(disk);
        Append(store, "a", 0, 10);
        Append(store, "b", 0, 3);
        Append(store, "a", 1000, 1200);
        store.Delete(EventSignal.Logs, "odd", NowNano, NowNano + 999);
        Append(store, "a", 3, 1);
        const string Left = "a0 a2 a3 a4 a6 a8 b0 b1 b2";
        Seen(store).ShouldBe(Left);
        store.Dispose();
        store = Open(disk.Restart(loseUnsynced: true));
        Seen(store).ShouldBe(Left);
        store.CleanDeleted(default).ShouldBe(1);
        Seen(store).ShouldBe(Left);
        store.Delete(EventSignal.Logs, "odd", long.MinValue, long.MaxValue);
        store.CleanDeleted(default).ShouldBe(2);
        store.Stats().Logs.Rows.ShouldBe(5 + 3 + 600);
        store.Dispose();

        static string Seen(EventStore store) => string.Join(' ', Lines(store).Split(' ').Where(static l => l.Length == 2));
    }

    [Fact]
    public void A_deletion_of_everything_leaves_no_part()
    {
        using var store = Open(new FaultyFileSystem());
        Append(store, "a", 0, 10);
        store.Delete(EventSignal.Logs, "a", long.MinValue, long.MaxValue);
        store.Streams(EventSignal.Logs, long.MinValue, long.MaxValue, default).ShouldBeEmpty();
        store.CleanDeleted(default).ShouldBe(1);
        store.Stats().Logs.Parts.ShouldBe(0);
        Lines(store).ShouldBe(string.Empty);
    }

    [Fact]
    public void It_can_be_taken_back_until_rows_are_gone()
    {
        using var store = Open(new FaultyFileSystem());
        Append(store, "a", 0, 3);
        var id = store.Delete(EventSignal.Logs, "a", long.MinValue, long.MaxValue).Id;
        Lines(store).ShouldBe(string.Empty);
        store.CancelDeletion("nobody", force: false).ShouldBeNull();
        store.CancelDeletion(id, force: false).ShouldBe(true);
        Lines(store).ShouldBe("a0 a1 a2");
        store.Deletions.ShouldBeEmpty();
        id = store.Delete(EventSignal.Logs, "a", long.MinValue, long.MaxValue).Id;
        store.CleanDeleted(default);
        store.CancelDeletion(id, force: true).ShouldBe(false);
        Lines(store).ShouldBe(string.Empty);
    }

    [Fact]
    public void A_deletion_of_nothing_is_done_at_once_and_a_query_that_makes_no_sense_is_refused()
    {
        using var store = Open(new FaultyFileSystem());
        store.Delete(EventSignal.Logs, "a", 0, long.MaxValue).Status.ShouldBe(EventDeletionStatus.Processed);
        Append(store, "b", 0, 3);
        store.Delete(EventSignal.Logs, "a", 0, long.MaxValue).Status.ShouldBe(EventDeletionStatus.Processed);
        Should.Throw<QueryException>(() => store.Delete(EventSignal.Logs, "nonsense", 0, long.MaxValue));
        store.Deletions.Count.ShouldBe(2);
    }

    [Fact]
    public void A_deletion_is_removed_from_disk_by_the_background_a_day_later()
    {
        using var store = Open(new FaultyFileSystem(), background: true);
        Append(store, "a", 0, 3);
        Append(store, "b", 0, 3);
        store.Delete(EventSignal.Logs, "a", 0, long.MaxValue);
        for (var i = 0; i < 30; i++)
        {
            _time.Advance(TimeSpan.FromHours(1));
        }

        SpinWait.SpinUntil(() => store.Deletions[0].Status == EventDeletionStatus.Processed, TimeSpan.FromSeconds(20)).ShouldBeTrue();
        store.Stats().Logs.Rows.ShouldBe(3);
    }

    [Theory]
    [InlineData(Fault.Fail)]
    [InlineData(Fault.ShortWrite)]
    [InlineData(Fault.Crash)]
    public void A_fault_anywhere_leaves_it_made_or_not_and_all_else_there(Fault kind)
    {
        for (var at = 1; at < 100; at++)
        {
            var disk = new FaultyFileSystem();
            var store = Open(disk);
            Append(store, "a", 0, 3);
            Append(store, "b", 0, 3);
            disk.FaultAt = disk.Operations + at;
            disk.FaultKind = kind;
            var deleted = false;
            try
            {
                store.Delete(EventSignal.Logs, "a", NowNano + 1, NowNano + 1);
                deleted = true;
                store.CleanDeleted(default);
                store.Snapshot("/copy", skipHead: false);
            }
            catch (Exception e) when (e is StorageFailedException or CorruptDataException)
            {
                // Whoever asked would ask again.
            }

            using var after = Open(disk.Restart(loseUnsynced: kind == Fault.Crash));
            Lines(after).ShouldBeOneOf(deleted ? ["a0 a2 b0 b1 b2"] : ["a0 a2 b0 b1 b2", "a0 a1 a2 b0 b1 b2"], $"fault at {at}");
        }
    }

    [Fact]
    public void Each_stream_is_kept_as_long_as_its_first_rule_says()
    {
        var rules = new[] { Rule("a", TimeSpan.FromDays(2)), Rule("b", TimeSpan.FromDays(30)), Rule("c", TimeSpan.Zero) };
        var disk = new FaultyFileSystem();
        var store = Open(disk, rules: rules);
        foreach (var stream in (string[])["a", "b", "c", "d"])
        {
            foreach (var day in (int[])[0, 1, 3, 12, 29, 40])
            {
                Append(store, stream, -day * 86_400_000_000_000L, 1, $"{day}");
            }
        }

        store.Flush();
        Lines(store).ShouldBe("c40 b29 c29 b12 c12 b3 c3 d3 a1 b1 c1 d1 a0 b0 c0 d0");
        store.CleanDeleted(default);
        store.ApplyRetention();
        store.Stats().Logs.Rows.ShouldBe(16);
        _time.Advance(TimeSpan.FromDays(9));
        Lines(store).ShouldBe("c40 c29 b12 c12 b3 c3 b1 c1 d1 b0 c0 d0");
        store.Dispose();
        store = Open(disk.Restart(loseUnsynced: true), rules: rules);
        Lines(store).ShouldBe("c40 c29 b12 c12 b3 c3 b1 c1 d1 b0 c0 d0");
        store.Dispose();
    }

    private static EventRetentionRule Rule(string stream, TimeSpan keep) => new(EventSignal.Logs, s => s.Attributes[0].Value.ToString() == stream, keep);

    private static void Append(EventStore store, string stream, long offset, int count, string? line = null)
    {
        using var batch = LogBatch.Rent();
        batch.AddAttribute("service.name"u8, AttributeType.String, System.Text.Encoding.UTF8.GetBytes(stream));
        batch.EndResource(ResourceKind.Otlp);
        for (var i = 0; i < count; i++)
        {
            var body = batch.AddText($"{stream}{line ?? $"{offset + i}"}");
            batch.AddRow(new LogRow { TimeUnixNano = NowNano + offset + i, Scope = -1, BodyType = AttributeType.String, BodyBits = body.Packed });
        }

        store.Append(batch);
    }

    private static EventRowFilter Odd() => new([ColumnRef.Field(EventFields.Body)], AllAttributes: false, static (page, row) => (page.Columns[0].Text(row)[^1] - '0') % 2 == 1);

    private static string Lines(EventStore store)
    {
        using var cursor = store.Query(new EventPlan { Signal = EventSignal.Logs, MinTimeUnixNano = long.MinValue, MaxTimeUnixNano = long.MaxValue, Order = EventOrder.TimeAscending, Columns = [ColumnRef.Field(EventFields.Body)] }, default);
        var lines = new List<(long Time, string Line)>();
        while (cursor.Next())
        {
            for (var i = 0; i < cursor.Page.Count; i++)
            {
                lines.Add((cursor.Page.TimesUnixNano[i], cursor.Page.Columns[0].Text(i)));
            }
        }

        return string.Join(' ', lines.OrderBy(l => l.Time < NowNano ? l.Time : NowNano).ThenBy(l => l.Line, StringComparer.Ordinal).Select(l => l.Line));
    }

    private EventStore Open(FaultyFileSystem disk, bool background = false, EventRetentionRule[]? rules = null) => new(new EventStoreOptions
    {
        Folder = "/events",
        FileSystem = disk,
        TimeProvider = _time,
        LogRetention = TimeSpan.FromDays(10),
        RetentionRules = rules ?? [],
        RunInBackground = background,
        SyncInterval = TimeSpan.Zero,
        DeletionFilter = static (_, query) => query.Length == 1
            ? new EventFilter(s => s.Attributes[0].Value.ToString() == query, EventPredicate.True)
            : query == "odd" ? new EventFilter(static s => s.Attributes[0].Value.ToString() == "a", EventPredicate.True) { Rows = Odd }
            : throw new QueryException(QueryErrorKind.BadData, "want a letter"),
    });
}
