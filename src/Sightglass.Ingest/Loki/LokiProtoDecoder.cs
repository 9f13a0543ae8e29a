using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;

namespace Sightglass.Ingest.Loki;

/// <summary>Decodes <c>logproto.PushRequest</c> into a <see cref="LogBatch"/>.</summary>
internal static class LokiProtoDecoder
{
    /// <summary>Adds the entries of <paramref name="body"/> to <paramref name="batch"/>.</summary>
    public static void Decode(ReadOnlySpan<byte> body, LogBatch batch, Rejections rejections, IngestLimits limits, long nowUnixNano)
    {
        var count = new ItemCount(limits);
        var reader = new ProtoReader(body);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                count.Take();
                Stream(reader.ReadBytes(), batch, rejections, limits, nowUnixNano, ref count);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static void Stream(ReadOnlySpan<byte> message, LogBatch batch, Rejections rejections, IngestLimits limits, long now, ref ItemCount count)
    {
        ReadOnlySpan<byte> labels = default;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                labels = reader.ReadUtf8();
            }
            else
            {
                reader.Skip();
            }
        }

        var resource = StreamLabels.Add(labels, batch, limits);
        reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 2)
            {
                count.Take();
                Entry(reader.ReadBytes(), resource, batch, rejections, limits, now);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static void Entry(ReadOnlySpan<byte> message, int resource, LogBatch batch, Rejections rejections, IngestLimits limits, long now)
    {
        var row = new LogRow { Resource = resource };
        string? wrong = null;
        ReadOnlySpan<byte> line = default;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    wrong = Timestamp(reader.ReadBytes(), out row.TimeUnixNano) ?? wrong;
                    break;
                case 2:
                    line = reader.ReadUtf8();
                    break;
                case 3:
                    Pair(reader.ReadBytes(), out var name, out var value);
                    wrong = LokiLabels.AddMetadata(name, value, ref row, batch, limits) ?? wrong;
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        LokiLabels.Close(ref row, line, wrong, batch, rejections, limits, now);
    }

    private static string? Timestamp(ReadOnlySpan<byte> message, out long unixNano)
    {
        long seconds = 0;
        long nanos = 0;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    seconds = reader.ReadInt64();
                    break;
                case 2:
                    nanos = reader.ReadInt64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        unixNano = 0;
        if (seconds is < 0 or > 9_223_372_035 || nanos is < 0 or > 999_999_999)
        {
            return $"timestamp of {seconds} seconds and {nanos} nanoseconds, want one of the years 1970 to 2262";
        }

        unixNano = (seconds * 1_000_000_000) + nanos;
        return null;
    }

    private static void Pair(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = default;
        value = default;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    name = reader.ReadUtf8();
                    break;
                case 2:
                    value = reader.ReadUtf8();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }
}
