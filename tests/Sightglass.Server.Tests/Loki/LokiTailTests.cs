using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL;
using Sightglass.Server.Api.Loki;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Loki;

public sealed class LokiTailTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly InMemoryEventStore _store = new();
    private ApiHost _host = null!;

    public async Task InitializeAsync() =>
        _host = await ApiHost.StartAsync(r => LokiTail.Map(r, new LogQLEngine(_store, QueryLimits.Default), QueryLimits.Default, TimeProvider.System));

    public Task DisposeAsync() => _host.DisposeAsync().AsTask();

    private void Add(string app, params string[] lines)
    {
        using var batch = LogBatch.Rent();
        batch.AddAttribute("app"u8, AttributeType.String, Encoding.UTF8.GetBytes(app));
        var resource = batch.EndResource(ResourceKind.Labels);
        var now = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        for (var i = 0; i < lines.Length; i++)
        {
            batch.AddRow(new LogRow { TimeUnixNano = now - lines.Length + i, Resource = resource, Scope = -1, BodyType = AttributeType.String, BodyBits = batch.AddText(lines[i]).Packed });
        }

        _store.Append(batch);
    }

    private async Task<ClientWebSocket> ConnectAsync(string query, string? origin = null, string? forwardedHost = null, string path = "/loki/api/v1/tail")
    {
        var socket = new ClientWebSocket();
        foreach (var (name, value) in new[] { ("Origin", origin), ("X-Forwarded-Host", forwardedHost) })
        {
            if (value is not null)
            {
                socket.Options.SetRequestHeader(name, value);
            }
        }

        var address = new UriBuilder(new Uri(_host.Client.BaseAddress!, $"{path}?{query}")) { Scheme = "ws" };
        using var patience = new CancellationTokenSource(Patience);
        await socket.ConnectAsync(address.Uri, patience.Token);
        return socket;
    }

    [Fact]
    public async Task The_old_tail_has_labels_and_times_as_text()
    {
        Add("shop", "one", "two");
        using var socket = await ConnectAsync("query=" + Uri.EscapeDataString("""{app="shop"}"""), path: "/api/prom/tail");
        var message = await ReceiveAsync(socket);
        var stream = message.GetProperty("streams")[0];
        stream.GetProperty("labels").GetString().ShouldStartWith("{app=\"shop\"");
        stream.GetProperty("entries").EnumerateArray().Select(static e => e.GetProperty("line").GetString()).ShouldBe(["one", "two"]);
        stream.GetProperty("entries")[0].GetProperty("ts").GetString()!.ShouldEndWith("Z");
        message.GetProperty("dropped_entries").GetArrayLength().ShouldBe(0);
    }

    private static async Task<JsonElement> ReceiveAsync(ClientWebSocket socket)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var message = new MemoryStream();
        var buffer = new byte[16 << 10];
        ValueWebSocketReceiveResult received;
        do
        {
            received = await socket.ReceiveAsync(buffer.AsMemory(), patience.Token);
            await message.WriteAsync(buffer.AsMemory(0, received.Count));
        }
        while (!received.EndOfMessage);

        return JsonDocument.Parse(message.ToArray()).RootElement;
    }

    private static string[] Texts(JsonElement message) =>
        [.. message.GetProperty("streams").EnumerateArray().SelectMany(static s => s.GetProperty("values").EnumerateArray()).Select(static v => v[1].GetString()!)];

    [Fact]
    public async Task What_is_there_comes_first_then_what_comes_once_each()
    {
        Add("a", "one", "two", "three");
        using var socket = await ConnectAsync("query={app=\"a\"}&limit=2");
        Texts(await ReceiveAsync(socket)).ShouldBe(["two", "three"]);
        Add("b", "of another stream");
        Add("a", "four");
        var message = await ReceiveAsync(socket);
        Texts(message).ShouldBe(["four"]);
        message.GetProperty("dropped_entries").GetArrayLength().ShouldBe(0);
        message.GetProperty("streams")[0].GetProperty("stream").GetProperty("app").GetString().ShouldBe("a");
        Add("a", "five");
        Texts(await ReceiveAsync(socket)).ShouldBe(["five"]);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(1_200, 1_000)]
    public async Task More_lines_than_a_message_takes_are_named_as_dropped_oldest_first_up_to_a_bound(int more, int named)
    {
        Add("a", "first");
        using var socket = await ConnectAsync("query={app=\"a\"}");
        Texts(await ReceiveAsync(socket)).ShouldBe(["first"]);
        Add("a", [.. Enumerable.Range(0, LokiTail.MaxLinesOfMessage + more).Select(static i => $"l{i}")]);
        var message = await ReceiveAsync(socket);
        Texts(message).Length.ShouldBe(LokiTail.MaxLinesOfMessage);
        Texts(message)[0].ShouldBe($"l{more}");
        message.GetProperty("dropped_entries").GetArrayLength().ShouldBe(named);
        message.GetProperty("dropped_entries")[0].GetProperty("labels").GetProperty("app").GetString().ShouldBe("a");
    }

    [Theory]
    [InlineData("query={app=\"a\"}&delay_for=6", "delay_for can't be greater than 5")]
    [InlineData("query=rate({app=\"a\"}[1m])", "only log selector is supported")]
    [InlineData("query={", "parse error")]
    [InlineData("query={app=\"a\"}", "this is a WebSocket endpoint")]
    public async Task What_cannot_be_followed_is_refused(string query, string error)
    {
        var (status, body) = await _host.SendAsync($"/loki/api/v1/tail?{query}");
        status.ShouldBe(HttpStatusCode.BadRequest);
        body.ShouldContain(error);
    }

    [Theory]
    [InlineData("http://evil.example", null, false)]
    [InlineData("http://127.0.0.1:1", null, false)]
    [InlineData("null", null, false)]
    [InlineData("http://evil.example", "watch.example", false)]
    [InlineData("https://watch.example", "watch.example", true)]
    [InlineData("http://watch.example:8080", "watch.example:8080", true)]
    [InlineData("own", null, true)]
    public async Task A_page_of_another_site_may_not_follow(string origin, string? forwardedHost, bool allowed)
    {
        origin = origin == "own" ? $"http://{_host.Client.BaseAddress!.Authority}" : origin;
        if (allowed)
        {
            using var socket = await ConnectAsync("query={app=\"a\"}", origin, forwardedHost);
            socket.State.ShouldBe(WebSocketState.Open);
        }
        else
        {
            (await Should.ThrowAsync<WebSocketException>(() => ConnectAsync("query={app=\"a\"}", origin, forwardedHost))).Message.ShouldContain("403");
        }
    }

    [Fact]
    public async Task Tails_are_bounded()
    {
        var sockets = new List<ClientWebSocket>();
        try
        {
            for (var i = 0; i < LokiTail.MaxTails; i++)
            {
                sockets.Add(await ConnectAsync("query={app=\"a\"}"));
            }

            (await Should.ThrowAsync<WebSocketException>(() => ConnectAsync("query={app=\"a\"}"))).Message.ShouldContain("400");
        }
        finally
        {
            sockets.ForEach(static s => s.Dispose());
        }
    }
}
