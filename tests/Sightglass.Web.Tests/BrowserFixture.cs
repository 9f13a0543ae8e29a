using System.Text;
using Microsoft.Playwright;
using Sightglass.EndToEnd;
using Sightglass.TestKit;

namespace Sightglass.Web.Tests;

/// <summary>One server with known data and one browser for all tests of the web UI.</summary>
#pragma warning disable CA1001 // xunit calls IAsyncLifetime.DisposeAsync.
public sealed class BrowserFixture : IAsyncLifetime
#pragma warning restore CA1001
{
    public const string TraceId = "0123456789abcdef0123456789abcdef";

    /// <summary>How long a page may take until it shows what is expected: long enough for a machine with a browser, a server and much else to do.</summary>
    private const float PatienceMs = 30_000;

    private readonly TemporaryFolder _data = new();
    private readonly string _configuration;
    private readonly string _rules;
    private ServerProcess? _server;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>The server that most tests use.</summary>
    public BrowserFixture()
        : this(string.Empty, AlertsTests.Rules)
    {
    }

    internal BrowserFixture(string moreConfiguration, string rules) => (_configuration, _rules) = (moreConfiguration, rules);

    /// <summary>Debian's browser; the tests are skipped where it is not installed.</summary>
    public static string Chromium { get; } = "/usr/bin/chromium";

    public Uri Address => _server!.Http.BaseAddress!;

    public async Task InitializeAsync()
    {
        if (!File.Exists(Chromium))
        {
            return;
        }

        File.WriteAllText(_data.PathOf("rules.yml"), _rules);
        File.WriteAllText(_data.PathOf("config.yml"), """
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            rule_files: [rules.yml]
            alertmanager:
              route: { receiver: on-call, group_by: [alertname], group_wait: 0s, routes: [ { receiver: gone, matchers: ['alertname="BasketsTooFull"'] } ] }
              receivers: [ { name: on-call }, { name: gone, webhook_configs: [ { url: 'http://127.0.0.1:9/' } ] } ]
            limits: { metrics: { max_new_series_per_minute: 1000, new_series_burst: 1000 } }
            storage: { downsampling: [ { after: 7d, resolution: 5m } ] }
            scrape_configs:
              - job_name: checkout
                static_configs: [ { targets: ['127.0.0.1:9'], labels: { deployment_environment_name: prod } } ]

            """ + _configuration);
        _server = await ServerProcess.StartAsync(_data.PathOf("data"), "--config", _data.PathOf("config.yml"));
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        string Nano(long ms) => $"{ms}000000";
        const string resource = """{"attributes":[{"key":"service.name","value":{"stringValue":"checkout"}}]}""";
        await Post("/v1/logs", $$$"""
            {"resourceLogs":[{"resource":{{{resource}}},"scopeLogs":[{"logRecords":[
            {"timeUnixNano":"{{{Nano(now - 5000)}}}","severityNumber":17,"severityText":"ERROR","traceId":"{{{TraceId}}}","spanId":"0123456789abcdef","body":{"stringValue":"payment refused by bank"},"attributes":[{"key":"order_id","value":{"stringValue":"o-77"}}]},
            {"timeUnixNano":"{{{Nano(now - 4000)}}}","severityNumber":9,"severityText":"INFO","body":{"stringValue":"cart opened"}}]}]}]}
            """);
        await Post("/v1/traces", $$$"""
            {"resourceSpans":[{"resource":{{{resource}}},"scopeSpans":[{"spans":[
            {"traceId":"{{{TraceId}}}","spanId":"0123456789abcdef","name":"POST /checkout","kind":2,"startTimeUnixNano":"{{{Nano(now - 6000)}}}","endTimeUnixNano":"{{{Nano(now - 5000)}}}","status":{"code":2}},
            {"traceId":"{{{TraceId}}}","spanId":"1123456789abcdef","parentSpanId":"0123456789abcdef","name":"SELECT orders","kind":3,"startTimeUnixNano":"{{{Nano(now - 5900)}}}","endTimeUnixNano":"{{{Nano(now - 5500)}}}"}]}]}]}
            """);
        for (var i = 0; i < 60; i++)
        {
            await Post("/v1/metrics", $$$"""
                {"resourceMetrics":[{"resource":{{{resource}}},"scopeMetrics":[{"metrics":[{"name":"basket.size","description":"Items in open baskets","gauge":{"dataPoints":[{"timeUnixNano":"{{{Nano(now - (i * 5000))}}}","asInt":"{{{i}}}"}]}}]}]}]}
                """);
        }

        // Two minutes of requests, one of four fails.
        for (var i = 0; i <= 24; i++)
        {
            string Point(int status, int count) => $$$"""{"startTimeUnixNano":"{{{Nano(now - 130_000)}}}","timeUnixNano":"{{{Nano(now - 120_000 + (i * 5000))}}}","count":"{{{count * i}}}","sum":{{{0.05 * count * i}}},"explicitBounds":[0.1,1],"bucketCounts":["{{{count * i}}}","0","0"],"attributes":[{"key":"http.route","value":{"stringValue":"/pay"}},{"key":"http.response.status_code","value":{"intValue":"{{{status}}}"}}]}""";
            await Post("/v1/metrics", $$$"""
                {"resourceMetrics":[{"resource":{{{resource}}},"scopeMetrics":[{"metrics":[{"name":"http.server.request.duration","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[{{{Point(200, 30)}}},{{{Point(500, 10)}}}]}}]}]}]}
                """);
        }

        _playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(PatienceMs);
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>A fresh page that fails the test on any error in the console.</summary>
    public async Task<(IPage Page, List<string> Errors)> OpenAsync(string path, int width = 1280, bool dark = false)
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
        });
        var page = await context.NewPageAsync();
        var errors = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                errors.Add(message.Text);
            }
        };
        page.PageError += (_, error) => errors.Add(error);
        await page.GotoAsync(new Uri(Address, path).ToString());
        return (page, errors);
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _data.Dispose();
    }

    /// <summary>Sends OTLP in JSON.</summary>
    public async Task Post(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _server!.Otlp.PostAsync(new Uri(path, UriKind.Relative), content);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Asks an endpoint until its answer holds.</summary>
    public Task Until(string path, Func<System.Text.Json.JsonElement, bool> holds) => _server!.UntilAsync(path, holds);

    /// <summary>Waits until a PromQL query finds something: what the server counts of itself is there after its next scrape of itself.</summary>
    public Task UntilFound(string query) =>
        _server!.UntilAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}", answer => answer.GetProperty("data").GetProperty("result").GetArrayLength() > 0);
}

/// <summary>A theory that needs a browser; skipped with a sentence where there is none.</summary>
public sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute()
    {
        if (!File.Exists(BrowserFixture.Chromium))
        {
            Skip = "no chromium on this machine";
        }
    }
}

/// <summary>A fact that needs a browser; skipped with a sentence where there is none.</summary>
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (!File.Exists(BrowserFixture.Chromium))
        {
            Skip = "no chromium on this machine";
        }
    }
}
