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
    [InlineData("match[]=a{", "1:3: parse error: unexpected end of input inside braces\n")]
    [InlineData("match[]={}", "match[] must contain at least one non-empty matcher\n")]
    public async Task A_wrong_selector_is_told_as_text(string query, string message) =>
        (await _host.SendAsync($"/federate?{query}")).ShouldBe((HttpStatusCode.BadRequest, message));
}
