using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>The envelope of every answer.</summary>
internal static class ApiResponse
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes a success; <paramref name="data"/> writes the value of <c>data</c>, the rest of the envelope goes around it.</summary>
    public static async Task Success(HttpContext context, Action<Utf8JsonWriter> data, IReadOnlyList<string>? warnings = null, IReadOnlyList<string>? infos = null)
    {
        context.Response.ContentType = "application/json";
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, "success"u8);
            json.WritePropertyName("data"u8);
            data(json);
            WriteList(json, "warnings", warnings);
            WriteList(json, "infos", infos);
            json.WriteEndObject();
        }, Options);
    }

    /// <summary>A success without anything to tell.</summary>
    public static Task NoContent(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>Writes an error.</summary>
    public static async Task Error(HttpContext context, int status, string type, string message)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, "error"u8);
            json.WriteString("errorType"u8, type);
            json.WriteString("error"u8, message);
            json.WriteEndObject();
        }, Options);
    }

    private static void WriteList(Utf8JsonWriter json, string name, IReadOnlyList<string>? items)
    {
        if (items is not { Count: > 0 })
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStringValue(item);
        }

        json.WriteEndArray();
    }
}
