using System.Net;
using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL;
using Sightglass.Server.Api.Tempo;
using Sightglass.Server.Tests.Loki;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Tempo;

public sealed class TempoApiTests : IAsyncLifetime
{
    // A minute before the manual clock's start.
    private const long Start = (1_767_225_600L - 60) * 1_000_000_000;
    private const string Id = "5b8efff798038103d269b633813fc60c";

    private readonly InMemoryEventStore _store = new();
    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        using var batch = SpanBatch.Rent();
        batch.AddAttribute("service.name"u8, AttributeType.String, "shop"u8);
        var resource = batch.EndResource(ResourceKind.Otlp, batch.AddText("https://schema/resource"));
        batch.AddAttribute("lib.attr"u8, AttributeType.Bool, 1);
        var scope = batch.EndScope(batch.AddText("lib"), batch.AddText("1.0"), batch.AddText("https://schema/scope"));
        batch.AddAttribute("a.text"u8, AttributeType.String, "x"u8);
        batch.AddAttribute("a.int"u8, AttributeType.Int, long.MaxValue);
        batch.AddAttribute("a.double"u8, AttributeType.Double, BitConverter.DoubleToInt64Bits(1.5));
        batch.AddAttribute("a.bool"u8, AttributeType.Bool, 0);
        batch.AddAttribute("a.bytes"u8, AttributeType.Bytes, [1, 2]);
        // An array of one text and one map.
        batch.AddAttribute("a.array"u8, AttributeType.Composite, [0x2a, 0x12, 0x0a, 0x03, 0x0a, 0x01, (byte)'q', 0x0a, 0x0b, 0x32, 0x09, 0x0a, 0x07, 0x0a, 0x01, (byte)'k', 0x12, 0x02, 0x18, 0x05]);
        batch.AddRow(new SpanRow
        {
            TraceId = new TraceId(0x5b8efff798038103, 0xd269b633813fc60c),
            SpanId = 0xeee19b7ec3c1b174,
            ParentSpanId = 0,
            TraceState = batch.AddText("k=v"),
            Name = batch.AddText("GET /"),
            Kind = 2,
            StartUnixNano = Start,
            EndUnixNano = Start + 150_000_000,
            StatusCode = 2,
            StatusMessage = batch.AddText("broken"),
            Flags = 0x101,
            Resource = resource,
            Scope = scope,
            Events = batch.AddText(Delimited([0x09, 1, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x01, (byte)'e', 0x1a, 0x08, 0x0a, 0x01, (byte)'c', 0x12, 0x03, 0x0a, 0x01, (byte)'v', 0x20, 0x02])),
            Links = batch.AddText(Delimited([0x0a, 0x02, 0xaa, 0xbb, 0x12, 0x01, 0xcc, 0x1a, 0x01, (byte)'s', 0x28, 0x03, 0x35, 1, 0, 0, 0])),
            DroppedAttributes = 1,
            DroppedEvents = 2,
            DroppedLinks = 3,
        });
        _store.Append(batch);
        _host = await ApiHost.StartAsync(r => TempoApi.Map(r, new TraceQLEngine(_store, QueryLimits.Default), _store, QueryLimits.Default, new ManualTimeProvider()));
    }

    public Task DisposeAsync() => _host.DisposeAsync().AsTask();

    private static byte[] Delimited(byte[] message) => [(byte)message.Length, .. message];

    private const string ResourceSpans =
        """[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"scope":{"name":"lib","version":"1.0","attributes":[{"key":"lib.attr","value":{"boolValue":true}}]},"spans":[{"traceId":"W47/95gDgQPSabYzgT/GDA==","spanId":"7uGbfsPBsXQ=","traceState":"k=v","flags":257,"name":"GET /","kind":"SPAN_KIND_SERVER","startTimeUnixNano":"1767225540000000000","endTimeUnixNano":"1767225540150000000","attributes":[{"key":"a.text","value":{"stringValue":"x"}},{"key":"a.int","value":{"intValue":"9223372036854775807"}},{"key":"a.double","value":{"doubleValue":1.5}},{"key":"a.bool","value":{"boolValue":false}},{"key":"a.bytes","value":{"bytesValue":"AQI="}},{"key":"a.array","value":{"arrayValue":{"values":[{"stringValue":"q"},{"kvlistValue":{"values":[{"key":"k","value":{"intValue":"5"}}]}}]}}}],"droppedAttributesCount":1,"events":[{"timeUnixNano":"1","name":"e","droppedAttributesCount":2,"attributes":[{"key":"c","value":{"stringValue":"v"}}]}],"droppedEventsCount":2,"links":[{"traceId":"qrs=","spanId":"zA==","traceState":"s","droppedAttributesCount":3,"flags":1}],"droppedLinksCount":3,"status":{"message":"broken","code":"STATUS_CODE_ERROR"}}],"schemaUrl":"https://schema/scope"}],"schemaUrl":"https://schema/resource"}]""";

    [Fact]
    public async Task A_trace_comes_back_field_for_field()
    {
        (await _host.GetAsync($"/tempo/api/v2/traces/{Id}")).GetProperty("trace").GetProperty("resourceSpans").GetRawText().ShouldBe(ResourceSpans);
        (await _host.GetAsync($"/tempo/api/traces/{Id.ToUpperInvariant()}", ("Accept", "application/json"))).GetProperty("batches").GetRawText().ShouldBe(ResourceSpans);
    }

    [Fact]
    public async Task A_trace_comes_as_protobuf_when_asked_for()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/tempo/api/traces/{Id}");
        request.Headers.Accept.ParseAdd("application/protobuf");
        using var response = await _host.Client.SendAsync(request);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/protobuf");
        var bytes = await response.Content.ReadAsByteArrayAsync();
        var span = Field(Field(Field(bytes, 1), 2), 2);
        Convert.ToHexStringLower(Field(span, 1)).ShouldBe(Id);
        System.Text.Encoding.UTF8.GetString(Field(span, 5)).ShouldBe("GET /");
        Field(span, 11).Length.ShouldBe(24);
        Field(span, 15).Length.ShouldBe(10);
        System.Text.Encoding.UTF8.GetString(Field(Field(bytes, 1), 3)).ShouldBe("https://schema/resource");

        using var second = new HttpRequestMessage(HttpMethod.Get, $"/tempo/api/v2/traces/{Id}");
        second.Headers.Accept.ParseAdd("application/protobuf");
        using var wrapped = await _host.Client.SendAsync(second);
        Field(await wrapped.Content.ReadAsByteArrayAsync(), 1).ShouldBe(bytes);
    }

    private static byte[] Field(byte[] message, int field)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == field && reader.WireType == ProtoWireType.Bytes)
            {
                return reader.ReadBytes().ToArray();
            }

            reader.Skip();
        }

        return [];
    }

    [Theory]
    [InlineData("api/traces/5b8efff798038103d269b633813fc60d", HttpStatusCode.NotFound, "not found")]
    [InlineData("api/v2/traces/1", HttpStatusCode.NotFound, "not found")]
    [InlineData("api/traces/xyz", HttpStatusCode.BadRequest, "hex")]
    [InlineData("api/traces/000", HttpStatusCode.BadRequest, "hex")]
    [InlineData("api/traces/5b8efff798038103d269b633813fc60c0", HttpStatusCode.BadRequest, "hex")]
    [InlineData("api/search?q=%7B", HttpStatusCode.BadRequest, "1:2: parse error")]
    [InlineData("api/search?q=%7B1%7D", HttpStatusCode.BadRequest, "true or false")]
    [InlineData("api/search?q=%7B%7D%7Crate()", HttpStatusCode.BadRequest, "this is a metrics query")]
    [InlineData("api/search?limit=0", HttpStatusCode.BadRequest, "limit")]
    [InlineData("api/search?limit=200000", (HttpStatusCode)422, "MaxTraces")]
    [InlineData("api/search?start=x", HttpStatusCode.BadRequest, "start")]
    [InlineData("api/search?start=5&end=4", HttpStatusCode.BadRequest, "before")]
    [InlineData("api/search?tags=nonsense", HttpStatusCode.BadRequest, "tags")]
    [InlineData("api/v2/search/tags?scope=nosuch", HttpStatusCode.BadRequest, "scope")]
    [InlineData("api/metrics/summary?q=x", HttpStatusCode.NotFound, "not offered")]
    [InlineData("api/metrics/query_range", HttpStatusCode.BadRequest, "invalid query: want q")]
    [InlineData("api/metrics/query_range?q=x", HttpStatusCode.BadRequest, "1:1: parse error")]
    [InlineData("api/metrics/query_range?q=%7B%7D", HttpStatusCode.BadRequest, "not a metrics query")]
    [InlineData("api/metrics/query_range?q=%7B%7D%7Crate()&step=x", HttpStatusCode.BadRequest, "invalid step")]
    [InlineData("api/metrics/query_range?q=%7B%7D%7Crate()&step=0", HttpStatusCode.BadRequest, "want more than 0")]
    [InlineData("api/metrics/query_range?q=%7B%7D%7Crate()&start=x", HttpStatusCode.BadRequest, "invalid start")]
    [InlineData("api/metrics/query_range?q=%7B%7D%7Crate()&since=x", HttpStatusCode.BadRequest, "invalid since")]
    [InlineData("api/metrics/query_range?q=%7B%7D%7Crate()&start=20&end=10", HttpStatusCode.BadRequest, "end must be greater than start")]
    [InlineData("api/metrics/query_range?q=%7B%7D%7Crate()&start=1&end=1000000&step=1", HttpStatusCode.BadRequest, "exceeded maximum resolution")]
    [InlineData("api/metrics/query?q=%7B%7D", HttpStatusCode.BadRequest, "not a metrics query")]
    public async Task Errors_are_told_as_text(string path, HttpStatusCode want, string text)
    {
        var (status, body) = await _host.SendAsync("/tempo/" + path);
        status.ShouldBe(want, body);
        body.ShouldContain(text);
    }

    [Theory]
    [InlineData("q=%7B.a.text%3D%22x%22%7D", 1)]
    [InlineData("q=%7B.a.text%3D%22y%22%7D", 0)]
    [InlineData("", 1)]
    [InlineData("tags=service.name%3Dshop%20a.text%3D%22x%22", 1)]
    [InlineData("tags=a.int%3D9223372036854775807", 1)]
    [InlineData("tags=a.bool%3Dtrue", 0)]
    [InlineData("minDuration=100ms&maxDuration=1s", 1)]
    [InlineData("minDuration=200ms", 0)]
    [InlineData("start=1767225540&end=1767225540", 1)]
    [InlineData("start=1767225541&end=1767225599", 0)]
    public async Task Search_finds(string query, int count) =>
        (await _host.GetAsync("/tempo/api/search?" + query)).GetProperty("traces").GetArrayLength().ShouldBe(count);

    [Fact]
    public async Task Search_tells_what_Tempo_tells()
    {
        var trace = (await _host.GetAsync("/tempo/api/search?q=%7B%20status%3Derror%20%26%26%20span.a.double%20%3E%201%20%7D")).GetProperty("traces")[0];
        trace.GetRawText().ShouldBe(
            """{"traceID":"5b8efff798038103d269b633813fc60c","rootServiceName":"shop","rootTraceName":"GET /","startTimeUnixNano":"1767225540000000000","durationMs":150,"spanSet":{"spans":[{"spanID":"eee19b7ec3c1b174","name":"GET /","startTimeUnixNano":"1767225540000000000","durationNanos":"150000000","attributes":[{"key":"status","value":{"stringValue":"error"}},{"key":"a.double","value":{"doubleValue":1.5}}]}],"matched":1},"spanSets":[{"spans":[{"spanID":"eee19b7ec3c1b174","name":"GET /","startTimeUnixNano":"1767225540000000000","durationNanos":"150000000","attributes":[{"key":"status","value":{"stringValue":"error"}},{"key":"a.double","value":{"doubleValue":1.5}}]}],"matched":1}],"serviceStats":{"shop":{"spanCount":1,"errorCount":1}}}""");
    }

    [Theory]
    [InlineData("search/tags", """{"tagNames":["a.array","a.bool","a.bytes","a.double","a.int","a.text","lib.attr","service.name"]}""")]
    [InlineData("search/tags?scope=resource", """{"tagNames":["service.name"]}""")]
    [InlineData("v2/search/tags?scope=resource", """{"scopes":[{"name":"resource","tags":["service.name"]}]}""")]
    [InlineData("search/tag/service.name/values", """{"tagValues":["shop"]}""")]
    [InlineData("search/tag/name/values", """{"tagValues":["GET /"]}""")]
    [InlineData("v2/search/tag/resource.service.name/values", """{"tagValues":[{"type":"string","value":"shop"}]}""")]
    [InlineData("v2/search/tag/.a.int/values", """{"tagValues":[{"type":"int","value":"9223372036854775807"}]}""")]
    [InlineData("v2/search/tag/span.a.text/values?q=%7Bstatus%3Derror%7D", """{"tagValues":[{"type":"string","value":"x"}]}""")]
    [InlineData("v2/search/tag/span.a.text/values?q=%7Bstatus%3Dok%7D", """{"tagValues":[]}""")]
    [InlineData("v2/search/tag/status/values", """{"tagValues":[{"type":"keyword","value":"error"},{"type":"keyword","value":"ok"},{"type":"keyword","value":"unset"}]}""")]
    public async Task Tags_and_their_values(string path, string want) => (await _host.GetAsync("/tempo/api/" + path)).GetRawText().ShouldBe(want);

    [Fact]
    public async Task Echo_and_build_info()
    {
        (await _host.SendAsync("/tempo/api/echo")).Body.ShouldBe("echo");
        (await _host.GetAsync("/tempo/api/status/buildinfo")).GetProperty("version").GetString().ShouldNotBeNullOrEmpty();
    }
}
