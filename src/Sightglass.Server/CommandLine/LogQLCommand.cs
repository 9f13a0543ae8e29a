using System.CommandLine;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;

namespace Sightglass.Server.CommandLine;

/// <summary><c>sightglass query logql EXPRESSION</c>: lines or numbers of a running server, or lines as they come.</summary>
internal static class LogQLCommand
{
    private const int DefaultPoints = 250;
    private const int DefaultLines = 30;

    // Loki's tail sends messages of at most this size in practice; more is not a message of lines.
    private const int MaxMessageBytes = 64 << 20;

    public static Command Build()
    {
        var expression = new Argument<string>("EXPRESSION");
        var server = QueryCommand.Server();
        var time = new Option<string?>("--time") { Description = "Moment of an instant metric query: RFC 3339, seconds since 1970, or a duration before now such as -1h." };
        var since = new Option<string?>("--since") { Description = "How far back to look, such as 1h; an hour unless given." };
        var from = new Option<string?>("--from") { Description = "Start; as --time." };
        var to = new Option<string?>("--to") { Description = "End; as --time, now unless given." };
        var step = new Option<string?>("--step") { Description = "Time between two points of a metric query, such as 15s; a 250th of the range unless given." };
        var limit = new Option<int>("--limit") { Description = "Most lines.", DefaultValueFactory = static _ => DefaultLines };
        var forward = new Option<bool>("--forward") { Description = "Oldest lines first." };
        var tail = new Option<bool>("--tail", "-t") { Description = "Show lines as they come, until interrupted." };
        var delay = new Option<int>("--delay-for") { Description = "Seconds to wait for late lines with --tail, at most 5." };
        var format = new Option<string>("--output", "-o") { Description = "default (time, level, line), raw (the line only), jsonl, or json (the server's answer).", DefaultValueFactory = static _ => "default" }
            .AcceptOnlyFromAmong("default", "raw", "jsonl", "json");
        var color = new Option<string>("--color") { Description = "auto, always or never.", DefaultValueFactory = static _ => "auto" }.AcceptOnlyFromAmong("auto", "always", "never");
        var command = new Command("logql", "Log lines of the last hour, a LogQL metric query, or lines as they come.")
        {
            expression, server, time, since, from, to, step, limit, forward, tail, delay, format, color,
        };
        command.SetAction((result, cancellation) => CommandTree.Guarded(() =>
        {
            var text = result.GetValue(expression)!;
            var now = TimeProvider.System.GetUtcNow();
            var colored = result.GetValue(color) switch
            {
                "always" => true,
                "never" => false,
                _ => !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
            };
            var output = new LogQLOutput(Console.Out, result.GetValue(format)!, colored);
            if (result.GetValue(tail))
            {
                return TailAsync(result.GetValue(server)!, TailPath(text, result.GetValue(since), result.GetValue(from), result.GetValue(limit), result.GetValue(delay), now), text, output, cancellation);
            }

            var path = Path(text, result.GetValue(time), result.GetValue(since), result.GetValue(from), result.GetValue(to), result.GetValue(step), result.GetValue(limit), result.GetValue(forward), now);
            return QueryCommand.AskAsync(result.GetValue(server)!, path, text, output.Answer, cancellation);
        }));
        return command;
    }

    /// <summary>The request: an instant query when a moment is given.</summary>
    internal static string Path(string expression, string? time, string? since, string? from, string? to, string? step, int limit, bool forward, DateTimeOffset now)
    {
        var query = "query=" + Uri.EscapeDataString(expression);
        if (time is not null)
        {
            return since is null && from is null && to is null && step is null
                ? $"/loki/api/v1/query?{query}&limit={limit}&time={Nanoseconds(QueryTime.Parse("--time", time, now))}"
                : throw new FormatException("--time is for instant queries; --since, --from, --to and --step are for ranges");
        }

        var end = to is null ? now : QueryTime.Parse("--to", to, now);
        var start = Start(since, from, end, now);
        if (start > end)
        {
            throw new FormatException("--from is after --to");
        }

        var seconds = step is null ? Math.Max(1, Math.Ceiling((end - start).TotalSeconds / DefaultPoints)) : QueryTime.Step(step);
        return $"/loki/api/v1/query_range?{query}&start={Nanoseconds(start)}&end={Nanoseconds(end)}&limit={limit}&direction={(forward ? "forward" : "backward")}&step={seconds.ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>The request of a tail.</summary>
    internal static string TailPath(string expression, string? since, string? from, int limit, int delay, DateTimeOffset now) =>
        $"/loki/api/v1/tail?query={Uri.EscapeDataString(expression)}&start={Nanoseconds(Start(since, from, now, now))}&limit={limit}&delay_for={delay}";

    private static DateTimeOffset Start(string? since, string? from, DateTimeOffset end, DateTimeOffset now) => (since, from) switch
    {
        (not null, not null) => throw new FormatException("--since and --from exclude each other"),
        (not null, null) => end - TimeSpan.FromSeconds(Duration(since)),
        (null, not null) => QueryTime.Parse("--from", from, now),
        _ => end - TimeSpan.FromHours(1),
    };

    private static double Duration(string text)
    {
        try
        {
            return QueryTime.Step(text);
        }
        catch (FormatException)
        {
            throw new FormatException($"--since: got \"{text}\", want a duration such as 1h");
        }
    }

    private static string Nanoseconds(DateTimeOffset time) => ((time - DateTimeOffset.UnixEpoch).Ticks * 100).ToString(CultureInfo.InvariantCulture);

    private static async Task<int> TailAsync(Uri server, string path, string expression, LogQLOutput output, CancellationToken cancellation)
    {
        var address = new UriBuilder(new Uri(new Uri(server.ToString().TrimEnd('/') + "/"), path.TrimStart('/')));
        address.Scheme = address.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs;
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("X-Loki-Response-Encoding-Flags", "categorize-labels");
        socket.Options.CollectHttpResponseDetails = true;
        try
        {
            await socket.ConnectAsync(address.Uri, cancellation);
            using var message = new MemoryStream();
            var buffer = new byte[64 << 10];
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellation);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    await Console.Error.WriteLineAsync($"sightglass: the server ended the tail{(socket.CloseStatusDescription is { Length: > 0 } why ? ": " + why : string.Empty)}");
                    return socket.CloseStatus == WebSocketCloseStatus.NormalClosure ? 0 : 1;
                }

                await message.WriteAsync(buffer.AsMemory(0, received.Count), cancellation);
                if (message.Length > MaxMessageBytes)
                {
                    throw new FormatException($"the server sent a message of more than {MaxMessageBytes} bytes");
                }

                if (received.EndOfMessage)
                {
                    using (var json = JsonDocument.Parse(message.GetBuffer().AsMemory(0, (int)message.Length)))
                    {
                        output.Tailed(json.RootElement);
                    }

                    message.SetLength(0);
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return 0;
        }
        catch (WebSocketException e)
        {
            // The handshake does not hand out the body of a refusal; asked without a WebSocket, the server says what is wrong.
            using var http = new HttpClient();
            using var answer = await http.GetAsync(new UriBuilder(address.Uri) { Scheme = server.Scheme }.Uri, cancellation);
            var body = await answer.Content.ReadAsStringAsync(cancellation);
            await Console.Error.WriteLineAsync(socket.HttpStatusCode == System.Net.HttpStatusCode.BadRequest ? QueryErrorText.Of(body, expression, (int)answer.StatusCode) : $"sightglass: {e.Message}");
            return 1;
        }
    }
}
