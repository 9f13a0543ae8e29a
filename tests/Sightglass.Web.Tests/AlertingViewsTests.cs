using Microsoft.Playwright;

namespace Sightglass.Web.Tests;

/// <summary>The pages of alerting at each width and in both schemes: no error in the console, nothing wider than the window, all text readable.</summary>
public sealed class AlertingViewsTests(AlertingFixture data) : IClassFixture<AlertingFixture>
{
    private static readonly string[] Paths =
    [
        "/slos",
        "/slos/one?name=pay-availability",
        "/slos/one?name=pay-half&from=now-15m",
        "/slos/one?name=quiet",
        "/slos?tab=agreements",
        "/slos/agreement?name=pay",
        "/alerts",
        "/alerts?tab=history",
        "/alerts?tab=oncall",
        "/alerts?tab=noise",
        "/alerts/rule?name=BasketsTooFull&days=1",
        "/alerts/rule?name=BasketsTooFull&from=now-15m",
    ];

    public static TheoryData<string, int, bool> Views
    {
        get
        {
            var views = new TheoryData<string, int, bool>();
            foreach (var path in Paths)
            {
                views.Add(path, 1280, false);
                views.Add(path, 1920, true);
                views.Add(path, 390, true);
                views.Add(path, 390, false);
            }

            return views;
        }
    }

    [BrowserTheory]
    [MemberData(nameof(Views))]
    public async Task Is_readable_and_fits(string path, int width, bool dark)
    {
        var (page, errors) = await data.Browser.OpenAsync(path, width, dark);
        await page.GetByTestId("nav-overview").WaitForAsync();
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        errors.ShouldBeEmpty();
        (await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBeLessThanOrEqualTo(0);
        (await page.EvaluateAsync<string[]>(ContrastTests.Measure)).ShouldBeEmpty();
        await page.Context.CloseAsync();
    }
}
