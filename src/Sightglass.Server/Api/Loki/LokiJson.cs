using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL;
using Sightglass.Query.Syntax;

namespace Sightglass.Server.Api.Loki;

/// <summary>Writes answers in Loki's JSON.</summary>
internal static class LokiJson
{
    // Loki's caches and what it tells of each: there are none here, and programs look for them.
    private static readonly string[] Caches = ["chunk", "index", "result", "statsResult", "volumeResult", "seriesResult", "labelResult", "instantMetricResult"];
    private static readonly string[] CacheFigures = ["entriesFound", "entriesRequested", "entriesStored", "bytesReceived", "bytesSent", "requests", "downloadTime", "queryLengthServed"];

    internal static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a success; <paramref name="data"/> writes the value of <c>data</c>.</summary>
    public static Task Success(HttpContext context, Action<Utf8JsonWriter> data) => Write(context, json =>
    {
        json.WriteStartObject();
        json.WriteString("status"u8, "success"u8);
        json.WritePropertyName("data"u8);
        data(json);
        json.WriteEndObject();
    });

    /// <summary>Writes a body.</summary>
    public static Task Write(HttpContext context, Action<Utf8JsonWriter> body)
    {
        context.Response.ContentType = "application/json; charset=UTF-8";
        return JsonAnswer.WriteAsync(context, body, Options);
    }

    /// <summary>Writes a query's answer.</summary>
    public static void Result(Utf8JsonWriter json, LogQLResult result, bool categorize, TimeSpan took)
    {
        json.WriteStartObject();
        json.WriteString("resultType"u8, result.Kind switch
        {
            LogQLResultKind.Streams => "streams",
            LogQLResultKind.Vector => "vector",
            LogQLResultKind.Matrix => "matrix",
            _ => "scalar",
        });
        if (categorize && result.Kind == LogQLResultKind.Streams)
        {
            json.WriteStartArray("encodingFlags"u8);
            json.WriteStringValue("categorize-labels"u8);
            json.WriteEndArray();
        }

        json.WritePropertyName("result"u8);
        switch (result.Kind)
        {
            case LogQLResultKind.Streams:
                Streams(json, result.Lines, categorize);
                break;
            case LogQLResultKind.Scalar:
                // A number is the same at every time; Loki's clients look at the value.
                json.WriteStartArray();
                json.WriteNumberValue(0);
                json.WriteStringValue(GoFloat.Plain(result.Scalar));
                json.WriteEndArray();
                break;
            default:
                Series(json, result);
                break;
        }

        Statistics(json, result, took);
        json.WriteEndObject();
    }

