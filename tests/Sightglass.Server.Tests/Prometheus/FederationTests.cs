using System.Net;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL.Scripts;
using Sightglass.Server.Api.Prometheus;
using Sightglass.Server.Tests.Loki;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Prometheus;

public sealed class FederationTests : IAsyncLifetime
{
    private readonly InMemoryMetricStore _store = new();
    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        _store.Add(LabelSet.Of("__name__", "b", "instance", "i", "le", "x\"\\\n"), 599_000, 1.5);
        _store.Add(LabelSet.Of("__name__", "a", "zone", "z"), 500_000, 1);
        _store.Add(LabelSet.Of("__name__", "a", "zone", "z"), 590_000, 1e6);
        _store.Add(LabelSet.Of("__name__", "a", "region", "own"), 600_000, 0.00001);
        _store.Add(LabelSet.Of("__name__", "a", "old", "1"), 100_000, 1);
        _store.Add(LabelSet.Of("__name__", "a", "gone", "1"), 590_000, SpecialValues.StaleNaN);
        _store.Add(LabelSet.Of("__name__", "http.server", "a.b", "é"), 600_000, double.PositiveInfinity);
        _store.Add(LabelSet.Of("__name__", "h"), 600_000, new NativeHistogram { Count = 1 });
        var time = new ManualTimeProvider(DateTimeOffset.FromUnixTimeSeconds(600));
        _host = await ApiHost.StartAsync(app => FederationApi.Map(app, _store, QueryLimits.Default, time, () => LabelSet.Of("region", "eu")));
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData("", "")]
    [InlineData("match[]=b&match[]=a&match[]={zone=\"z\"}", """
        # TYPE a untyped
        a{region="own",instance=""} 1e-05 600000
        a{zone="z",instance="",region="eu"} 1e+06 590000
        # TYPE b untyped
        b{instance="i",le="x\"\\\n",region="eu"} 1.5 599000

        """)]
    [InlineData("match[]={\"http.server\"}&match[]=h", """
        # TYPE http_server untyped
        http_server{a_b="é",instance="",region="eu"} +Inf 600000

        """)]
    [InlineData("match[]={}", "")]
    [InlineData("match[]={zone=~\".*\",le!=\"\"}&match[]={le=~\".*\",__name__!=\"a\",\"a.b\"=\"\"}", """
        # TYPE b untyped
        b{instance="i",le="x\"\\\n",region="eu"} 1.5 599000

        """)]
    public async Task The_newest_samples_are_written_by_name(string query, string text)
    {
        using var response = await _host.Client.GetAsync(new Uri($"/federate?{query}", UriKind.Relative));
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
        (await response.Content.ReadAsStringAsync()).ShouldBe(text);
    }

    [Fact]
    public async Task Names_are_quoted_for_who_reads_that()
    {
        var (_, body) = await _host.SendAsync("/prometheus/federate?match[]={\"http.server\"}", ("Accept", "text/plain;version=1.0.0;escaping=allow-utf-8"));
        body.ShouldBe("# TYPE \"http.server\" untyped\n{\"http.server\",\"a.b\"=\"é\",instance=\"\",region=\"eu\"} +Inf 600000\n");
    }

    [Theory]
    [InlineData("text/plain;escaping=dots", "http_dot_server{a_dot_b=")]
    [InlineData("text/plain;version=1.0.0;escaping=values", "U__http_2e_server{U__a_2e_b=")]
    [InlineData("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5, text/plain;version=0.0.4;q=0.2", "{\"http.server\",\"a.b\"=")]
    [InlineData("text/plain;version=0.0.4, text/plain;escaping=dots;q=0.5", "http_dot_server{a_dot_b=")]
    [InlineData("nonsense", "http_server{a_b=")]
    public async Task Names_are_escaped_as_the_reader_wants_them(string accept, string line) =>
        (await _host.SendAsync("/federate?match[]={\"http.server\"}", ("Accept", accept))).Item2.Split('\n')[1].ShouldStartWith(line);

    [Fact]
    public async Task Protobuf_has_native_histograms_beside_samples()
    {
        const string Protobuf = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
        void Add(string zone, NativeHistogram histogram) => _store.Add(LabelSet.Of("__name__", "p", "zone", zone), 600_000, histogram);
        _store.Add(LabelSet.Of("__name__", "p", "zone", "1"), 600_000, 0);
        Add("2", new NativeHistogram
        {
            Schema = 3,
            Count = 7.5,
            Sum = -2,
            ZeroThreshold = 0.001,
            ZeroCount = 1.5,
            PositiveSpans = [new BucketSpan(-2, 1), new BucketSpan(3, 1)],
            PositiveBuckets = [2, 3],
            NegativeSpans = [new BucketSpan(0, 1)],
            NegativeBuckets = [1],
        });
        Add("3", new NativeHistogram { ResetHint = CounterResetHint.Gauge });
        Add("4", new NativeHistogram { Schema = NativeHistogram.CustomBucketsSchema, CustomBounds = [1] });
        Add("5", new NativeHistogram { Sum = SpecialValues.StaleNaN });
        _store.Add(LabelSet.Of("__name__", "p.q"), 599_000, 1);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/federate?match[]={__name__=~\"p.*\"}", UriKind.Relative));
        request.Headers.TryAddWithoutValidation("Accept", $"{Protobuf};q=0.6,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3");
        using var response = await _host.Client.SendAsync(request);
        response.Content.Headers.ContentType!.ToString().ShouldBe($"{Protobuf}; escaping=allow-utf-8");
        Families.Text(await response.Content.ReadAsByteArrayAsync()).ShouldBe(
            """
            p 3
              zone=1 instance= region=eu value=0 @600000
            p 4
              zone=2 instance= region=eu sum=-2 count=7.5 schema=3 threshold=0.001 zero=1.5 negative=[0:1] 1 positive=[-2:1 3:1] 2 3 @600000
            p 5
              zone=3 instance= region=eu positive=[0:0] @600000
            p.q 3
              instance= region=eu value=1 @599000

            """);
    }

    [Theory]
    [InlineData("match[]=a{", "1:3: parse error: unexpected end of input inside braces\n")]
    public async Task A_wrong_selector_is_told_as_text(string query, string message) =>
        (await _host.SendAsync($"/federate?{query}")).ShouldBe((HttpStatusCode.BadRequest, message));
}
