using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Otlp;

/// <summary>
/// Decodes <c>ExportTraceServiceRequest</c> into a <see cref="SpanBatch"/>. A body that does not parse is refused as a whole
/// (<see cref="Core.Errors.MalformedInputException"/>), a span without valid ids or over a limit is left out and counted.
/// </summary>
internal static class OtlpTracesDecoder
{
    /// <summary>Adds the spans of <paramref name="body"/> to <paramref name="batch"/>.</summary>
    public static void Decode(ReadOnlySpan<byte> body, SpanBatch batch, Rejections rejections, IngestLimits limits)
    {
        using var events = new ByteWriter(1024);
        using var links = new ByteWriter(1024);
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
                    DecodeScope(inner.ReadBytes(), resource, batch, rejections, limits, events, links, ref count);
                }
                else
                {
                    inner.Skip();
                }
            }
        }
    }

    private static void DecodeScope(
        ReadOnlySpan<byte> message, int resource, SpanBatch batch, Rejections rejections, IngestLimits limits, ByteWriter events, ByteWriter links, ref ItemCount count)
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
            events.Clear();
            links.Clear();
            var row = new SpanRow { Resource = resource, Scope = scope };
            if (ReadSpan(reader.ReadBytes(), ref row, batch, limits, events, links) is { } wrong)
            {
                rejections.Add("invalid_span", $"span: {wrong}");
                batch.DropOpenAttributes();
            }
            else
            {
                row.Events = batch.AddText(events.Written);
                row.Links = batch.AddText(links.Written);
                batch.AddRow(row);
            }
        }
    }

    private static string? ReadSpan(ReadOnlySpan<byte> message, ref SpanRow row, SpanBatch batch, IngestLimits limits, ByteWriter events, ByteWriter links)
    {
        string? wrong = null;
        ulong start = 0;
        ulong end = 0;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    row.TraceId = reader.ReadBytes() is { Length: 16 } trace ? TraceId.FromBytes(trace) : default;
                    break;
                case 2:
                    row.SpanId = OtlpSpanParts.SpanId(reader.ReadBytes());
                    break;
                case 3:
                    row.TraceState = batch.AddText(reader.ReadUtf8());
                    break;
                case 4:
                    var parent = reader.ReadBytes();
                    row.ParentSpanId = OtlpSpanParts.SpanId(parent);
                    wrong = parent.Length is 0 or 8 ? wrong : $"parent span id of {parent.Length} bytes, want 8";
                    break;
                case 5:
                    row.Name = batch.AddText(reader.ReadUtf8());
                    break;
                case 6:
                    row.Kind = reader.ReadInt32() is > 0 and <= 5 and var kind ? (byte)kind : (byte)0;
                    break;
                case 7:
                    start = reader.ReadFixed64();
                    break;
                case 8:
                    end = reader.ReadFixed64();
                    break;
                case 9:
                    wrong = OtlpValues.AddAttribute(batch, reader.ReadBytes(), limits) ?? wrong;
                    break;
                case 10:
                    row.DroppedAttributes = (uint)reader.ReadUInt64();
                    break;
                case 11:
                    var happened = reader.ReadBytes();
                    OtlpSpanParts.CheckEvent(happened, limits);
                    events.WriteLengthPrefixed(happened);
                    break;
                case 12:
                    row.DroppedEvents = (uint)reader.ReadUInt64();
                    break;
                case 13:
                    var link = reader.ReadBytes();
                    wrong = OtlpSpanParts.CheckLink(link, limits) ?? wrong;
                    links.WriteLengthPrefixed(link);
                    break;
                case 14:
                    row.DroppedLinks = (uint)reader.ReadUInt64();
                    break;
                case 15:
                    OtlpSpanParts.ReadStatus(reader.ReadBytes(), ref row, batch);
                    break;
                case 16:
                    row.Flags = reader.ReadFixed32();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        row.StartUnixNano = (long)start;

        // Clocks step back now and then; a span that ends before its start has no length.
        row.EndUnixNano = (long)Math.Max(start, end);
        return row.TraceId.IsEmpty ? "trace id is missing or not 16 bytes that are not all zero"
            : row.SpanId == 0 ? "span id is missing or not 8 bytes that are not all zero"
            : start == 0 ? "start time is missing"
            : Math.Max(start, end) > long.MaxValue ? "timestamp is later than the year 2262"
            : wrong;
    }
}
