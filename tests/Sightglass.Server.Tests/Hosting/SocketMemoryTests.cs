using System.Buffers;
using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sightglass.Server.Configuration;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Tests.Hosting;

public sealed class SocketMemoryTests : IDisposable
{
    private readonly SocketMemory _memory = new();

    [Fact]
    public void Blocks_that_come_back_are_handed_out_again()
    {
        var first = _memory.Rent();
        var second = _memory.Rent(SocketMemory.BlockBytes);
        first.Memory.Length.ShouldBe(SocketMemory.BlockBytes);
        first.Memory.Equals(second.Memory).ShouldBeFalse();
        var bytes = first.Memory;
        first.Dispose();
        _memory.FreeBytes.ShouldBe(SocketMemory.BlockBytes);
        _memory.Rent(1).Memory.Equals(bytes).ShouldBeTrue();
        _memory.FreeBytes.ShouldBe(0);
        Should.Throw<ArgumentOutOfRangeException>(() => _memory.Rent(SocketMemory.BlockBytes + 1));
    }

    [Fact]
    public void No_more_than_the_limit_is_kept_and_nothing_after_a_release()
    {
        var blocks = new List<IMemoryOwner<byte>>();
        for (var i = 0; i < (SocketMemory.MaxFreeBytes / SocketMemory.BlockBytes) + 10; i++)
        {
            blocks.Add(_memory.Rent());
        }

        blocks.ForEach(b => b.Dispose());
        _memory.FreeBytes.ShouldBe(SocketMemory.MaxFreeBytes);
        _memory.Release();
        _memory.FreeBytes.ShouldBe(0);
    }

    [Fact]
    public async Task Connections_take_their_blocks_from_it()
    {
        var socket = ListenAddress.Bind("127.0.0.1:0");
        var port = new HttpPort(socket, HttpProtocols.Http1);
        await using var server = new HttpServer();
        await server.StartAsync([port]);
        port.Routes.MapPost("/length", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            await context.Response.WriteAsJsonAsync(body.Length);
        });
        port.Open();
        using var client = new HttpClient { BaseAddress = new Uri($"http://{socket.LocalEndPoint}") };
        using var body = new ByteArrayContent(new byte[3_000_000]);
        using var answer = await client.PostAsync(new Uri("/length", UriKind.Relative), body);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadFromJsonAsync<long>()).ShouldBe(3_000_000);
        server.FreeBytes.ShouldBeInRange(SocketMemory.BlockBytes, SocketMemory.MaxFreeBytes);
    }

    public void Dispose() => _memory.Dispose();
}
