using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Slo;

namespace Sightglass.Alerting.Tests.Slo;

/// <summary>Objectives over what is not metrics: it is recorded first.</summary>
public sealed class SloSourceTests
{
    private const string Selector = "{service=\"web\",slo=\"a\"}";

    [Theory]
    [InlineData("spans: {}", "({ (resource.service.name = \"web\" && kind = server) && status = error } | count_over_time()) with(window=5m)", "({ resource.service.name = \"web\" && kind = server } | count_over_time()) with(window=5m)")]
    [InlineData("spans: {threshold: 250ms}", "({ (resource.service.name = \"web\" && kind = server) && duration > 250000000ns } | count_over_time()) with(window=5m)", "({ resource.service.name = \"web\" && kind = server } | count_over_time()) with(window=5m)")]
    [InlineData("spans: {total: '{}', threshold: 0.5}", "({ duration > 500000000ns } | count_over_time()) with(window=5m)", "({} | count_over_time()) with(window=5m)")]
    [InlineData("spans: {total: '{ name = `x` }', errors: '{ name = `x` } >> { status = error }'}", "({ name = `x` } >> { status = error } | count_over_time()) with(window=5m)", "({ name = `x` } | count_over_time()) with(window=5m)")]
    [InlineData("spans: {total: '{}', good: '{ status != error }'}", "({} | count_over_time()) - ({ status != error } | count_over_time()) with(window=5m)", "({} | count_over_time()) with(window=5m)")]
    [InlineData("query_language: traceql, ratio: {errors: '{ status = error }', total: '{}'}", "({ status = error } | count_over_time()) with(window=5m)", "({} | count_over_time()) with(window=5m)")]
    public void Spans_are_counted_over_the_shortest_window(string indicator, string errors, string total)
    {
        var rules = Rules(SloLoader.Load("s.yml", $"slos: [{{name: a, service: web, objective: 99, indicator: {{{indicator}}}}}]")[0]);
        rules[0].Language.ShouldBe(RuleLanguage.TraceQL);
        rules[0].Record.ShouldBe("slo:errors:rate5m");
        rules[0].Expression.ShouldBe(errors);
        rules[1].Expression.ShouldBe(total);
        rules[2].Language.ShouldBe(RuleLanguage.PromQL);
        rules[2].Query.ShouldContain($"slo:errors:rate5m{Selector}");
    }

    [Theory]
    [InlineData("ratioMetric: {rawType: success, raw: {metricSource: {type: Loki, spec: {query: 'avg_over_time({a=\"b\"} | unwrap x [5m])'}}}}", "", "avg_over_time({a=\"b\"} | unwrap x [5m])", "avg_over_time((1 - clamp(avg(slo:sli:value{SEL} >= -Inf), 0, 1))[5m:15s])")]
    [InlineData("thresholdMetric: {metricSource: {type: Tempo, spec: {query: '{} | max_over_time(duration)'}}}", "op: lte, value: 0.5, ", "{} | max_over_time(duration)", "avg_over_time(avg(slo:sli:value{SEL} >= -Inf > bool 0.5)[5m:15s])")]
    public void A_value_that_is_not_of_metrics_is_recorded(string spec, string objective, string recorded, string ratio)
    {
        var rules = Rules(Open(spec, "Occurrences", objective));
        rules[0].Record.ShouldBe("slo:sli:value");
        rules[0].Expression.ShouldBe(recorded);
        Bare(rules[1].Query).ShouldBe(Bare(ratio.Replace("{SEL}", Selector, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Timeslices", "timeSliceWindow: 10m, timeSliceTarget: 0.95, ", "sum(slo:errors:rate10m{SEL}) / (sum(slo:total:rate10m{SEL}) > 0) > bool 0.05")]
    [InlineData("RatioTimeslices", "timeSliceWindow: 10m, ", "sum(slo:errors:rate10m{SEL}) / (sum(slo:total:rate10m{SEL}) > 0)")]
    public void Slices_of_time_are_of_what_is_recorded(string method, string objective, string slice)
    {
        const string Spec = "ratioMetric: {bad: {metricSource: {type: Loki, spec: {query: 'count_over_time({a=\"b\"} |= \"x\" [{{.window}}])'}}}, total: {metricSource: {type: Loki, spec: {query: 'count_over_time({a=\"b\"} [{{.window}}])'}}}}";
        var slo = Open(Spec, method, objective);
        var rules = Rules(slo);
        rules.Take(2).Select(static r => (r.Record, r.Language)).ShouldBe([("slo:errors:rate10m", RuleLanguage.LogQL), ("slo:total:rate10m", RuleLanguage.LogQL)]);
        rules[0].Expression.ShouldContain("[10m]");
        Bare(rules[2].Query).ShouldContain(Bare(slice.Replace("{SEL}", Selector, StringComparison.Ordinal)));
    }

    [Fact]
    public void Windows_of_burn_rates_have_room_for_samples()
    {
        var slo = SloLoader.Load("s.yml", "slos: [{name: a, service: web, objective: 99, window: 1d}]")[0];
        SloRules.PairsOf(slo)[0].Short.ShouldBe(TimeSpan.FromMinutes(2));
        SloRules.PairsOf(slo with { ShortestWindow = TimeSpan.FromMinutes(4) })[0].Short.ShouldBe(TimeSpan.FromMinutes(4));
    }

    [Fact]
    public void Services_that_count_for_themselves_have_names_of_their_own()
    {
        var defaults = new SloDefaults();
        var slos = defaults.Of(new HashSet<string> { "pay", "a b", "a/b", string.Empty, new('x', 80) }, new HashSet<string> { "pay" }, []);
        slos.Select(static s => s.Name).Distinct().Count().ShouldBe(slos.Count);
        slos.Select(static s => s.Service).ShouldBe(["a b", "a/b", "pay", "pay", new string('x', 80)]);
        slos.ShouldAllBe(static s => s.Name.Length <= SloLimits.MaxNameLength);
        slos.ShouldContain(static s => s.Name == "pay-availability");
        slos.ShouldContain(static s => s.Name == "pay-latency");
        foreach (var slo in slos)
        {
            SloRules.File(slo).Groups.Count.ShouldBe(3);
        }

        defaults.Of(new HashSet<string> { "pay" }, new HashSet<string>(), slos).ShouldBeEmpty();
        (defaults with { Enabled = false }).Of(new HashSet<string> { "pay" }, new HashSet<string>(), []).ShouldBeEmpty();
        (defaults with { LatencyObjective = null }).Of(new HashSet<string>(), new HashSet<string> { "pay" }, []).ShouldBeEmpty();
        defaults.Of(Enumerable.Range(0, 500).Select(static i => $"s{i}").ToHashSet(), new HashSet<string>(), []).Count.ShouldBe(SloDefaults.MaxServices);
    }

    private static RuleDefinition[] Rules(SloDefinition slo) => [.. SloRules.File(slo).Groups.SelectMany(static g => g.Rules)];

    private static SloDefinition Open(string spec, string method, string objective) => SloLoader.Load("o.yml", $$$"""
        apiVersion: openslo/v1
        kind: SLO
        metadata: {name: a}
        spec:
          service: web
          budgetingMethod: {{{method}}}
          indicator: {metadata: {name: i}, spec: { {{{spec}}} }}
          objectives: [{ {{{objective}}}target: 0.9}]
        """)[0];

    private static string Bare(string text) => text.Replace("(", string.Empty, StringComparison.Ordinal).Replace(")", string.Empty, StringComparison.Ordinal);
}
