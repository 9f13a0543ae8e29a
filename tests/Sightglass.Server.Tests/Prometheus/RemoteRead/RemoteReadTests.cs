using System.Net;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest;
using Sightglass.Ingest.Bodies;
using Sightglass.Ingest.Otlp;
using Sightglass.Query.PromQL.Scripts;
using Sightglass.Server.Api.Prometheus.RemoteRead;
using Sightglass.Server.Api.Push;
using Sightglass.Server.Tests.Loki;

namespace Sightglass.Server.Tests.Prometheus.RemoteRead;

public sealed class RemoteReadTests : IAsyncLifetime
{
    private readonly InMemoryMetricStore _store = new();
    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        for (var i = 0; i < 250; i++)
        {
            _store.Add(LabelSet.Of("__name__", "a", "job", "x"), i * 1000, i);
        }

        _store.Add(LabelSet.Of("__name__", "a", "job", "y", "region", "own"), 5000, 7.5);
        var histogram = new NativeHistogram { Count = 1, Sum = 2, PositiveSpans = [new BucketSpan(0, 1)], PositiveBuckets = [1] };
        _store.Add(LabelSet.Of("__name__", "h"), 1000, 1);
        _store.Add(LabelSet.Of("__name__", "h"), 2000, histogram);
        _store.Add(LabelSet.Of("__name__", "h"), 3000, histogram);
        _store.Add(LabelSet.Of("__name__", "h"), 4000, histogram with { Schema = 2 });
        var limits = QueryLimits.Default with { MaxSamples = 300 };
        var bodies = new BodyReader(IngestLimits.Default, new BodyBudget(BodyBudget.DefaultBytes));
        var ledger = new IngestLedger(TimeProvider.System);
        var requests = new PushRequests(new PushReceiver(null!, new DeltaAccumulator(TimeProvider.System), IngestLimits.Default, TimeProvider.System), bodies, ledger);
        _host = await ApiHost.StartAsync(app => RemoteReadApi.Map(app, _store, requests, limits, () => LabelSet.Of("region", "eu")));
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Samples_come_with_external_labels_unless_the_series_has_its_own()
    {
        var (_, _, body) = await Read(ReadAnswer.Request(4000, 5000, [], (0, "__name__", "a"), (2, "job", "x|y")));
        ReadAnswer.Samples(body).ShouldBe(["{__name__=a,job=x,region=eu} 4000=4 5000=5", "{__name__=a,job=y,region=own} 5000=7.5"]);
    }

    [Fact]
    public async Task An_external_label_that_is_asked_for_is_not_looked_for_in_the_store()
    {
        var (status, type, body) = await Read(ReadAnswer.Request(4000, 4000, [0], (0, "__name__", "a"), (0, "region", "eu")));
        status.ShouldBe(HttpStatusCode.OK);
        type.ShouldBe("application/x-protobuf");
        ReadAnswer.Samples(body).ShouldBe(["{__name__=a,job=x,region=eu} 4000=4"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Chunks_are_streamed_to_who_takes_them(bool packed)
    {
        var (status, type, body) = await Read(ReadAnswer.Request(0, 1_000_000, [1, 0], packed, [(0, "__name__", "a")]));
        status.ShouldBe(HttpStatusCode.OK);
        type.ShouldBe("application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
        ReadAnswer.Frames(body).ShouldBe(["{__name__=a,job=x,region=eu} 0-119000:1:120 120000-239000:1:120 240000-249000:1:10", "{__name__=a,job=y,region=own} 5000-5000:1:1"]);
    }

    [Fact]
    public async Task Histograms_are_in_both_forms()
    {
        var (_, _, chunks) = await Read(ReadAnswer.Request(0, 1_000_000, [1], (0, "__name__", "h")));
        ReadAnswer.Frames(chunks).ShouldBe(["{__name__=h,region=eu} 1000-1000:1:1 2000-3000:3:2 4000-4000:3:1"]);
        var (_, _, samples) = await Read(ReadAnswer.Request(0, 1_000_000, [0, 1], (0, "__name__", "h")));
        ReadAnswer.Samples(samples).ShouldBe(["{__name__=h,region=eu} 1000=1 histogram histogram histogram"]);
    }

    [Fact]
    public async Task Too_many_samples_are_refused()
    {
        for (var i = 0; i < 100; i++)
        {
            _store.Add(LabelSet.Of("__name__", "a", "job", "z"), i * 1000, i);
        }

        var (status, _, body) = await Read(ReadAnswer.Request(0, 1_000_000, [], (0, "__name__", "a")));
        status.ShouldBe(HttpStatusCode.BadRequest);
        System.Text.Encoding.UTF8.GetString(body).ShouldStartWith("exceeded sample limit");
    }

    [Fact]
    public async Task What_cannot_be_answered_is_told()
    {
        var (status, _, body) = await Read(ReadAnswer.Request(0, 1, [7], (0, "__name__", "a")));
        status.ShouldBe(HttpStatusCode.BadRequest);
        System.Text.Encoding.UTF8.GetString(body).ShouldStartWith("server does not support any of the requested response types: [7]");
        (await Read([1, 2, 3])).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await Read(ReadAnswer.Request(0, 1, new int[100], (0, "__name__", "a")))).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await Read(ReadAnswer.Request(0, 1, [], (9, "__name__", "a")))).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await Read(ReadAnswer.Request(0, 1, [], (2, "__name__", "a(")))).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    private async Task<(HttpStatusCode Status, string? Type, byte[] Body)> Read(byte[] request)
    {
        using var content = new ByteArrayContent(request);
        content.Headers.Add("Content-Type", "application/x-protobuf");
        content.Headers.Add("Content-Encoding", "snappy");
        using var response = await _host.Client.PostAsync(new Uri("/prometheus/api/v1/read", UriKind.Relative), content);
        return (response.StatusCode, response.Content.Headers.ContentType?.ToString(), await response.Content.ReadAsByteArrayAsync());
    }
}
