using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Rules.Testing;
using Sightglass.Alerting.Slo;
using Sightglass.TestKit;

namespace Sightglass.Alerting.Tests.Slo;

public sealed class SloRulesTests : IDisposable
{
    private const string Shop = """
        slos:
        - {name: shop, service: web, objective: 99, window: WINDOW, indicator: {ratio: {errors: 'r{code="500"}', total: r}}}
        """;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_rules_are_those_that_Prometheus_reads()
    {
        var text = SloRules.Text(SloLoader.Load("s.yml", Shop.Replace("WINDOW", "30d", StringComparison.Ordinal))[0]);
        text.ShouldContain("""
              - alert: SloErrorBudgetBurn
                expr: |-
                  slo:sli_error:ratio_rate5m{service="web",slo="shop"} > 0.144 and slo:sli_error:ratio_rate1h{service="web",slo="shop"} > 0.144
                for: 2m
                labels:
                  factor: "14.4"
                  long: "1h"
                  service: "web"
                  severity: "critical"
                  short: "5m"
                  slo: "shop"
                annotations:
                  description: "{{ $value | humanizePercentage }} are bad, over 14.4 times what the objective allows, in the last 5m and 1h of 99% over 30d."
                  summary: "web: the error budget of shop burns too fast"
            """.ReplaceLineEndings("\n"));
        var file = new RuleFileLoader().Load("r.yml", text);
        file.Groups.Select(static g => g.Name).ShouldBe(["slo-shop-page", "slo-shop-ticket", "slo-shop-budget"]);
        file.Groups.SelectMany(static g => g.Rules).Where(static r => r.Record is not null).Select(static r => r.Name).ShouldBe(
        [
            "slo:sli_error:ratio_rate5m", "slo:sli_error:ratio_rate30m", "slo:sli_error:ratio_rate1h", "slo:sli_error:ratio_rate6h", "slo:current_burn_rate:ratio",
            "slo:sli_error:ratio_rate2h", "slo:sli_error:ratio_rate1d", "slo:sli_error:ratio_rate3d",
            "slo:objective:ratio", "slo:error_budget:ratio", "slo:period_error:ratio", "slo:period_burn_rate:ratio", "slo:period_error_budget_remaining:ratio", "slo_error_budget_remaining",
        ]);
    }

    [Theory]
    [InlineData("30d", "1h/5m/14.4 6h/30m/6 1d/2h/3 3d/6h/1")]
    [InlineData("28d", "1h/5m/14.4 6h/30m/6 1d/2h/3 3d/6h/1")]
    [InlineData("month", "1h/5m/14.4 6h/30m/6 1d/2h/3 3d/6h/1")]
    [InlineData("90d", "3h/15m/14.4 18h/1h30m/6 3d/6h/3 9d/18h/1")]
    [InlineData("7d", "14m/2m/14.4 1h24m/7m/6 5h36m/28m/3 16h48m/1h24m/1")]
    [InlineData("1h", "5m/2m/14.4 5m/2m/6 5m/2m/3 6m/2m/1")]
    public void Windows_of_the_pairs_follow_the_window(string window, string expected)
    {
        var slo = SloLoader.Load("s.yml", Shop.Replace("WINDOW", window, StringComparison.Ordinal))[0];
        string.Join(' ', SloRules.PairsOf(slo).Select(static p => $"{PromDuration.Format(p.Long)}/{PromDuration.Format(p.Short)}/{p.Factor.ToString(System.Globalization.CultureInfo.InvariantCulture)}")).ShouldBe(expected);
    }

    [Fact]
    public void A_pair_that_could_never_fire_is_left_out() =>
        SloRules.File(SloLoader.Load("s.yml", "slos: [{name: a, service: a, objective: 80}]")[0]).Groups.SelectMany(static g => g.Rules).Count(static r => r.Alert is not null).ShouldBe(2);

    // 60 requests a minute, of which so many fail; the budget is 1 %.
    [Theory]
    [InlineData("no errors, no series of them", "0+0x0", "0+60x120", 120, "1", "")]
    [InlineData("half of the budget of this hour", "0+0.3x120", "0+60x120", 120, "0.5", "")]
    [InlineData("twice the budget", "0+1.2x120", "0+60x120", 120, "0", "1")]
    [InlineData("fast", "0+6x120", "0+60x120", 120, "0", "1 3 6")]
    [InlineData("very fast", "0+12x120", "0+60x120", 120, "0", "1 14.4 3 6")]
    [InlineData("no traffic at all", "0x120", "5x120", 120, "1", "")]
    [InlineData("nothing is there", "_x120", "_x120", 120, "1", "")]
    [InlineData("the counters are reset", "0+0.3x60 0+0.3x59", "0+60x60 0+60x59", 120, "0.5", "")]
    [InlineData("a gap of half an hour", "0+0.3x60 _x30 27.3+0.3x29", "0+60x60 _x30 5460+60x29", 120, "0.5", "")]
    [InlineData("it is over", "0+6x59 354x60", "0+60x120", 90, "0", "")]
    public void Budgets_and_alerts_are_those_computed_by_hand(string name, string errors, string others, int minute, string remaining, string factors)
    {
        var alerts = string.Join(", ", factors.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(f => f switch
        {
            "14.4" => Alert("14.4", "5m", "2m", "critical"),
            "6" => Alert("6", "5m", "2m", "critical"),
            "3" => Alert("3", "5m", "2m", "warning"),
            _ => Alert("1", "6m", "2m", "warning"),
        }));
        Simulate("1h", $$"""
            rule_files: [slo.rules]
            evaluation_interval: 30s
            fuzzy_compare: true
            tests:
            - name: {{name}}
              interval: 1m
              input_series:
              - {series: 'r{code="500"}', values: '{{errors}}'}
              - {series: 'r{code="200"}', values: '{{others}}'}
              alert_rule_test: [{eval_time: {{minute}}m, alertname: SloErrorBudgetBurn, exp_alerts: [{{alerts}}]}]
              promql_expr_test: [{expr: 'round(slo_error_budget_remaining, 0.01)', eval_time: {{minute}}m, exp_samples: [{labels: '{service="web",slo="shop"}', value: {{remaining}}}]}]
            """);
    }

