using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sightglass.Server.Configuration;
using Sightglass.Server.Hosting.Http;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Loki;

/// <summary>Some routes on a port of their own over an <see cref="InMemoryEventStore"/>.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly HttpServer _server;

    private ApiHost(HttpServer server, HttpClient client)
    {
        _server = server;
        Client = client;
    }

    public HttpClient Client { get; }

    public static async Task<ApiHost> StartAsync(Action<RouteTable> map)
    {
        var socket = ListenAddress.Bind("127.0.0.1:0");
        var port = new HttpPort(socket, HttpProtocols.Http1);
        map(port.Routes);
        var server = new HttpServer();
        await server.StartAsync([port]);
        port.Open();
        return new ApiHost(server, new HttpClient { BaseAddress = new Uri($"http://{socket.LocalEndPoint}") });
    }

    public async Task<JsonElement> GetAsync(string path, params (string Name, string Value)[] headers)
    {
        var (status, body) = await SendAsync(path, headers);
        status.ShouldBe(HttpStatusCode.OK, body);
        return JsonDocument.Parse(body).RootElement;
    }

    public async Task<(HttpStatusCode Status, string Body)> SendAsync(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await Client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
    }
}
