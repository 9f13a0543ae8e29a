using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Sightglass.Web.Tests;

/// <summary>Objectives and agreements: what is left, what used it up, what was promised.</summary>
public sealed class SlosTests(AlertingFixture data) : IClassFixture<AlertingFixture>
{
    [BrowserFact]
    public async Task Objectives_are_listed_the_worst_first_and_found()
    {
        var (page, errors) = await data.Browser.OpenAsync("/slos");
        var rows = page.GetByTestId("slo-row");
        await Expect(rows).ToHaveCountAsync(3);
        await Expect(rows.First).ToContainTextAsync("pay-availability");
        await Expect(rows.First).ToContainTextAsync("exhausted");
        await Expect(rows.First).ToContainTextAsync("used up");
        await Expect(rows.Filter(new LocatorFilterOptions { HasText = "pay-half" })).ToContainTextAsync("75.0 %");
        await Expect(rows.Last).ToContainTextAsync("no data");
        await page.GetByText("exhausted 1").ClickAsync();
        await Expect(rows).ToHaveCountAsync(1);
        page.Url.ShouldContain("status=exhausted");
        await page.GetByText("all 3").ClickAsync();
        await page.GetByLabel("Find an objective").FillAsync("half");
        await Expect(rows).ToHaveCountAsync(1);
        await page.GetByLabel("Find an objective").FillAsync("no such thing");
        await Expect(page.GetByText("No objective is like this")).ToBeVisibleAsync();
        errors.ShouldBeEmpty();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Filter_hides_objectives_of_other_services()
    {
        var (page, _) = await data.Browser.OpenAsync("/slos?service=nobody");
        await Expect(page.GetByTestId("slo-row")).ToHaveCountAsync(1);
        await Expect(page.GetByTestId("hidden-count")).ToContainTextAsync("2 more objectives do not match");
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task One_objective_says_what_is_left_and_what_used_it_up()
    {
        var (page, errors) = await data.Browser.OpenAsync("/slos?from=now-15m");
        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "pay-availability" }).ClickAsync();
        var facts = page.GetByTestId("slo-facts");
        await Expect(facts).ToContainTextAsync("−2,400 %");
        await Expect(facts).ToContainTextAsync("used up");
        await Expect(facts).ToContainTextAsync("75.0 %");
        await Expect(page.GetByTestId("burn-row")).ToHaveCountAsync(4);
        await Expect(page.GetByTestId("budget-chart").GetByTestId("chart").Locator("canvas")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("errors-chart")).ToContainTextAsync("allowed 1 %");
        var eaten = page.GetByTestId("eaten-row").First;
        await Expect(eaten).ToContainTextAsync("bad");
        await eaten.GetByRole(AriaRole.Button).ClickAsync();
        await page.WaitForURLAsync(new Regex(@"from=\d+&to=\d+"));
        await page.GoBackAsync();

        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Its rules" }).ClickAsync();
        await Expect(page.GetByTestId("rule-row").First).ToContainTextAsync("slo:");
        errors.ShouldBeEmpty();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Objective_without_traffic_and_one_that_is_not_there_say_so()
    {
        var (page, _) = await data.Browser.OpenAsync("/slos/one?name=quiet");
        await Expect(page.GetByText("Nothing was measured lately")).ToBeVisibleAsync();
        await Expect(page.GetByText("Nothing worth naming was used")).ToBeVisibleAsync();
        await page.GotoAsync(new Uri(data.Browser.Address, "/slos/one?name=gone").ToString());
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("there is no slo \"gone\"");
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Overview_says_which_budget_is_used_up_and_the_keys_lead_there()
    {
        var (page, _) = await data.Browser.OpenAsync("/");
        var row = page.GetByTestId("wrong-row").Filter(new LocatorFilterOptions { HasText = "pay-availability" }).Filter(new LocatorFilterOptions { HasText = "exhausted" });
        await Expect(row).ToContainTextAsync("budget used up");
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("b");
        await page.WaitForURLAsync("**/slos");
        await Expect(page.GetByTestId("slo-row")).ToHaveCountAsync(3);
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Agreements_show_figures_days_and_incidents_of_each_period()
    {
        await data.Browser.Until("/sightglass/v1/slas/pay", static report => report.GetProperty("state").GetString() == "missed");
        var (page, errors) = await data.Browser.OpenAsync("/slos");
        await page.GetByRole(AriaRole.Tab, new PageGetByRoleOptions { Name = "Agreements" }).ClickAsync();
        await Expect(page.GetByTestId("sla-row")).ToContainTextAsync("missed");
        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Payments" }).ClickAsync();
        await Expect(page.GetByTestId("target-figures")).ToContainTextAsync("25 %");
        await Expect(page.GetByTestId("day-missed").First).ToBeVisibleAsync();
        await Expect(page.GetByTestId("incident-row").First).ToContainTextAsync("25 % bad");
        (await page.GetByTestId("printable").GetAttributeAsync("href")).ShouldStartWith("/sightglass/v1/slas/pay/report.html?period=");

        await page.GetByLabel("The period before").ClickAsync();
        await page.WaitForURLAsync(new Regex("period="));
        await Expect(page.GetByTestId("target-figures")).ToContainTextAsync("no data");
        await page.GetByTestId("period").SelectOptionAsync(new SelectOptionValue { Index = 0 });
        await Expect(page.GetByTestId("target-figures")).ToContainTextAsync("missed");
        errors.ShouldBeEmpty();
        await page.Context.CloseAsync();
    }
}
