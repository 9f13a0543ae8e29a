using System.Buffers.Binary;
using System.Text;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Exposition;
using Sightglass.Ingest.Otlp;

namespace Sightglass.Ingest.Loki;

/// <summary>What both forms of a push make of labels, entries and structured metadata.</summary>
internal static class LokiLabels
{
    /// <summary>Adds a stream label to the open run.</summary>
    public static void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, LogBatch batch, IngestLimits limits)
    {
        if (!LegacyName.Is(name, colons: false))
        {
            // Nobody could ask for it: a selector has no other names.
            throw new MalformedInputException(name.Length == 0 ? "stream label without a name"
                : $"error parsing labels: '{Encoding.UTF8.GetString(name[..Math.Min(name.Length, limits.MaxLabelNameBytes)])}' is not a name of a label, want letters, digits and underscores");
        }

        if (name.Length > limits.MaxLabelNameBytes || value.Length > limits.MaxLabelValueBytes || batch.OpenAttributes >= limits.MaxLabelsPerSeries)
        {
            throw new MalformedInputException(name.Length > limits.MaxLabelNameBytes ? OtlpValues.Limit("stream label name", name.Length, nameof(IngestLimits.MaxLabelNameBytes), limits.MaxLabelNameBytes)
                : value.Length > limits.MaxLabelValueBytes ? OtlpValues.Limit("stream label value", value.Length, nameof(IngestLimits.MaxLabelValueBytes), limits.MaxLabelValueBytes)
                : OtlpValues.Limit("labels of a stream", batch.OpenAttributes + 1, nameof(IngestLimits.MaxLabelsPerSeries), limits.MaxLabelsPerSeries));
        }

        if (value.Length > 0)
        {
            batch.AddAttribute(name, AttributeType.String, value);
        }
    }

    /// <summary>Closes the open run as a stream.</summary>
    public static int EndStream(LogBatch batch) => batch.OpenAttributes > 0
        ? batch.EndResource(ResourceKind.Labels)
        : throw new MalformedInputException("stream without labels, want at least one");

    /// <summary>
    /// Adds structured metadata to the row, or to its trace fields where it names a valid trace or span: that is what joins logs with traces.
    /// The result says which limit it breaks, null when none.
    /// </summary>
    public static string? AddMetadata(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, ref LogRow row, LogBatch batch, IngestLimits limits)
    {
        if (name.Length == 0 || value.Length == 0)
        {
            return null;
        }

        Span<byte> id = stackalloc byte[16];
        if (name.SequenceEqual("trace_id"u8) && Hex(value, id))
        {
            row.TraceId = TraceId.FromBytes(id);
            return null;
        }

        if (name.SequenceEqual("span_id"u8) && Hex(value, id[..8]))
        {
            row.SpanId = BinaryPrimitives.ReadUInt64BigEndian(id);
            return null;
        }

        if (name.Length > limits.MaxLabelNameBytes)
        {
            return OtlpValues.Limit("metadata name", name.Length, nameof(IngestLimits.MaxLabelNameBytes), limits.MaxLabelNameBytes);
        }

        if (value.Length > limits.MaxAttributeValueBytes)
        {
            return OtlpValues.Limit("metadata value", value.Length, nameof(IngestLimits.MaxAttributeValueBytes), limits.MaxAttributeValueBytes);
        }

        if (batch.OpenAttributes >= limits.MaxAttributesPerRow)
        {
            return OtlpValues.Limit("metadata of an entry", batch.OpenAttributes + 1, nameof(IngestLimits.MaxAttributesPerRow), limits.MaxAttributesPerRow);
        }

        batch.AddAttribute(name, AttributeType.String, value);
        return null;
    }

    /// <summary>Adds the row with its line, or counts it as refused.</summary>
    public static void Close(ref LogRow row, ReadOnlySpan<byte> line, string? wrong, LogBatch batch, Rejections rejections, IngestLimits limits, long now)
    {
        wrong ??= line.Length > limits.MaxLogLineBytes ? OtlpValues.Limit("log line", line.Length, nameof(IngestLimits.MaxLogLineBytes), limits.MaxLogLineBytes) : null;
        if (wrong is not null)
        {
            batch.DropOpenAttributes();
            rejections.Add("invalid_entry", $"entry: {wrong}");
            return;
        }

        row.TimeUnixNano = row.TimeUnixNano == 0 ? now : row.TimeUnixNano;
        row.Scope = -1;
        row.BodyType = AttributeType.String;
        row.BodyBits = batch.AddText(line).Packed;
        batch.AddRow(row);
    }

    private static bool Hex(ReadOnlySpan<byte> text, Span<byte> id)
    {
        if (text.Length != id.Length * 2)
        {
            return false;
        }

        Span<char> chars = stackalloc char[32];
        for (var i = 0; i < text.Length; i++)
        {
            chars[i] = (char)text[i];
        }

        return Convert.FromHexString(chars[..text.Length], id, out _, out var written) == System.Buffers.OperationStatus.Done
            && written == id.Length && id.ContainsAnyExcept((byte)0);
    }
}
