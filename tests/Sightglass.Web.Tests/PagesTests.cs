using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Sightglass.Web.Tests;

/// <summary>Each page is opened and used, and shows what was sent in.</summary>
public sealed class PagesTests(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    private static readonly string[] Paths = ["/", "/services", "/services?service=checkout", "/metrics-explorer", "/logs", "/traces", $"/trace/{BrowserFixture.TraceId}", "/alerts", "/alerts/rule?name=BasketsTooFull", "/alerts?tab=history", "/slos", "/slos?tab=agreements", "/targets"];

    public static TheoryData<string, int, bool> Views
    {
        get
        {
            var views = new TheoryData<string, int, bool>();
            foreach (var path in Paths)
            {
                views.Add(path, 1280, false);
                views.Add(path, 1920, true);
            }

            return views;
        }
    }

    [BrowserTheory]
    [MemberData(nameof(Views))]
    public async Task Opens_without_errors_and_without_sideways_scrolling(string path, int width, bool dark)
    {
        var (page, errors) = await browser.OpenAsync(path, width, dark);
        await page.GetByTestId("nav-overview").WaitForAsync();
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        errors.ShouldBeEmpty();
        (await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBeLessThanOrEqualTo(0);
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Logs_show_the_lines_and_lead_to_the_trace()
    {
        var (page, _) = await browser.OpenAsync("/logs");
        var row = page.GetByTestId("log-row").Filter(new LocatorFilterOptions { HasText = "payment refused by bank" });
        await Expect(row).ToBeVisibleAsync();
        await row.ClickAsync();
        await Expect(page.GetByText("o-77").First).ToBeVisibleAsync();
        await page.Locator($"a[href*='{BrowserFixture.TraceId}']").First.ClickAsync();
        await Expect(page.GetByTestId("span-row")).ToHaveCountAsync(2);
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Trace_shows_its_spans()
    {
        var (page, _) = await browser.OpenAsync($"/trace/{BrowserFixture.TraceId}");
        await Expect(page.GetByTestId("span-row").Filter(new LocatorFilterOptions { HasText = "SELECT orders" })).ToBeVisibleAsync();
        await Expect(page.GetByTestId("span-row").Filter(new LocatorFilterOptions { HasText = "POST /checkout" })).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Traces_are_found()
    {
        var (page, _) = await browser.OpenAsync("/traces");
        await Expect(page.GetByTestId("trace-row").Filter(new LocatorFilterOptions { HasText = "POST /checkout" })).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Metrics_are_charted()
    {
        var (page, _) = await browser.OpenAsync("/metrics-explorer");
        await page.GetByTestId("query-editor").Locator(".cm-content").First.ClickAsync();
        await page.Keyboard.TypeAsync("basket_size");
        await page.Keyboard.PressAsync("Escape");
        await page.GetByTestId("run-query").First.ClickAsync();
        await Expect(page.GetByTestId("chart").First).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Main).GetByText("checkout").First).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Targets_show_the_server_itself()
    {
        var (page, _) = await browser.OpenAsync("/targets");
        await Expect(page.GetByTestId("target-row").Filter(new LocatorFilterOptions { HasText = "sightglass" }).First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Tab, new PageGetByRoleOptions { Name = "Volume and limits" }).ClickAsync();
        await Expect(page.GetByTestId("volume-row")).ToHaveCountAsync(3);
        await Expect(page.GetByTestId("limit-row")).ToHaveCountAsync(4);
        await Expect(page.GetByText("downsampling: [{after: 7d, resolution: 5m}]")).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Series_are_counted_by_metric_label_and_value_and_refusals_are_told()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var points = Enumerable.Range(0, 1_200).Select(index => $$$"""{"timeUnixNano":"{{{now}}}000000","asInt":"1","attributes":[{"key":"visitor","value":{"stringValue":"v{{{index}}}"}}]}""");
        await browser.Post("/v1/metrics", $$$"""
            {"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"flood"}}]},"scopeMetrics":[{"metrics":[{"name":"flood","gauge":{"dataPoints":[{{{string.Join(',', points)}}}]}}]}]}]}
            """);
        await browser.UntilFound("sum(sightglass_series_refused_samples_total) > 0");
        var (page, errors) = await browser.OpenAsync("/targets?tab=series");
        await Expect(page.GetByTestId("refused-notice")).ToContainTextAsync("New series are refused");
        await page.GetByTestId("label-row").Filter(new LocatorFilterOptions { HasText = "visitor" }).GetByRole(AriaRole.Button).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "Values of visitor" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "flood", Exact = true }).ClickAsync();
        await Expect(page.GetByTestId("series-count")).ToHaveTextAsync(new Regex("^1,0[0-9]{2}$"));
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "v0", Exact = true }).ClickAsync();
        await Expect(page.GetByTestId("series-count")).ToHaveTextAsync("1");
        await Expect(page.GetByLabel("Series of this selector")).ToHaveValueAsync("flood{visitor=\"v0\"}");
        await page.GoBackAsync();
        await Expect(page.GetByLabel("Series of this selector")).ToHaveValueAsync("flood");

        await page.GetByTestId("refused-notice").GetByRole(AriaRole.Link, new LocatorGetByRoleOptions { Name = "Limits" }).ClickAsync();
        var verdict = page.GetByTestId("verdict-row");
        await Expect(verdict).ToContainTextAsync("too many new series a minute");
        await Expect(verdict).ToContainTextAsync("flood{");
        errors.ShouldBeEmpty();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Services_show_rate_errors_and_duration_and_lead_to_their_endpoints()
    {
        var (page, errors) = await browser.OpenAsync("/services?from=now-15m");
        var row = page.GetByTestId("service-row").Filter(new LocatorFilterOptions { HasText = "checkout" });
        await Expect(row).ToContainTextAsync("25 %");
        await Expect(row).ToContainTextAsync("/s");
        await Expect(row).ToContainTextAsync("95 ms");
        await row.GetByRole(AriaRole.Link, new LocatorGetByRoleOptions { Name = "checkout", Exact = true }).ClickAsync();
        await Expect(page.GetByTestId("endpoint-row")).ToContainTextAsync("/pay");
        await Expect(page.GetByTestId("endpoint-row")).ToContainTextAsync("25 %");
        await Expect(page.GetByTestId("filter-service")).ToHaveValueAsync("checkout");
        await Expect(page.GetByTestId("alert-row").Filter(new LocatorFilterOptions { HasText = "baskets hold" })).ToBeVisibleAsync();
        errors.ShouldBeEmpty();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Filter_of_the_header_narrows_and_is_kept_over_pages()
    {
        var (page, _) = await browser.OpenAsync("/logs?service=nobody");
        await Expect(page.GetByText("No lines in this time range")).ToBeVisibleAsync();
        await page.GetByTestId("nav-traces").ClickAsync();
        await Expect(page.GetByTestId("filter-service")).ToHaveValueAsync("nobody");
        await Expect(page.GetByText("No trace matches in this time range")).ToBeVisibleAsync();
        await page.GetByTestId("filter-service").SelectOptionAsync("checkout");
        await Expect(page.GetByTestId("trace-row")).ToHaveCountAsync(1);
        await page.GetByTestId("nav-metrics").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Note)).ToBeVisibleAsync();
        page.Url.ShouldContain("service=checkout");
        await page.Keyboard.PressAsync("[");
        await Expect(page.GetByTestId("trace-row")).ToHaveCountAsync(1);
        await page.Context.CloseAsync();
    }
}
