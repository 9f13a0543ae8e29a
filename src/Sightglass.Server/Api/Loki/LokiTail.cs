using System.Buffers;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.AspNetCore.WebSockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.LogQL;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Loki;

/// <summary>Loki's <c>tail</c>: lines as they come, over a WebSocket.</summary>
internal sealed class LokiTail(LogQLEngine engine, QueryLimits limits, TimeProvider time)
{
    /// <summary>Tails that run at one time (Loki's <c>max_concurrent_tail_requests</c>).</summary>
    public const int MaxTails = 10;

    /// <summary>Most lines of one message; older ones are named as dropped.</summary>
    public const int MaxLinesOfMessage = 1_000;

    // Loki's bounds on delay_for and on the dropped lines that a message names.
    private const int MaxDelaySeconds = 5;
    private const int MaxDropped = 1_000;
    private const int DefaultLimit = 100;

    private static readonly TimeSpan QueryRange = TimeSpan.FromHours(1);
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly WebSocketOptions SocketOptions = new() { KeepAliveInterval = TimeSpan.FromSeconds(15), KeepAliveTimeout = TimeSpan.FromSeconds(30) };

    private int _running;

    /// <summary>Maps the endpoint.</summary>
    public static void Map(RouteTable routes, LogQLEngine engine, QueryLimits limits, TimeProvider time)
    {
        var tail = new LokiTail(engine, limits, time);
        routes.MapGet("/loki/api/v1/tail", Sockets(context => tail.Answer(context, old: false)));
        routes.MapGet("/api/prom/tail", Sockets(context => tail.Answer(context, old: true)));
    }

    private static RequestDelegate Sockets(RequestDelegate answer) => new WebSocketMiddleware(answer, Options.Create(SocketOptions), NullLoggerFactory.Instance).Invoke;

    private async Task Answer(HttpContext context, bool old)
    {
        TailFeed? feed = null;
        await LokiApi.Run(context, limits, time, (_, parameters, _) =>
        {
            feed = FeedOf(parameters);
            return Task.CompletedTask;
        });
        if (feed is null)
        {
            return;
        }

        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync("Bad Request: this is a WebSocket endpoint\n", context.RequestAborted);
            return;
        }

        if (!RequestOrigin.IsOwn(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            await context.Response.WriteAsync(RequestOrigin.Refusal, context.RequestAborted);
            return;
        }

        var count = Interlocked.Increment(ref _running);
        try
        {
            if (count > MaxTails)
            {
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                await context.Response.WriteAsync($"max concurrent tail requests limit exceeded, count > limit ({count} > {MaxTails})\n", context.RequestAborted);
                return;
            }

            var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await Serve(socket, feed, old ? OldMessage : LokiApi.Categorize(context) ? CategorizedMessage : PlainMessage, ended);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private TailFeed FeedOf(LokiParameters parameters)
    {
        var delay = parameters.Count("delay_for", 0, int.MaxValue);
        if (delay > MaxDelaySeconds)
        {
            throw LokiParameters.Bad($"delay_for can't be greater than {MaxDelaySeconds}");
        }

        var query = parameters.Text("query");
        if (!engine.Check(query))
        {
            throw LokiParameters.Bad("only log selector is supported for tailing, got a metric query");
        }

        var (start, _) = parameters.Bounds(QueryRange);
        var limit = parameters.Text("limit").Length > 0 ? parameters.Limit() : DefaultLimit;
        return new TailFeed(engine, time, query, start, TimeSpan.FromSeconds(delay), Math.Min(limit, limits.MaxLogEntries));
    }

    private async Task Serve(WebSocket socket, TailFeed feed, Action<Utf8JsonWriter, List<LogLine>, int> message, CancellationTokenSource ended)
    {
        var reading = ReadToEnd(socket, ended);
        try
        {
            while (socket.State == WebSocketState.Open)
            {
                var lines = feed.Next(ended.Token);
                if (lines.Count > 0)
                {
                    // Who does not take a message in this time is let go: nothing is kept for a slow reader.
                    using var patience = new CancellationTokenSource(SendTimeout, time);
                    using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ended.Token);
                    await socket.SendAsync(Message(lines, message), WebSocketMessageType.Text, endOfMessage: true, either.Token);
                }

                await Task.Delay(Pause, time, ended.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The other side is gone or too slow, or the server ends.
        }
        catch (Exception e) when (e is QueryException or LimitExceededException or CorruptDataException or StorageFailedException)
        {
            using var patience = new CancellationTokenSource(SendTimeout, time);
            await Quietly(() => socket.CloseOutputAsync(WebSocketCloseStatus.InternalServerError, e.Message.Length > 100 ? e.Message[..100] : e.Message, patience.Token));
        }

        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            using var patience = new CancellationTokenSource(SendTimeout, time);
            await Quietly(() => socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, string.Empty, patience.Token));
        }

        await ended.CancelAsync();
        await reading;
    }

    // Nothing is expected from the other side but its end.
    private static async Task ReadToEnd(WebSocket socket, CancellationTokenSource ended)
    {
        var buffer = new byte[256];
        await Quietly(async () =>
        {
            while ((await socket.ReceiveAsync(buffer.AsMemory(), ended.Token)).MessageType != WebSocketMessageType.Close)
            {
            }
        });
        await Quietly(ended.CancelAsync);
    }

    private static async Task Quietly(Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException or IOException)
        {
            // The connection is over, which is what was wanted.
        }
    }

    private static ReadOnlyMemory<byte> Message(List<LogLine> lines, Action<Utf8JsonWriter, List<LogLine>, int> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, LokiJson.Options))
        {
            json.WriteStartObject();
            write(json, lines, Math.Max(0, lines.Count - MaxLinesOfMessage));
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void PlainMessage(Utf8JsonWriter json, List<LogLine> lines, int dropped) => NewMessage(json, lines, dropped, categorize: false);

    private static void CategorizedMessage(Utf8JsonWriter json, List<LogLine> lines, int dropped)
    {
        NewMessage(json, lines, dropped, categorize: true);
        json.WriteStartArray("encodingFlags"u8);
        json.WriteStringValue("categorize-labels");
        json.WriteEndArray();
    }

    private static void NewMessage(Utf8JsonWriter json, List<LogLine> lines, int dropped, bool categorize)
    {
        json.WritePropertyName("streams"u8);
        LokiJson.Streams(json, lines.GetRange(dropped, lines.Count - dropped), categorize);
        json.WriteStartArray("dropped_entries"u8);
        foreach (var line in lines.Take(Math.Min(dropped, MaxDropped)))
        {
            json.WriteStartObject();
            json.WriteStartObject("labels"u8);
            foreach (var label in line.Labels.Where(static l => l.Source == LogLabelSource.Stream))
            {
                json.WriteString(label.Name, label.Value);
            }

            json.WriteEndObject();
            json.WriteString("timestamp"u8, line.TimeUnixNano.ToString(CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void OldMessage(Utf8JsonWriter json, List<LogLine> lines, int dropped)
    {
        LokiLegacyApi.Streams(json, lines.GetRange(dropped, lines.Count - dropped));
        json.WriteStartArray("dropped_entries"u8);
        foreach (var line in lines.Take(Math.Min(dropped, MaxDropped)))
        {
            json.WriteStartObject();
            json.WriteString("Timestamp"u8, LokiLegacyApi.Rfc3339(line.TimeUnixNano));
            json.WriteString("Labels"u8, LokiLegacyApi.Selector(line.Labels.Where(static l => l.Source == LogLabelSource.Stream)));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
