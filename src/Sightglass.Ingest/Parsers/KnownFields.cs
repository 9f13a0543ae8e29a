using System.Globalization;
using Sightglass.Core.Model;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Parsers;

/// <summary>Fields that mean time, level or trace by the names that log libraries give them, or by the names that the configuration gives.</summary>
internal sealed class KnownFields
{
    private readonly string _timeField;
    private readonly string _levelField;
    private readonly TimeFormat? _timeFormat;

    private KnownFields(string timeField, string levelField, TimeFormat? timeFormat)
    {
        _timeField = timeField;
        _levelField = levelField;
        _timeFormat = timeFormat;
    }

    public bool HasTimeFormat => _timeFormat is not null;

    public static KnownFields Of(StageConfiguration configuration) => new(configuration.TimeField, configuration.LevelField, configuration.TimeFormat);

    public bool IsTime(string key) => _timeField.Length > 0 ? key == _timeField : key is "timestamp" or "time" or "ts" or "@timestamp" or "@t" or "t" or "Timestamp" or "datetime";

    public bool IsLevel(string key) => _levelField.Length > 0
        ? key == _levelField
        : key is "level" or "severity" or "lvl" or "@l" or "log.level" or "levelname" or "loglevel" or "LogLevel" or "Level";

    /// <summary>Takes a field that has a meaning; false where it has none, or its text is not what the meaning wants.</summary>
    public bool Take(string key, string text, in LineContext context, LogBatch batch, ref LogRow row)
    {
        if (IsTime(key))
        {
            return TakeTime(text, context, ref row);
        }

        if (IsLevel(key))
        {
            row.SeverityText = batch.AddText(text);
            row.SeverityNumber = Severity.FromWord(System.Text.Encoding.UTF8.GetBytes(text.Trim()));
            return true;
        }

        switch (key)
        {
            case "trace_id" or "traceId" or "traceid" or "traceID" or "TraceId" or "trace.id" or "@tr" or "dd.trace_id" when text.Length == 32 && TraceId.TryParse(text, out var trace):
                row.TraceId = trace;
                return true;
            case "span_id" or "spanId" or "spanid" or "spanID" or "SpanId" or "span.id" or "@sp" when text.Length == 16 && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var span):
                row.SpanId = span;
                return true;
            case "traceparent" when text.Length >= 55 && text[2] == '-' && TraceId.TryParse(text.AsSpan(3, 32), out var parentTrace)
                && ulong.TryParse(text.AsSpan(36, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var parentSpan):
                row.TraceId = parentTrace;
                row.SpanId = parentSpan;
                return true;
            default:
                return false;
        }
    }

    /// <summary>Takes a number that is a time or a level.</summary>
    public bool Take(string key, long number, LogBatch batch, ref LogRow row)
    {
        if (IsTime(key) && RecordTime.TryEpoch(number, out var nanoseconds))
        {
            row.TimeUnixNano = nanoseconds;
            return true;
        }

        return IsLevel(key) && Severity.SetTenth(number, batch, ref row);
    }

    /// <summary>Takes a number that is a time.</summary>
    public bool Take(string key, double number, ref LogRow row)
    {
        if (!IsTime(key) || !TryEpoch(number, out var nanoseconds))
        {
            return false;
        }

        row.TimeUnixNano = nanoseconds;
        return true;
    }

    // Seconds with a fraction, or milliseconds where it is large.
    private static bool TryEpoch(double value, out long nanoseconds)
    {
        nanoseconds = value switch
        {
            > 1e8 and < RecordTime.MaxSeconds => (long)(decimal.Truncate((decimal)value * 1_000_000m) * 1_000m),
            >= 1e11 and < RecordTime.MaxSeconds * 1e3 => (long)(value * 1e6),
            _ => 0,
        };
        return nanoseconds != 0;
    }

    private bool TakeTime(string text, in LineContext context, ref LogRow row)
    {
        long nanoseconds;
        var read = _timeFormat is { } format
            ? format.TryRead(text, context.Zone, context.Now, out nanoseconds)
            : TryUsual(text, context.Zone, out nanoseconds);
        if (read)
        {
            row.TimeUnixNano = nanoseconds;
        }

        return read;
    }

    private static bool TryUsual(string text, TimeZoneInfo zone, out long nanoseconds)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole))
        {
            return RecordTime.TryEpoch(whole, out nanoseconds);
        }

        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return TryEpoch(number, out nanoseconds);
        }

        if (DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time) && time.Kind == DateTimeKind.Unspecified)
        {
            return LineParser.TryNanoseconds(new DateTimeOffset(time, zone.GetUtcOffset(time)), out nanoseconds);
        }

        // With a zone all nine digits of a fraction are kept.
        if (RecordTime.TryRead(System.Text.Encoding.UTF8.GetBytes(text), out nanoseconds))
        {
            return true;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var other) && LineParser.TryNanoseconds(other, out nanoseconds);
    }
}
