using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Sightglass.TestKit;

namespace Sightglass.Alerting.Tests.Receivers;

/// <summary>A real HTTP server on a free port that keeps what it gets.</summary>
internal sealed class HttpReceiver : IDisposable
{
    private readonly HttpListener _listener;

    public HttpReceiver()
    {
        (_listener, Url) = FreePort.Listen();
        _ = Task.Run(ServeAsync);
    }

    public string Url { get; }

    public ConcurrentQueue<(string Path, string Body, string Authorization)> Requests { get; } = new();

    /// <summary>Status and body of the answers to come; 200 when empty.</summary>
    public ConcurrentQueue<(int Status, string Body)> Answers { get; } = new();

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            try
            {
                await AnswerAsync(context);
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
            {
                // Who asked has gone away before the answer; the next one is served all the same.
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        using var reader = new StreamReader(context.Request.InputStream);
        var body = await reader.ReadToEndAsync();
        var (status, text) = Answers.TryDequeue(out var answer) ? answer : (200, "ok");
        Requests.Enqueue((context.Request.Url!.AbsolutePath, body, context.Request.Headers["Authorization"] ?? string.Empty));
        context.Response.StatusCode = status;
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text));
        context.Response.Close();
    }
}
