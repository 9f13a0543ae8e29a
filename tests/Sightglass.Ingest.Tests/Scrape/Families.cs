using Sightglass.Core.Bytes;

namespace Sightglass.Ingest.Tests.Scrape;

/// <summary>Builds protobuf messages field by field.</summary>
#pragma warning disable CA1001 // The buffers of a few messages may stay with the test.
internal sealed class Message
#pragma warning restore CA1001
{
    private readonly ByteWriter _bytes = new();

    public byte[] Bytes => _bytes.Written.ToArray();

    public Message Varint(int field, ulong value)
    {
        _bytes.WriteVarint((ulong)field << 3);
        _bytes.WriteVarint(value);
        return this;
    }

    public Message Signed(int field, long value) => Varint(field, (ulong)((value << 1) ^ (value >> 63)));

    public Message Double(int field, double value)
    {
        _bytes.WriteVarint(((ulong)field << 3) | 1);
        _bytes.WriteDouble(value);
        return this;
    }

    public Message Text(int field, string value)
    {
        _bytes.WriteVarint(((ulong)field << 3) | 2);
        _bytes.WriteString(value);
        return this;
    }

    public Message Nested(int field, Message message)
    {
        _bytes.WriteVarint(((ulong)field << 3) | 2);
        _bytes.WriteLengthPrefixed(message.Bytes);
        return this;
    }

    public Message PackedSigned(int field, params long[] values)
    {
        var inner = new ByteWriter();
        foreach (var value in values)
        {
            inner.WriteZigZag(value);
        }

        _bytes.WriteVarint(((ulong)field << 3) | 2);
        _bytes.WriteLengthPrefixed(inner.Written);
        return this;
    }

    public Message Span(int field, int offset, uint length) => Nested(field, new Message().Signed(1, offset).Varint(2, length));

    public Message Label(string name, string value) => Nested(1, new Message().Text(1, name).Text(2, value));
}

/// <summary>Delimited <c>io.prometheus.client.MetricFamily</c> messages.</summary>
internal static class Families
{
    public const int Counter = 0;
    public const int Gauge = 1;
    public const int Summary = 2;
    public const int Untyped = 3;
    public const int Histogram = 4;
    public const int GaugeHistogram = 5;

    public static byte[] Delimited(params Message[] families)
    {
        var body = new ByteWriter();
        foreach (var family in families)
        {
            body.WriteLengthPrefixed(family.Bytes);
        }

        return body.Written.ToArray();
    }

    public static Message Family(string name, int type, params Message[] metrics)
    {
        var family = new Message().Text(1, name).Text(2, "help of " + name).Varint(3, (ulong)type);
        foreach (var metric in metrics)
        {
            family.Nested(4, metric);
        }

        return family;
    }

    public static Message Exemplar(string trace, double value, long? seconds)
    {
        var exemplar = new Message().Label("trace_id", trace).Double(2, value);
        return seconds is { } s ? exemplar.Nested(3, new Message().Varint(1, (ulong)s).Varint(2, 500_000_000)) : exemplar;
    }

    public static Message Bucket(ulong count, double bound, Message? exemplar = null)
    {
        var bucket = new Message().Varint(1, count).Double(2, bound);
        return exemplar is null ? bucket : bucket.Nested(3, exemplar);
    }

    /// <summary>Both classic and native: 2 in the zero bucket, 1, 3, 0, 2 in positive and 1 in a negative bucket.</summary>
    public static Message Native(bool withBuckets = true)
    {
        var histogram = new Message().Varint(1, 9).Double(2, 12.5).Signed(5, 3).Double(6, 0.001).Varint(7, 2)
            .Span(9, 0, 1).PackedSigned(10, 1)
            .Span(12, -2, 2).Span(12, 1, 2).PackedSigned(13, 1, 2, -3, 2)
            .Nested(16, Exemplar("native", 1, 100)).Nested(16, Exemplar("no time", 1, null));
        return !withBuckets ? histogram : histogram.Nested(3, Bucket(3, 0.5, Exemplar("bucket", 0.25, null))).Nested(3, Bucket(9, 2));
    }
}
