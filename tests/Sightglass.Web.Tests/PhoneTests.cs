using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Sightglass.Web.Tests;

/// <summary>The pages on a phone, and with the keyboard alone.</summary>
public sealed class PhoneTests(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    private const int Phone = 390;

    [BrowserTheory]
    [InlineData("/")]
    [InlineData("/alerts")]
    [InlineData("/alerts?tab=silences")]
    [InlineData("/alerts?tab=rules")]
    [InlineData("/alerts?tab=notifications")]
    [InlineData("/alerts?tab=history")]
    [InlineData("/alerts?silence=alertname%3D%22BasketsTooFull%22")]
    [InlineData("/alerts/rule?name=BasketsTooFull")]
    [InlineData("/targets")]
    [InlineData("/targets?tab=volume")]
    [InlineData("/targets?tab=series")]
    [InlineData("/services")]
    [InlineData("/services?service=checkout")]
    [InlineData("/logs")]
    [InlineData("/logs?tab=patterns")]
    [InlineData("/logs?refresh=live")]
    [InlineData("/traces")]
    [InlineData("/metrics-explorer")]
    public async Task Nothing_is_wider_than_the_phone(string path)
    {
        var (page, errors) = await browser.OpenAsync(path, Phone);
        await page.GetByTestId("nav-overview").WaitForAsync();
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        errors.ShouldBeEmpty();
        (await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBeLessThanOrEqualTo(0);
        (await page.EvaluateAsync<int>("document.querySelector('header').getBoundingClientRect().height")).ShouldBeLessThanOrEqualTo(48);
        foreach (var link in await page.Locator(".sg-nav a").AllAsync())
        {
            var box = await link.BoundingBoxAsync();
            box.ShouldNotBeNull();
            (box.X + box.Width).ShouldBeLessThanOrEqualTo(Phone);
        }

        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Filters_are_behind_a_button()
    {
        var (page, _) = await browser.OpenAsync("/logs?service=nobody", Phone);
        await page.GetByTestId("open-filters").ClickAsync();
        await Expect(page.GetByTestId("filter-service")).ToHaveValueAsync("nobody");
        await page.GetByTestId("filter-service").SelectOptionAsync(string.Empty);
        await Expect(page.GetByTestId("log-row").First).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Keys_lead_everywhere()
    {
        var (page, _) = await browser.OpenAsync("/");
        await page.GetByTestId("nav-overview").WaitForAsync();
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("a");
        await page.WaitForURLAsync("**/alerts");
        await page.Keyboard.PressAsync("?");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Go to alerts");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();
        await page.Keyboard.PressAsync("/");
        await page.GetByPlaceholder("Page, metric").FillAsync("BasketsTooFull");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/alerts/rule?**");
        await page.Context.CloseAsync();
    }
}
