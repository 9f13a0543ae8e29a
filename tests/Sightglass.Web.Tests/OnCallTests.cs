using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Sightglass.Web.Tests;

/// <summary>Who is called, who has an alert in hand, what is noise, and what another rule would have done.</summary>
public sealed class OnCallTests(AlertingFixture data) : IClassFixture<AlertingFixture>
{
    [BrowserFact]
    public async Task Somebody_stands_in_in_two_clicks_and_is_taken_back()
    {
        var (page, errors) = await data.Browser.OpenAsync("/alerts?tab=oncall");
        var rotation = page.GetByTestId("rotation");
        await Expect(rotation).ToContainTextAsync(new Regex("Now(ana|ben)"));
        await Expect(page.GetByTestId("shift")).ToHaveCountAsync(14);
        (await page.GetByTestId("calendar").GetAttributeAsync("href")).ShouldBe("/sightglass/v1/oncall/primary.ics");
        var now = (await rotation.TextContentAsync())!.Contains("Nowana", StringComparison.Ordinal) ? "ana" : "ben";
        var other = now == "ana" ? "ben" : "ana";

        await page.GetByTestId("override").ClickAsync();
        await Expect(page.GetByTestId("save-override")).ToContainTextAsync(other);
        await page.GetByTestId("save-override").ClickAsync();
        await Expect(page.GetByTestId("override-row")).ToContainTextAsync($"{other} stands in");
        await Expect(rotation).ToContainTextAsync($"Now{other}");
        await page.GetByTestId("remove-override").ClickAsync();
        await Expect(page.GetByTestId("override-row")).ToHaveCountAsync(0);
        await Expect(rotation).ToContainTextAsync($"Now{now}");

        await page.GetByTestId("shift").Last.ClickAsync();
        await page.GetByLabel("Who").SelectOptionAsync("cleo");
        await page.GetByLabel("Why").FillAsync("swapped");
        await page.GetByTestId("save-override").ClickAsync();
        await Expect(page.GetByTestId("override-row")).ToContainTextAsync("swapped");
        await page.GetByTestId("remove-override").ClickAsync();
        await Expect(page.GetByTestId("override-row")).ToHaveCountAsync(0);
        errors.ShouldBeEmpty();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task An_alert_is_acknowledged_from_the_list_and_its_escalation_stops()
    {
        var (page, errors) = await data.Browser.OpenAsync("/alerts?tab=oncall");
        var escalation = page.GetByTestId("escalation-row").Filter(new LocatorFilterOptions { HasText = "BasketsTooFull" });
        await Expect(escalation).ToContainTextAsync("tells cleo in");
        await Expect(page.GetByTestId("policy-row")).ToContainTextAsync("after 1h cleo");
        await page.GetByRole(AriaRole.Tab, new PageGetByRoleOptions { Name = "Firing" }).ClickAsync();
        var alert = page.GetByTestId("alert-row").Filter(new LocatorFilterOptions { HasText = "baskets hold 7 items" });
        await alert.GetByTestId("acknowledge").ClickAsync();
        await page.GetByLabel("Your name").FillAsync("Ada");
        await page.GetByTestId("acknowledge-as").ClickAsync();
        await Expect(alert.GetByTestId("acknowledged")).ToContainTextAsync("Ada");

        await page.GetByRole(AriaRole.Tab, new PageGetByRoleOptions { Name = "On call" }).ClickAsync();
        await Expect(escalation).ToContainTextAsync("somebody has acknowledged it");
        await escalation.GetByText("BasketsTooFull").Last.ClickAsync();
        await Expect(page.GetByTestId("change-row").Filter(new LocatorFilterOptions { HasText = "acknowledged by Ada" })).ToBeVisibleAsync();
        await Expect(page.GetByTestId("episode-row").First).ToContainTextAsync("acknowledged by Ada");
        await page.GetByTestId("unacknowledge").ClickAsync();
        await Expect(page.GetByTestId("acknowledge").First).ToBeVisibleAsync();
        await Expect(page.GetByTestId("change-row").Filter(new LocatorFilterOptions { HasText = "took the acknowledgement back" })).ToBeVisibleAsync();
        errors.ShouldBeEmpty();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Noise_report_names_what_fired()
    {
        var (page, errors) = await data.Browser.OpenAsync("/alerts?tab=noise");
        var row = page.GetByTestId("noise-row").Filter(new LocatorFilterOptions { HasText = "BasketsTooFull" });
        await Expect(row).ToContainTextAsync("1×");
        await page.GetByText("30 days").ClickAsync();
        await page.WaitForURLAsync(new Regex("days=30"));
        await row.GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "BasketsTooFull" })).ToBeVisibleAsync();
        errors.ShouldBeEmpty();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Back_test_shows_when_a_rule_would_have_fired_and_what_others_would_have_done()
    {
        var (page, errors) = await data.Browser.OpenAsync("/alerts/rule?name=BasketGrows");
        await page.GetByText("1 day", new PageGetByTextOptions { Exact = true }).ClickAsync();
        await page.GetByLabel("Other thresholds").FillAsync("many");
        await page.GetByTestId("run-query").ClickAsync();
        await Expect(page.GetByText("numbers with commas")).ToBeVisibleAsync();
        await page.GetByLabel("Other thresholds").FillAsync("45, 1000");
        await page.GetByLabel("Other waits").FillAsync("0, 1h");
        await page.GetByTestId("run-query").ClickAsync();
        var test = page.GetByTestId("backtest");
        await Expect(test).ToContainTextAsync("It would have fired 1×");
        await Expect(page.GetByTestId("backtest-episodes").GetByRole(AriaRole.Img)).ToHaveAttributeAsync("aria-label", new Regex("^firing from"));
        var rows = test.GetByTestId("alternative-row");
        await Expect(rows).ToHaveCountAsync(5);
        await Expect(rows.Filter(new LocatorFilterOptions { HasText = "threshold 1k" })).ToContainTextAsync("0× −1");
        await Expect(rows.Filter(new LocatorFilterOptions { HasText = "for 1h" })).ToContainTextAsync("0× −1");
        await Expect(rows.Filter(new LocatorFilterOptions { HasText = "no wait" })).ToContainTextAsync("the same");
        page.Url.ShouldContain("days=1");
        await page.ReloadAsync();
        await Expect(rows).ToHaveCountAsync(5);
        errors.ShouldBeEmpty();
        await page.Context.CloseAsync();
    }
}
