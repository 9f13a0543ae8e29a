using Sightglass.Core.Contracts;
using Sightglass.Ingest;

namespace Sightglass.Server.Api.Push;

/// <summary>Answers of protocols that know no partial success: 204, or a status and a sentence.</summary>
internal static class PushAnswers
{
    /// <summary>Takes a request and answers it; what was good of it is stored, and the sender learns what was not.</summary>
    public static async Task Answer(HttpContext context, PushRequests requests, string name, Func<HttpContext, PushRequests, IngestSource, Task<AppendResult>> take)
    {
        var source = requests.Source(name, context);
        string? message;
        try
        {
            var result = await take(context, requests, source);
            message = result.Rejected > 0 ? $"{result.Rejected} items were refused, {result.Stored} stored: {result.FirstReason}" : null;
            context.Response.StatusCode = message is null ? StatusCodes.Status204NoContent : StatusCodes.Status400BadRequest;
        }
        catch (Exception e) when (PushRequests.StatusOf(e) != 0)
        {
            PushRequests.SetStatus(context, PushRequests.StatusOf(e));
            message = e.Message;
            source.Fail(message);
        }

        if (message is not null)
        {
            await Text(context, message);
        }
    }

    /// <summary>Answers 415.</summary>
    public static Task Unsupported(HttpContext context, string message)
    {
        context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        return Text(context, message);
    }

    private static Task Text(HttpContext context, string message)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(message + "\n", context.RequestAborted);
    }
}
