using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;

namespace Sightglass.Ingest.Tests.Scrape;

/// <summary>Each action of the language against what Prometheus documents of it: labels before, one rule, labels after; null where the rule drops them.</summary>
public sealed class RelabelLanguageTests
{
    public static TheoryData<string, RelabelRule, string?> Rules => new()
    {
        { "a=foo,b=bar", new RelabelRule(RelabelAction.Replace, ["a"], regex: "f(.*)", targetLabel: "d", replacement: "ch${1}-ch$1"), "a=foo,b=bar,d=choo-choo" },
        { "a=foo,b=bar", new RelabelRule(RelabelAction.Replace, ["a", "b"], regex: "foo;(.+)", targetLabel: "c"), "a=foo,b=bar,c=bar" },
        { "a=foo,b=bar", new RelabelRule(RelabelAction.Replace, ["a", "b"], separator: "-", targetLabel: "c"), "a=foo,b=bar,c=foo-bar" },
        { "a=foo", new RelabelRule(RelabelAction.Replace, ["a"], regex: "fo", targetLabel: "c", replacement: "x"), "a=foo" },
        { "a=foo", new RelabelRule(RelabelAction.Replace, ["nothing"], targetLabel: "c", replacement: "x"), "a=foo,c=x" },
        { "a=foo,c=y", new RelabelRule(RelabelAction.Replace, ["nothing"], targetLabel: "c"), "a=foo" },
        { "a=some-name-value", new RelabelRule(RelabelAction.Replace, ["a"], regex: "some-([^-]+)-([^,]+)", targetLabel: "${1}", replacement: "${2}"), "a=some-name-value,name=value" },
        { "a=1-2", new RelabelRule(RelabelAction.Replace, ["a"], regex: "(?P<x>.)-(.)", targetLabel: "c", replacement: "$1|$2|$x|${x}y|$3|$$|$1x|$"), "a=1-2,c=1|2|1|1y||$||$" },
        { "a=x]y", new RelabelRule(RelabelAction.Replace, ["a"], regex: @"([^]()]+)[](]((?:y))", targetLabel: "c", replacement: "$2$1"), "a=x]y,c=yx" },
        { "a=l1\nl2", new RelabelRule(RelabelAction.Replace, ["a"], regex: "l1(.*)", targetLabel: "c", replacement: "z"), "a=l1\nl2,c=z" },
        { "a=foo", new RelabelRule(RelabelAction.Replace, ["a"], regex: "(f).*", targetLabel: "$1 x", replacement: "y", legacyNames: true), "a=foo" },
        { "a=foo", new RelabelRule(RelabelAction.Replace, ["a"], regex: "(f).*", targetLabel: "$1 x", replacement: "y"), "a=foo,f x=y" },
        { "a=foo", new RelabelRule(RelabelAction.Keep, ["a"], regex: "fo+"), "a=foo" },
        { "a=foo", new RelabelRule(RelabelAction.Keep, ["a"], regex: "fo"), null },
        { "a=foo", new RelabelRule(RelabelAction.Drop, ["a"], regex: ".*o"), null },
        { "a=foo", new RelabelRule(RelabelAction.Drop, ["b"], regex: "x"), "a=foo" },
        { "a=foo,b=foo", new RelabelRule(RelabelAction.KeepEqual, ["a"], targetLabel: "b"), "a=foo,b=foo" },
        { "a=foo,b=bar", new RelabelRule(RelabelAction.KeepEqual, ["a"], targetLabel: "b"), null },
        { "a=foo,b=foo", new RelabelRule(RelabelAction.DropEqual, ["a"], targetLabel: "b"), null },
        { "a=foo,b=bar", new RelabelRule(RelabelAction.DropEqual, ["a"], targetLabel: "b"), "a=foo,b=bar" },
        { "a=foo,b=bar,c=baz", new RelabelRule(RelabelAction.HashMod, ["c"], targetLabel: "d", modulus: 1000), "a=foo,b=bar,c=baz,d=976" },
        { "a=foo\nbar", new RelabelRule(RelabelAction.HashMod, ["a"], targetLabel: "b", modulus: 1000), "a=foo\nbar,b=734" },
        { "a=foo,b1=bar,b2=baz", new RelabelRule(RelabelAction.LabelMap, [], regex: "(b.*)", replacement: "bar_${1}"), "a=foo,b1=bar,b2=baz,bar_b1=bar,bar_b2=baz" },
        { "a=1,aa=2", new RelabelRule(RelabelAction.LabelMap, [], regex: "a(.*)", replacement: "aa$1"), "a=1,aa=1,aaa=2" },
        { "__meta_x=1,y=2", new RelabelRule(RelabelAction.LabelMap, [], regex: "__meta_(.+)"), "__meta_x=1,x=1,y=2" },
        { "a=foo,b1=bar,b2=baz", new RelabelRule(RelabelAction.LabelDrop, [], regex: "b.*"), "a=foo" },
        { "a=foo,b1=bar,b2=baz", new RelabelRule(RelabelAction.LabelKeep, [], regex: "b.*"), "b1=bar,b2=baz" },
        { "a=FoO Ä", new RelabelRule(RelabelAction.Lowercase, ["a"], targetLabel: "b"), "a=FoO Ä,b=foo ä" },
        { "a=FoO Ä", new RelabelRule(RelabelAction.Uppercase, ["a"], targetLabel: "b"), "a=FoO Ä,b=FOO Ä" },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void Actions(string before, RelabelRule rule, string? after)
    {
        var labels = new LabelSetBuilder();
        foreach (var pair in before.Split(',').Select(p => p.Split('=', 2)))
        {
            labels.Set(pair[0], pair[1]);
        }

        var kept = RelabelRule.Apply([rule], labels);
        kept.ShouldBe(after is not null);
        if (kept)
        {
            string.Join(',', labels.Build().Select(l => $"{l.Name}={l.Value}")).ShouldBe(after);
        }
    }

    [Fact]
    public void Targets_get_labels_address_and_parameters_in_Prometheus_order()
    {
        var configuration = new ScrapeConfiguration
        {
            JobName = "j",
            MetricsPath = "probe me",
            Parameters = [new("module", "http"), new("module", "second"), new("target", "x")],
            Relabel =
            [
                new RelabelRule(RelabelAction.Replace, ["__address__"], targetLabel: "__param_target"),
                new RelabelRule(RelabelAction.Replace, ["__param_target"], targetLabel: "instance"),
                new RelabelRule(RelabelAction.Replace, [], targetLabel: "__address__", replacement: "prober:9115"),
                new RelabelRule(RelabelAction.Replace, [], targetLabel: "__param_new", replacement: "a b&c"),
                new RelabelRule(RelabelAction.Replace, [], targetLabel: "__scrape_interval__", replacement: "1m30s"),
                new RelabelRule(RelabelAction.LabelDrop, [], regex: "__param_module"),
            ],
        };
        var target = TargetBuilder.Build(configuration, "https://a.test/?x=1", LabelSet.Of("env", "e", "__meta_m", "1"), out var discovered)!;
        target.Url.OriginalString.ShouldBe("http://prober:9115/probe%20me?module=http&module=second&new=a+b%26c&target=https%3A%2F%2Fa.test%2F%3Fx%3D1");
        target.Labels.ShouldBe(LabelSet.Of("env", "e", "instance", "https://a.test/?x=1", "job", "j"));
        target.Interval.ShouldBe(TimeSpan.FromSeconds(90));
        discovered["__scrape_interval__"].ShouldBe("15s");
        discovered["__param_module"].ShouldBe("http");
    }

    [Theory]
    [InlineData("__address__", "a/b", "\"a/b\" is not a valid hostname")]
    [InlineData("__address__", "", "no address")]
    [InlineData("__scheme__", "ftp", "unsupported protocol scheme \"ftp\"")]
    [InlineData("__scrape_interval__", "x", "error parsing scrape interval: not a valid duration string: \"x\"")]
    [InlineData("__scrape_interval__", "0s", "scrape interval cannot be 0")]
    [InlineData("__scrape_timeout__", "1h", "scrape timeout cannot be greater than scrape interval (\"1h\" > \"15s\")")]
    public void Targets_that_cannot_be(string label, string value, string error) =>
        Should.Throw<FormatException>(() => TargetBuilder.Build(
            new ScrapeConfiguration { JobName = "j", Relabel = [new RelabelRule(RelabelAction.Replace, [], targetLabel: label, replacement: value)] }, "a:1", LabelSet.Empty, out _)).Message.ShouldBe(error);
}
