using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL;
using Sightglass.Query.Syntax;
using Sightglass.Query.Vectors;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>Query results in Prometheus' JSON: times as numbers of seconds, values as text in Go's form.</summary>
internal static class ResultJson
{
    private const int MaxTimeBytes = 24;

    /// <summary>A time, a value and what stands around them.</summary>
    private const int MaxPointBytes = MaxTimeBytes + GoFloat.MaxJsonBytes + 6;

    private const int FlushEvery = 1 << 20;

    public static void Write(Utf8JsonWriter json, PromQLResult result, IReadOnlyList<ResultSeries> series, bool withStatistics = false)
    {
        json.WriteStartObject();
        switch (result.Type)
        {
            case PromQLType.Scalar:
                json.WriteString("resultType"u8, "scalar"u8);
                json.WritePropertyName("result"u8);
                json.WriteStartArray();
                json.WriteNumberValue(result.TimeMs / 1000.0);

                // Unlike samples, scalars never have an exponent.
                json.WriteStringValue(GoFloat.Plain(result.Scalar));
                json.WriteEndArray();
                break;
            case PromQLType.String:
                json.WriteString("resultType"u8, "string"u8);
                json.WriteStartArray("result"u8);
                json.WriteNumberValue(result.TimeMs / 1000.0);
                json.WriteStringValue(result.Text);
                json.WriteEndArray();
                break;
            case PromQLType.Vector:
                json.WriteString("resultType"u8, "vector"u8);
                json.WriteStartArray("result"u8);
                foreach (var item in series)
                {
                    WriteSample(json, item);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteString("resultType"u8, "matrix"u8);
                json.WriteStartArray("result"u8);
                foreach (var item in series)
                {
                    WriteSeries(json, item);
                }

                json.WriteEndArray();
                break;
        }

        if (withStatistics)
        {
            json.WritePropertyName("stats"u8);
            StatisticsJson.Write(json, result.Statistics);
        }

        json.WriteEndObject();
    }

    public static void WriteLabels(Utf8JsonWriter json, LabelSet labels)
    {
        json.WriteStartObject();
        foreach (ref readonly var label in labels.Span)
        {
            json.WriteString(label.Name, label.Value);
        }

        json.WriteEndObject();
    }

    private static void WriteSample(Utf8JsonWriter json, ResultSeries item)
    {
        json.WriteStartObject();
        json.WritePropertyName("metric"u8);
        WriteLabels(json, item.Labels);
        if (item.HistogramAt(0) is { } histogram)
        {
            json.WritePropertyName("histogram"u8);
            WriteHistogramPoint(json, item.TimestampsMs[0], histogram);
        }
        else
        {
            json.WritePropertyName("value"u8);
            WritePoint(json, item.TimestampsMs[0], item.Values[0]);
        }

        json.WriteEndObject();
        FlushIfLarge(json);
    }

    private static void WriteSeries(Utf8JsonWriter json, ResultSeries item)
    {
        json.WriteStartObject();
        json.WritePropertyName("metric"u8);
        WriteLabels(json, item.Labels);
        var floats = 0;
        for (var i = 0; i < item.Count; i++)
        {
            floats += item.HistogramAt(i) is null ? 1 : 0;
        }

        if (floats > 0)
        {
            json.WritePropertyName("values"u8);
            WriteValues(json, item);
        }

        if (floats < item.Count)
        {
            json.WriteStartArray("histograms"u8);
            for (var i = 0; i < item.Count; i++)
            {
                if (item.HistogramAt(i) is { } histogram)
                {
                    WriteHistogramPoint(json, item.TimestampsMs[i], histogram);
                }
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        FlushIfLarge(json);
    }

    // Points are most of most answers: written as one piece, without an object for any.
    private static void WriteValues(Utf8JsonWriter json, ResultSeries item)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((item.Count * MaxPointBytes) + 2);
        var text = buffer.AsSpan();
        var at = 0;
        for (var i = 0; i < item.Count; i++)
        {
            if (item.HistogramAt(i) is not null)
            {
                continue;
            }

            text[at++] = at == 1 ? (byte)'[' : (byte)',';
            text[at++] = (byte)'[';
            at += FormatTime(item.TimestampsMs[i], text[at..]);
            text[at++] = (byte)',';
            text[at++] = (byte)'"';
            at += GoFloat.WriteJson(item.Values[i], text[at..]);
            text[at++] = (byte)'"';
            text[at++] = (byte)']';
        }

        text[at++] = (byte)']';
        json.WriteRawValue(text[..at], skipInputValidation: true);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    // The writer's buffer is the response's pipe: handing it on keeps large answers from growing in one piece.
    private static void FlushIfLarge(Utf8JsonWriter json)
    {
        if (json.BytesPending > FlushEvery)
        {
            json.Flush();
        }
    }

    private static void WritePoint(Utf8JsonWriter json, long timeMs, double value)
    {
        json.WriteStartArray();
        WriteTime(json, timeMs);
        json.WriteStringValue(GoFloat.Json(value));
        json.WriteEndArray();
    }

    private static void WriteHistogramPoint(Utf8JsonWriter json, long timeMs, NativeHistogram histogram)
    {
        json.WriteStartArray();
        WriteTime(json, timeMs);
        json.WriteStartObject();
        json.WriteString("count"u8, GoFloat.Json(histogram.Count));
        json.WriteString("sum"u8, GoFloat.Json(histogram.Sum));
        var buckets = BucketView.Of(histogram);
        if (buckets.Count > 0)
        {
            json.WriteStartArray("buckets"u8);
            foreach (var bucket in buckets)
            {
                json.WriteStartArray();
                json.WriteNumberValue((int)bucket.Bounds);
                json.WriteStringValue(GoFloat.Json(bucket.Lower));
                json.WriteStringValue(GoFloat.Json(bucket.Upper));
                json.WriteStringValue(GoFloat.Json(bucket.Count));
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndArray();
    }

    internal static void WriteTime(Utf8JsonWriter json, long timeMs)
    {
        Span<byte> text = stackalloc byte[MaxTimeBytes];
        json.WriteRawValue(text[..FormatTime(timeMs, text)], skipInputValidation: true);
    }

    private static int FormatTime(long timeMs, Span<byte> text)
    {
        var length = 0;
        if (timeMs < 0)
        {
            text[length++] = (byte)'-';
            timeMs = -timeMs;
        }

        Utf8Formatter.TryFormat(timeMs / 1000, text[length..], out var written);
        length += written;
        var fraction = timeMs % 1000;
        if (fraction != 0)
        {
            text[length++] = (byte)'.';
            text[length++] = (byte)('0' + (fraction / 100));
            text[length++] = (byte)('0' + (fraction / 10 % 10));
            text[length++] = (byte)('0' + (fraction % 10));
        }

        return length;
    }
}
