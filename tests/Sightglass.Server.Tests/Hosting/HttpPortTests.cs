using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sightglass.Server.Configuration;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Tests.Hosting;

public sealed class HttpPortTests
{
    [Fact]
    public async Task First_routes_answer_while_everything_else_waits_for_the_port_to_open()
    {
        var socket = ListenAddress.Bind("127.0.0.1:0");
        var port = new HttpPort(socket, HttpProtocols.Http1);
        await using var server = new HttpServer();
        await server.StartAsync([port]);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{socket.LocalEndPoint}") };

        var first = client.GetStringAsync("/first");
        var late = client.GetStringAsync("/late");
        var nowhere = client.GetAsync(new Uri("/nowhere", UriKind.Relative));
        port.First.MapGet("/first", context => context.Response.WriteAsync("first"));
        port.OpenFirst();
        (await first).ShouldBe("first");
        (await client.GetStringAsync("/first")).ShouldBe("first");
        late.IsCompleted.ShouldBeFalse();

        port.Routes.MapGet("/late", context => context.Response.WriteAsync("late"));
        port.Open();
        (await late).ShouldBe("late");
        (await nowhere).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.GetStringAsync("/first")).ShouldBe("first");
    }

    [Fact]
    public async Task Who_waits_when_the_server_ends_is_turned_away()
    {
        var socket = ListenAddress.Bind("127.0.0.1:0");
        var port = new HttpPort(socket, HttpProtocols.Http1);
        var server = new HttpServer();
        await server.StartAsync([port]);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{socket.LocalEndPoint}") };
        port.First.MapGet("/first", context => context.Response.WriteAsync("first"));
        port.OpenFirst();
        (await client.GetStringAsync("/first")).ShouldBe("first");
        var waiting = client.GetAsync(new Uri("/late", UriKind.Relative));
        await server.DisposeAsync();
        try
        {
            (await waiting).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }
        catch (HttpRequestException)
        {
            // It had not reached the server.
        }
    }
}
