using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Otlp;

/// <summary>
/// Decodes <c>ExportLogsServiceRequest</c> into a <see cref="LogBatch"/>. A body that does not parse is refused as a whole
/// (<see cref="Core.Errors.MalformedInputException"/>), a record over a limit is left out and counted.
/// </summary>
internal static class OtlpLogsDecoder
{
    /// <summary>Adds the records of <paramref name="body"/> to <paramref name="batch"/>; <paramref name="nowUnixNano"/> is the time of records without one.</summary>
    public static void Decode(ReadOnlySpan<byte> body, LogBatch batch, Rejections rejections, IngestLimits limits, long nowUnixNano)
    {
        var count = new ItemCount(limits);
        var reader = new ProtoReader(body);
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            count.Take();
            var message = reader.ReadBytes();
            var resource = OtlpValues.AddResource(batch, OtlpValues.Owner(message, out var schemaUrl), schemaUrl, limits);
            var inner = new ProtoReader(message);
            while (inner.Next())
            {
                if (inner.Field == 2)
                {
                    DecodeScope(inner.ReadBytes(), resource, batch, rejections, limits, nowUnixNano, ref count);
                }
                else
                {
                    inner.Skip();
                }
            }
        }
    }

    private static void DecodeScope(
        ReadOnlySpan<byte> message, int resource, LogBatch batch, Rejections rejections, IngestLimits limits, long now, ref ItemCount count)
    {
        count.Take();
        var scope = OtlpValues.AddScope(batch, OtlpValues.Owner(message, out var schemaUrl), schemaUrl, limits);
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field != 2)
            {
                reader.Skip();
                continue;
            }

            count.Take();
            var row = new LogRow { Resource = resource, Scope = scope };
            if (ReadRecord(reader.ReadBytes(), ref row, batch, limits, now) is { } wrong)
            {
                rejections.Add("invalid_record", $"log record: {wrong}");
                batch.DropOpenAttributes();
            }
            else
            {
                batch.AddRow(row);
            }
        }
    }

    private static string? ReadRecord(ReadOnlySpan<byte> message, ref LogRow row, LogBatch batch, IngestLimits limits, long now)
    {
        string? wrong = null;
        ulong time = 0;
        ulong observed = 0;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    time = reader.ReadFixed64();
                    break;
                case 2:
                    row.SeverityNumber = reader.ReadInt32() is > 0 and <= 24 and var number ? (byte)number : (byte)0;
                    break;
                case 3:
                    row.SeverityText = batch.AddText(reader.ReadUtf8());
                    break;
                case 5:
                    wrong = ReadBody(reader.ReadBytes(), ref row, batch, limits) ?? wrong;
                    break;
                case 6:
                    wrong = OtlpValues.AddAttribute(batch, reader.ReadBytes(), limits) ?? wrong;
                    break;
                case 7:
                    row.DroppedAttributes = (uint)reader.ReadUInt64();
                    break;
                case 8:
                    row.Flags = reader.ReadFixed32();
                    break;
                case 9:
                    // The protocol: an id of another length means that the record belongs to no trace.
                    row.TraceId = reader.ReadBytes() is { Length: 16 } trace ? TraceId.FromBytes(trace) : default;
                    break;
                case 10:
                    row.SpanId = OtlpSpanParts.SpanId(reader.ReadBytes());
                    break;
                case 11:
                    observed = reader.ReadFixed64();
                    break;
                case 12:
                    row.EventName = batch.AddText(reader.ReadUtf8());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (time > long.MaxValue || observed > long.MaxValue)
        {
            return "timestamp is later than the year 2262";
        }

        row.ObservedTimeUnixNano = (long)observed;
        row.TimeUnixNano = time != 0 ? (long)time : observed != 0 ? (long)observed : now;
        return wrong;
    }

    private static string? ReadBody(ReadOnlySpan<byte> anyValue, ref LogRow row, LogBatch batch, IngestLimits limits)
    {
        row.BodyType = OtlpValues.Read(anyValue, limits.MaxNestingDepth, out var bits, out var bytes);
        if (bytes.Length > limits.MaxLogLineBytes)
        {
            return $"body of {bytes.Length} bytes, limit {nameof(IngestLimits.MaxLogLineBytes)} is {limits.MaxLogLineBytes}";
        }

        row.BodyBits = row.BodyType is AttributeType.String or AttributeType.Bytes or AttributeType.Composite ? batch.AddText(bytes).Packed : bits;
        return null;
    }
}
