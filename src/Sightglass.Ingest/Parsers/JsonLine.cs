using System.Globalization;
using System.Text;
using System.Text.Json;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Parsers;

/// <summary>Reads a JSON object on one line: the usual keys give time, level and trace context, the rest become typed attributes; nested objects are flattened with dots.</summary>
internal static class JsonLine
{
    private const int MaxDepth = 32;

    // The last second that fits into 64 bits of nanoseconds.
    private const long MaxSeconds = long.MaxValue / 1_000_000_000;

    private static readonly string[] NumberedLevels = ["trace", "debug", "info", "warn", "error", "fatal"];

    /// <summary>False when the line is not a JSON object; attributes added until then are dropped by the caller.</summary>
    public static bool Read(ReadOnlySpan<byte> line, LogBatch batch, ref LogRow row)
    {
        try
        {
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = MaxDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            ReadObject(ref reader, string.Empty, batch, ref row);
            return !reader.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second is what the reader throws at a string with half a surrogate pair.
            return false;
        }
    }

    private static void ReadObject(ref Utf8JsonReader reader, string prefix, LogBatch batch, ref LogRow row)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = prefix + reader.GetString();
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    ReadObject(ref reader, key + ".", batch, ref row);
                    break;
                case JsonTokenType.StartArray:
                    using (var document = JsonDocument.ParseValue(ref reader))
                    {
                        Add(batch, key, document.RootElement.GetRawText());
                    }

                    break;
                case JsonTokenType.String:
                    var text = reader.GetString()!;
                    if (prefix.Length > 0 || !Known(key, text, batch, ref row))
                    {
                        Add(batch, key, text);
                    }

                    break;
                case JsonTokenType.Number:
                    AddNumber(ref reader, key, batch, ref row);
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    batch.AddAttribute(Encoding.UTF8.GetBytes(key), AttributeType.Bool, reader.TokenType == JsonTokenType.True ? 1 : 0);
                    break;
                default:
                    break;
            }
        }
    }

    private static void Add(LogBatch batch, string key, string value) =>
        batch.AddAttribute(Encoding.UTF8.GetBytes(key), AttributeType.String, Encoding.UTF8.GetBytes(value));

    private static void AddNumber(ref Utf8JsonReader reader, string key, LogBatch batch, ref LogRow row)
    {
        if (reader.TryGetInt64(out var whole))
        {
            if (IsTime(key) && Epoch(whole) is { } nanoseconds)
            {
                row.TimeUnixNano = nanoseconds;
                return;
            }

            if (key == "level" && whole is >= 10 and <= 60 && whole % 10 == 0)
            {
                // The numbers of pino and bunyan.
                var level = NumberedLevels[(whole / 10) - 1];
                row.SeverityText = batch.AddText(level);
                row.SeverityNumber = Severity(level);
                return;
            }

            batch.AddAttribute(Encoding.UTF8.GetBytes(key), AttributeType.Int, whole);
        }
        else if (reader.TryGetDouble(out var number))
        {
            if (IsTime(key) && number is > 1e8 and < MaxSeconds)
            {
                row.TimeUnixNano = (long)(number * 1e9);
                return;
            }

            batch.AddAttribute(Encoding.UTF8.GetBytes(key), AttributeType.Double, BitConverter.DoubleToInt64Bits(number));
        }
    }

    // Seconds, milliseconds, microseconds or nanoseconds, told apart by size: a line is from between 1973 and 2262.
    private static long? Epoch(long value) => value switch
    {
        > 100_000_000 and < MaxSeconds => value * 1_000_000_000,
        >= 100_000_000_000 and < MaxSeconds * 1_000 => value * 1_000_000,
        >= 100_000_000_000_000 and < MaxSeconds * 1_000_000 => value * 1_000,
        >= 100_000_000_000_000_000 => value,
        _ => null,
    };

    private static bool IsTime(string key) => key is "timestamp" or "time" or "ts" or "@timestamp" or "@t";

    private static bool Known(string key, string text, LogBatch batch, ref LogRow row)
    {
        switch (key)
        {
            case "timestamp" or "time" or "ts" or "@timestamp" or "@t":
                if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && LineParser.TryNanoseconds(time, out var nanoseconds))
                {
                    row.TimeUnixNano = nanoseconds;
                    return true;
                }

                return false;
            case "level" or "severity" or "lvl" or "@l":
                row.SeverityText = batch.AddText(text);
                row.SeverityNumber = Severity(text);
                return true;
            case "trace_id" or "traceId" or "traceid" when text.Length == 32 && TraceId.TryParse(text, out var trace):
                row.TraceId = trace;
                return true;
            case "span_id" or "spanId" or "spanid" when text.Length == 16 && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var span):
                row.SpanId = span;
                return true;
            default:
                return false;
        }
    }

    internal static byte Severity(string level) => level.ToLowerInvariant() switch
    {
        "trace" or "verbose" => 1,
        "debug" => 5,
        "info" or "information" or "notice" => 9,
        "warn" or "warning" => 13,
        "error" or "err" => 17,
        "fatal" or "critical" or "crit" or "alert" or "emerg" or "panic" => 21,
        _ => 0,
    };
}
