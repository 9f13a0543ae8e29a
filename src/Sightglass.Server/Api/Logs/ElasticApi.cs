using System.Text.Json;
using Sightglass.Ingest;
using Sightglass.Ingest.Elastic;
using Sightglass.Server.Api.Push;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Logs;

/// <summary>
/// As much of Elasticsearch as shippers of logs need: <c>_bulk</c> and single documents in, and the answers to what they ask before they send. Nothing can be
/// searched here.
/// </summary>
internal static class ElasticApi
{
    /// <summary>What the real one says on everything; its own clients refuse to talk to a server that does not.</summary>
    private const string ProductHeader = "X-Elastic-Product";

    /// <summary>A version that Filebeat 7 and 8, Logstash, Fluent Bit and Vector all take for recent enough.</summary>
    private const string Version = "8.17.0";

    private const string Acknowledged = "{\"acknowledged\":true}";

    private const string Root =
        "{\"name\":\"sightglass\",\"cluster_name\":\"sightglass\",\"cluster_uuid\":\"c2lnaHRnbGFzcy1sb2dzMDE\",\"version\":{\"number\":\"" + Version
        + "\",\"build_flavor\":\"default\",\"build_type\":\"tar\",\"build_hash\":\"0000000000000000000000000000000000000000\",\"build_date\":\"2025-01-01T00:00:00.000000000Z\","
        + "\"build_snapshot\":false,\"lucene_version\":\"9.12.0\",\"minimum_wire_compatibility_version\":\"7.17.0\",\"minimum_index_compatibility_version\":\"7.0.0\"},\"tagline\":\"You Know, for Search\"}";

    private const string License =
        "{\"license\":{\"status\":\"active\",\"uid\":\"cbff45e7-c553-41f7-ae4f-9205eabd80xx\",\"type\":\"basic\",\"issue_date\":\"2025-01-01T00:00:00.000Z\",\"issue_date_in_millis\":1735689600000,"
        + "\"max_nodes\":1000,\"issued_to\":\"sightglass\",\"issuer\":\"elasticsearch\",\"start_date_in_millis\":-1}}";

    private const string Xpack =
        "{\"build\":{\"hash\":\"0000000\",\"date\":\"2025-01-01T00:00:00.000000000Z\"},\"license\":{\"uid\":\"cbff45e7-c553-41f7-ae4f-9205eabd80xx\",\"type\":\"basic\",\"mode\":\"basic\",\"status\":\"active\"},"
        + "\"features\":{\"ilm\":{\"available\":true,\"enabled\":true},\"security\":{\"available\":true,\"enabled\":false},\"monitoring\":{\"available\":true,\"enabled\":false}},\"tagline\":\"You know, for X\"}";

    private const string Health =
        "{\"cluster_name\":\"sightglass\",\"status\":\"green\",\"timed_out\":false,\"number_of_nodes\":1,\"number_of_data_nodes\":1,\"active_primary_shards\":1,\"active_shards\":1,\"relocating_shards\":0,"
        + "\"initializing_shards\":0,\"unassigned_shards\":0,\"delayed_unassigned_shards\":0,\"number_of_pending_tasks\":0,\"number_of_in_flight_fetch\":0,\"task_max_waiting_in_queue_millis\":0,\"active_shards_percent_as_number\":100.0}";

    // What shippers look for and, where it is not there, make: settings of an index that a log does not have.
    private static readonly string[] Settings =
        ["_ilm", "_index_template", "_component_template", "_template", "_ingest", "_data_stream", "_alias", "_aliases", "_settings", "_mapping", "_logstash", "_cluster", "_security"];

    /// <summary>Adds the routes below <paramref name="prefix"/>.</summary>
    public static void Map(RouteTable routes, string prefix, PushRequests requests, LogReceiver logs) =>
        routes.Map(prefix + "/{**path}", context => Route(context, requests, logs));