    /// <summary>Writes labels as an object.</summary>
    public static void Labels(Utf8JsonWriter json, LabelSet labels)
    {
        json.WriteStartObject();
        foreach (var label in labels)
        {
            json.WriteString(label.Name, label.Value);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes <c>samples</c>: seconds and counts.</summary>
    public static void Samples(Utf8JsonWriter json, IReadOnlyList<(long TimeUnixNano, long Lines)> samples)
    {
        json.WriteStartArray("samples"u8);
        foreach (var (time, lines) in samples)
        {
            json.WriteStartArray();
            json.WriteNumberValue(time / 1_000_000_000);
            json.WriteNumberValue(lines);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes lines as streams.</summary>
    public static void Streams(Utf8JsonWriter json, IReadOnlyList<LogLine> lines, bool categorize)
    {
        // Without the flag a stream is what shares all labels; with it what shares the stream's own.
        var streams = new SortedDictionary<string, (IReadOnlyList<LogLabel> Labels, List<LogLine> Lines)>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            var labels = categorize ? [.. line.Labels.Where(static l => l.Source == LogLabelSource.Stream)] : line.Labels;
            var key = string.Join(',', labels.Select(static l => $"{l.Name}={QuotedText.Quote(l.Value)}"));
            if (!streams.TryGetValue(key, out var stream))
            {
                streams.Add(key, stream = (labels, []));
            }

            stream.Lines.Add(line);
        }

        json.WriteStartArray();
        foreach (var (labels, members) in streams.Values)
        {
            json.WriteStartObject();
            json.WritePropertyName("stream"u8);
            Object(json, labels);
            json.WriteStartArray("values"u8);
            foreach (var line in members)
            {
                json.WriteStartArray();
                json.WriteStringValue(line.TimeUnixNano.ToString(CultureInfo.InvariantCulture));
                json.WriteStringValue(line.Line);
                if (categorize)
                {
                    json.WriteStartObject();
                    Category(json, "structuredMetadata", line, LogLabelSource.StructuredMetadata);
                    Category(json, "parsed", line, LogLabelSource.Parsed);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Category(Utf8JsonWriter json, string name, LogLine line, LogLabelSource source)
    {
        if (line.Labels.Any(l => l.Source == source))
        {
            json.WritePropertyName(name);
            Object(json, line.Labels.Where(l => l.Source == source));
        }
    }

    private static void Object(Utf8JsonWriter json, IEnumerable<LogLabel> labels)
    {
        json.WriteStartObject();
        foreach (var label in labels)
        {
            json.WriteString(label.Name, label.Value);
        }

        json.WriteEndObject();
    }

    private static void Series(Utf8JsonWriter json, LogQLResult result)
    {
        json.WriteStartArray();
        foreach (var series in result.Series)
        {
            json.WriteStartObject();
            json.WritePropertyName("metric"u8);
            Labels(json, series.Labels);
            if (result.Kind == LogQLResultKind.Vector)
            {
                json.WritePropertyName("value"u8);
                Point(json, series.TimesUnixNano[0], series.Values[0]);
            }
            else
            {
                json.WriteStartArray("values"u8);
                for (var i = 0; i < series.Values.Count; i++)
                {
                    Point(json, series.TimesUnixNano[i], series.Values[i]);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Point(Utf8JsonWriter json, long timeUnixNano, double value)
    {
        json.WriteStartArray();
        json.WriteNumberValue((timeUnixNano / 1_000_000) / 1000m);
        json.WriteStringValue(GoFloat.Plain(value));
        json.WriteEndArray();
    }

    // Loki's summary; of its parts only what there is here: one process that reads one store, without splits, shards and caches.
    private static void Statistics(Utf8JsonWriter json, LogQLResult result, TimeSpan took)
    {
        var seconds = Math.Max(took.TotalSeconds, 1e-6);
        var statistics = result.Statistics;
        var bytes = statistics.BytesProcessed + statistics.MetadataBytes;
        json.WriteStartObject("stats"u8);
        json.WriteStartObject("summary"u8);
        json.WriteNumber("bytesProcessedPerSecond"u8, (long)(bytes / seconds));
        json.WriteNumber("linesProcessedPerSecond"u8, (long)(statistics.LinesProcessed / seconds));
        json.WriteNumber("totalBytesProcessed"u8, bytes);
        json.WriteNumber("totalLinesProcessed"u8, statistics.LinesProcessed);
        json.WriteNumber("execTime"u8, took.TotalSeconds);
        json.WriteNumber("queueTime"u8, 0);
        json.WriteNumber("subqueries"u8, 0);
        json.WriteNumber("totalEntriesReturned"u8, result.Lines.Count + result.Series.Sum(static s => s.Values.Count));
        json.WriteNumber("splits"u8, 0);
        json.WriteNumber("shards"u8, 0);
        json.WriteNumber("totalPostFilterLines"u8, statistics.LinesKept);
        json.WriteNumber("totalStructuredMetadataBytesProcessed"u8, statistics.MetadataBytes);
        json.WriteEndObject();
        json.WriteStartObject("querier"u8);
        Store(json, statistics);
        json.WriteNumber("querierExecTime"u8, took.TotalSeconds);
        json.WriteEndObject();
        json.WriteStartObject("ingester"u8);
        json.WriteNumber("totalReached"u8, 0);
        json.WriteNumber("totalChunksMatched"u8, 0);
        json.WriteNumber("totalBatches"u8, 0);
        json.WriteNumber("totalLinesSent"u8, 0);
        json.WriteNumber("recvWaitTime"u8, 0);
        Store(json, new LogQLStatistics());
        json.WriteEndObject();
        json.WriteStartObject("cache"u8);
        foreach (var cache in Caches)
        {
            json.WriteStartObject(cache);
            foreach (var figure in CacheFigures)
            {
                json.WriteNumber(figure, 0);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("index"u8);
        json.WriteNumber("totalChunks"u8, 0);
        json.WriteNumber("postFilterChunks"u8, 0);
        json.WriteNumber("shardsDuration"u8, 0);
        json.WriteBoolean("usedBloomFilters"u8, false);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Store(Utf8JsonWriter json, LogQLStatistics statistics)
    {
        json.WriteStartObject("store"u8);
        json.WriteNumber("totalChunksRef"u8, 0);
        json.WriteNumber("totalChunksDownloaded"u8, 0);
        json.WriteNumber("chunksDownloadTime"u8, 0);
        json.WriteBoolean("queryReferencedStructuredMetadata"u8, statistics.MetadataBytes > 0);
        json.WriteStartObject("chunk"u8);
        json.WriteNumber("headChunkBytes"u8, 0);
        json.WriteNumber("headChunkLines"u8, 0);
        json.WriteNumber("decompressedBytes"u8, statistics.BytesProcessed + statistics.MetadataBytes);
        json.WriteNumber("decompressedStructuredMetadataBytes"u8, statistics.MetadataBytes);
        json.WriteNumber("decompressedLines"u8, statistics.LinesScanned);
        json.WriteNumber("compressedBytes"u8, 0);
        json.WriteNumber("totalDuplicates"u8, 0);
        json.WriteNumber("postFilterLines"u8, statistics.LinesKept);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
