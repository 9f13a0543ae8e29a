using Microsoft.Playwright;

namespace Sightglass.Web.Tests;

/// <summary>Text stands out from what is behind it as WCAG AA asks: 4.5 to 1, large text 3 to 1, in both schemes.</summary>
public sealed class ContrastTests(ExploreFixture data) : IClassFixture<ExploreFixture>
{
    /// <summary>Reads the colours the browser has computed; names every text that is too faint.</summary>
    public const string Measure = """
        () => {
          const parse = text => { const found = text.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0]; return [found[0], found[1], found[2], found[3] ?? 1]; };
          const over = (top, below) => [0, 1, 2].map(at => top[at] * top[3] + below[at] * (1 - top[3])).concat(1);
          const light = color => { const [r, g, b] = color.slice(0, 3).map(part => { const share = part / 255; return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          const behind = element => {
            const layers = [];
            for (let at = element; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
            return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
          };
          const faint = new Set();
          let seen = 0;
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const element = node.parentElement;
            if (!node.textContent.trim() || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
            if (element.closest('[aria-hidden=true], :disabled, [data-disabled], script, style, noscript')) continue;
            const style = getComputedStyle(element);
            if (!/^rgb/.test(style.color)) continue;
            seen++;
            const below = behind(element);
            const [a, b] = [light(over(parse(style.color), below)), light(below)].sort((x, y) => y - x);
            const ratio = (a + 0.05) / (b + 0.05);
            const size = parseFloat(style.fontSize);
            const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
            if (ratio < (large ? 3 : 4.5)) faint.add(`${ratio.toFixed(2)} "${node.textContent.trim().slice(0, 30)}" ${style.color} on ${below.slice(0, 3).map(Math.round)}`);
          }
          return seen === 0 ? ['no text on the page'] : [...faint];
        }
        """;

    private static readonly string[] Paths =
    [
        "/logs?q=%7Bservice_name%3D~%22steps%7Ccheckout%22%7D",
        "/logs?q=%7Bservice_name%3D~%22steps%7Ccheckout%22%7D&tab=patterns",
        "/logs?q=%7Bservice_name%3D~%22steps%7Ccheckout%22%7D%20%7C%20detected_level%3D%22info%22&refresh=live",
        "/logs?q=%7B",
        "/targets?tab=volume",
        "/targets?tab=series&name=job",
        "/alerts?tab=notifications",
        "/traces",
        $"/trace/{BrowserFixture.TraceId}?span=0123456789abcdef",
        $"/trace/{BrowserFixture.TraceId}?view=flame&compare={ExploreFixture.BigTrace}",
        "/metrics-explorer",
        "/metrics-explorer?service=checkout&q=basket_size",
        "/metrics-explorer?tab=table&q=basket_size",
    ];

    public static TheoryData<string, bool> Views
    {
        get
        {
            var views = new TheoryData<string, bool>();
            foreach (var path in Paths)
            {
                views.Add(path, false);
                views.Add(path, true);
            }

            return views;
        }
    }

    [BrowserTheory]
    [MemberData(nameof(Views))]
    public async Task Text_can_be_read(string path, bool dark)
    {
        var (page, _) = await data.Browser.OpenAsync(path, dark: dark);
        await page.GetByTestId("nav-overview").WaitForAsync();
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        (await page.EvaluateAsync<string[]>(Measure)).ShouldBeEmpty();
        await page.Context.CloseAsync();
    }
}
