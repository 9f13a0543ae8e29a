using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Sightglass.Web.Tests;

/// <summary>What happened to alerts, one by one and all together.</summary>
public sealed class AlertHistoryTests(AlertingFixture data) : IClassFixture<AlertingFixture>
{
    [BrowserFact]
    public async Task One_alert_shows_its_events_value_and_runbook_and_is_silenced()
    {
        var (page, errors) = await data.Browser.OpenAsync("/alerts?from=now-5m");
        await Row(page, "baskets hold 7 items").GetByText("History").ClickAsync();
        await page.WaitForURLAsync(new Regex("/alerts/one\\?.*alert=[0-9a-f]+"));
        await Expect(page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "BasketsTooFull" })).ToBeVisibleAsync();
        await Expect(Event(page, "fired")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("threshold")).ToHaveTextAsync("threshold > 5");
        await Expect(page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "What changed around its start" })).ToBeVisibleAsync();
        (await page.GetByTestId("runbook").GetAttributeAsync("href")).ShouldBe("https://runbooks.example.com/baskets");
        await page.GetByTestId("around").ClickAsync();
        await page.WaitForURLAsync(new Regex(@"from=\d+"));

        await page.GetByTestId("silence-alert").ClickAsync();
        await Expect(page.GetByTestId("silence-preview")).ToContainTextAsync("Silences 1 alert now");
        await page.Keyboard.PressAsync("Escape");
        await page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "BasketsTooFull" }).GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByTestId("rule-chart")).ToBeVisibleAsync();
        errors.ShouldBeEmpty();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task An_alert_that_nobody_knows_says_so()
    {
        var (page, _) = await data.Browser.OpenAsync("/alerts/one?alert=0000000000000000");
        await Expect(page.GetByText("Nothing is known of this alert")).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task History_is_narrowed_by_kind_and_text_and_leads_to_the_alert()
    {
        var (page, errors) = await data.Browser.OpenAsync("/alerts?tab=history");
        await Expect(Event(page, "fired").First).ToBeVisibleAsync();
        await page.GetByText("people", new PageGetByTextOptions { Exact = true }).ClickAsync();
        await Expect(Event(page, "escalated").First).ToContainTextAsync("policy page, step 1 of 2");
        await Expect(Event(page, "fired")).ToHaveCountAsync(0);
        page.Url.ShouldContain("status=people");
        await page.GetByText("states", new PageGetByTextOptions { Exact = true }).ClickAsync();
        await page.GetByLabel("Find an event").FillAsync("baskets");
        await Event(page, "fired").First.GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "BasketsTooFull" })).ToBeVisibleAsync();
        errors.ShouldBeEmpty();
        await page.Context.CloseAsync();
    }

    private static ILocator Row(IPage page, string text) => page.GetByTestId("alert-row").Filter(new LocatorFilterOptions { HasText = text });

    private static ILocator Event(IPage page, string text) => page.GetByTestId("change-row").Filter(new LocatorFilterOptions { HasText = text });
}
