using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sightglass.Server.Api;
using Sightglass.Server.Configuration;
using Sightglass.Server.Hosting.Http;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Hosting;

public sealed class AnswerCompressionTests : IDisposedAsync
{
    private readonly HttpServer _server = new();
    private readonly HttpClient _client = new();

    [Theory]
    [InlineData("/json", "gzip", true)]
    [InlineData("/json", "deflate, gzip;q=0.5", true)]
    [InlineData("/json", "br, *;q=0.1", true)]
    [InlineData("/json", "gzip;q=0", false)]
    [InlineData("/json", "br", false)]
    [InlineData("/json", "identity", false)]
    [InlineData("/json", null, false)]
    [InlineData("/short", "gzip", false)]
    [InlineData("/openmetrics", "gzip", true)]
    [InlineData("/remote-read", "gzip", false)]
    public async Task Long_answers_are_compressed_for_who_takes_gzip(string path, string? accepted, bool compressed)
    {
        await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accepted is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        }

        using var answer = await _client.SendAsync(request);

        answer.Content.Headers.ContentEncoding.ShouldBe(compressed ? ["gzip"] : []);
        var body = await answer.Content.ReadAsByteArrayAsync();
        var plain = compressed ? Decompressed(body) : body;
        plain.ShouldBe(await _client.GetByteArrayAsync(path));
        if (compressed)
        {
            body.Length.ShouldBeLessThan(plain.Length / 10);
            answer.Headers.Vary.ShouldBe(["Accept-Encoding"]);
        }
    }

    [Fact]
    public async Task Json_says_how_long_it_is()
    {
        await StartAsync();
        using var answer = await _client.GetAsync("/json", HttpCompletionOption.ResponseHeadersRead);
        answer.Content.Headers.ContentLength.ShouldBe((await answer.Content.ReadAsByteArrayAsync()).Length);
        answer.Headers.TransferEncodingChunked.ShouldBeNull();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    private static byte[] Decompressed(byte[] body)
    {
        using var plain = new MemoryStream();
        using var gzip = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
        gzip.CopyTo(plain);
        return plain.ToArray();
    }

    private static Task Json(HttpContext context, int length)
    {
        context.Response.ContentType = "application/json";
        return JsonAnswer.WriteAsync(context, json => json.WriteStringValue(new string('a', length)));
    }

    private static Task Text(HttpContext context, string type)
    {
        context.Response.ContentType = type;
        return context.Response.WriteAsync(new string('a', 10_000));
    }

    private async Task StartAsync()
    {
        var socket = ListenAddress.Bind("127.0.0.1:0");
        var port = new HttpPort(socket, HttpProtocols.Http1);
        AnswerCompression.Use(port);
        port.Routes.MapGet("/json", context => Json(context, 10_000));
        port.Routes.MapGet("/short", context => Json(context, AnswerCompression.MinBytes - 3));
        port.Routes.MapGet("/openmetrics", context => Text(context, "application/openmetrics-text; version=1.0.0; charset=utf-8"));
        port.Routes.MapGet("/remote-read", context => Text(context, "application/x-protobuf"));
        await _server.StartAsync([port]);
        port.Open();
        _client.BaseAddress = new Uri($"http://{socket.LocalEndPoint}");
    }
}
