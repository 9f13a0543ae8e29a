using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Scrape;

public sealed class ScrapeTargetTests : IDisposable, IBatchSink
{
    private readonly HttpListener _listener = new();
    private readonly ScrapeClient _client = new();
    private readonly ManualTimeProvider _time = new();
    private readonly Dictionary<string, double> _last = [];
    private readonly string _address;
    private Func<HttpListenerContext, byte[]> _answer = _ => [];

    public ScrapeTargetTests()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            _address = probe.LocalEndpoint.ToString()!;
        }

        _listener.Prefixes.Add($"http://{_address}/");
        _listener.Start();
        _ = Task.Run(async () =>
        {
            while (_listener.IsListening)
            {
                try
                {
                    var context = await _listener.GetContextAsync();
                    context.Response.Close(_answer(context), willBlock: false);
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }
            }
        });
    }

    public void Dispose()
    {
        _listener.Close();
        _client.Dispose();
    }

    [Fact]
    public async Task Good_answer_becomes_samples_and_reports()
    {
        var target = Target(new ScrapeConfiguration { JobName = "j" });
        Text("# TYPE a counter\na{x=\"1\",job=\"own\"} 5\na{x=\"2\"} 6\n");
        await Scrape(target);
        _last[$"a{{exported_job=\"own\", instance=\"{_address}\", job=\"j\", x=\"1\"}}"].ShouldBe(5);
        _last[$"a{{instance=\"{_address}\", job=\"j\", x=\"2\"}}"].ShouldBe(6);
        Report("up").ShouldBe(1);
        Report("scrape_samples_scraped").ShouldBe(2);
        Report("scrape_samples_post_metric_relabeling").ShouldBe(2);
        Report("scrape_series_added").ShouldBe(2);
        await Scrape(target);
        Report("scrape_series_added").ShouldBe(0);
        target.Status.Health.ShouldBe(TargetHealth.Up);
    }

    [Fact]
    public async Task Honoured_labels_win()
    {
        Text("a{job=\"own\"} 5\n");
        await Scrape(Target(new ScrapeConfiguration { JobName = "j", HonorLabels = true }));
        _last[$"a{{instance=\"{_address}\", job=\"own\"}}"].ShouldBe(5);
    }

    [Fact]
    public async Task Series_that_vanish_and_targets_that_fail_end_with_stale_markers()
    {
        var target = Target(new ScrapeConfiguration { JobName = "j" });
        Text("a 1\nb 2\n");
        await Scrape(target);
        Text("a 1\n");
        await Scrape(target);
        SpecialValues.IsStale(Own("b")).ShouldBeTrue();
        Own("a").ShouldBe(1);
        _answer = context =>
        {
            context.Response.StatusCode = 500;
            return [];
        };
        await Scrape(target);
        SpecialValues.IsStale(Own("a")).ShouldBeTrue();
        Report("up").ShouldBe(0);
        target.Status.LastError.ShouldContain("500");
        Text("a 3\n");
        await Scrape(target);
        target.Retire(_time.GetUtcNow().ToUnixTimeMilliseconds());
        SpecialValues.IsStale(Own("a")).ShouldBeTrue();
        SpecialValues.IsStale(Report("up")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("a 1\nb{", "line 2")]
    [InlineData("a 1\nb 2\nc 3\n", "sample_limit")]
    [InlineData("a{l1=\"1\",l2=\"2\",l3=\"3\"} 1\n", "label_limit")]
    public async Task Answer_that_cannot_be_taken_counts_as_a_whole(string text, string error)
    {
        var target = Target(new ScrapeConfiguration { JobName = "j", SampleLimit = 2, LabelLimit = 5 });
        Text(text);
        await Scrape(target);
        Report("up").ShouldBe(0);
        target.Status.LastError.ShouldContain(error);
        _last.Keys.ShouldNotContain(k => k.StartsWith('a'));
    }

    [Fact]
    public async Task Compressed_answers_and_metric_relabelling()
    {
        _answer = context =>
        {
            context.Response.AddHeader("Content-Encoding", "gzip");
            using var output = new MemoryStream();
            using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
            {
                gzip.Write("keep_me 1\ndrop_me 2\n"u8);
            }

            return output.ToArray();
        };
        await Scrape(Target(new ScrapeConfiguration { JobName = "j", MetricRelabel = [new RelabelRule(RelabelAction.Drop, ["__name__"], regex: "drop_.*")] }));
        Own("keep_me").ShouldBe(1);
        _last.Keys.ShouldNotContain(k => k.StartsWith("drop_me", StringComparison.Ordinal));
        (Report("scrape_samples_scraped"), Report("scrape_samples_post_metric_relabeling")).ShouldBe((2, 1));
    }

    public AppendResult Append(MetricBatch batch)
    {
        for (var i = 0; i < batch.SampleCount; i++)
        {
            _last[LabelSet.FromKey(batch.SeriesKey(batch.SampleSeries[i])).ToString()] = batch.SampleValues[i];
        }

        return AppendResult.All(batch.SampleCount);
    }

    public AppendResult Append(LogBatch batch) => throw new NotSupportedException();

    public AppendResult Append(SpanBatch batch) => throw new NotSupportedException();

    private ScrapeTarget Target(ScrapeConfiguration configuration) =>
        new(configuration, TargetBuilder.Build(configuration, _address, LabelSet.Empty)!, this, IngestLimits.Default);

    private void Text(string text) => _answer = _ => Encoding.UTF8.GetBytes(text);

    private double Own(string name) => _last[$"{name}{{instance=\"{_address}\", job=\"j\"}}"];

    private double Report(string name) => Own(name);

    private async Task Scrape(ScrapeTarget target)
    {
        _time.Advance(TimeSpan.FromSeconds(15));
        await target.ScrapeAsync(_client, _time, CancellationToken.None);
    }
}