    // The hour of the calendar from midnight: ten minutes of it at 2 %, then none, and all of it forgotten when the next day begins.
    [Fact]
    public void A_calendar_window_begins_anew() => Simulate("day", """
        rule_files: [slo.rules]
        evaluation_interval: 1m
        tests:
        - interval: 1m
          start_timestamp: 2026-01-01T23:00:00Z
          input_series:
          - {series: 'r{code="500"}', values: '0+6x60 360+0x60'}
          - {series: 'r{code="200"}', values: '0+60x120'}
          promql_expr_test:
          - {expr: 'slo:period_error:ratio > bool 0.08', eval_time: 60m, exp_samples: [{labels: '{service="web",slo="shop"}', value: 1}]}
          - {expr: 'slo:period_error:ratio', eval_time: 75m, exp_samples: [{labels: 'slo:period_error:ratio{service="web",slo="shop"}', value: 0}]}
          - {expr: 'slo_error_budget_remaining', eval_time: 75m, exp_samples: [{labels: 'slo_error_budget_remaining{service="web",slo="shop"}', value: 1}]}
        """);

    [Fact]
    public void A_histogram_without_the_bucket_says_nothing_and_not_that_all_is_bad() => Simulate("1h", """
        rule_files: [slo.rules]
        evaluation_interval: 1m
        tests:
        - interval: 1m
          input_series:
          - {series: 'h_count', values: '0+60x60'}
          - {series: 'h_bucket{le="1"}', values: '0+60x60'}
          alert_rule_test: [{eval_time: 60m, alertname: SloErrorBudgetBurn, exp_alerts: []}]
          promql_expr_test: [{expr: '{__name__=~"slo:sli_error.*"}', eval_time: 60m, exp_samples: []}]
        """, "slos: [{name: shop, service: web, objective: 99, window: 1h, indicator: {latency: {histogram: h, threshold: 0.5}}}]");

    // Three of sixty take longer than a second; another instance has no traffic at all.
    [Fact]
    public void Native_histograms_are_read_by_their_fraction() => Simulate("1h", """
        rule_files: [slo.rules]
        evaluation_interval: 1m
        tests:
        - interval: 1m
          input_series:
          - {series: 'h{instance="a"}', values: '{{schema:0 count:0 sum:0 buckets:[0 0]}}+{{schema:0 count:60 sum:60 buckets:[57 3]}}x60'}
          - {series: 'h{instance="b"}', values: '{{schema:0 count:5 sum:5 buckets:[5 0]}}x60'}
          promql_expr_test: [{expr: 'round(slo:period_error:ratio, 0.0001)', eval_time: 60m, exp_samples: [{labels: '{service="web",slo="shop"}', value: 0.05}]}]
        """, "slos: [{name: shop, service: web, objective: 99, window: 1h, indicator: {latency: {histogram: h, threshold: 1, native: true}}}]");

    public void Dispose() => _folder.Dispose();

    private static string Alert(string factor, string longer, string shorter, string severity) =>
        $$$"""{exp_labels: {slo: shop, service: web, factor: "{{{factor}}}", long: {{{longer}}}, short: {{{shorter}}}, severity: {{{severity}}}}, exp_annotations: {summary: "ANY"}}""";

    private void Simulate(string window, string test, string? slos = null)
    {
        // Annotations have figures in them; what fires is told by the labels.
        var rules = SloRules.Text(SloLoader.Load("s.yml", slos ?? Shop.Replace("WINDOW", window, StringComparison.Ordinal))[0]);
        File.WriteAllText(_folder.PathOf("slo.rules"), string.Join('\n', rules.Split('\n').Where(static l => !l.StartsWith("      description:", StringComparison.Ordinal)).Select(static l => l.StartsWith("      summary:", StringComparison.Ordinal) ? "      summary: \"ANY\"" : l)));
        var report = new RuleTestRunner(TimeProvider.System, new RuleTestOptions([], Diff: false, IgnoreUnknown: false)).Run(_folder.PathOf("t.yml"), test, CancellationToken.None);
        string.Join('\n', report.Errors.Concat(report.Results.SelectMany(static r => r.Failures))).ShouldBe(string.Empty);
        report.Results.Count.ShouldBe(1);
    }
}
