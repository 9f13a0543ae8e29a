using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.TestKit;

namespace Sightglass.Events.Tests;

public sealed class StoreBehaviourTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _clock = new(Now);
    private readonly List<CorruptDataException> _corrupt = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Rows_out_of_the_retained_time_are_refused_one_by_one_with_a_reason()
    {
        using var store = Open();
        using var batch = Batch(Nano(Now), Nano(Now.AddDays(-31)), Nano(Now.AddHours(25)), Nano(Now.AddHours(23)));
        var result = store.Append(batch);
        (result.Stored, result.Rejected).ShouldBe((2, 2));
        result.FirstReason.ShouldBe("log record of 2026-02-07T12:00:00.000Z is older than the retention of 30 days");
        Answers.Count(store, EventSignal.Logs).ShouldBe(2);
        store.Stats().Logs.RejectedRows.ShouldBe(2);
    }

    [Fact]
    public void A_store_that_was_not_closed_gives_back_what_it_acknowledged()
    {
        var events = new RandomEvents(3, Now);
        var killed = Open();
        using (var batch = events.Logs(500))
        {
            killed.Append(batch);
        }

        killed.Flush();
        using (var batch = events.Spans(300))
        {
            killed.Append(batch);
        }

        using var copy = new TemporaryFolder();
        CopyFolder(_folder.FullPath, copy.FullPath);
        killed.Dispose();
        using var reopened = Open(copy.FullPath);
        Answers.Count(reopened, EventSignal.Logs).ShouldBe(500);
        Answers.Count(reopened, EventSignal.Spans).ShouldBe(300);
        reopened.Stats().RecoveredRows.ShouldBe(300);
    }

    [Fact]
    public void Values_of_a_key_that_a_row_has_twice_keep_their_order()
    {
        using var store = Open();
        using (var batch = LogBatch.Rent())
        {
            batch.EndResource(ResourceKind.Otlp);
            batch.AddAttribute("k"u8, AttributeType.Int, 1);
            batch.AddAttribute("k"u8, AttributeType.String, "two"u8);
            batch.AddAttribute("n"u8, AttributeType.None, 0);
            batch.AddRow(new LogRow { TimeUnixNano = Nano(Now), Scope = -1 });
            store.Append(batch);
        }

        for (var round = 0; round < 2; round++)
        {
            using var cursor = store.Query(All(EventSignal.Logs) with { AllAttributes = true }, default);
            cursor.Next().ShouldBeTrue();
            cursor.Page.Attributes.Select(a => $"{a.Key}={a.Column.Text(0)}").ShouldBe(["k=1", "k=two", "n=null"]);
            store.Flush();
        }
    }

    [Fact]
    public void Days_past_retention_are_removed_with_their_files()
    {
        using var store = Open();
        using (var batch = Batch(Nano(Now), Nano(Now.AddDays(-20))))
        {
            store.Append(batch);
        }

        store.Flush();
        store.Stats().Logs.Parts.ShouldBe(2);
        _clock.Advance(TimeSpan.FromDays(12));
        store.ApplyRetention().ShouldBe(1);
        Answers.Count(store, EventSignal.Logs).ShouldBe(1);
        Directory.GetDirectories(_folder.PathOf("parts")).Length.ShouldBe(1);
    }

    [Fact]
    public void A_part_stays_readable_for_a_query_that_began_before_it_was_merged_away()
    {
        using var store = Open();
        var events = new RandomEvents(5, Now);
        for (var i = 0; i < 6; i++)
        {
            using var batch = events.Logs(50);
            store.Append(batch);
            store.Flush();
        }

        using (var cursor = store.Query(All(EventSignal.Logs), default))
        {
            cursor.Next().ShouldBeTrue();
            store.Merge().ShouldBeGreaterThan(0);
            var rows = cursor.Page.Count;
            while (cursor.Next())
            {
                rows += cursor.Page.Count;
            }

            rows.ShouldBe(300);
        }

        Directory.GetDirectories(_folder.PathOf("parts")).Length.ShouldBe(store.Stats().Logs.Parts);
    }

    [Fact]
    public void A_cancelled_query_stops()
    {
        using var store = Open();
        using (var batch = new RandomEvents(1, Now).Logs(5000))
        {
            store.Append(batch);
        }

        using var cancellation = new CancellationTokenSource();
        using var cursor = store.Query(All(EventSignal.Logs), cancellation.Token);
        cursor.Next().ShouldBeTrue();
        cancellation.Cancel();
        Should.Throw<OperationCanceledException>(() => cursor.Next());
    }

    [Fact]
    public void Flipped_bytes_in_bodies_as_templates_are_reported_and_the_rest_is_served()
    {
        var plan = All(EventSignal.Logs) with
        {
            AllAttributes = true,
            Columns = [ColumnRef.Field(EventFields.Body), ColumnRef.Field(EventFields.TraceId), ColumnRef.Field(EventFields.SpanId)],
        };
        string[] whole;
        using (var store = Open())
        {
            var events = new RandomEvents(8, Now);
            for (var i = 0; i < 2; i++)
            {
                using var batch = events.Logs(400);
                store.Append(batch);
                store.Flush();
            }

            whole = [.. Answers.Rows(store, plan)];
        }

        var files = Directory.GetFiles(_folder.FullPath, "columns.bin", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        var random = new Random(5);
        var broken = 0;
        for (var round = 0; round < 60; round++)
        {
            var file = files[random.Next(files.Length)];
            var bytes = File.ReadAllBytes(file);
            var at = random.Next(8, bytes.Length);
            bytes[at] ^= 0x10;
            File.WriteAllBytes(file, bytes);
            _corrupt.Clear();
            using (var store = Open())
            {
                var rows = Answers.Rows(store, plan with { Order = (EventOrder)(round % 3) });
                rows.ShouldBeSubsetOf(whole);
                (rows.Count == whole.Length).ShouldBe(_corrupt.Count == 0, $"byte {at} of {file}");
                broken += _corrupt.Count;
                var found = Answers.Rows(store, plan with { Where = new ContainsPredicate(ColumnRef.Field(EventFields.Body), "timeout after", false) });
                found.ShouldBeSubsetOf(whole);
            }

            bytes[at] ^= 0x10;
            File.WriteAllBytes(file, bytes);
        }

        broken.ShouldBeGreaterThan(20);
    }

    [Fact]
    public void Flipped_bytes_in_columns_are_reported_and_the_rest_is_served()
    {
        using (var store = Open())
        {
            var events = new RandomEvents(9, Now);
            for (var i = 0; i < 2; i++)
            {
                using var batch = events.Spans(400);
                store.Append(batch);
                store.Flush();
            }
        }

        var files = Directory.GetFiles(_folder.FullPath, "columns.bin", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        var random = new Random(4);
        for (var round = 0; round < 60; round++)
        {
            var file = files[random.Next(files.Length)];
            var bytes = File.ReadAllBytes(file);
            var at = random.Next(8, bytes.Length);
            bytes[at] ^= 0x40;
            File.WriteAllBytes(file, bytes);
            _corrupt.Clear();
            using (var store = Open())
            {
                var plan = All(EventSignal.Spans) with
                {
                    AllAttributes = true,
                    Order = (EventOrder)(round % 3),
                    Columns = [ColumnRef.Field(EventFields.Name), ColumnRef.Field(EventFields.TraceId), ColumnRef.Field(EventFields.Events), ColumnRef.Field(EventFields.SpanId)],
                };
                var rows = Answers.Rows(store, plan).Count;
                rows.ShouldBeLessThanOrEqualTo(800);
                (rows == 800).ShouldBe(_corrupt.Count == 0, $"byte {at} of {file}");
                store.Stats().Spans.BadBlocks.ShouldBe(_corrupt.Count);
            }

            bytes[at] ^= 0x40;
            File.WriteAllBytes(file, bytes);
        }
    }

    [Fact]
    public void A_part_whose_directory_is_broken_is_set_aside_and_the_rest_is_served()
    {
        using (var store = Open())
        {
            for (var i = 0; i < 2; i++)
            {
                using var batch = Batch(Nano(Now), Nano(Now) + 1);
                store.Append(batch);
                store.Flush();
            }
        }

        var file = Directory.GetFiles(_folder.FullPath, "directory.bin", SearchOption.AllDirectories)[0];
        var bytes = File.ReadAllBytes(file);
        bytes[30] ^= 1;
        File.WriteAllBytes(file, bytes);
        using var reopened = Open();
        Answers.Count(reopened, EventSignal.Logs).ShouldBe(2);
        _corrupt.Count.ShouldBe(1);
        Directory.GetDirectories(_folder.PathOf("quarantine")).Length.ShouldBe(1);
    }

    [Fact]
    public async Task Appends_queries_flushes_and_merges_at_once_lose_and_repeat_nothing()
    {
        using var store = Open();
        const int writers = 3;
        const int batches = 40;
        const int rows = 25;
        var writing = Enumerable.Range(0, writers).Select(w => Task.Run(() =>
        {
            for (var i = 0; i < batches; i++)
            {
                using var batch = Batch([.. Enumerable.Range(0, rows).Select(r => Nano(Now) - (((((long)w * batches) + i) * rows) + r))]);
                store.Append(batch).Stored.ShouldBe(rows);
            }
        })).ToArray();
        var all = Task.WhenAll(writing);
        long before = 0;
        while (!all.IsCompleted)
        {
            store.Flush();
            var plan = All(EventSignal.Logs) with { Order = EventOrder.TimeDescending };
            var times = Answers.Rows(store, plan);
            times.Distinct().Count().ShouldBe(times.Count);
            times.Count.ShouldBeGreaterThanOrEqualTo((int)before);
            before = times.Count;
            store.Merge();
        }

        await all;
        Answers.Count(store, EventSignal.Logs).ShouldBe(writers * batches * rows);
    }

    [Fact]
    public void The_background_thread_flushes_by_age()
    {
        using var store = new EventStore(Options(_folder.FullPath) with { RunInBackground = true });
        using (var batch = Batch(Nano(Now)))
        {
            store.Append(batch);
        }

        _clock.Advance(TimeSpan.FromMinutes(3));
        SpinWait.SpinUntil(() => store.Stats().Logs.Parts == 1, TimeSpan.FromSeconds(20)).ShouldBeTrue();
        Answers.Count(store, EventSignal.Logs).ShouldBe(1);
    }

    private static EventPlan All(EventSignal signal) => new() { Signal = signal, MinTimeUnixNano = 0, MaxTimeUnixNano = long.MaxValue };

    private static long Nano(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static LogBatch Batch(params long[] times)
    {
        var batch = LogBatch.Rent();
        batch.EndResource(ResourceKind.Otlp);
        foreach (var time in times)
        {
            batch.AddRow(new LogRow { TimeUnixNano = time, Scope = -1, BodyType = AttributeType.Int, BodyBits = time });
        }

        return batch;
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (var folder in Directory.GetDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        }

        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
        }
    }

    private EventStore Open(string? folder = null) => new(Options(folder ?? _folder.FullPath));

    private EventStoreOptions Options(string folder) => new()
    {
        Folder = folder,
        TimeProvider = _clock,
        RunInBackground = false,
        OnCorruption = _corrupt.Add,
        OnBackgroundFailure = e => throw e,
    };
}
