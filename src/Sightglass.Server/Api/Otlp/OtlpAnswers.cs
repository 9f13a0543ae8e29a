using System.Text.Json;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;

namespace Sightglass.Server.Api.Otlp;

/// <summary>The three signals of OTLP.</summary>
internal enum OtlpSignal
{
    Metrics,
    Logs,
    Traces,
}

/// <summary>Answers of OTLP: <c>Export…ServiceResponse</c> with its partial success, and <c>google.rpc.Status</c>.</summary>
internal static class OtlpAnswers
{
    /// <summary>The response as protobuf; empty when everything was taken.</summary>
    public static byte[] Success(AppendResult result)
    {
        if (result.Rejected == 0)
        {
            return [];
        }

        using var inner = new ByteWriter(256);
        inner.WriteByte((1 << 3) | 0);
        inner.WriteVarint((ulong)result.Rejected);
        inner.WriteByte((2 << 3) | 2);
        inner.WriteString(result.FirstReason ?? string.Empty);
        using var outer = new ByteWriter(256);
        outer.WriteByte((1 << 3) | 2);
        outer.WriteLengthPrefixed(inner.Written);
        return outer.Written.ToArray();
    }

    /// <summary>The response as JSON.</summary>
    public static byte[] SuccessJson(AppendResult result, OtlpSignal signal)
    {
        if (result.Rejected == 0)
        {
            return "{}"u8.ToArray();
        }

        var rejected = signal switch
        {
            OtlpSignal.Metrics => "rejectedDataPoints",
            OtlpSignal.Logs => "rejectedLogRecords",
            _ => "rejectedSpans",
        };
        return Json(json =>
        {
            json.WriteStartObject("partialSuccess");
            json.WriteString(rejected, result.Rejected.ToString(System.Globalization.CultureInfo.InvariantCulture));
            json.WriteString("errorMessage", result.FirstReason);
            json.WriteEndObject();
        });
    }

    /// <summary>A <c>google.rpc.Status</c> in protobuf.</summary>
    public static byte[] Status(int code, string message)
    {
        using var writer = new ByteWriter(256);
        writer.WriteByte((1 << 3) | 0);
        writer.WriteVarint((ulong)code);
        writer.WriteByte((2 << 3) | 2);
        writer.WriteString(message);
        return writer.Written.ToArray();
    }

    /// <summary>A <c>google.rpc.Status</c> in JSON.</summary>
    public static byte[] StatusJson(int code, string message) => Json(json =>
    {
        json.WriteNumber("code", code);
        json.WriteString("message", message);
    });

    /// <summary>The gRPC code that goes with a status of HTTP.</summary>
    public static int GrpcCode(int httpStatus) => httpStatus switch
    {
        StatusCodes.Status400BadRequest => 3,
        StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests => 8,
        StatusCodes.Status415UnsupportedMediaType => 12,
        StatusCodes.Status503ServiceUnavailable => 14,
        _ => 2,
    };

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        using var buffer = new ByteWriter(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return buffer.Written.ToArray();
    }
}
