using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.TestKit;
using Sightglass.TestKit.Faults;

namespace Sightglass.Events.Tests;

/// <summary>When parts are merged, and what may happen meanwhile.</summary>
public sealed class StoreMergeTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ManualTimeProvider _clock = new(Now);
    private readonly FaultyFileSystem _disk = new();

    [Fact]
    public void A_flush_does_not_wait_for_a_merge()
    {
        // Rows so large that the merge has several blocks.
        using var store = Open(background: true);
        var (inMerge, partsMeanwhile) = (false, 0);
        _disk.Written = path =>
        {
            if (!path.EndsWith("columns.bin", StringComparison.Ordinal))
            {
                return;
            }

            var parts = store.Stats().Logs.Parts;
            if (inMerge)
            {
                partsMeanwhile = Math.Max(partsMeanwhile, parts);
            }
            else if (parts == 3)
            {
                inMerge = true;
                Append(store, Now, 1, 10);
            }
        };
        for (var i = 1; i <= 3; i++)
        {
            Append(store, Now, 100, 64 << 10);
            SpinWait.SpinUntil(() => store.Stats().Logs.MemoryRows == 0, Patience).ShouldBeTrue();
        }

        // While so few parts are flushed one after the other, more are waited for.
        store.Stats().Logs.Parts.ShouldBe(3);
        _clock.Advance(TimeSpan.FromSeconds(20));
        SpinWait.SpinUntil(() => store.Stats().Logs is { Parts: 2, MemoryRows: 0 }, Patience).ShouldBeTrue();
        partsMeanwhile.ShouldBe(4);
        Answers.Count(store, EventSignal.Logs).ShouldBe(301);
        store.Dispose();
        using var again = new EventStore(Options(_disk.Restart(loseUnsynced: true), background: false));
        Answers.Count(again, EventSignal.Logs).ShouldBe(301);
    }

    [Fact]
    public void A_past_day_becomes_one_part_when_it_is_left_alone()
    {
        using var store = Open(background: true);
        var yesterday = Now.AddDays(-1);
        foreach (var bytes in (int[])[4000, 2000])
        {
            Append(store, yesterday, 100, bytes);
            SpinWait.SpinUntil(() => store.Stats().Logs.MemoryRows == 0, Patience).ShouldBeTrue();
        }

        // A step later the parts would be one if they were going to be.
        _clock.Advance(TimeSpan.FromSeconds(10));
        Append(store, Now, 1, 10);
        SpinWait.SpinUntil(() => store.Stats().Logs.MemoryRows == 0, Patience).ShouldBeTrue();
        store.Stats().Logs.Parts.ShouldBe(3);
        _clock.Advance(TimeSpan.FromSeconds(10));
        SpinWait.SpinUntil(() => store.Stats().Logs.Parts == 2, Patience).ShouldBeTrue();
        Answers.Count(store, EventSignal.Logs).ShouldBe(201);
    }

    private EventStore Open(bool background) => new(Options(_disk, background));

    private EventStoreOptions Options(FaultyFileSystem disk, bool background) => new()
    {
        Folder = "/data/events",
        FileSystem = disk,
        TimeProvider = _clock,
        RunInBackground = background,
        FlushBytes = 1,
        OnCorruption = e => throw e,
        OnBackgroundFailure = e => throw e,
    };

    private static void Append(EventStore store, DateTimeOffset time, int rows, int bytes)
    {
        var random = new Random(rows);
        var text = new byte[bytes];
        using var batch = LogBatch.Rent();
        batch.EndResource(ResourceKind.Otlp);
        for (var i = 0; i < rows; i++)
        {
            for (var at = 0; at < text.Length; at++)
            {
                text[at] = (byte)random.Next('a', 'z');
            }

            batch.AddRow(new LogRow { TimeUnixNano = ((time - DateTimeOffset.UnixEpoch).Ticks * 100) + i, Scope = -1, BodyType = AttributeType.String, BodyBits = batch.AddText(text).Packed });
        }

        store.Append(batch).Stored.ShouldBe(rows);
    }
}
