using System.Net;
using System.Text;
using System.Text.Json;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Receivers;

/// <summary>HTTP receivers of logs as curl sees them.</summary>
public sealed class HttpReceiverTests(OneServer one) : IClassFixture<OneServer>
{
    [Fact]
    public async Task Curl_sends_a_bulk_and_gets_the_fate_of_each_item()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.StartAsync(folder.PathOf("data"));
        File.WriteAllText(folder.PathOf("bulk"), """
            {"index":{}}
            {"message":"one","level":"error"}
            {"create":{"_index":"other"}}
            {"message":
            {"delete":{"_index":"other","_id":"1"}}

            """);
        var answer = JsonDocument.Parse(await Agent.RunAsync(null, "curl", "-sS", "-H", "Content-Type: application/x-ndjson", "--data-binary", "@" + folder.PathOf("bulk"), $"{server.Http.BaseAddress}elasticsearch/logs-a/_bulk")).RootElement;
        answer.GetProperty("errors").GetBoolean().ShouldBeTrue();
        answer.GetProperty("items").EnumerateArray().Select(i => i.EnumerateObject().Single()).Select(i => (i.Name, i.Value.GetProperty("_index").GetString(), i.Value.GetProperty("status").GetInt32()))
            .ShouldBe([("index", "logs-a", 201), ("create", "other", 400), ("delete", "other", 400)]);
        (await server.LinesAsync("{service_name=\"logs-a\"}", 1)).Single().Text.ShouldBe("one");
    }

    [Fact]
    public async Task Seq_asks_for_a_key_where_there_are_keys()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathOf("config.yml"), "receivers:\n  seq: { listen: '127.0.0.1:0', api_keys: [right] }\n");
        await using var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
        var own = $"http://127.0.0.1:{await server.PortOfAsync("seq", "http")}/";
        foreach (var (at, header, status) in new[]
        {
            ("ingest/clef", "X-None: x", "401"), ("ingest/clef", "X-Seq-ApiKey: wrong", "401"), ("ingest/clef", "X-Seq-ApiKey: right", "201"), ("api/events/raw?clef&apiKey=right", "X-None: x", "201"),
        })
        {
            foreach (var port in new[] { own, server.Http.BaseAddress!.ToString() })
            {
                (await Agent.RunAsync(null, "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", header, "--data-binary", $"{{\"@m\":\"x\"}}", port + at)).ShouldBe(status, $"{at} {header}");
            }
        }

        (await server.LinesAsync("{service_name=\"seq\"}", 4)).Count.ShouldBe(4);
    }

    [Theory]
    [InlineData("GET", "", 200, "\"number\":\"8.")]
    [InlineData("HEAD", "", 200, "")]
    [InlineData("GET", "/_license", 200, "\"active\"")]
    [InlineData("GET", "/_xpack", 200, "\"ilm\"")]
    [InlineData("GET", "/_cluster/health", 200, "green")]
    [InlineData("GET", "/_nodes/http", 200, "nodes")]
    [InlineData("HEAD", "/_index_template/logs", 200, "")]
    [InlineData("PUT", "/_ilm/policy/filebeat", 200, "acknowledged")]
    [InlineData("PUT", "/_ingest/pipeline/x", 200, "acknowledged")]
    [InlineData("GET", "/logs/_search", 404, "resource_not_found_exception")]
    [InlineData("POST", "/_bulk", 400, "want an object with one action")]
    [InlineData("POST", "/logs/_doc", 201, "created")]
    public async Task What_shippers_ask_at_the_start_is_answered(string method, string path, int status, string text)
    {
        var server = one.Server;
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri("/elasticsearch" + path, UriKind.Relative));
        if (method == "POST")
        {
            request.Content = new StringContent(path == "/_bulk" ? "[]\n{}" : "{\"message\":\"x\"}");
        }

        using var answer = await server.Http.SendAsync(request);
        ((int)answer.StatusCode).ShouldBe(status);
        answer.Headers.GetValues("X-Elastic-Product").Single().ShouldBe("Elasticsearch");
        (await answer.Content.ReadAsStringAsync()).ShouldContain(text);
    }

    [Theory]
    [InlineData("/gelf", "application/json", "{\"short_message\":\"x\",\"host\":\"h\",\"_app\":\"http-gelf\"}", 202, "")]
    [InlineData("/gelf", "application/json", "{}", 400, "short_message is missing")]
    [InlineData("/fluentd/http.fluent", "application/json", "{\"message\":\"x\"}", 200, "")]
    [InlineData("/fluentd/http.fluent?time=1700000000.5", "application/x-www-form-urlencoded", "json=%7B%22message%22%3A%22x%22%7D", 200, "")]
    [InlineData("/fluentd/http.fluent", "text/csv", "a,b", 415, "want application/json")]
    [InlineData("/ingest/clef", "application/vnd.serilog.clef", "{\"@t\":\"2026-01-01T00:00:00Z\",\"@mt\":\"{A}\",\"A\":1}\n", 201, "{\"MinimumLevelAccepted\":null}")]
    [InlineData("/api/events/raw?clef", "application/json", "{\"@m\":\"m\"}\nnot json", 400, "1 events were refused, 1 stored")]
    [InlineData("/api/events/raw", "application/json", "{\"@m\":\"m\"}", 400, "want an object with the array Events")]
    [InlineData("/journald/upload", "application/vnd.fdo.journal", "__REALTIME_TIMESTAMP=1767225600000000\nMESSAGE=x\n\n", 200, "OK.")]
    [InlineData("/journald/upload", "text/plain", "x", 415, "want application/vnd.fdo.journal")]
    public async Task Every_protocol_has_its_answers(string path, string type, string body, int status, string text)
    {
        var server = one.Server;
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var answer = await server.Http.PostAsync(new Uri(path, UriKind.Relative), content);
        ((int)answer.StatusCode).ShouldBe(status);
        (await answer.Content.ReadAsStringAsync()).ShouldContain(text);
    }

    [Fact]
    public async Task A_sender_over_its_rate_is_told_to_come_again()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathOf("config.yml"), "receivers: { rate_limit: { lines_per_second: 1 } }\n");
        await using var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
        var statuses = new HashSet<HttpStatusCode>();
        foreach (var path in new[] { "/gelf", "/gelf", "/gelf" })
        {
            using var content = new StringContent("{\"short_message\":\"a\"}\n{\"short_message\":\"b\"}\n{\"short_message\":\"c\"}");
            using var answer = await server.Http.PostAsync(new Uri(path, UriKind.Relative), content);
            statuses.Add(answer.StatusCode);
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            {
                answer.Headers.RetryAfter.ShouldNotBeNull();
                (await answer.Content.ReadAsStringAsync()).ShouldContain("MaxLinesPerSecond");
            }
        }

        statuses.ShouldContain(HttpStatusCode.TooManyRequests);
        var metrics = await server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        metrics.ShouldContain("sightglass_receiver_rejected_items_total{receiver=\"gelf\",sender=\"127.0.0.1\",reason=\"rate_limit\"}");
    }
}

/// <summary>One server for all rows of the tables: nothing of one is seen by another.</summary>
#pragma warning disable CA1001 // xunit calls IAsyncLifetime.DisposeAsync.
public sealed class OneServer : IAsyncLifetime
#pragma warning restore CA1001
{
    private readonly TemporaryFolder _folder = new();

    internal ServerProcess Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await ServerProcess.StartAsync(_folder.PathOf("data"));

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}
