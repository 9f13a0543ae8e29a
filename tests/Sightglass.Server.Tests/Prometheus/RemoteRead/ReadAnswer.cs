using System.Buffers.Binary;
using System.Text;
using Sightglass.Core.Bytes;

namespace Sightglass.Server.Tests.Prometheus.RemoteRead;

/// <summary>Writes requests of remote read and takes their answers apart.</summary>
internal static class ReadAnswer
{
    public static byte[] Request(long startMs, long endMs, int[] accepted, params (int Type, string Name, string Value)[] matchers) =>
        Request(startMs, endMs, accepted, packed: false, matchers);

    public static byte[] Request(long startMs, long endMs, int[] accepted, bool packed, (int Type, string Name, string Value)[] matchers)
    {
        using var query = new ByteWriter();
        Number(query, 1, startMs);
        Number(query, 2, endMs);
        foreach (var (type, name, value) in matchers)
        {
            using var matcher = new ByteWriter();
            Number(matcher, 1, type);
            Bytes(matcher, 2, Encoding.UTF8.GetBytes(name));
            Bytes(matcher, 3, Encoding.UTF8.GetBytes(value));
            Bytes(query, 3, matcher.Written);
        }

        using var request = new ByteWriter();
        Bytes(request, 1, query.Written);
        if (packed)
        {
            Bytes(request, 2, Array.ConvertAll(accepted, type => (byte)type));
        }
        else
        {
            foreach (var type in accepted)
            {
                Number(request, 2, type);
            }
        }

        using var compressed = new ByteWriter();
        SnappyEncoder.Compress(request.Written, compressed);
        return compressed.Written.ToArray();
    }

    /// <summary>Lines of <c>{labels} time=value …</c> of a <c>ReadResponse</c>.</summary>
    public static List<string> Samples(byte[] body)
    {
        using var plain = new ByteWriter();
        Snappy.TryDecompress(body, plain, 1 << 24).ShouldBeTrue();
        var lines = new List<string>();
        var answer = new ProtoReader(plain.Written);
        while (answer.Next())
        {
            var result = new ProtoReader(answer.ReadBytes());
            while (result.Next())
            {
                lines.Add(Series(result.ReadBytes(), Sample));
            }
        }

        return lines;
    }

    /// <summary>Lines of <c>{labels} from-to:type:samples …</c> of a stream, one per frame; checksums are checked.</summary>
    public static List<string> Frames(byte[] body)
    {
        var lines = new List<string>();
        for (var rest = body.AsSpan(); rest.Length > 0;)
        {
            var header = new ByteReader(rest);
            var length = (int)header.ReadVarint();
            var message = rest.Slice(header.Position + 4, length);
            Crc32C.Compute(message).ShouldBe(BinaryPrimitives.ReadUInt32BigEndian(rest[header.Position..]));
            rest = rest[(header.Position + 4 + length)..];
            var frame = new ProtoReader(message);
            while (frame.Next())
            {
                if (frame.Field == 1)
                {
                    lines.Add(Series(frame.ReadBytes(), Chunk));
                }
                else
                {
                    frame.Skip();
                }
            }
        }

        return lines;
    }

    private delegate void ItemReader(ref ProtoReader series, StringBuilder text);

    private static string Series(ReadOnlySpan<byte> message, ItemReader item)
    {
        var labels = new List<string>();
        var items = new StringBuilder();
        var series = new ProtoReader(message);
        while (series.Next())
        {
            if (series.Field == 1)
            {
                labels.Add(Label(series.ReadBytes()));
            }
            else
            {
                item(ref series, items);
            }
        }

        return $"{{{string.Join(',', labels)}}}{items}";
    }

    private static string Label(ReadOnlySpan<byte> message)
    {
        var (name, value) = (string.Empty, string.Empty);
        var label = new ProtoReader(message);
        while (label.Next())
        {
            var text = Encoding.UTF8.GetString(label.ReadBytes());
            (name, value) = label.Field == 1 ? (text, value) : (name, text);
        }

        return $"{name}={value}";
    }

    private static void Sample(ref ProtoReader series, StringBuilder text)
    {
        if (series.Field != 2)
        {
            series.Skip();
            text.Append(" histogram");
            return;
        }

        var (time, value) = (0L, 0.0);
        var sample = new ProtoReader(series.ReadBytes());
        while (sample.Next())
        {
            if (sample.Field == 1)
            {
                value = sample.ReadDouble();
            }
            else
            {
                time = sample.ReadInt64();
            }
        }

        text.Append(System.Globalization.CultureInfo.InvariantCulture, $" {time}={value}");
    }

    private static void Chunk(ref ProtoReader series, StringBuilder text)
    {
        var (from, to, type, count) = (0L, 0L, 0L, 0);
        var chunk = new ProtoReader(series.ReadBytes());
        while (chunk.Next())
        {
            switch (chunk.Field)
            {
                case 1:
                    from = chunk.ReadInt64();
                    break;
                case 2:
                    to = chunk.ReadInt64();
                    break;
                case 3:
                    type = chunk.ReadInt64();
                    break;
                default:
                    count = BinaryPrimitives.ReadUInt16BigEndian(chunk.ReadBytes());
                    break;
            }
        }

        text.Append(System.Globalization.CultureInfo.InvariantCulture, $" {from}-{to}:{type}:{count}");
    }

    private static void Number(ByteWriter target, int field, long value)
    {
        target.WriteVarint((ulong)(field << 3));
        target.WriteVarint((ulong)value);
    }

    private static void Bytes(ByteWriter target, int field, ReadOnlySpan<byte> bytes)
    {
        target.WriteVarint((ulong)((field << 3) | 2));
        target.WriteLengthPrefixed(bytes);
    }
}
