using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Sightglass.Core.Contracts;
using Sightglass.Ingest;
using Sightglass.Ingest.Bodies;
using Sightglass.Server.Api.Push;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Logs;

/// <summary>Fluentd's HTTP input: the tag is the path, with dots for slashes; the body is JSON, lines of JSON, MessagePack, or a form with one of the two.</summary>
internal static class FluentApi
{
    /// <summary>Adds the route below <paramref name="prefix"/>.</summary>
    public static void Map(RouteTable routes, string prefix, PushRequests requests, LogReceiver logs) =>
        routes.MapPost(prefix + "/{**tag}", context => LogRoutes.Answer(context, requests, "fluentd", (body, source) =>
        {
            var tag = (context.Request.RouteValues["tag"] as string ?? string.Empty).Trim('/').Replace('/', '.');
            if (tag.Length == 0)
            {
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                return LogRoutes.Text(context, "the path has to name a tag");
            }

            var result = Take(context, logs, body, tag, Time(context), source);
            context.Response.StatusCode = result.Rejected > 0 ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK;
            return result.Rejected > 0 ? LogRoutes.Text(context, $"{result.Rejected} events were refused, {result.Stored} stored: {result.FirstReason}") : Task.CompletedTask;
        }));

    private static AppendResult Take(HttpContext context, LogReceiver logs, ReadOnlyMemory<byte> body, string tag, long? time, IngestSource source)
    {
        var type = (context.Request.ContentType ?? string.Empty).Split(';')[0].Trim().ToLowerInvariant();
        switch (type)
        {
            case "" or "application/json" or "application/x-ndjson" or "text/plain":
                return logs.Fluent(body.Span, json: true, tag, time, source);
            case "application/msgpack" or "application/x-msgpack":
                return logs.Fluent(body.Span, json: false, tag, time, source);
            case "application/x-www-form-urlencoded":
                var form = QueryHelpers.ParseQuery(Encoding.Latin1.GetString(body.Span));
                return form.TryGetValue("json", out var json) ? logs.Fluent(Encoding.UTF8.GetBytes(json.ToString()), json: true, tag, time, source)
                    : throw new BodyException(BodyError.Malformed, "the form has no field json");
            default:
                throw new BodyException(BodyError.Unsupported, $"content type \"{type}\" is not supported, want application/json, application/x-ndjson, application/msgpack or a form with the field json");
        }
    }

    private static long? Time(HttpContext context) =>
        decimal.TryParse(context.Request.Query["time"].ToString(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 9_000_000_000m
            ? (long)(seconds * 1_000_000_000m)
            : null;
}
