using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Sightglass.Web.Tests;

/// <summary>Explore: traces and metrics, and a trace of ten thousand spans.</summary>
public sealed class ExploreTracesTests(ExploreFixture data) : IClassFixture<ExploreFixture>
{
    private const string Big = $"/trace/{ExploreFixture.BigTrace}";

    [BrowserFact]
    public async Task Ten_thousand_spans_scroll_with_few_rows_in_the_page()
    {
        var page = await OpenAsync(Big);
        var rows = page.GetByTestId("span-row");
        await Expect(page.GetByText("10000 spans")).ToBeVisibleAsync();
        (await rows.CountAsync()).ShouldBeLessThan(120);
        await Expect(rows.First).ToContainTextAsync("work 0");
        var tree = page.GetByRole(AriaRole.Tree);
        await tree.EvaluateAsync("tree => { tree.scrollTop = tree.scrollHeight; }");
        await Expect(rows.Filter(new LocatorFilterOptions { HasText = "work 9999" }).Or(rows.Filter(new LocatorFilterOptions { HasText = "work 9998" })).First).ToBeVisibleAsync();
        (await rows.CountAsync()).ShouldBeLessThan(120);

        // All but the first level closed: the root and its hundred children remain.
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Collapse all" }).ClickAsync();
        await tree.EvaluateAsync("tree => { tree.scrollTop = 0; }");
        await Expect(rows.Nth(1)).ToHaveAttributeAsync("aria-expanded", "false");
        (await tree.EvaluateAsync<int>("tree => tree.firstElementChild.getBoundingClientRect().height")).ShouldBe(101 * 26);
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Search_in_a_trace_opens_what_is_collapsed_and_goes_on()
    {
        var page = await OpenAsync(Big);
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Collapse all" }).ClickAsync();
        var find = page.GetByLabel("Find in this trace");
        await find.FillAsync("work 777");
        await Expect(page.GetByText("11 of 10000 spans match")).ToBeVisibleAsync();
        await find.PressAsync("Enter");
        await Expect(page.Locator("[data-testid='span-row'][aria-selected='true']")).ToContainTextAsync("work 777");
        await find.PressAsync("Enter");
        await Expect(page.Locator("[data-testid='span-row'][aria-selected='true']")).ToBeInViewportAsync();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Flame_graph_and_links_of_a_span()
    {
        var page = await OpenAsync($"/trace/{BrowserFixture.TraceId}?view=flame");
        var boxes = page.GetByTestId("flame-box");
        await Expect(boxes).ToHaveCountAsync(2);
        await boxes.Last.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Complementary, new PageGetByRoleOptions { Name = "Span" })).ToContainTextAsync("SELECT orders");
        await page.GetByTestId("span-links").GetByText("Its log").ClickAsync();
        await Expect(page.GetByTestId("log-row").Filter(new LocatorFilterOptions { HasText = "payment refused by bank" })).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Two_traces_stand_side_by_side()
    {
        var page = await OpenAsync($"/trace/{BrowserFixture.TraceId}");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Compare" }).ClickAsync();
        await page.GetByLabel("Trace ID").FillAsync($"http://somewhere/trace/{ExploreFixture.BigTrace}?from=now-1h");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Show both" }).ClickAsync();
        await Expect(page.GetByTestId("compare")).ToContainTextAsync("10000 spans");
        await Expect(page.GetByTestId("compare-row").Filter(new LocatorFilterOptions { HasText = "SELECT orders" })).ToContainTextAsync("1 / 0");
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Selection_says_what_is_different_and_the_limit_is_chosen()
    {
        // Between 900 ms and 1.1 s, which both traces took.
        var now = data.NewestMilliseconds;
        var page = await OpenAsync($"/traces?limit=2000&view={now - 600_000}_{now + 600_000}_900000_1100000");
        await Expect(page.GetByLabel("At most")).ToHaveValueAsync("2000");
        await Expect(page.GetByTestId("difference")).ToContainTextAsync("2 traces in the selection");
        await Expect(page.GetByTestId("trace-count")).ToContainTextAsync("2 in the selection of 2 found");
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Dragging_over_the_scatter_compares_and_the_back_key_undoes_it()
    {
        var page = await OpenAsync("/traces?from=now-15m");
        await Expect(page.GetByTestId("trace-row").First).ToBeVisibleAsync();
        await page.GetByText("Drag to compare").ClickAsync();
        var plot = page.Locator(".sg-chart .u-over").First;
        await plot.WaitForAsync();
        var box = (await plot.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + 2, box.Y + 2);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + (box.Width / 2), box.Y + (box.Height / 2));
        await page.Mouse.MoveAsync(box.X + box.Width - 2, box.Y + box.Height - 2);
        await page.Mouse.UpAsync();
        await Expect(page.GetByTestId("difference")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("[");
        await Expect(page.GetByTestId("difference")).ToHaveCountAsync(0);
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Exemplars_open_their_trace()
    {
        var page = await OpenAsync("/metrics-explorer?q=histogram_quantile(0.95%2C%20sum%20by%20(le)%20(rate(pay_duration_seconds_bucket%5B5m%5D)))");
        var exemplar = page.GetByTestId("exemplar").First;
        await Expect(exemplar).ToContainTextAsync("1.25");
        await exemplar.ClickAsync();
        await Expect(page.GetByTestId("span-row")).ToHaveCountAsync(2);
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Builder_writes_the_query_and_filters_are_offered()
    {
        var page = await OpenAsync("/metrics-explorer?service=checkout&q=basket_size");
        await page.GetByTestId("builder").GetByLabel("Aggregation").SelectOptionAsync("max");
        await Expect(page.GetByTestId("query-editor")).ToContainTextAsync("max (basket_size)");
        await Expect(page.GetByTestId("apply-filters")).ToContainTextAsync("checkout");
        await page.GetByTestId("apply-filters").ClickAsync();
        await Expect(page.GetByTestId("query-editor")).ToContainTextAsync("job=~\"(.*/)?checkout\"");
        await Expect(page.GetByTestId("apply-filters")).ToHaveCountAsync(0);
        await Expect(page.GetByTestId("builder").GetByLabel("Value")).ToHaveValueAsync("(.*/)?checkout");
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Dragging_over_a_graph_zooms_and_the_back_key_undoes_it()
    {
        var page = await OpenAsync("/metrics-explorer?q=basket_size");
        var plot = page.Locator(".sg-chart .u-over").First;
        await plot.WaitForAsync();
        var box = (await plot.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + (box.Width / 4), box.Y + 40);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + (box.Width / 3), box.Y + 40);
        await page.Mouse.MoveAsync(box.X + (box.Width / 2), box.Y + 40);
        await page.Mouse.UpAsync();
        await page.WaitForURLAsync("**from=1*to=1*");
        await page.Keyboard.PressAsync("[");
        await page.WaitForURLAsync(url => !url.Contains("to=1", StringComparison.Ordinal));
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Slow_query_is_cancelled()
    {
        var (page, _) = await data.Browser.OpenAsync("/");
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await page.RouteAsync("**/tempo/api/search?**", _ => asked.TrySetResult());
        await page.GetByTestId("nav-traces").ClickAsync();
        await asked.Task;
        await page.GetByTestId("cancel-query").ClickAsync();
        await Expect(page.GetByText("Cancelled")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("run-query")).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    private async Task<IPage> OpenAsync(string path) => (await data.Browser.OpenAsync(path)).Page;
}
