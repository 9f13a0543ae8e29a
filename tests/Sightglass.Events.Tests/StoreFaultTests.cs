using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Storage;
using Sightglass.TestKit;
using Sightglass.TestKit.Faults;

namespace Sightglass.Events.Tests;

/// <summary>One file operation after the other goes wrong: what was acknowledged is there after the restart, once, and nothing else is.</summary>
public sealed class StoreFaultTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);
    private static readonly long NowNano = (Now - DateTimeOffset.UnixEpoch).Ticks * 100;

    [Theory]
    [InlineData(Fault.Fail, false)]
    [InlineData(Fault.ShortWrite, false)]
    [InlineData(Fault.Crash, false)]
    [InlineData(Fault.Crash, true)]
    public void Every_operation_may_go_wrong(Fault fault, bool loseUnsynced)
    {
        var operations = 1;
        for (var at = 1; at <= operations; at++)
        {
            var disk = new FaultyFileSystem { FaultAt = at, FaultKind = fault };
            var (acknowledged, tried) = Live(disk);
            operations = at == 1 ? CountOperations() : operations;
            var found = Found(disk.Restart(loseUnsynced));
            found.Distinct().Count().ShouldBe(found.Count, $"{fault} at {at}");
            found.ShouldBeSubsetOf(tried, $"{fault} at {at}");
            acknowledged.ShouldBeSubsetOf(found, $"{fault} at {at}");
        }

        operations.ShouldBeGreaterThan(50);
    }

    [Fact]
    public void A_full_disk_refuses_senders_and_takes_them_again_when_there_is_room()
    {
        var disk = new FaultyFileSystem();
        using var store = Open(disk);
        Append(store, 0).ShouldBeTrue();
        disk.Capacity = 0;
        Append(store, 1).ShouldBeFalse();
        Should.Throw<StorageFailedException>(store.Flush);
        Answers.Count(store, EventSignal.Logs).ShouldBe(10);
        disk.Capacity = long.MaxValue;
        Append(store, 2).ShouldBeTrue();
        store.Flush();
        Answers.Count(store, EventSignal.Logs).ShouldBe(20);
        Found(disk.Restart(loseUnsynced: true)).Count.ShouldBe(20);
    }

    [Fact]
    public void A_log_that_fills_the_memory_is_served_from_there_when_the_disk_is_full_at_the_start()
    {
        var disk = new FaultyFileSystem();
        using (var store = Open(disk))
        {
            for (var i = 0; i < 5; i++)
            {
                Append(store, i).ShouldBeTrue();
            }
        }

        disk.Capacity = 0;
        using var again = Open(disk, flushBytes: 1);
        Answers.Count(again, EventSignal.Logs).ShouldBe(50);
        Append(again, 5).ShouldBeFalse();
        disk.Capacity = long.MaxValue;
        again.Flush();
        Append(again, 6).ShouldBeTrue();
        Answers.Count(again, EventSignal.Logs).ShouldBe(60);
        Found(disk.Restart(loseUnsynced: true)).Count.ShouldBe(60);
    }

    [Fact]
    public void Nothing_is_acknowledged_while_syncs_fail()
    {
        var disk = new FaultyFileSystem();
        using var store = Open(disk);
        Append(store, 0).ShouldBeTrue();
        disk.SyncsFail = true;
        Append(store, 1).ShouldBeFalse();
        disk.SyncsFail = false;
        Append(store, 2).ShouldBeTrue();
        var found = Found(disk.Restart(loseUnsynced: true));
        found.Count(t => t / 100 is 0 or 2).ShouldBe(20);
    }

    /// <summary>A short life with appends, flushes and a merge; what fails is left out, as a sender and the background thread would.</summary>
    private static (List<long> Acknowledged, List<long> Tried) Live(FaultyFileSystem disk)
    {
        var acknowledged = new List<long>();
        var tried = new List<long>();
        EventStore store;
        try
        {
            store = Open(disk);
        }
        catch (StorageFailedException)
        {
            return ([], []);
        }

        for (var batch = 0; batch < 6; batch++)
        {
            tried.AddRange(Times(batch));
            if (Append(store, batch))
            {
                acknowledged.AddRange(Times(batch));
            }

            Quietly(() =>
            {
                if (batch % 2 == 1)
                {
                    store.Flush();
                }
            });
        }

        Quietly(() => store.Merge());
        Quietly(store.Dispose);
        return (acknowledged, tried);
    }

    private static int CountOperations()
    {
        var disk = new FaultyFileSystem();
        var (acknowledged, tried) = Live(disk);
        acknowledged.ShouldBe(tried);
        return disk.Operations;
    }

    private static void Quietly(Action action)
    {
        try
        {
            action();
        }
        catch (StorageFailedException)
        {
            // Reported to whoever asked; tried again later or at the next start.
        }
    }

    private static IEnumerable<long> Times(int batch) => Enumerable.Range(0, 10).Select(i => (batch * 100L) + i);

    private static bool Append(EventStore store, int number)
    {
        using var batch = LogBatch.Rent();
        batch.EndResource(ResourceKind.Otlp);
        foreach (var time in Times(number))
        {
            batch.AddRow(new LogRow { TimeUnixNano = NowNano + time, Scope = -1 });
        }

        try
        {
            return store.Append(batch).Stored == 10;
        }
        catch (StorageFailedException)
        {
            return false;
        }
    }

    private static List<long> Found(FaultyFileSystem disk)
    {
        using var store = Open(disk);
        using var cursor = store.Query(new EventPlan { Signal = EventSignal.Logs, MinTimeUnixNano = 0, MaxTimeUnixNano = long.MaxValue, Order = EventOrder.TimeAscending }, default);
        var found = new List<long>();
        while (cursor.Next())
        {
            found.AddRange(cursor.Page.TimesUnixNano.Select(t => t - NowNano));
        }

        return found;
    }

    private static EventStore Open(IFileSystem disk, long flushBytes = long.MaxValue) => new(new EventStoreOptions
    {
        FlushBytes = flushBytes,
        Folder = "/data/events",
        FileSystem = disk,
        SyncInterval = TimeSpan.Zero,
        TimeProvider = new ManualTimeProvider(Now),
        RunInBackground = false,
        OnCorruption = e => throw e,
    });
}
