using Sightglass.Ingest;
using Sightglass.Server.Api.Push;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Logs;

/// <summary>The HTTP receivers of logs: below paths of their own on the main port, and at the root of a port of their own where one is configured.</summary>
internal static class LogRoutes
{
    /// <summary>Adds all of them to the main port.</summary>
    public static void Map(RouteTable routes, PushRequests requests, LogReceiver logs)
    {
        ElasticApi.Map(routes, "/elasticsearch", requests, logs);
        SeqApi.Map(routes, requests, logs);
        GelfApi.Map(routes, requests, logs);
        FluentApi.Map(routes, "/fluentd", requests, logs);
        JournalApi.Map(routes, "/journald", requests, logs);
    }

    /// <summary>Adds one of them to its own port.</summary>
    public static void MapOwn(RouteTable routes, string receiver, PushRequests requests, LogReceiver logs)
    {
        switch (receiver)
        {
            case "elasticsearch":
                ElasticApi.Map(routes, string.Empty, requests, logs);
                break;
            case "seq":
                SeqApi.Map(routes, requests, logs);
                break;
            case "gelf":
                GelfApi.Map(routes, requests, logs);
                break;
            case "fluentd":
                FluentApi.Map(routes, string.Empty, requests, logs);
                break;
            default:
                JournalApi.Map(routes, string.Empty, requests, logs);
                break;
        }
    }

    /// <summary>Reads the body, lets <paramref name="take"/> have it, and answers a failure with its status and a sentence.</summary>
    public static async Task Answer(HttpContext context, PushRequests requests, string receiver, Func<ReadOnlyMemory<byte>, IngestSource, Task> take, Func<int, string, Task>? fail = null)
    {
        var source = requests.Source(receiver, context);
        try
        {
            using var body = await requests.Read(context);
            source.Received(body.ReceivedBytes);
            await take(body.Memory, source);
        }
        catch (Exception e) when (PushRequests.StatusOf(e) is not 0 and var status)
        {
            source.Fail(e.Message);
            PushRequests.SetStatus(context, status);
            await (fail is null ? Text(context, e.Message) : fail(status, e.Message));
        }
    }

    /// <summary>Answers a sentence.</summary>
    public static Task Text(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }

    /// <summary>Answers JSON.</summary>
    public static Task Json(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.WriteAsync(json, context.RequestAborted);
    }
}
