using System.Net;
using System.Text.Json.Nodes;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Alertmanager;

/// <summary>A message as it arrived.</summary>
/// <param name="At">When.</param>
/// <param name="Path">At which path: each receiver has its own.</param>
/// <param name="Body">Its JSON.</param>
internal sealed record Arrival(DateTimeOffset At, string Path, JsonNode Body);

/// <summary>A web server that keeps what webhooks send, with the time.</summary>
internal sealed class WebhookRecorder : IDisposable
{
    private readonly HttpListener _listener;
    private readonly List<Arrival> _arrivals = [];

    public WebhookRecorder()
    {
        (_listener, var url) = FreePort.Listen();
        Address = url.TrimEnd('/');
        _ = Task.Run(ServeAsync);
    }

    public string Address { get; }

    public IReadOnlyList<Arrival> Arrivals
    {
        get
        {
            lock (_arrivals)
            {
                return [.. _arrivals];
            }
        }
    }

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            try
            {
                await TakeAsync(context);
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
            {
                // Whoever sent it has gone away, as one that is killed does; the next one is taken all the same.
            }
        }
    }

    private async Task TakeAsync(HttpListenerContext context)
    {
        var at = TimeProvider.System.GetUtcNow();
        using var reader = new StreamReader(context.Request.InputStream);
        var body = JsonNode.Parse(await reader.ReadToEndAsync())!;
        lock (_arrivals)
        {
            _arrivals.Add(new Arrival(at, context.Request.Url!.AbsolutePath, body));
        }

        context.Response.Close();
    }
}
