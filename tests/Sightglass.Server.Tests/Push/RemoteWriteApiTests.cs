using System.Net;
using System.Net.Http.Headers;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest;
using Sightglass.Ingest.Bodies;
using Sightglass.Ingest.Otlp;
using Sightglass.Server.Api.Push;
using Sightglass.Server.Tests.Loki;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Push;

public sealed class RemoteWriteApiTests
{
    private const string Version2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

    [Theory]
    [InlineData("application/x-protobuf", HttpStatusCode.NoContent, false)]
    [InlineData("application/x-protobuf;proto=prometheus.WriteRequest", HttpStatusCode.NoContent, false)]
    [InlineData("application/x-protobuf; proto=\"io.prometheus.write.v2.Request\"", HttpStatusCode.NoContent, true)]
    [InlineData("application/x-protobuf;proto=io.prometheus.write.v3.Request", HttpStatusCode.UnsupportedMediaType, false)]
    [InlineData("application/json", HttpStatusCode.UnsupportedMediaType, false)]
    public async Task The_content_type_decides_the_message(string contentType, HttpStatusCode status, bool counts)
    {
        await using var host = await StartAsync(new Sink());
        foreach (var prefix in new[] { string.Empty, "/prometheus" })
        {
            using var response = await PostAsync(host, contentType, [], prefix);
            response.StatusCode.ShouldBe(status);
            response.Headers.Contains("X-Prometheus-Remote-Write-Samples-Written").ShouldBe(counts);
        }
    }

    [Fact]
    public async Task What_was_written_is_counted_in_the_answer()
    {
        await using var host = await StartAsync(new Sink());
        using var response = await PostAsync(host, Version2, Request(good: 2, bad: 0));
        response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Written(response).ShouldBe(["2", "0", "0"]);
    }

    [Fact]
    public async Task A_partly_bad_request_is_400_with_what_was_written()
    {
        await using var host = await StartAsync(new Sink());
        using var response = await PostAsync(host, Version2, Request(good: 2, bad: 3));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        Written(response).ShouldBe(["2", "0", "0"]);
        (await response.Content.ReadAsStringAsync()).ShouldContain("3 items were refused, 2 stored: series without a metric name");
    }

    [Fact]
    public async Task Samples_that_the_store_refuses_are_not_counted_as_written()
    {
        await using var host = await StartAsync(new Sink { Refuse = 1 });
        using var response = await PostAsync(host, Version2, Request(good: 2, bad: 0));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        Written(response).ShouldBe(["1", "0", "0"]);
    }

    [Fact]
    public async Task A_store_that_fails_is_worth_another_try()
    {
        await using var host = await StartAsync(new Sink { Fails = true });
        using var response = await PostAsync(host, Version2, Request(good: 1, bad: 0));
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter.ShouldNotBeNull();
        Written(response).ShouldBe(["0", "0", "0"]);
    }

    private static string[] Written(HttpResponseMessage response) =>
        [.. new[] { "Samples", "Histograms", "Exemplars" }.Select(what => response.Headers.GetValues($"X-Prometheus-Remote-Write-{what}-Written").Single())];

    private static async Task<ApiHost> StartAsync(IBatchSink sink)
    {
        var time = new ManualTimeProvider();
        var receiver = new PushReceiver(sink, new DeltaAccumulator(time), IngestLimits.Default, time);
        var requests = new PushRequests(receiver, new BodyReader(IngestLimits.Default, new BodyBudget(BodyBudget.DefaultBytes)), new IngestLedger(time));
        return await ApiHost.StartAsync(routes => PushApi.Map(routes, requests));
    }

    private static async Task<HttpResponseMessage> PostAsync(ApiHost host, string contentType, byte[] message, string prefix = "")
    {
        using var body = new ByteWriter();
        body.WriteVarint((ulong)message.Length);
        foreach (var chunk in message.Chunk(60))
        {
            body.WriteByte((byte)((chunk.Length - 1) << 2));
            body.Write(chunk);
        }

        using var content = new ByteArrayContent(body.Written.ToArray());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        content.Headers.ContentEncoding.Add("snappy");
        return await host.Client.PostAsync(prefix + "/api/v1/write", content);
    }

    private static byte[] Request(int good, int bad)
    {
        using var request = new ByteWriter();
        foreach (var symbol in new[] { "", "__name__", "up", "job" })
        {
            request.WriteByte((4 << 3) | 2);
            request.WriteString(symbol);
        }

        for (var i = 0; i < good + bad; i++)
        {
            byte[] sample = [0x12, 2, 0x10, (byte)(i + 1)];
            byte[] labels = [0x0a, 2, (byte)(i < good ? 1 : 3), 2];
            request.WriteByte((5 << 3) | 2);
            request.WriteLengthPrefixed([.. labels, .. sample]);
        }

        return request.Written.ToArray();
    }

    private sealed class Sink : IBatchSink
    {
        public int Refuse { get; init; }

        public bool Fails { get; init; }

        public AppendResult Append(MetricBatch batch) => Fails
            ? throw new StorageFailedException("disk full")
            : new AppendResult(batch.SampleCount + batch.Histograms.Count - Refuse, Refuse, Refuse > 0 ? "too old" : null);

        public AppendResult Append(LogBatch batch) => default;

        public AppendResult Append(SpanBatch batch) => default;
    }
}
