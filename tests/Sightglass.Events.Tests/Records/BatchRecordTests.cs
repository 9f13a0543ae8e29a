using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Events.Records;

namespace Sightglass.Events.Tests.Records;

public sealed class BatchRecordTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    private readonly IdentityTable _identities = new();
    private readonly AttributeKeys _keys = new();

    [Theory]
    [InlineData(EventSignal.Logs)]
    [InlineData(EventSignal.Spans)]
    public void A_batch_read_back_gives_the_same_record(EventSignal signal)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            using var batch = Batch(signal, seed, 40);
            var record = Write(batch, []);
            using var again = Empty(signal);
            BatchRecord.TryRead(record, again).ShouldBeTrue();
            again.Count.ShouldBe(40);
            Write(again, []).ShouldBe(record);
        }
    }

    [Theory]
    [InlineData(EventSignal.Logs)]
    [InlineData(EventSignal.Spans)]
    public void Rejected_rows_are_left_out(EventSignal signal)
    {
        using var batch = Batch(signal, 1, 10);
        var rejected = new bool[10];
        rejected[0] = rejected[9] = true;
        using var again = Empty(signal);
        BatchRecord.TryRead(Write(batch, rejected), again).ShouldBeTrue();
        again.Count.ShouldBe(8);
    }

    [Theory]
    [InlineData(EventSignal.Logs)]
    [InlineData(EventSignal.Spans)]
    public void Any_bytes_are_read_or_refused(EventSignal signal)
    {
        using var batch = Batch(signal, 2, 10);
        var record = Write(batch, []);
        var random = new Random(3);
        for (var i = 0; i < 3000; i++)
        {
            var broken = (byte[])record.Clone();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
            {
                broken[random.Next(broken.Length)] = (byte)random.Next(256);
            }

            using var target = Empty(signal);
            _ = BatchRecord.TryRead(broken, target);
            using var cut = Empty(signal);
            BatchRecord.TryRead(record.AsSpan(0, random.Next(record.Length)), cut).ShouldBeFalse();
        }
    }

    [Fact]
    public void A_stream_is_one_object_whatever_the_order_of_its_attributes()
    {
        var first = Stream("a", "b", ResourceKind.Otlp, "");
        Stream("b", "a", ResourceKind.Otlp, "").ShouldBeSameAs(first);
        Stream("a", "b", ResourceKind.Labels, "").ShouldNotBeSameAs(first);
        Stream("a", "b", ResourceKind.Otlp, "u").ShouldNotBeSameAs(first);
        Stream("a", "c", ResourceKind.Otlp, "").ShouldNotBeSameAs(first);
        first.Attributes.Select(a => a.Key).ShouldBe(["a", "b"]);
    }

    private EventStream Stream(string key, string otherKey, ResourceKind kind, string schemaUrl)
    {
        using var batch = LogBatch.Rent();
        batch.AddAttribute(batch.AddText(key), AttributeType.Int, 1);
        batch.AddAttribute(batch.AddText(otherKey), AttributeType.Int, 1);
        batch.EndResource(kind, batch.AddText(schemaUrl));
        using var scratch = new ByteWriter();
        return _identities.Stream(batch, batch.Resources[0], scratch).Stream;
    }

    private byte[] Write(EventBatch batch, bool[] rejected)
    {
        using var prepared = new PreparedBatch();
        prepared.Prepare(batch, _identities, _keys);
        using var record = new BatchRecord();
        using var target = new ByteWriter();
        record.Write(batch, prepared, _keys, rejected, target);
        return target.Written.ToArray();
    }

    private static EventBatch Batch(EventSignal signal, int seed, int rows)
    {
        var events = new RandomEvents(seed, Now);
        return signal == EventSignal.Logs ? events.Logs(rows) : events.Spans(rows);
    }

    private static EventBatch Empty(EventSignal signal) => signal == EventSignal.Logs ? LogBatch.Rent() : SpanBatch.Rent();
}
