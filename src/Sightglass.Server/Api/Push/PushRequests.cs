using Microsoft.AspNetCore.Http.Features;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Ingest;
using Sightglass.Ingest.Bodies;

namespace Sightglass.Server.Api.Push;

/// <summary>What all receivers of pushes share: the body, the sender's counters, and the status that a failure has.</summary>
internal sealed class PushRequests(PushReceiver receiver, BodyReader bodies, IngestLedger ledger)
{
    /// <summary>How long a sender should wait when storing failed or there was no room.</summary>
    private const string RetryAfterSeconds = "5";

    public PushReceiver Receiver { get; } = receiver;

    public BodyReader Bodies { get; } = bodies;

    /// <summary>Characters of a tenant's name that count.</summary>
    private const int MaxTenantLength = 128;

    /// <summary>The counters of a request's sender: the tenant that it names in the header of Mimir, Loki and Tempo, or its address.</summary>
    public IngestSource Source(string name, HttpContext context) =>
        ledger.Source(name, context.Request.Headers["X-Scope-OrgID"].ToString() is { Length: > 0 and <= MaxTenantLength } tenant ? tenant : context.Connection.RemoteIpAddress?.ToString() ?? "local");

    /// <summary>Reads the body; <paramref name="encoding"/> stands in where there is no Content-Encoding header.</summary>
    public ValueTask<Body> Read(HttpContext context, string? encoding = null)
    {
        LiftServerLimit(context);
        var header = context.Request.Headers.ContentEncoding.ToString();
        return Bodies.ReadAsync(context.Request.Body, context.Request.ContentLength, header.Length > 0 ? header : encoding, context.RequestAborted);
    }

    /// <summary>Takes the server's own limits of bodies away: those of ingest count, and are named in the error.</summary>
    public static void LiftServerLimit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }
    }

    /// <summary>The status of a failure that a sender can cause or has to wait for; 0 for what is a bug.</summary>
    public static int StatusOf(Exception error) => error switch
    {
        BodyException { Error: BodyError.Malformed } => StatusCodes.Status400BadRequest,
        BodyException { Error: BodyError.TooLarge } => StatusCodes.Status413PayloadTooLarge,
        BodyException { Error: BodyError.Unsupported } => StatusCodes.Status415UnsupportedMediaType,
        BodyException => StatusCodes.Status503ServiceUnavailable,
        MalformedInputException => StatusCodes.Status400BadRequest,
        LimitExceededException { Setting: nameof(IngestLimits.MaxItemsPerRequest) or nameof(IngestLimits.MaxDecompressedBodyBytes) or nameof(IngestLimits.MaxNestingDepth) }
            => StatusCodes.Status413PayloadTooLarge,
        LimitExceededException => StatusCodes.Status429TooManyRequests,
        StorageFailedException => StatusCodes.Status503ServiceUnavailable,

        // A body that came too slowly, for a stalled machine perhaps, is to be sent again: at 408 a sender of remote write gives its samples up.
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => StatusCodes.Status503ServiceUnavailable,
        BadHttpRequestException bad => bad.StatusCode,
        _ => 0,
    };

    /// <summary>Sets the status and tells the sender when to come again, where that helps.</summary>
    public static void SetStatus(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        if (status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        }
    }
}
