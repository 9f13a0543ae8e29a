using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Sightglass.Web.Tests;

/// <summary>Explore: logs, with ten thousand lines.</summary>
public sealed class ExploreLogsTests(ExploreFixture data) : IClassFixture<ExploreFixture>
{
    private const string Bulk = "/logs?q=%7Bservice_name%3D%22bulk%22%7D";
    private const string Steps = "/logs?q=%7Bservice_name%3D%22steps%22%7D";

    [BrowserFact]
    public async Task Ten_thousand_lines_scroll_with_few_rows_in_the_page()
    {
        var page = await OpenAsync(Bulk);
        var rows = page.GetByTestId("log-row");
        await Expect(rows.First).ToContainTextAsync("request 9999 finished");
        var list = page.GetByTestId("log-list");
        var count = page.GetByTestId("line-count");
        // A page holds a thousand lines, and begins with the line where the one before ended.
        for (var loaded = 1_000; loaded < ExploreFixture.Lines + 999; loaded += 999)
        {
            await Expect(count).ToHaveTextAsync(Math.Min(loaded, ExploreFixture.Lines).ToString("N0", System.Globalization.CultureInfo.InvariantCulture));
            (await rows.CountAsync()).ShouldBeLessThan(120);
            await list.EvaluateAsync("list => { list.scrollTop = list.scrollHeight; }");
        }

        await Expect(rows.Last).ToContainTextAsync("request 0 finished");
        (await rows.CountAsync()).ShouldBeLessThan(120);

        // In the middle stand the lines of the middle, each below the one that followed it.
        await list.EvaluateAsync("list => { list.scrollTop = list.scrollHeight / 2; }");
        await Expect(rows.Filter(new LocatorFilterOptions { HasText = "disk is full" })).ToBeVisibleAsync();
        await Expect(page.Locator("[data-index='4998'] [data-testid='log-row']")).ToContainTextAsync("request 5001 finished");
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Fields_include_and_exclude_values()
    {
        var page = await OpenAsync(Steps);
        await page.GetByTestId("facet").Filter(new LocatorFilterOptions { HasText = "detected_level" }).GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Include detected_level debug" }).ClickAsync();
        await Expect(page.GetByTestId("line-count")).ToHaveTextAsync("30");
        await Expect(page.GetByTestId("query-editor")).ToContainTextAsync("| detected_level=\"debug\"");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Exclude detected_level debug" }).ClickAsync();
        await Expect(page.GetByTestId("query-editor")).ToContainTextAsync("| detected_level!=\"debug\"");
        await Expect(page.GetByTestId("log-row").First).ToContainTextAsync("step number 58");
        await page.GoBackAsync();
        await Expect(page.GetByTestId("log-row").First).ToContainTextAsync("step number 59");
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Context_shows_the_lines_before_and_after_without_the_filter()
    {
        var page = await OpenAsync(Steps + "%20%7C%3D%20%22step%20number%2030%22");
        await page.GetByTestId("log-row").First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Before and after" }).ClickAsync();
        var rows = page.GetByTestId("context-row");
        await Expect(rows).ToHaveCountAsync(41);
        await Expect(rows.First).ToContainTextAsync("step number 10");
        await Expect(rows.Last).ToContainTextAsync("step number 50");
        await Expect(page.Locator("[data-testid='context-row'][aria-current='true']")).ToContainTextAsync("step number 30");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "20 more before" }).ClickAsync();
        await Expect(rows.First).ToContainTextAsync("step number 0");
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Link_to_a_line_opens_at_that_line_far_down()
    {
        var page = await OpenAsync(Bulk + "%20%7C%3D%20%22disk%20is%20full%22");
        await page.GetByTestId("log-row").First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Copy link to this line" }).ClickAsync();
        await page.WaitForURLAsync("**line=*");
        var line = System.Text.RegularExpressions.Regex.Match(page.Url, "line=([^&]+)").Groups[1].Value;
        await page.Context.CloseAsync();

        // The line is five pages down in the list without its filter.
        var other = await OpenAsync($"{Bulk}&line={line}");
        var marked = other.Locator("[data-testid='log-row'][aria-current='true']");
        await Expect(marked).ToContainTextAsync("disk is full");
        await Expect(marked).ToBeInViewportAsync();
        await Expect(marked).ToHaveAttributeAsync("aria-expanded", "true");
        await other.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Live_tail_goes_on_pauses_and_resumes()
    {
        var page = await OpenAsync("/logs?q=%7Bservice_name%3D%22tailed%22%7D");
        await page.GetByTestId("live").ClickAsync();
        await Expect(page.GetByText("Waiting for lines")).ToBeVisibleAsync();
        await Say("first of the tail");
        var rows = page.GetByTestId("log-row");
        await Expect(rows.First).ToContainTextAsync("first of the tail");
        await page.GetByTestId("pause").ClickAsync();
        await Say("said while paused");
        await Expect(page.GetByTestId("pause")).ToHaveTextAsync("Resume (1 new)");
        await Expect(rows).ToHaveCountAsync(1);
        await page.Keyboard.PressAsync("p");
        await Expect(rows).ToHaveCountAsync(2);
        await Expect(rows.First).ToContainTextAsync("said while paused");
        await page.GetByTestId("live").ClickAsync();
        await Expect(page.GetByTestId("pause")).ToHaveCountAsync(0);
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Patterns_count_lines_that_are_alike_and_lead_to_them()
    {
        var page = await OpenAsync(Steps + "&tab=patterns");
        var rows = page.GetByTestId("pattern-row");
        await Expect(rows).ToHaveCountAsync(1);
        await Expect(rows.First).ToContainTextAsync("60");
        await Expect(rows.First).ToContainTextAsync("step number");
        await Expect(rows.First).ToContainTextAsync("new");
        await rows.First.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Exclude this pattern" }).ClickAsync();
        await Expect(page.GetByText("No lines in this time range")).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Json_and_wrap_are_kept_in_the_link()
    {
        await data.PostLines("shaped", [ExploreFixture.Record(data.NewestMilliseconds, """{\"order\":7,\"items\":[1]}""", "INFO", "eu")]);
        var page = await OpenAsync("/logs?q=%7Bservice_name%3D%22shaped%22%7D&view=wrap.json");
        await Expect(page.GetByTestId("log-row").First).ToContainTextAsync("\"order\": 7");
        await page.GetByText("JSON", new PageGetByTextOptions { Exact = true }).ClickAsync();
        await Expect(page.GetByTestId("log-row").First).ToContainTextAsync("{\"order\":7");
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Wrong_query_says_why_and_where()
    {
        var page = await OpenAsync("/logs?q=%7Bservice_name%3D%22bulk%22%7D%20%7C%20foo%28");
        await Expect(page.GetByTestId("query-error").GetByRole(AriaRole.Alert)).ToContainTextAsync("parse error");
        await Expect(page.GetByTestId("query-error").Locator("pre")).ToContainTextAsync("▲");
        await page.Context.CloseAsync();
    }

    private Task Say(string text) => data.PostLines("tailed", [ExploreFixture.Record(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), text, "INFO", "eu")]);

    private async Task<IPage> OpenAsync(string path) => (await data.Browser.OpenAsync(path)).Page;
}
