using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd;

/// <summary>Broken and hostile bodies on every port get a clear 4xx, memory stays bounded, and the server goes on.</summary>
public sealed class HostileTests
{
    private const long MaxResidentBytes = 800L << 20;
    private static readonly string[] Protobuf = ["/v1/metrics", "/v1/logs", "/v1/traces"];

    [Fact]
    public async Task Bodies_are_refused_and_the_server_goes_on()
    {
        using var data = new TemporaryFolder();
        await using var server = await ServerProcess.StartAsync(data.FullPath);
        foreach (var client in new[] { server.Http, server.Otlp })
        {
            foreach (var path in Protobuf)
            {
                foreach (var (what, body, type, encoding) in OtlpBodies())
                {
                    await Refused(client, path, what, body, type, encoding);
                }
            }
        }

        foreach (var (what, body, type, encoding) in PushBodies())
        {
            await Refused(server.Http, "/api/v1/write", what, body, type, encoding);
            await Refused(server.Http, "/loki/api/v1/push", what, body, type, encoding);
            await Refused(server.Http, "/api/v2/alerts", what, body, "application/json", null);
        }

        var status = await server.GetAsync("/sightglass/v1/status");
        status.GetProperty("process").GetProperty("residentBytes").GetInt64().ShouldBeLessThan(MaxResidentBytes);
        using var good = new StringContent("{}", Encoding.UTF8, "application/json");
        using var answer = await server.Otlp.PostAsync(new Uri("/v1/logs", UriKind.Relative), good);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Queries_are_refused_and_the_server_goes_on()
    {
        using var data = new TemporaryFolder();
        await using var server = await ServerProcess.StartAsync(data.FullPath);
        var deep = new string('(', 5_000) + "1" + new string(')', 5_000);
        var endless = new string('x', 300_000);
        foreach (var (path, query) in new[]
        {
            ("/api/v1/query?query=", "sum("), ("/api/v1/query?query=", deep), ("/api/v1/query?query=", "a{b=~\"(((\"}"), ("/api/v1/query?query=", "\u0000"),
            ("/api/v1/query_range?start=0&end=2000000000&step=1&query=", "up"), ("/api/v1/query_range?start=x&end=1&step=1&query=", "up"),
            ("/api/v1/series?match[]=", "{"),
            ("/loki/api/v1/query_range?query=", "{a="), ("/loki/api/v1/query_range?query=", "{a=\"b\"} |~ \"((\""), ("/loki/api/v1/query_range?limit=99999999&query=", "{a=\"b\"}"),
            ("/tempo/api/search?q=", "{ .a = "), ("/tempo/api/search?q=", "{ " + new string('!', 9_000) + " true }"), ("/tempo/api/v2/traces/", "zz"),
            ("/api/v1/no_such?x=", "1"),
        })
        {
            using var answer = await server.Http.GetAsync(new Uri(path + Uri.EscapeDataString(query), UriKind.Relative));
            ((int)answer.StatusCode).ShouldBeInRange(400, 499, $"{path}{query[..Math.Min(query.Length, 60)]}: {await answer.Content.ReadAsStringAsync()}");
        }

        using var form = new FormUrlEncodedContent([KeyValuePair.Create("query", endless)]);
        using var large = await server.Http.PostAsync(new Uri("/api/v1/query", UriKind.Relative), form);
        ((int)large.StatusCode).ShouldBeInRange(400, 499);
        (await server.GetAsync("/api/v1/query?query=1")).GetProperty("status").GetString().ShouldBe("success");
    }

    [Fact]
    public async Task Grpc_frames_are_refused_and_the_server_goes_on()
    {
        using var data = new TemporaryFolder();
        await using var server = await ServerProcess.StartAsync(data.FullPath);
        using var http = new HttpClient { BaseAddress = server.Grpc };
        var lying = new byte[5];
        BinaryPrimitives.WriteUInt32BigEndian(lying.AsSpan(1), uint.MaxValue);
        foreach (var frame in new byte[][] { [], [0], [7, 0, 0, 0, 0], [0, 0, 0, 0, 9, 1], lying, [0, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff], [1, 0, 0, 0, 3, 1, 2, 3] })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/opentelemetry.proto.collector.logs.v1.LogsService/Export") { Content = new ByteArrayContent(frame), Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            request.Headers.TE.ParseAdd("trailers");
            using var answer = await http.SendAsync(request);
            await answer.Content.ReadAsByteArrayAsync();
            (answer.TrailingHeaders.Contains("grpc-status") || answer.Headers.Contains("grpc-status")).ShouldBeTrue($"{Convert.ToHexString(frame)}: {answer}");
            var status = answer.TrailingHeaders.TryGetValues("grpc-status", out var trailer) ? trailer.Single() : answer.Headers.GetValues("grpc-status").Single();
            status.ShouldNotBe("0", Convert.ToHexString(frame));
        }

        (await server.GetAsync("/api/v1/query?query=1")).GetProperty("status").GetString().ShouldBe("success");
    }

    private static IEnumerable<(string What, byte[] Body, string Type, string? Encoding)> OtlpBodies()
    {
        const string json = "application/json";
        const string protobuf = "application/x-protobuf";
        yield return ("truncated JSON", "{\"resourceLogs\":["u8.ToArray(), json, null);
        yield return ("deep JSON", Encoding.UTF8.GetBytes("{\"a\":" + new string('[', 100_000)), json, null);
        yield return ("invalid UTF-8", [.. "{\"a\":\""u8, 0xff, 0xfe, .. "\"}"u8], json, null);
        yield return ("not an object", "[1,2]"u8.ToArray(), json, null);
        yield return ("truncated protobuf", [0x0a, 0x7f, 0x01], protobuf, null);
        yield return ("random bytes", RandomBytes(50_000), protobuf, null);
        yield return ("wrong type", "hello"u8.ToArray(), "text/plain", null);
        yield return ("unknown encoding", "hello"u8.ToArray(), protobuf, "brotli-ish");
        yield return ("no gzip", "hello"u8.ToArray(), protobuf, "gzip");
        yield return ("gzip bomb", Bomb(), protobuf, "gzip");
        yield return ("oversized", new byte[40 << 20], protobuf, null);
    }

    private static IEnumerable<(string What, byte[] Body, string Type, string? Encoding)> PushBodies()
    {
        yield return ("lying snappy", [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00], "application/x-protobuf", "snappy");
        yield return ("random bytes", RandomBytes(10_000), "application/x-protobuf", "snappy");
        yield return ("deep JSON", Encoding.UTF8.GetBytes(new string('[', 100_000)), "application/json", null);
        yield return ("half", "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"1\""u8.ToArray(), "application/json", null);
        yield return ("oversized", new byte[40 << 20], "application/x-protobuf", "snappy");
    }

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(5).NextBytes(bytes);
        return bytes;
    }

    // 300 MB of zeros in about 300 kB.
    private static byte[] Bomb()
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
        {
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 300; i++)
            {
                gzip.Write(zeros);
            }
        }

        return output.ToArray();
    }

    private static async Task Refused(HttpClient client, string path, string what, byte[] body, string type, string? encoding)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        if (encoding is not null)
        {
            content.Headers.ContentEncoding.Add(encoding);
        }

        try
        {
            using var answer = await client.PostAsync(new Uri(path, UriKind.Relative), content);
            ((int)answer.StatusCode).ShouldBeInRange(400, 499, $"{what} at {path}: {await answer.Content.ReadAsStringAsync()}");
        }
        catch (HttpRequestException e) when (body.Length > 32 << 20 && e.InnerException is IOException)
        {
            // A body over the limit may be cut off while it is still being sent.
        }
    }
}
