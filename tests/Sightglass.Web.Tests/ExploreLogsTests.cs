using System.Text.RegularExpressions;
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
    public async Task Fields_count_all_lines_and_include_and_exclude_values()
    {
        var page = await OpenAsync(Bulk);
        await Expect(page.GetByTestId("fields-panel")).ToContainTextAsync("Counted in all 10,000 lines");
        var zone = page.GetByTestId("facet").Filter(new LocatorFilterOptions { HasText = "zone" });
        await zone.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "zone" }).ClickAsync();
        await Expect(zone.GetByTestId("facet-value").First).ToContainTextAsync("us7,500");
        await Expect(page.GetByTestId("line-count")).ToHaveTextAsync("1,000");

        var include = page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Include detected_level error" });
        await include.ClickAsync();
        await Expect(page.GetByTestId("line-count")).ToHaveTextAsync("1");
        await Expect(page.GetByTestId("query-editor")).ToContainTextAsync("| detected_level=\"error\"");
        await Expect(include).ToHaveAttributeAsync("aria-pressed", "true");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Exclude detected_level error" }).ClickAsync();
        await Expect(page.GetByTestId("query-editor")).ToContainTextAsync("| detected_level!=\"error\"");
        await Expect(page.GetByTestId("fields-panel")).ToContainTextAsync("Counted in all 9,999 lines");
        await page.GoBackAsync();
        await Expect(page.GetByTestId("log-row").First).ToContainTextAsync("disk is full");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Remove the filter detected_level = error" }).ClickAsync();
        await Expect(page.GetByTestId("log-row").First).ToContainTextAsync("request 9999");
        await Expect(page.GetByTestId("active-filters")).ToHaveCountAsync(0);
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Fields_are_found_by_name_and_by_value()
    {
        var page = await OpenAsync(Steps);
        await page.GetByLabel("Find a field or value").FillAsync("zone");
        await Expect(page.GetByTestId("facet")).ToHaveCountAsync(1);
        await page.GetByLabel("Find a field or value").FillAsync("debug");
        await Expect(page.GetByTestId("facet-value")).ToHaveCountAsync(2);
        await Expect(page.GetByTestId("facet-value").First).ToContainTextAsync("30");
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Fields_of_json_lines_are_read_at_a_click()
    {
        await data.PostLines("cartons", Enumerable.Range(0, 6).Select(index => ExploreFixture.Record(data.NewestMilliseconds + index, $$"""{\"carton\":{{index % 2}},\"what\":\"packed\"}""", "INFO", "eu")));
        var page = await OpenAsync("/logs?q=%7Bservice_name%3D%22cartons%22%7D");
        await page.GetByTestId("parse").ClickAsync();
        await Expect(page.GetByTestId("query-editor")).ToContainTextAsync("| json");
        await page.GetByLabel("Find a field or value").FillAsync("carton");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Include carton 1" }).ClickAsync();
        await Expect(page.GetByTestId("line-count")).ToHaveTextAsync("3");
        await Expect(page.GetByTestId("parse")).ToHaveCountAsync(0);
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Context_shows_the_lines_before_and_after_without_the_filter_and_stands_in_the_link()
    {
        var page = await OpenAsync(Steps + "%20%7C%3D%20%22step%20number%2030%22");
        await page.GetByTestId("log-row").First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Before and after" }).ClickAsync();
        var rows = page.GetByTestId("context-row");
        await Expect(rows).ToHaveCountAsync(41);
        await Expect(rows.First).ToContainTextAsync("step number 10");
        await Expect(rows.Last).ToContainTextAsync("step number 50");
        var own = page.Locator("[data-testid='context-row'][aria-current='true']");
        await Expect(own).ToContainTextAsync("step number 30");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "100 more before" }).ClickAsync();
        await Expect(rows.First).ToContainTextAsync("step number 0");
        await Expect(page.GetByText("Nothing older within 7 days")).ToBeVisibleAsync();
        await Expect(own).ToBeInViewportAsync();
        var link = page.Url[data.Browser.Address.ToString().Length..];
        await page.Keyboard.PressAsync("Escape");
        await Expect(rows).ToHaveCountAsync(0);
        await page.Context.CloseAsync();

        var other = await OpenAsync("/" + link);
        await Expect(other.Locator("[data-testid='context-row'][aria-current='true']")).ToContainTextAsync("step number 30");
        await other.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Context_of_a_line_that_the_query_rewrites_is_that_of_its_moment()
    {
        var page = await OpenAsync(Steps + "%20%7C%3D%20%22step%20number%2030%22%20%7C%20line_format%20%22rewritten%22");
        await page.GetByTestId("log-row").First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Before and after" }).ClickAsync();
        await Expect(page.GetByText("The query changes this line")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("context-row").Filter(new LocatorFilterOptions { HasText = "step number 30" })).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Arrows_move_from_line_to_line_and_enter_opens_one()
    {
        var page = await OpenAsync(Steps);
        await page.GetByTestId("log-row").First.FocusAsync();
        for (var down = 1; down <= 3; down++)
        {
            await page.Keyboard.PressAsync("ArrowDown");
            await Expect(page.Locator($"[data-index='{down}'] [data-testid='log-row']")).ToBeFocusedAsync();
        }

        await page.Keyboard.PressAsync("ArrowUp");
        var third = page.Locator("[data-index='2'] [data-testid='log-row']");
        await Expect(third).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(third).ToHaveAttributeAsync("aria-expanded", "true");
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Link_to_a_line_opens_at_that_line_far_down()
    {
        var page = await OpenAsync(Bulk + "%20%7C%3D%20%22disk%20is%20full%22");
        await page.GetByTestId("log-row").First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Copy link to this line" }).ClickAsync();
        await page.WaitForURLAsync("**line=*");
        var line = Regex.Match(page.Url, "line=([^&]+)").Groups[1].Value;
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
        await Say("tailed", "first of the tail");
        var rows = page.GetByTestId("log-row");
        await Expect(rows.First).ToContainTextAsync("first of the tail");
        await page.GetByTestId("pause").ClickAsync();
        await Say("tailed", "said while paused");
        await Expect(page.GetByTestId("pause")).ToHaveTextAsync("Resume (1 new)");
        await Expect(rows).ToHaveCountAsync(1);
        await page.Keyboard.PressAsync("p");
        await Expect(rows).ToHaveCountAsync(2);
        await Expect(rows.First).ToContainTextAsync("said while paused");

        // A mouse over the lines holds them, so that what is pointed at stays there.
        await rows.First.HoverAsync();
        await Expect(page.GetByTestId("held")).ToBeVisibleAsync();
        await Say("tailed", "said while pointed at");
        await Expect(page.GetByTestId("show-new")).ToHaveTextAsync("1 new");
        await Expect(rows).ToHaveCountAsync(2);

        // By key: a mouse that leaves the lines on its way to the button lets them go on as well.
        await page.GetByTestId("show-new").PressAsync("Enter");
        await Expect(rows.First).ToContainTextAsync("said while pointed at");
        await page.GetByTestId("live").ClickAsync();
        await Expect(page.GetByTestId("pause")).ToHaveCountAsync(0);
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Live_tail_connects_again_and_loses_no_line()
    {
        var (page, _) = await data.Browser.OpenAsync("/logs?q=%7Bservice_name%3D%22broken-off%22%7D");
        var connections = new List<IWebSocketRoute>();
        var refuse = false;
        await page.RouteWebSocketAsync("**/loki/api/v1/tail?**", socket =>
        {
            if (Volatile.Read(ref refuse))
            {
                _ = socket.CloseAsync();
                return;
            }

            connections.Add(socket);
            socket.ConnectToServer();
        });
        await page.ReloadAsync();
        await page.GetByTestId("live").ClickAsync();
        await Expect(page.GetByText("Waiting for lines")).ToBeVisibleAsync();
        await Say("broken-off", "before");
        var rows = page.GetByTestId("log-row");
        await Expect(rows).ToHaveCountAsync(1);
        Volatile.Write(ref refuse, true);
        await connections[0].CloseAsync();
        await Expect(page.GetByTestId("tail-lost")).ToBeVisibleAsync();
        await Say("broken-off", "in between");
        Volatile.Write(ref refuse, false);
        await Expect(rows).ToHaveCountAsync(2);
        await Say("broken-off", "after");
        await Expect(rows).ToHaveTextAsync([new Regex("after"), new Regex("in between"), new Regex("before")]);
        await Expect(page.GetByTestId("tail-lost")).ToHaveCountAsync(0);
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Live_tail_of_a_wrong_query_says_why()
    {
        var page = await OpenAsync("/logs?q=%7Bservice_name%3D%22bulk%22%7D%20%7C%20foo%28&refresh=live");
        await Expect(page.GetByTestId("query-error").GetByRole(AriaRole.Alert)).ToContainTextAsync("parse error");
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Patterns_tell_what_is_new_and_lead_to_their_lines()
    {
        var hour = data.NewestMilliseconds - 3_900_000;
        await data.PostLines("alike", Enumerable.Range(0, 4).Select(index => ExploreFixture.Record(hour + index, $"task {index} is done", "INFO", "eu")));
        await data.PostLines("alike", Enumerable.Range(0, 12).Select(index => ExploreFixture.Record(data.NewestMilliseconds + index, index < 9 ? $"task {index + 40} is done" : "queue is full", "INFO", "eu")));
        var page = await OpenAsync("/logs?q=%7Bservice_name%3D%22alike%22%7D&tab=patterns");
        var rows = page.GetByTestId("pattern-row");
        await Expect(rows).ToHaveCountAsync(2);
        await Expect(rows.First).ToContainTextAsync("task");
        await Expect(rows.First.Locator("td").Nth(0)).ToHaveTextAsync("9");
        await Expect(rows.First.Locator("td").Nth(1)).ToContainTextAsync("4");
        await page.GetByText("New 1").ClickAsync();
        await Expect(rows).ToHaveCountAsync(1);
        await Expect(rows.First).ToContainTextAsync("queue is full");
        page.Url.ShouldContain("status=new");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Exclude this pattern" }).ClickAsync();
        await Expect(page.GetByText("Nothing new", new PageGetByTextOptions { Exact = true })).ToBeVisibleAsync();
        await page.GetByText("All 1").ClickAsync();
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Include this pattern" }).ClickAsync();
        await Expect(page.GetByTestId("line-count")).ToHaveTextAsync("9");
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

    private Task Say(string service, string text) => data.PostLines(service, [ExploreFixture.Record(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), text, "INFO", "eu")]);

    private async Task<IPage> OpenAsync(string path) => (await data.Browser.OpenAsync(path)).Page;
}
