using System.IO.Compression;
using System.Net;
using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;
using Sightglass.Ingest.Scrape.Http;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Scrape;

public sealed class ScrapeTargetTests : IDisposable, IBatchSink
{
    private readonly HttpListener _listener;
    private readonly ManualTimeProvider _time = new();
    private readonly ScrapeClient _client;
    private readonly Dictionary<string, double> _last = [];
    private readonly Dictionary<string, long> _lastTime = [];
    private readonly string _address;
    private Func<HttpListenerContext, byte[]> _answer = _ => [];
    private string? _contentType = "text/plain";

    public ScrapeTargetTests()
    {
        _client = new ScrapeClient(HttpClientSettings.Default, _time);
        (_listener, var url) = FreePort.Listen();
        _address = new Uri(url).Authority;
        _ = Task.Run(async () =>
        {
            while (_listener.IsListening)
            {
                try
                {
                    var context = await _listener.GetContextAsync();
                    context.Response.ContentType = _contentType;
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
    [InlineData("a 1\nb 2\nc 3\n", "sample limit exceeded")]
    [InlineData("a{l1=\"1\",l2=\"2\",l3=\"3\"} 1\n", "label_limit exceeded (metric: a, number of labels: 6, limit: 5)")]
    public async Task Answer_that_cannot_be_taken_counts_as_a_whole(string text, string error)
    {
        var target = Target(new ScrapeConfiguration { JobName = "j", Limits = new ScrapeLimits { Samples = 2, Labels = 5 } });
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

    [Theory]
    [InlineData("name", "a{long_name=\"1\"} 1\n", "label_name_length_limit exceeded (metric: a, label name: long_name, length: 9, limit: 8)")]
    [InlineData("value", "a{x=\"äöüäöüäöüäöüäöü\"} 1\n", "label_value_length_limit exceeded (metric: a, label name: x, value: \"äöüäöüäöüäöüäöü\", length: 30, limit: 20)")]
    public async Task Lengths_are_counted_in_bytes(string which, string text, string error)
    {
        var limits = which == "name" ? new ScrapeLimits { LabelNameLength = 8 } : new ScrapeLimits { LabelValueLength = 20 };
        var target = Target(new ScrapeConfiguration { JobName = "j", Limits = limits });
        Text(text);
        await Scrape(target);
        target.Status.LastError.ShouldBe(error);
    }

    [Fact]
    public async Task Sample_limit_counts_what_relabelling_left_and_reports_all()
    {
        var configuration = new ScrapeConfiguration
        {
            JobName = "j",
            Limits = new ScrapeLimits { Samples = 2 },
            MetricRelabel = [new RelabelRule(RelabelAction.Drop, ["__name__"], regex: "x.*")],
        };
        var target = Target(configuration);
        Text("a 1\nx1 1\nx2 1\nb 1\n");
        await Scrape(target);
        (Report("up"), Report("scrape_samples_scraped"), Report("scrape_samples_post_metric_relabeling")).ShouldBe((1, 4, 2));
        Text("a 1\nx1 1\nx2 1\nb 1\nc 1\nd 1\n");
        await Scrape(target);
        (Report("up"), Report("scrape_samples_scraped"), Report("scrape_samples_post_metric_relabeling"), Report("scrape_series_added")).ShouldBe((0, 6, 4, 0));
        SpecialValues.IsStale(Own("a")).ShouldBeTrue();
        _last.Keys.ShouldNotContain(k => k.StartsWith('c'));
    }

    [Fact]
    public async Task Body_size_limit_and_extra_metrics()
    {
        var target = Target(new ScrapeConfiguration { JobName = "j", ExtraMetrics = true, Limits = new ScrapeLimits { BodySize = 10, Samples = 7 } });
        Text("a 1\n");
        await Scrape(target);
        (Report("up"), Report("scrape_body_size_bytes"), Report("scrape_sample_limit"), Report("scrape_timeout_seconds")).ShouldBe((1, 4, 7, 10));
        Text("abc 1\nb 2\n");
        await Scrape(target);
        (Report("up"), Report("scrape_body_size_bytes")).ShouldBe((0, -1));
        target.Status.LastError.ShouldStartWith("body size limit exceeded");
        SpecialValues.IsStale(Own("a")).ShouldBeTrue();
    }

    [Fact]
    public async Task Series_known_from_before_an_outage_do_not_count_as_added()
    {
        var target = Target(new ScrapeConfiguration { JobName = "j" });
        Text("a 1\nb 2\n");
        await Scrape(target);
        _answer = context =>
        {
            context.Response.StatusCode = 503;
            return [];
        };
        await Scrape(target);
        target.Status.LastError.ShouldBe("server returned HTTP status 503 Service Unavailable");
        Text("a 1\nb 2\nc 3\n");
        await Scrape(target);
        Report("scrape_series_added").ShouldBe(1);
    }

    [Fact]
    public async Task The_same_series_spelled_otherwise_goes_on_and_twice_at_one_time_counts_once()
    {
        var target = Target(new ScrapeConfiguration { JobName = "j" });
        Text("a{x=\"1\",y=\"2\"} 1\n");
        await Scrape(target);
        Text("a{y=\"2\",x=\"1\"} 2\na{x=\"1\", y=\"2\"} 3\n");
        await Scrape(target);
        _last[$"a{{instance=\"{_address}\", job=\"j\", x=\"1\", y=\"2\"}}"].ShouldBe(2);
        (Report("scrape_samples_scraped"), Report("scrape_samples_post_metric_relabeling")).ShouldBe((2, 2));
    }

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(true, true, true)]
    [InlineData(false, false, true)]
    public async Task Series_with_timestamps_of_their_own_end_as_configured(bool honor, bool track, bool stale)
    {
        var target = Target(new ScrapeConfiguration { JobName = "j", HonorTimestamps = honor, TrackTimestampsStaleness = track });
        var at = _time.GetUtcNow().ToUnixTimeMilliseconds();
        Text($"a 1 {at}\n");
        await Scrape(target);
        (_lastTime[$"a{{instance=\"{_address}\", job=\"j\"}}"] == at).ShouldBe(honor);
        Text("b 1\n");
        await Scrape(target);
        SpecialValues.IsStale(Own("a")).ShouldBe(stale);
    }

    [Fact]
    public async Task Timestamps_far_ahead_are_left_out()
    {
        var target = Target(new ScrapeConfiguration { JobName = "j" });
        Text($"a 1 {_time.GetUtcNow().AddHours(1).ToUnixTimeMilliseconds()}\nb 1\n");
        await Scrape(target);
        _last.Keys.ShouldNotContain(k => k.StartsWith('a'));
        Report("up").ShouldBe(1);
    }

    [Fact]
    public async Task An_empty_label_keeps_the_targets_away_where_labels_are_honoured()
    {
        Text("a{instance=\"\",job=\"own\"} 5\n");
        await Scrape(Target(new ScrapeConfiguration { JobName = "j", HonorLabels = true }));
        _last["a{job=\"own\"}"].ShouldBe(5);
    }

    [Fact]
    public async Task Exported_labels_find_a_free_name()
    {
        Text("a{job=\"own\",exported_job=\"x\"} 5\n");
        await Scrape(Target(new ScrapeConfiguration { JobName = "j" }));
        _last[$"a{{exported_exported_job=\"own\", exported_job=\"x\", instance=\"{_address}\", job=\"j\"}}"].ShouldBe(5);
    }

    [Theory]
    [InlineData(null, null, "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target")]
    [InlineData("text/html; charset=utf-8", null, "received unsupported Content-Type \"text/html; charset=utf-8\" and no fallback_scrape_protocol specified for target")]
    [InlineData("text/html", ScrapeProtocol.PrometheusText004, "")]
    [InlineData(null, ScrapeProtocol.OpenMetricsText100, "the answer does not end with # EOF")]
    public async Task Answers_of_unknown_type_need_a_fallback(string? type, ScrapeProtocol? fallback, string error)
    {
        _contentType = type;
        Text("a 1\n");
        var target = Target(new ScrapeConfiguration { JobName = "j", FallbackProtocol = fallback });
        await Scrape(target);
        target.Status.LastError.ShouldContain(error);
        target.Status.Health.ShouldBe(error.Length == 0 ? TargetHealth.Up : TargetHealth.Down);
    }

    [Fact]
    public async Task Bounds_have_one_spelling()
    {
        Text("# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\n# TYPE s summary\ns{quantile=\"0.50\"} 1\n# TYPE g gauge\ng{le=\"1\"} 1\n");
        await Scrape(Target(new ScrapeConfiguration { JobName = "j" }));
        _last.Keys.ShouldContain(k => k.Contains("h_bucket") && k.Contains("le=\"1.0\""));
        _last.Keys.ShouldContain(k => k.Contains("quantile=\"0.5\""));
        _last.Keys.ShouldContain(k => k.StartsWith("g{") && k.Contains("le=\"1\""));
    }

    [Fact]
    public async Task A_job_over_its_target_limit_asks_nobody()
    {
        var target = Target(new ScrapeConfiguration { JobName = "j" });
        Text("a 1\n");
        await Scrape(target);
        await target.ScrapeAsync(_client, _time.GetUtcNow().AddSeconds(1), "target_limit exceeded (number of targets: 2, limit: 1)", _time, CancellationToken.None);
        (Report("up"), Report("scrape_samples_scraped")).ShouldBe((0, 0));
        SpecialValues.IsStale(Own("a")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_new_configuration_ends_only_the_series_that_do_not_come_back()
    {
        var target = Target(new ScrapeConfiguration { JobName = "j" });
        Text("a 1\nb 1\n");
        await Scrape(target);
        target.Reconfigure(new ScrapeConfiguration { JobName = "j", MetricRelabel = [new RelabelRule(RelabelAction.Drop, ["__name__"], regex: "b")] }, target.Status);
        Text("a 2\nb 2\n");
        await Scrape(target);
        Own("a").ShouldBe(2);
        SpecialValues.IsStale(Own("b")).ShouldBeTrue();
    }

    public AppendResult Append(MetricBatch batch)
    {
        for (var i = 0; i < batch.SampleCount; i++)
        {
            var series = LabelSet.FromKey(batch.SeriesKey(batch.SampleSeries[i])).ToString();
            _last[series] = batch.SampleValues[i];
            _lastTime[series] = batch.SampleTimestampsMs[i];
        }

        return AppendResult.All(batch.SampleCount);
    }

    public AppendResult Append(LogBatch batch) => throw new NotSupportedException();

    public AppendResult Append(SpanBatch batch) => throw new NotSupportedException();

    private ScrapeTarget Target(ScrapeConfiguration configuration) =>
        new(configuration, TargetBuilder.Build(configuration, _address, LabelSet.Empty, out _)!, this, IngestLimits.Default);

    private void Text(string text) => _answer = _ => Encoding.UTF8.GetBytes(text);

    private double Own(string name) => _last[$"{name}{{instance=\"{_address}\", job=\"j\"}}"];

    private double Report(string name) => Own(name);

    private async Task Scrape(ScrapeTarget target)
    {
        _time.Advance(TimeSpan.FromSeconds(15));
        await target.ScrapeAsync(_client, _time.GetUtcNow(), null, _time, CancellationToken.None);
    }
}
