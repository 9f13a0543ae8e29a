using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Sightglass.Web.Tests;

/// <summary>Alerts, silences and rules, as somebody who is woken uses them.</summary>
public sealed class AlertsTests(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    /// <summary>The rules of the server under test.</summary>
    public const string Rules = """
        groups:
          - name: shop
            interval: 1s
            rules:
              - alert: BasketsTooFull
                expr: vector(7) > 5
                labels: { severity: critical, service: checkout }
                annotations: { summary: 'baskets hold {{ $value }} items', runbook_url: 'https://runbooks.example.com/baskets' }
              - alert: BasketsToSilence
                expr: vector(8) > 5
                labels: { severity: warning, service: checkout }
                annotations: { summary: 'more than five' }
              - alert: StockLow
                expr: label_replace(vector(2), "service", "stock", "", "") < 3
                for: 1h
              - record: basket:items
                expr: basket_size
          - name: broken
            interval: 1s
            rules:
              - alert: NotEvaluated
                expr: label_replace(vector(1), "a", "$1", "b", "(") > 0
        """;

    [BrowserFact]
    public async Task Silence_is_made_from_an_alert_in_two_clicks_and_expires()
    {
        var (page, errors) = await browser.OpenAsync("/alerts");
        var alert = Row(page, "more than five");
        await Expect(alert).ToContainTextAsync("goes to on-call");

        await alert.GetByTestId("silence-alert").ClickAsync();
        await Expect(page.GetByTestId("silence-preview")).ToContainTextAsync("Silences 1 alert now");
        await Expect(page.GetByTestId("silence-preview")).ToContainTextAsync("BasketsToSilence");
        await page.GetByTestId("save-silence").ClickAsync();

        await Expect(page.GetByTestId("quiet-alerts")).ToContainTextAsync("nobody is told: 1");
        await Expect(page.GetByTestId("save-silence")).ToBeHiddenAsync();
        await Expect(page.GetByTestId("quiet-alerts").GetByTestId("alert-row")).ToContainTextAsync("more than five");

        await page.GetByRole(AriaRole.Tab, new PageGetByRoleOptions { Name = "Silences" }).ClickAsync();
        var silence = page.GetByTestId("silence-row");
        await Expect(silence).ToContainTextAsync("alertname=\"BasketsToSilence\"");
        await Expect(silence).ToContainTextAsync("1 alert silenced now");
        await page.GetByTestId("expire-silence").ClickAsync();
        await Expect(page.GetByText("No silence is active")).ToBeVisibleAsync();
        await page.GetByText("expired 1").ClickAsync();
        await Expect(silence).ToHaveCountAsync(1);

        await page.GetByRole(AriaRole.Tab, new PageGetByRoleOptions { Name = "Firing" }).ClickAsync();
        await Expect(Row(page, "more than five").GetByTestId("silence-alert")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("quiet-alerts")).ToHaveCountAsync(0);
        errors.ShouldBeEmpty();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Preview_follows_the_labels_and_the_silence_keeps_author_and_comment()
    {
        var (page, _) = await browser.OpenAsync("/alerts?tab=silences");
        await page.GetByTestId("new-silence").ClickAsync();
        await Expect(page.GetByTestId("save-silence")).ToBeDisabledAsync();
        await page.GetByLabel("Label", new PageGetByLabelOptions { Exact = true }).FillAsync("severity");
        await page.GetByLabel("Value of severity").FillAsync("nothing");
        await Expect(page.GetByTestId("silence-preview")).ToContainTextAsync("Matches no alert");
        await page.GetByLabel("Comparison").SelectOptionAsync("=~");
        await page.GetByLabel("Value of severity").FillAsync("crit.*");
        await Expect(page.GetByTestId("silence-preview")).ToContainTextAsync("BasketsTooFull");
        await page.GetByLabel("Value of severity").FillAsync("(");
        await Expect(page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Alert)).ToBeVisibleAsync();

        await page.GetByLabel("Value of severity").FillAsync("nothing-yet");
        await page.GetByText("1 week").ClickAsync();
        await page.GetByLabel("Your name").FillAsync("Ada");
        await page.GetByLabel("Why").FillAsync("moving house");
        await page.GetByTestId("save-silence").ClickAsync();
        var silence = page.GetByTestId("silence-row").Filter(new LocatorFilterOptions { HasText = "nothing-yet" });
        await Expect(silence).ToContainTextAsync("moving house");
        await Expect(silence).ToContainTextAsync("Ada");

        await silence.GetByText("Edit").ClickAsync();
        await Expect(page.GetByLabel("Why")).ToHaveValueAsync("moving house");
        await page.GetByLabel("Why").FillAsync("moved");
        await page.GetByTestId("save-silence").ClickAsync();
        await Expect(silence).ToContainTextAsync("moved");
        await page.GoBackAsync();
        await silence.GetByTestId("expire-silence").ClickAsync();
        await Expect(silence).ToHaveCountAsync(0);
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Page_of_a_rule_has_its_chart_threshold_states_and_alerts()
    {
        var (page, errors) = await browser.OpenAsync("/alerts?tab=rules&from=now-5m");
        await page.GetByTestId("rule-row").Filter(new LocatorFilterOptions { HasText = "BasketsTooFull" }).GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "BasketsTooFull" })).ToBeVisibleAsync();
        await Expect(page.GetByTestId("threshold")).ToHaveTextAsync("threshold > 5");
        await Expect(page.GetByTestId("rule-chart").GetByTestId("chart").Locator("canvas")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("state-history").GetByRole(AriaRole.Img)).ToHaveAttributeAsync("aria-label", new System.Text.RegularExpressions.Regex("^firing from"));
        await Expect(page.GetByTestId("alert-row")).ToContainTextAsync("baskets hold 7 items");
        await Expect(page.GetByText("vector(7) > 5").First).ToBeVisibleAsync();
        await Expect(page.GetByTestId("change-row").Filter(new LocatorFilterOptions { HasText = "fired" }).First).ToBeVisibleAsync();
        await Expect(page.GetByTestId("notification-row").First).ToContainTextAsync("gone");
        (await page.GetByText("Runbook").First.GetAttributeAsync("href")).ShouldBe("https://runbooks.example.com/baskets");

        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Explore" }).ClickAsync();
        await Expect(page.GetByTestId("query-editor").First).ToContainTextAsync("vector(7)");
        errors.ShouldBeEmpty();
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Rules_are_found_by_text_and_state()
    {
        var (page, _) = await browser.OpenAsync("/alerts?tab=rules");
        await Expect(page.GetByTestId("rule-row")).ToHaveCountAsync(5);
        await page.GetByLabel("Find a rule").FillAsync("stock");
        await Expect(page.GetByTestId("rule-row")).ToHaveCountAsync(1);
        await Expect(page.GetByTestId("rule-row")).ToContainTextAsync("pending");
        await page.GetByLabel("Find a rule").FillAsync(string.Empty);
        await page.GetByText("broken 1").ClickAsync();
        await Expect(page.GetByTestId("rule-row")).ToContainTextAsync("NotEvaluated");
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Notifications_show_attempts_and_errors_and_are_found()
    {
        var (page, _) = await browser.OpenAsync("/alerts?tab=notifications");
        var row = page.GetByTestId("notification-row");
        await Expect(row).ToHaveCountAsync(1);
        await Expect(row).ToContainTextAsync("gone");
        await Expect(row.Locator(".sg-why")).Not.ToBeEmptyAsync();
        await Expect(page.GetByTestId("receiver-row").Filter(new LocatorFilterOptions { HasText = "gone" })).ToContainTextAsync("failing");
        await row.Locator("summary").ClickAsync();
        await Expect(row).ToContainTextAsync("baskets hold 7 items");

        await page.GetByText("sent 0").ClickAsync();
        await Expect(page.GetByText("No notification is like this")).ToBeVisibleAsync();
        await page.GetByText("all 1").ClickAsync();
        await page.GetByLabel("Find a notification").FillAsync("no such thing");
        await Expect(row).ToHaveCountAsync(0);
        await page.GetByLabel("Find a notification").FillAsync("critical");
        await Expect(row).ToHaveCountAsync(1);
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Filter_hides_what_is_of_others_and_says_how_much()
    {
        var (page, _) = await browser.OpenAsync("/alerts?service=stock");
        await Expect(page.GetByTestId("alert-row")).ToHaveCountAsync(1);
        await Expect(page.GetByTestId("hidden-count")).ToContainTextAsync("more alerts do not match");
        await page.GetByRole(AriaRole.Tab, new PageGetByRoleOptions { Name = "Rules" }).ClickAsync();

        // The rules of checkout say so; the others may be about any service.
        await Expect(page.GetByTestId("rule-row")).ToHaveCountAsync(3);
        await Expect(page.GetByTestId("hidden-count")).ToContainTextAsync("2 more rules do not match");
        await page.GetByRole(AriaRole.Tab, new PageGetByRoleOptions { Name = "History" }).ClickAsync();
        await Expect(page.GetByTestId("change-row").First).ToContainTextAsync("StockLow");
        await Expect(page.GetByTestId("hidden-count")).ToContainTextAsync("do not match");

        await page.GetByTestId("nav-targets").ClickAsync();
        await Expect(page.GetByTestId("hidden-count")).ToContainTextAsync("do not match");
        await Expect(page.GetByTestId("target-row")).ToHaveCountAsync(0);
        await page.GetByTestId("filter-service").SelectOptionAsync("checkout");
        await Expect(page.GetByTestId("target-row")).ToHaveCountAsync(1);
        await page.GetByText("Show all").ClickAsync();
        await page.GetByTestId("filter-env").SelectOptionAsync("prod");
        await Expect(page.GetByTestId("target-row")).ToHaveCountAsync(1);
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task Overview_says_what_is_wrong_and_leads_there()
    {
        var (page, _) = await browser.OpenAsync("/");
        var rows = page.GetByTestId("wrong-row");
        await Expect(rows.Filter(new LocatorFilterOptions { HasText = "baskets hold 7 items" })).ToBeVisibleAsync();
        await Expect(rows.Filter(new LocatorFilterOptions { HasText = "the rule cannot be evaluated" })).ToContainTextAsync("NotEvaluated");
        await Expect(rows.Filter(new LocatorFilterOptions { HasText = "127.0.0.1:9/metrics" })).ToContainTextAsync("down");
        await rows.Filter(new LocatorFilterOptions { HasText = "baskets hold" }).GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByTestId("threshold")).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    private static ILocator Row(IPage page, string text) => page.GetByTestId("alert-row").Filter(new LocatorFilterOptions { HasText = text });
}
