using Sightglass.Ingest.Forward;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Forward;

public sealed class DiskQueueTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _reports = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Records_come_in_order_and_stay_until_they_are_committed()
    {
        using var queue = Open();
        for (byte i = 0; i < 5; i++)
        {
            queue.Append([i], 10);
        }

        Payloads(queue.Read(30, 100)).ShouldBe([0, 1, 2]);
        Payloads(queue.Read(1, 100)).ShouldBe([0]);
        Payloads(queue.Read(1000, 2)).ShouldBe([0, 1]);
        queue.Commit(queue.Read(20, 100));
        Payloads(queue.Read(1000, 100)).ShouldBe([2, 3, 4]);
        queue.PendingItems.ShouldBe(30);
        queue.Commit(queue.Read(1000, 100));
        queue.Read(1000, 100).ShouldBeEmpty();
        queue.PendingItems.ShouldBe(0);
    }

    [Fact]
    public void What_was_not_committed_is_there_after_a_restart()
    {
        using (var queue = Open())
        {
            queue.Append([1], 1);
            queue.Append([2], 1);
            queue.Commit(queue.Read(1, 1));
        }

        using (var queue = Open())
        {
            queue.PendingItems.ShouldBe(1);
            queue.Append([3], 1);
            Payloads(queue.Read(10, 10)).ShouldBe([2, 3]);
            queue.Commit(queue.Read(10, 10));
        }

        using var last = Open();
        last.Read(10, 10).ShouldBeEmpty();
        last.Append([4], 1);
        Payloads(last.Read(10, 10)).ShouldBe([4]);
    }

    [Fact]
    public void A_full_queue_drops_its_oldest_file_and_counts_what_was_in_it()
    {
        using var queue = Open(maxBytes: 64 << 10);
        for (var i = 0; i < 100; i++)
        {
            queue.Append([.. Enumerable.Repeat((byte)i, 2000)], 7);
        }

        queue.Bytes.ShouldBeLessThanOrEqualTo(64 << 10);
        var left = Payloads(queue.Read(int.MaxValue, int.MaxValue));
        left[^1].ShouldBe((byte)99);
        left.ShouldBe([.. Enumerable.Range(100 - left.Length, left.Length).Select(static i => (byte)i)]);
        queue.DroppedItems.ShouldBe((100 - left.Length) * 7);
        queue.PendingItems.ShouldBe(left.Length * 7);
        _reports.ShouldContain(static r => r.Contains("is full at 65536 bytes", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_dropped_while_its_records_are_on_their_way_is_no_loss_of_later_ones()
    {
        using var queue = Open(maxBytes: 64 << 10);
        queue.Append([255], 1);
        var onTheWay = queue.Read(10, 10);
        for (var i = 0; i < 100; i++)
        {
            queue.Append([.. Enumerable.Repeat((byte)i, 2000)], 1);
        }

        var before = Payloads(queue.Read(1000, 1000));
        queue.Commit(onTheWay);
        Payloads(queue.Read(1000, 1000)).ShouldBe(before);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(9)]
    [InlineData(13)]
    public void A_torn_or_damaged_record_costs_the_rest_of_its_file_only(int damagedByte)
    {
        using (var queue = Open())
        {
            queue.Append([1, 1, 1], 1);
            queue.Append([2, 2, 2], 1);
        }

        var file = Directory.GetFiles(_folder.FullPath, "*.queue").Single();
        var bytes = File.ReadAllBytes(file);
        if (damagedByte < 0)
        {
            bytes = bytes[..^1];
        }
        else
        {
            bytes[8 + 15 + damagedByte] ^= 0x55;
        }

        File.WriteAllBytes(file, bytes);
        using var again = Open();
        again.Append([3], 1);
        Payloads(again.Read(100, 100)).ShouldBe([1, 3]);
        _reports.ShouldHaveSingleItem().ShouldContain("torn or damaged");
    }

    [Fact]
    public void A_damaged_position_means_sending_again_and_not_losing()
    {
        using (var queue = Open())
        {
            queue.Append([1], 1);
            queue.Append([2], 1);
            queue.Commit(queue.Read(1, 1));
        }

        File.WriteAllBytes(Path.Combine(_folder.FullPath, "position"), new byte[20]);
        using var again = Open();
        Payloads(again.Read(10, 10)).ShouldBe([1, 2]);
    }

    private DiskQueue Open(long maxBytes = 1 << 20) => DiskQueue.Open(_folder.FullPath, maxBytes, _reports.Add);

    private static byte[] Payloads(IReadOnlyList<QueueRecord> records) => [.. records.Select(static r => r.Payload[0])];
}
