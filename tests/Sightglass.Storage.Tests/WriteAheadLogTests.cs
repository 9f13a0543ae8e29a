using Sightglass.Core.Errors;
using Sightglass.TestKit;
using Sightglass.TestKit.Faults;

namespace Sightglass.Storage.Tests;

public sealed class WriteAheadLogTests
{
    private const string Folder = "/wal";

    private readonly FaultyFileSystem _files = new();

    [Fact]
    public void What_was_appended_is_replayed_in_order()
    {
        using (var log = Open(_files, out _))
        {
            for (byte i = 1; i <= 10; i++)
            {
                log.Append(7, [i, i]).ShouldBe(i);
            }
        }

        using var again = Open(_files.Restart(loseUnsynced: false), out var records);
        records.ShouldBe([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        again.LastSequence.ShouldBe(10);
        again.Append(7, [11]).ShouldBe(11);
        again.Recovery.TornBytes.ShouldBe(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(17)]
    [InlineData(18)]
    public void A_torn_tail_is_cut_and_reported(int cut)
    {
        using (var log = Open(_files, out _))
        {
            log.Append(1, [1]);
            log.Append(1, [2]);
        }

        var path = _files.AllFiles().Single();
        using (var file = _files.OpenWritable(path))
        {
            file.SetLength(file.Length - cut);
        }

        using (var again = Open(_files, out var records))
        {
            records.ShouldBe([1]);
            again.Recovery.TornBytes.ShouldBe(cut == 18 ? 0 : 18 - cut);
            again.Append(1, [3]).ShouldBe(2);
        }

        using var third = Open(_files, out var after);
        after.ShouldBe([1, 3]);
        third.Recovery.TornBytes.ShouldBe(0);
    }

    [Fact]
    public void Every_flipped_bit_costs_one_record_at_most()
    {
        using (var log = Open(_files, out _, segmentBytes: 100))
        {
            for (byte i = 1; i <= 12; i++)
            {
                log.Append(1, [i]);
            }
        }

        foreach (var path in _files.AllFiles())
        {
            for (var bit = 0; bit < _files.SizeOf(path) * 8; bit++)
            {
                var copy = _files.Restart(loseUnsynced: false);
                copy.FlipBit(path, bit);
                using var log = Open(copy, out var records);
                records.Count.ShouldBeGreaterThanOrEqualTo(11, $"{path} bit {bit}");
                records.ShouldBeInOrder();
                (log.Recovery.Messages.Count + (12 - records.Count)).ShouldBeGreaterThan(0);
            }
        }
    }

    [Fact]
    public void Covered_records_are_not_replayed_and_their_segments_go()
    {
        using (var log = Open(_files, out _, segmentBytes: 60))
        {
            for (byte i = 1; i <= 10; i++)
            {
                log.Append(1, [i]);
            }

            var before = _files.AllFiles().Count;
            log.DropUpTo(6);
            _files.AllFiles().Count.ShouldBeLessThan(before);
        }

        using var again = Open(_files, out var records, covered: 6);
        records.ShouldBe([7, 8, 9, 10]);
    }

    [Fact]
    public void Dropping_everything_keeps_the_numbers_going_up()
    {
        using (var log = Open(_files, out _))
        {
            log.Append(1, [1]);
            log.Append(1, [2]);
            log.DropUpTo(2);
        }

        using var again = Open(_files, out var records, covered: 2);
        records.ShouldBeEmpty();
        again.Append(1, [3]).ShouldBe(3);
    }

    [Fact]
    public void A_full_disk_fails_the_append_and_leaves_no_trace_of_it()
    {
        using var log = Open(_files, out _);
        log.Append(1, [1]);
        _files.Capacity = 60;
        Should.Throw<StorageFailedException>(() => log.Append(1, new byte[100]));
        _files.Capacity = long.MaxValue;
        log.Append(1, [2]).ShouldBe(2);
        using var again = Open(_files.Restart(loseUnsynced: false), out var records);
        records.ShouldBe([1, 2]);
        again.Recovery.Messages.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void A_log_opens_on_a_full_disk_and_goes_on_when_there_is_room(int torn)
    {
        using (var log = Open(_files, out _))
        {
            log.Append(1, [1]);
            log.Append(1, [2]);
        }

        var path = _files.AllFiles().Single();
        using (var file = _files.OpenWritable(path))
        {
            file.SetLength(file.Length - torn);
        }

        var kept = torn == 0 ? 2 : 1;
        var full = _files.Restart(loseUnsynced: false);
        full.Capacity = full.SizeOf(path);
        using (var log = Open(full, out var records))
        {
            records.Count.ShouldBe(kept);
            Should.Throw<StorageFailedException>(() => log.Append(1, new byte[100]));
            Should.Throw<StorageFailedException>(() => log.Append(1, new byte[100]));
            full.Capacity = long.MaxValue;
            log.Append(1, [3]).ShouldBe(kept + 1);
        }

        using var again = Open(full.Restart(loseUnsynced: true), out var after);
        after[^1].ShouldBe((byte)3);
        after.Count.ShouldBe(kept + 1);
        again.Recovery.Messages.ShouldBeEmpty();
    }

    [Fact]
    public void A_torn_segment_may_be_dropped_before_it_is_cut()
    {
        using (var log = Open(_files, out _))
        {
            log.Append(1, [1]);
            log.Append(1, [2]);
        }

        using (var file = _files.OpenWritable(_files.AllFiles().Single()))
        {
            file.SetLength(file.Length - 5);
        }

        using (var log = Open(_files, out var records))
        {
            records.ShouldBe([1]);
            log.DropUpTo(1);
            _files.AllFiles().ShouldBeEmpty();
            log.Append(1, [3]).ShouldBe(2);
        }

        using var again = Open(_files, out var after);
        after.ShouldBe([3]);
        again.Recovery.Messages.ShouldBeEmpty();
    }

    [Fact]
    public void A_log_opens_where_nothing_at_all_can_be_changed()
    {
        using (var log = Open(_files, out _))
        {
            log.Append(1, [1]);
            log.Append(1, [2]);
        }

        var path = _files.AllFiles().Single();
        using (var file = _files.OpenWritable(path))
        {
            file.SetLength(file.Length - 5);
        }

        var still = _files.Restart(loseUnsynced: false);
        for (var at = 1; at <= 3; at++)
        {
            // The cut, and all that comes after it.
            (still.FaultAt, still.FaultKind) = (still.Operations + at, Fault.Fail);
            using (var log = Open(still, out var records))
            {
                records.ShouldBe([1]);
            }

            still = still.Restart(loseUnsynced: false);
        }

        using (var log = Open(still, out _))
        {
            log.Append(1, [3]).ShouldBe(2);
        }

        using var again = Open(still, out var after);
        after.ShouldBe([1, 3]);
        again.Recovery.LostBytes.ShouldBe(0);
    }

    [Fact]
    public void With_interval_zero_an_answer_survives_the_machine()
    {
        using var log = Open(_files, out _);
        log.Append(1, [1]);
        log.Append(1, [2]);
        using var again = Open(_files.Restart(loseUnsynced: true), out var records);
        records.ShouldBe([1, 2]);
    }

    [Fact]
    public void Opening_writes_nothing_and_what_was_replayed_is_dropped_when_it_is_covered()
    {
        using (var log = Open(_files, out _))
        {
            log.Append(1, [1]);
            log.Append(1, [2]);
        }

        var before = _files.Operations;
        using (var log = Open(_files, out _))
        {
            log.DropUpTo(1);
            _files.Operations.ShouldBe(before);
            log.LastSequence.ShouldBe(2);
        }

        Count(_files).ShouldBe(2);
        using (var log = Open(_files, out _))
        {
            log.DropUpTo(2);
            log.Append(1, [3]).ShouldBe(3);
        }

        using var again = Open(_files, out var records, covered: 2);
        records.ShouldBe([3]);
        again.Recovery.LostBytes.ShouldBe(0);
    }

    [Fact]
    public void With_an_interval_the_timer_syncs()
    {
        var time = new ManualTimeProvider();
        using var log = WriteAheadLog.Open(_files, Folder, new WalOptions { TimeProvider = time }, (_, _, _) => { });
        log.Append(1, [1]);
        Count(_files.Restart(loseUnsynced: true)).ShouldBe(0);
        Count(_files.Restart(loseUnsynced: false)).ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(1));
        Count(_files.Restart(loseUnsynced: true)).ShouldBe(1);
    }

    [Fact]
    public void After_a_failed_sync_the_next_record_goes_to_another_segment()
    {
        using var log = Open(_files, out _);
        log.Append(1, [1]);
        _files.SyncsFail = true;
        Should.Throw<StorageFailedException>(() => log.Append(1, [2]));
        Should.Throw<StorageFailedException>(() => log.Append(1, [2]));
        _files.SyncsFail = false;
        log.Append(1, [3]).ShouldBe(2);
        using var again = Open(_files.Restart(loseUnsynced: true), out var records);
        records.ShouldBe([1, 3]);
    }

    [Theory]
    [InlineData(Fault.Fail)]
    [InlineData(Fault.ShortWrite)]
    [InlineData(Fault.Crash)]
    public void Whatever_operation_goes_wrong_the_acknowledged_is_kept_once(Fault kind)
    {
        for (var at = 1; at < 60; at++)
        {
            var files = new FaultyFileSystem { FaultAt = at, FaultKind = kind };
            var acknowledged = new List<byte>();
            try
            {
                using var log = Open(files, out _, segmentBytes: 60);
                for (byte i = 1; i <= 10; i++)
                {
                    try
                    {
                        log.Append(1, [i]);
                        acknowledged.Add(i);
                    }
                    catch (StorageFailedException)
                    {
                        // The sender would come again.
                    }
                }
            }
            catch (StorageFailedException)
            {
                // Opening failed.
            }

            using var again = Open(files.Restart(loseUnsynced: kind == Fault.Crash), out var records);
            records.ShouldBe(acknowledged, $"fault at {at}");
        }
    }

    private static int Count(FaultyFileSystem files)
    {
        using var log = Open(files, out var records);
        return records.Count;
    }

    private static WriteAheadLog Open(FaultyFileSystem files, out List<byte> records, long segmentBytes = 1 << 20, long covered = 0)
    {
        var found = new List<byte>();
        var log = WriteAheadLog.Open(
            files,
            Folder,
            new WalOptions { SyncInterval = TimeSpan.Zero, SegmentBytes = segmentBytes },
            (_, _, record) => found.Add(record[0]),
            covered);
        records = found;
        return log;
    }
}
