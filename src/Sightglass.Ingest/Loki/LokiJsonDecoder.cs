using System.Buffers.Text;
using System.Text.Json;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Loki;

/// <summary>
/// Decodes the JSON form of a push into a <see cref="LogBatch"/>:
/// <c>{"streams":[{"stream":{"app":"web"},"values":[["ns","line",{"key":"value"}]]}]}</c>.
/// </summary>
internal static class LokiJsonDecoder
{
    /// <summary>Adds the entries of <paramref name="body"/> to <paramref name="batch"/>.</summary>
    public static void Decode(ReadOnlySpan<byte> body, LogBatch batch, Rejections rejections, IngestLimits limits, long nowUnixNano)
    {
        using var line = new ByteWriter(4096);
        using var name = new ByteWriter(256);
        var count = new ItemCount(limits);
        var json = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = limits.MaxNestingDepth });
        try
        {
            Begin(ref json, JsonTokenType.StartObject);
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (!json.ValueTextEquals("streams"u8))
                {
                    json.Skip();
                    continue;
                }

                Begin(ref json, JsonTokenType.StartArray);
                while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                {
                    count.Take();
                    Stream(ref json, batch, rejections, limits, nowUnixNano, line, name, ref count);
                }
            }

            if (json.Read())
            {
                throw Unexpected(json);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The reader says InvalidOperation for text that is not valid UTF-8.
            throw new MalformedInputException($"JSON: {e.Message}", json.BytesConsumed, e);
        }
    }

    private static void Stream(
        ref Utf8JsonReader json, LogBatch batch, Rejections rejections, IngestLimits limits, long now, ByteWriter line, ByteWriter name, ref ItemCount count)
    {
        Want(json, JsonTokenType.StartObject);

        // Labels may come after the values: they are read first, by a reader of their own.
        var labels = json;
        var resource = -1;
        while (labels.Read() && labels.TokenType == JsonTokenType.PropertyName)
        {
            if (!labels.ValueTextEquals("stream"u8))
            {
                labels.Skip();
                continue;
            }

            Begin(ref labels, JsonTokenType.StartObject);
            while (labels.Read() && labels.TokenType == JsonTokenType.PropertyName)
            {
                Copy(labels, name);
                Begin(ref labels, JsonTokenType.String);
                Copy(labels, line);
                LokiLabels.Add(name.Written, line.Written, batch, limits);
            }
        }

        resource = LokiLabels.EndStream(batch);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (!json.ValueTextEquals("values"u8))
            {
                json.Skip();
                continue;
            }

            Begin(ref json, JsonTokenType.StartArray);
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                count.Take();
                Entry(ref json, resource, batch, rejections, limits, now, line, name);
            }
        }
    }

    private static void Entry(
        ref Utf8JsonReader json, int resource, LogBatch batch, Rejections rejections, IngestLimits limits, long now, ByteWriter line, ByteWriter name)
    {
        var row = new LogRow { Resource = resource };
        string? wrong = null;
        Want(json, JsonTokenType.StartArray);
        json.Read();
        row.TimeUnixNano = Time(json);
        Begin(ref json, JsonTokenType.String);
        Copy(json, line);
        json.Read();
        if (json.TokenType == JsonTokenType.StartObject)
        {
            using var value = new ByteWriter(256);
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                Copy(json, name);
                Begin(ref json, JsonTokenType.String);
                Copy(json, value);
                wrong = LokiLabels.AddMetadata(name.Written, value.Written, ref row, batch, limits) ?? wrong;
            }

            json.Read();
        }

        Want(json, JsonTokenType.EndArray);
        LokiLabels.Close(ref row, line.Written, wrong, batch, rejections, limits, now);
    }

    private static long Time(in Utf8JsonReader json)
    {
        if (json.TokenType is JsonTokenType.String or JsonTokenType.Number && !json.HasValueSequence
            && Utf8Parser.TryParse(json.ValueSpan, out long nanoseconds, out var used) && used == json.ValueSpan.Length && nanoseconds >= 0)
        {
            return nanoseconds;
        }

        throw new MalformedInputException("timestamp: want nanoseconds since 1970 as text", json.TokenStartIndex);
    }

    private static void Copy(in Utf8JsonReader json, ByteWriter target)
    {
        target.Clear();
        JsonText.Append(json, target);
    }

    private static void Begin(ref Utf8JsonReader json, JsonTokenType type)
    {
        json.Read();
        Want(json, type);
    }

    private static void Want(in Utf8JsonReader json, JsonTokenType type)
    {
        if (json.TokenType != type)
        {
            throw Unexpected(json);
        }
    }

    private static MalformedInputException Unexpected(in Utf8JsonReader json) => new($"push body: {json.TokenType} is not expected", json.TokenStartIndex);
}
