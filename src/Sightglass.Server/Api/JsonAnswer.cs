using System.Text.Json;

namespace Sightglass.Server.Api;

/// <summary>Bodies of JSON.</summary>
internal static class JsonAnswer
{
    /// <summary>Writes a body and sends it, with its length.</summary>
    public static async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> body, JsonWriterOptions options = default)
    {
        await using (var json = new Utf8JsonWriter(context.Response.BodyWriter, options))
        {
            body(json);
            json.Flush();
            context.Response.ContentLength = json.BytesCommitted;
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
