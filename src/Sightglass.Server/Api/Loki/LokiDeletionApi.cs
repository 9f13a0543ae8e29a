using System.Globalization;
using System.Text.Json;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Events;
using Sightglass.Events.Deletion;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Loki;

/// <summary>Loki's <c>/loki/api/v1/delete</c>: deletion of log lines, and the same for spans below another path. Off unless <c>server.enable_admin_api</c> is on.</summary>
internal static class LokiDeletionApi
{
    private const string LogPath = "/loki/api/v1/delete";
    private const string SpanPath = "/sightglass/v1/traces/delete";
    private const long NanosecondsPerMillisecond = 1_000_000;

    private static readonly JsonWriterOptions Written = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Maps the endpoints.</summary>
    public static void Map(RouteTable routes, bool enabled, EventStore store, TimeProvider time)
    {
        MapSignal(LogPath, EventSignal.Logs);
        MapSignal(SpanPath, EventSignal.Spans);

        void MapSignal(string path, EventSignal signal)
        {
            On(["POST", "PUT"], (context, parameters) => Add(context, parameters, store, signal, time));
            On(["GET"], (context, _) => List(context, store, signal));
            On(["DELETE"], (context, parameters) => Cancel(context, parameters, store, signal));

            void On(string[] methods, Func<HttpContext, LokiParameters, Task> run) => routes.MapMethods(path, methods, context => enabled
                ? Run(context, time, run)
                : Text(context, StatusCodes.Status403Forbidden, "deletion is not available for this tenant: server.enable_admin_api is off"));
        }
    }

    private static async Task Add(HttpContext context, LokiParameters parameters, EventStore store, EventSignal signal, TimeProvider time)
    {
        var query = parameters.Text("query");
        if (query.Length == 0)
        {
            throw LokiParameters.Bad("query not set");
        }

        if (parameters.Text("start").Length == 0)
        {
            throw LokiParameters.Bad("start time not set");
        }

        // Loki cuts a request into pieces of that length; here it is one piece whatever its length.
        parameters.Duration("max_interval", 0);
        var now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        var (start, end) = (parameters.Time("start"), parameters.Time("end", now));
        if (end > now)
        {
            throw LokiParameters.Bad("deletes in the future are not allowed");
        }

        if (start > end)
        {
            throw LokiParameters.Bad("start time can't be greater than end time");
        }

        await Task.Run(() => store.Delete(signal, query, start, end), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task List(HttpContext context, EventStore store, EventSignal signal)
    {
        context.Response.ContentType = "application/json";
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartArray();
            foreach (var deletion in store.Deletions.Where(d => d.Signal == signal))
            {
                json.WriteStartObject();
                json.WriteString("request_id"u8, deletion.Id);
                Seconds(json, "start_time", deletion.MinTimeUnixNano / NanosecondsPerMillisecond);
                Seconds(json, "end_time", deletion.MaxTimeUnixNano / NanosecondsPerMillisecond);
                json.WriteString("query"u8, deletion.Query);
                json.WriteString("status"u8, deletion.Status switch
                {
                    EventDeletionStatus.Received => "received",
                    EventDeletionStatus.Begun => "processing",
                    _ => "processed",
                });
                Seconds(json, "created_at", deletion.CreatedMs);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }, Written);
    }

    private static Task Cancel(HttpContext context, LokiParameters parameters, EventStore store, EventSignal signal)
    {
        var id = parameters.Text("request_id");
        if (id.Length == 0)
        {
            throw LokiParameters.Bad("request_id not set");
        }

        var known = store.Deletions.Any(d => d.Id == id && d.Signal == signal);
        switch (known ? store.CancelDeletion(id, parameters.Text("force") == "true") : null)
        {
            case null:
                return Text(context, StatusCodes.Status404NotFound, "could not find delete request with given id");
            case false:
                throw LokiParameters.Bad("deletion of request which is in process or already processed is not allowed");
            default:
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return Task.CompletedTask;
        }
    }

    private static async Task Run(HttpContext context, TimeProvider time, Func<HttpContext, LokiParameters, Task> run)
    {
        try
        {
            await run(context, await LokiParameters.ReadAsync(context.Request, time));
        }
        catch (QueryException e)
        {
            await Text(context, StatusCodes.Status400BadRequest, e.Message);
        }
        catch (LimitExceededException e)
        {
            await Text(context, StatusCodes.Status429TooManyRequests, e.Message);
        }
        catch (StorageFailedException e)
        {
            await Text(context, StatusCodes.Status503ServiceUnavailable, e.Message);
        }
    }

    // Seconds with milliseconds behind the point, as Prometheus' time type is written.
    private static void Seconds(Utf8JsonWriter json, string name, long milliseconds)
    {
        json.WritePropertyName(name);
        json.WriteRawValue((milliseconds / 1000m).ToString("0.###", CultureInfo.InvariantCulture));
    }

    private static Task Text(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }
}
