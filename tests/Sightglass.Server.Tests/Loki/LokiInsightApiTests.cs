using System.Net;
using System.Text;
using System.Text.Json;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Insight;
using Sightglass.Server.Api.LogInsight;
using Sightglass.Server.Api.Loki;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Loki;

public sealed class LokiInsightApiTests : IAsyncLifetime
{
    // The manual clock's start.
    private const long Now = 1_767_225_600L * 1_000_000_000;
    private const long Second = 1_000_000_000;

    private readonly InMemoryEventStore _store = new();
    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        using var batch = LogBatch.Rent();
        for (var i = 0; i < 6; i++)
        {
            batch.AddAttribute("app"u8, AttributeType.String, i < 4 ? "b"u8 : "a"u8);
            var resource = batch.EndResource(ResourceKind.Labels);
            batch.AddAttribute("user"u8, AttributeType.String, Encoding.UTF8.GetBytes($"u{i % 2}"));
            batch.AddRow(new LogRow { TimeUnixNano = Now - ((10 - i) * Second), Resource = resource, Scope = -1, BodyType = AttributeType.String, BodyBits = batch.AddText($"n={i}").Packed });
        }

        _store.Append(batch);
        var insights = new LogInsights(_store, QueryLimits.Default);
        _host = await ApiHost.StartAsync(r =>
        {
            LokiInsightApi.Map(r, insights, QueryLimits.Default, new ManualTimeProvider());
            LogInsightApi.Map(r, insights, QueryLimits.Default, new ManualTimeProvider());
        });
    }

    public Task DisposeAsync() => _host.DisposeAsync().AsTask();

    private static string Path(string path, params (string Name, string Value)[] query) =>
        $"{path}?{string.Join('&', query.Select(static q => $"{q.Name}={Uri.EscapeDataString(q.Value)}"))}";

    [Fact]
    public async Task Volume_is_a_vector_at_the_end_of_the_range_most_bytes_first()
    {
        var data = (await _host.GetAsync(Path("/loki/api/v1/index/volume", ("query", "{app=~\".+\"}")))).GetProperty("data");
        data.GetProperty("resultType").GetString().ShouldBe("vector");
        data.GetProperty("result").GetRawText().ShouldBe($$"""[{"metric":{"app":"b"},"value":[{{Now / Second}},"12"]},{"metric":{"app":"a"},"value":[{{Now / Second}},"6"]}]""");
        (await _host.GetAsync(Path("/loki/api/v1/index/volume", ("query", "{app=~\".+\"}"), ("limit", "1")))).GetProperty("data").GetProperty("result").GetArrayLength().ShouldBe(1);
        (await _host.GetAsync(Path("/loki/api/v1/index/volume", ("query", "{app=~\".+\"}"), ("aggregateBy", "labels"), ("targetLabels", "app")))).GetProperty("data").GetProperty("result")[0].GetProperty("metric").GetRawText()
            .ShouldBe("""{"app":""}""");
    }

    [Fact]
    public async Task Statistics_of_streams()
    {
        (await _host.GetAsync(Path("/loki/api/v1/index/stats", ("query", "{app=\"b\"}")))).GetRawText().ShouldBe("""{"streams":1,"chunks":1,"bytes":12,"entries":4}""");
        (await _host.GetAsync(Path("/loki/api/v1/index/stats", ("query", "{app=~\".+\"}"), ("start", $"{Now - (8 * Second)}"), ("end", $"{Now - (6 * Second)}")))).GetRawText()
            .ShouldBe("""{"streams":2,"chunks":2,"bytes":9,"entries":3}""");
        (await _host.GetAsync(Path("/loki/api/v1/index/stats", ("query", "{app=\"none\"}")))).GetRawText().ShouldBe("""{"streams":0,"chunks":0,"bytes":0,"entries":0}""");
    }

    [Fact]
    public async Task Fields_of_JSON_lines_name_their_path()
    {
        using var batch = LogBatch.Rent();
        batch.AddAttribute("app"u8, AttributeType.String, "json"u8);
        var resource = batch.EndResource(ResourceKind.Labels);
        batch.AddRow(new LogRow { TimeUnixNano = Now - Second, Resource = resource, Scope = -1, BodyType = AttributeType.String, BodyBits = batch.AddText("{\"a b\":{\"c\":[1],\"d\":2},\"app\":\"x\"}").Packed });
        _store.Append(batch);
        var fields = (await _host.GetAsync(Path("/loki/api/v1/detected_fields", ("query", "{app=\"json\"}")))).GetProperty("fields");
        fields.EnumerateArray().Single(static f => f.GetProperty("label").GetString() == "a_b_d").GetRawText()
            .ShouldBe("""{"label":"a_b_d","type":"int","cardinality":1,"parsers":["json"],"jsonPath":["a b","d"]}""");
        (await _host.GetAsync(Path("/loki/api/v1/detected_fields", ("query", "{app=\"json\"} | json | logfmt | drop __error__, __error_details__")))).GetProperty("fields")
            .EnumerateArray().Single(static f => f.GetProperty("label").GetString() == "a_b_d").GetProperty("jsonPath").GetRawText().ShouldBe("""["a b","d"]""");
        fields.EnumerateArray().Single(static f => f.GetProperty("label").GetString() == "app_extracted").GetProperty("jsonPath").GetRawText().ShouldBe("""["app"]""");
    }

    [Fact]
    public async Task Volume_range_is_a_matrix()
    {
        var data = (await _host.GetAsync(Path("/loki/api/v1/index/volume_range", ("query", "{app=\"b\"}"), ("start", $"{Now - (10 * Second)}"), ("end", $"{Now}"), ("step", "2s")))).GetProperty("data");
        data.GetProperty("resultType").GetString().ShouldBe("matrix");
        data.GetProperty("result")[0].GetProperty("values").GetRawText().ShouldBe($"""[[{(Now / Second) - 8},"6"],[{(Now / Second) - 6},"6"]]""");
    }

    [Theory]
    [InlineData("/loki/api/v1/index/volume?query={app=\"a\"}&aggregateBy=nothing", "invalid aggregation option")]
    [InlineData("/loki/api/v1/index/volume?query={app=\"a\"}|=\"x\"", "only label matchers are supported")]
    [InlineData("/loki/api/v1/patterns?query=rate({app=\"a\"}[1m])", "want a query of log lines, got a metric query")]
    [InlineData("/loki/api/v1/detected_fields?query={app=\"a\"}&line_limit=x", "could not parse 'line_limit' parameter")]
    [InlineData("/sightglass/v1/logs/facets?query={", "parse error")]
    [InlineData("/sightglass/v1/logs/facets?query={app=\"a\"}&limit=100000", "parameter 'limit': got 100000, want at most 1000")]
    [InlineData("/sightglass/v1/logs/context?time=1", "parameter \"stream\" is missing")]
    [InlineData("/sightglass/v1/logs/context?stream={app=\"a\"}", "parameter \"time\" is missing")]
    public async Task What_is_asked_wrongly_is_refused(string path, string error)
    {
        var (status, body) = await _host.SendAsync(path);
        status.ShouldBe(HttpStatusCode.BadRequest);
        body.ShouldContain(error);
    }

    [Fact]
    public async Task Patterns_have_samples_in_seconds()
    {
        var answer = await _host.GetAsync(Path("/loki/api/v1/patterns", ("query", "{app=~\".+\"}"), ("step", "1m")));
        answer.GetProperty("data").GetRawText().ShouldBe($$"""[{"pattern":"n=<_>","level":"unknown","samples":[[{{(Now / Second) - 60}},6]]}]""");
    }

    [Fact]
    public async Task Detected_labels_and_fields_are_as_Loki_says_them()
    {
        (await _host.GetAsync("/loki/api/v1/detected_labels")).GetRawText().ShouldBe("""{"detectedLabels":[{"label":"app","cardinality":2},{"label":"service_name","cardinality":2}]}""");
        var fields = await _host.GetAsync(Path("/loki/api/v1/detected_fields", ("query", "{app=\"b\"}")));
        fields.GetProperty("limit").GetInt32().ShouldBe(1000);
        fields.GetProperty("fields").EnumerateArray().Select(static f => f.GetRawText()).ShouldBe(
        [
            """{"label":"detected_level","type":"string","cardinality":1,"parsers":null}""",
            """{"label":"n","type":"int","cardinality":4,"parsers":["logfmt"]}""",
            """{"label":"user","type":"string","cardinality":2,"parsers":null}""",
        ]);
        (await _host.GetAsync(Path("/loki/api/v1/detected_field/user/values", ("query", "{app=\"b\"}")))).GetRawText().ShouldBe("""{"values":["u0","u1"],"limit":1000}""");
    }

    [Fact]
    public async Task Facets_are_told()
    {
        var data = (await _host.GetAsync(Path("/sightglass/v1/logs/facets", ("query", "{app=~\".+\"}"), ("limit", "1")))).GetProperty("data");
        data.GetProperty("lines").GetInt64().ShouldBe(6);
        data.GetProperty("exact").GetBoolean().ShouldBeTrue();
        data.GetProperty("fields").EnumerateArray().Single(static f => f.GetProperty("name").GetString() == "app").GetRawText()
            .ShouldBe("""{"name":"app","source":"stream","lines":6,"distinct":2,"exact":true,"values":[{"value":"b","lines":4}]}""");
    }

    [Fact]
    public async Task Context_comes_by_text_and_by_hash()
    {
        (string, string)[] of = [("stream", "{app=\"b\",service_name=\"b\"}"), ("time", $"{Now - (9 * Second)}"), ("before", "5"), ("after", "1")];
        var data = (await _host.GetAsync(Path("/sightglass/v1/logs/context", [.. of, ("line", "n=1")]))).GetProperty("data");
        data.GetProperty("line").GetProperty("line").GetString().ShouldBe("n=1");
        Texts(data, "before").ShouldBe(["n=0"]);
        Texts(data, "after").ShouldBe(["n=2"]);
        var hash = data.GetProperty("line").GetProperty("hash").GetString()!;
        (await _host.GetAsync(Path("/sightglass/v1/logs/context", [.. of, ("hash", hash)]))).GetProperty("data").GetRawText().ShouldBe(data.GetRawText());
        (await _host.SendAsync(Path("/sightglass/v1/logs/context", [.. of, ("line", "other")]))).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Patterns_are_compared_with_an_earlier_time()
    {
        var data = (await _host.GetAsync(Path(
            "/sightglass/v1/logs/patterns", ("query", "{app=~\".+\"}"), ("start", $"{Now - (8 * Second)}"), ("end", $"{Now}"), ("step", "60"), ("earlier_start", $"{Now - (20 * Second)}")))).GetProperty("data");
        data.GetProperty("earlierLines").GetInt64().ShouldBe(2);
        var pattern = data.GetProperty("patterns")[0];
        (pattern.GetProperty("pattern").GetString(), pattern.GetProperty("lines").GetInt64(), pattern.GetProperty("earlierLines").GetInt64(), pattern.GetProperty("new").GetBoolean())
            .ShouldBe(("n=<_>", 4, 2, false));
    }

    private static string[] Texts(JsonElement data, string name) => [.. data.GetProperty(name).EnumerateArray().Select(static l => l.GetProperty("line").GetString()!)];
}