    private static Task Route(HttpContext context, PushRequests requests, LogReceiver logs)
    {
        context.Response.Headers[ProductHeader] = "Elasticsearch";
        var path = (context.Request.RouteValues["path"] as string ?? string.Empty).Split('/', StringSplitOptions.RemoveEmptyEntries);
        var method = context.Request.Method;
        var reads = HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
        return path switch
        {
            [] when reads => LogRoutes.Json(context, Root),
            ["_bulk"] when !reads => Bulk(context, requests, logs, null),
            [var index, "_bulk"] when !reads => Bulk(context, requests, logs, index),
            [var index, _, "_bulk"] when !reads => Bulk(context, requests, logs, index),
            [var index, "_doc" or "_create"] when !reads => Document(context, requests, logs, index, null),
            [var index, "_doc" or "_create", var id] when !reads && !HttpMethods.IsDelete(method) => Document(context, requests, logs, index, id),
            ["_license"] when reads => LogRoutes.Json(context, License),
            ["_xpack"] when reads => LogRoutes.Json(context, Xpack),
            ["_cluster", "health", ..] when reads => LogRoutes.Json(context, Health),
            ["_nodes", ..] when reads => LogRoutes.Json(context, "{\"_nodes\":{\"total\":0,\"successful\":0,\"failed\":0},\"cluster_name\":\"sightglass\",\"nodes\":{}}"),
            [var known, ..] when Settings.Contains(known, StringComparer.Ordinal) && !HttpMethods.IsDelete(method) => LogRoutes.Json(context, reads ? "{}" : Acknowledged),
            [var index] when !index.StartsWith('_') && (HttpMethods.IsHead(method) || HttpMethods.IsPut(method)) => LogRoutes.Json(context, Acknowledged),
            [var index, var known, ..] when !index.StartsWith('_') && Settings.Contains(known, StringComparer.Ordinal) && !HttpMethods.IsDelete(method) => LogRoutes.Json(context, reads ? "{}" : Acknowledged),
            _ => Fail(context, StatusCodes.Status404NotFound, "resource_not_found_exception", $"{method} {context.Request.Path} is not offered: logs are taken by _bulk, _doc and _create, and searched by LogQL"),
        };
    }

    private static Task Bulk(HttpContext context, PushRequests requests, LogReceiver logs, string? index) => LogRoutes.Answer(
        context,
        requests,
        "elasticsearch",
        (body, source) => WriteAsync(context, logs.ElasticBulk(body.Span, index, source)),
        (status, reason) => Fail(context, status, TypeOf(status), reason));

    private static Task Document(HttpContext context, PushRequests requests, LogReceiver logs, string index, string? id) => LogRoutes.Answer(
        context,
        requests,
        "elasticsearch",
        async (body, source) =>
        {
            var result = logs.ElasticDocument(body.Span, index, id, source);
            if (result.Items[0].Error is { } error)
            {
                await Fail(context, StatusCodes.Status400BadRequest, "document_parsing_exception", error);
                return;
            }

            context.Response.StatusCode = StatusCodes.Status201Created;
            context.Response.ContentType = "application/json; charset=utf-8";
            await JsonAnswer.WriteAsync(context, json =>
            {
                json.WriteStartObject();
                Stored(json, result.Items[0], 0);
                json.WriteEndObject();
            });
        },
        (status, reason) => Fail(context, status, TypeOf(status), reason));

    private static async Task WriteAsync(HttpContext context, BulkResult result)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("took", 0);
            json.WriteBoolean("errors", result.StoreError is not null || result.Items.Any(i => i.Error is not null));
            json.WriteStartArray("items");
            for (var i = 0; i < result.Items.Count; i++)
            {
                Item(json, result.Items[i], result.Items[i].Error ?? result.StoreError, i);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void Item(Utf8JsonWriter json, BulkItem item, string? error, int number)
    {
        json.WriteStartObject();
        json.WriteStartObject(item.Action switch { BulkAction.Create => "create", BulkAction.Index => "index", BulkAction.Update => "update", _ => "delete" });
        if (error is null)
        {
            Stored(json, item, number);
            json.WriteNumber("status", StatusCodes.Status201Created);
        }
        else
        {
            json.WriteString("_index", item.Index);
            json.WriteString("_id", item.Id);
            json.WriteNumber("status", StatusCodes.Status400BadRequest);
            json.WriteStartObject("error");
            json.WriteString("type", item.Action is BulkAction.Update or BulkAction.Delete ? "illegal_argument_exception" : "document_parsing_exception");
            json.WriteString("reason", error);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Stored(Utf8JsonWriter json, BulkItem item, int number)
    {
        json.WriteString("_index", item.Index);
        json.WriteString("_id", item.Id ?? $"{Guid.CreateVersion7():N}{number:x}");
        json.WriteNumber("_version", 1);
        json.WriteString("result", "created");
        json.WriteStartObject("_shards");
        json.WriteNumber("total", 1);
        json.WriteNumber("successful", 1);
        json.WriteNumber("failed", 0);
        json.WriteEndObject();
        json.WriteNumber("_seq_no", 0);
        json.WriteNumber("_primary_term", 1);
    }

    private static string TypeOf(int status) => status switch
    {
        StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable => "es_rejected_execution_exception",
        _ => "illegal_argument_exception",
    };

    private static async Task Fail(HttpContext context, int status, string type, string reason)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("error");
            json.WriteStartArray("root_cause");
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteString("reason", reason);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteString("type", type);
            json.WriteString("reason", reason);
            json.WriteEndObject();
            json.WriteNumber("status", status);
            json.WriteEndObject();
        });
    }
}
