using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;

namespace Sightglass.Ingest.Tests.Scrape;

public sealed class RelabelRuleTests
{
    private static readonly LabelSet Labels = LabelSet.Of("a", "foo", "b", "bar", "c", "baz", "same", "foo");

    public static TheoryData<RelabelRule, string?> Cases => new()
    {
        { new RelabelRule(RelabelAction.Replace, ["a"], regex: "f(.*)", targetLabel: "d", replacement: "ch${1}-ch$1"), "d=choo-choo" },
        { new RelabelRule(RelabelAction.Replace, ["a", "b"], regex: "f(.*);(.*)r", targetLabel: "a", replacement: "b${1}${2}m"), "a=boobam" },
        { new RelabelRule(RelabelAction.Replace, ["a"], regex: "nomatch", targetLabel: "d", replacement: "x"), "d=" },
        { new RelabelRule(RelabelAction.Replace, ["a"], targetLabel: "a", replacement: ""), "a=" },
        { new RelabelRule(RelabelAction.Replace, ["a"], regex: "(?P<rest>.*)", targetLabel: "${rest}x", replacement: "$$1"), "foox=$1" },
        { new RelabelRule(RelabelAction.Keep, ["a"], regex: "foo"), "a=foo" },
        { new RelabelRule(RelabelAction.Keep, ["a"], regex: "fo"), null },
        { new RelabelRule(RelabelAction.Drop, ["a"], regex: ".*o.*"), null },
        { new RelabelRule(RelabelAction.Drop, ["a"], regex: "o"), "a=foo" },
        { new RelabelRule(RelabelAction.KeepEqual, ["a"], targetLabel: "same"), "a=foo" },
        { new RelabelRule(RelabelAction.KeepEqual, ["a"], targetLabel: "b"), null },
        { new RelabelRule(RelabelAction.DropEqual, ["a"], targetLabel: "same"), null },
        { new RelabelRule(RelabelAction.HashMod, ["c"], targetLabel: "d", modulus: 1000), "d=976" },
        { new RelabelRule(RelabelAction.LabelMap, [], regex: "(b)", replacement: "my_${1}"), "my_b=bar" },
        { new RelabelRule(RelabelAction.LabelDrop, [], regex: "b|c"), "b=" },
        { new RelabelRule(RelabelAction.LabelKeep, [], regex: "b|c"), "a=" },
        { new RelabelRule(RelabelAction.Uppercase, ["a"], targetLabel: "up"), "up=FOO" },
        { new RelabelRule(RelabelAction.Lowercase, ["a"], targetLabel: "low"), "low=foo" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Does_what_Prometheus_does(RelabelRule rule, string? expected)
    {
        var builder = new LabelSetBuilder(Labels);
        var kept = RelabelRule.Apply([rule], builder);
        kept.ShouldBe(expected is not null);
        if (expected is not null)
        {
            var parts = expected.Split('=', 2);
            builder.Get(parts[0]).ShouldBe(parts[1]);
        }
    }
}
