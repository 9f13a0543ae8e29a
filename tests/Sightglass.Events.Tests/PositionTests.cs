using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Storage;
using Sightglass.TestKit;
using Sightglass.TestKit.Faults;

namespace Sightglass.Events.Tests;

/// <summary>A source whose position is stored with its rows: whatever goes wrong, going on from the position gives every row once.</summary>
public sealed class PositionTests
{
    private const int Rows = 60;
    private static readonly DateTimeOffset Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);
    private static readonly long NowNano = (Now - DateTimeOffset.UnixEpoch).Ticks * 100;

    [Theory]
    [InlineData(Fault.Fail, false)]
    [InlineData(Fault.ShortWrite, false)]
    [InlineData(Fault.Crash, false)]
    [InlineData(Fault.Crash, true)]
    public void Going_on_from_the_position_gives_every_row_once(Fault fault, bool loseUnsynced)
    {
        for (var at = 1; at <= 150; at++)
        {
            var disk = new FaultyFileSystem { FaultAt = at, FaultKind = fault };
            Read(disk);
            var after = disk.Restart(loseUnsynced);
            Read(after);
            using var store = Open(after);
            Answers.Count(store, EventSignal.Logs).ShouldBe(Rows, $"{fault} at {at}");
        }
    }

    [Fact]
    public void Positions_are_kept_over_flushes_and_forgotten_when_empty()
    {
        var disk = new FaultyFileSystem();
        using (var store = Open(disk))
        {
            Append(store, 0, 5);
            Position(store, "other/1", "abc");
            store.Flush();
            store.SourcePositions("file/").ShouldBe(new Dictionary<string, string> { ["file/1"] = "5" });
            Position(store, "other/1", string.Empty);
            Append(store, 5, 1);
        }

        disk = disk.Restart(loseUnsynced: false);
        using (var store = Open(disk))
        {
            store.SourcePositions(string.Empty).ShouldBe(new Dictionary<string, string> { ["file/1"] = "6" });
            store.Flush();
            store.Stats().WalBytes.ShouldBeLessThan(200);
        }

        using var again = Open(disk.Restart(loseUnsynced: true));
        again.SourcePositions(string.Empty).ShouldBe(new Dictionary<string, string> { ["file/1"] = "6" });
        again.Stats().RecoveredRows.ShouldBe(0);
    }

    [Fact]
    public void Refused_rows_still_advance_the_position()
    {
        var disk = new FaultyFileSystem();
        using (var store = Open(disk))
        {
            using var batch = LogBatch.Rent();
            batch.EndResource(ResourceKind.Labels);
            batch.AddRow(new LogRow { TimeUnixNano = 1, Scope = -1 });
            batch.Positions.Add(new ReadPosition("file/1", "1"));
            store.Append(batch).Rejected.ShouldBe(1);
        }

        using var again = Open(disk.Restart(loseUnsynced: false));
        again.SourcePositions("file/").Count.ShouldBe(1);
        Answers.Count(again, EventSignal.Logs).ShouldBe(0);
    }

    // Reads on from where the store says, with flushes in between, until the end or until something goes wrong.
    private static void Read(FaultyFileSystem disk)
    {
        try
        {
            using var store = Open(disk);
            while (true)
            {
                var at = store.SourcePositions("file/").TryGetValue("file/1", out var text) ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 0;
                if (at == Rows)
                {
                    return;
                }

                Append(store, at, 5);
                if (at % 15 == 0)
                {
                    store.Flush();
                }
            }
        }
        catch (StorageFailedException)
        {
            // The process ends here; another goes on.
        }
    }

    private static void Append(EventStore store, int at, int rows)
    {
        using var batch = LogBatch.Rent();
        batch.EndResource(ResourceKind.Labels);
        for (var i = 0; i < rows; i++)
        {
            batch.AddRow(new LogRow { TimeUnixNano = NowNano + at + i, Scope = -1 });
        }

        batch.Positions.Add(new ReadPosition("file/1", $"{at + rows}"));
        store.Append(batch);
    }

    private static void Position(EventStore store, string source, string position)
    {
        using var batch = LogBatch.Rent();
        batch.Positions.Add(new ReadPosition(source, position));
        store.Append(batch);
    }

    private static EventStore Open(IFileSystem disk) => new(new EventStoreOptions
    {
        Folder = "/data/events",
        FileSystem = disk,
        RunInBackground = false,
        SyncInterval = TimeSpan.FromHours(1),
        TimeProvider = new ManualTimeProvider(Now),
    });
}
