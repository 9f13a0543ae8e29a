using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Rules.Backtest;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Tests.Rules;

public sealed class RuleBacktestTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("rate(x[5m]) > 10", "rate(x[5m]) > 9|rate(x[5m]) > 11")]
    [InlineData("x < 0.3 and on() y", "x < 0.27 and on() y|x < 0.33 and on() y")]
    [InlineData("up == 0", "")]
    [InlineData("a > b", "")]
    public void Other_thresholds_take_the_place_of_the_number(string expression, string expected) =>
        string.Join('|', RuleBacktest.OtherExpressions(Rule(expression), null).Select(static o => o.Expression)).ShouldBe(expected);

    [Fact]
    public void Thresholds_that_are_given_take_the_place_of_the_number_in_both_languages()
    {
        string Others(RuleDefinition rule) => string.Join('|', RuleBacktest.OtherExpressions(rule, [5, -0.5]).Select(static o => o.Expression));
        Others(Rule("up == 0")).ShouldBe("up == 5|up == (-0.5)");
        Others(Rule("a > b")).ShouldBe(string.Empty);
        Others(Rule("sum(rate({a=\"b\"}[5m])) > 10") with { Language = RuleLanguage.LogQL }).ShouldBe("sum(rate({a=\"b\"}[5m])) > 5|sum(rate({a=\"b\"}[5m])) > (-0.5)");
    }

    [Fact]
    public async Task What_would_have_fired_is_summed_for_the_rule_and_each_alternative()
    {
        // Holds for 3 of every 10 minutes.
        var history = new Scripted([.. Enumerable.Range(0, 60).Where(static m => m % 10 < 3)]);
        var request = new BacktestRequest { Groups = [Group(Rule("x > 1") with { For = TimeSpan.FromMinutes(1) })], From = Start, To = Start.AddMinutes(59), Waits = [TimeSpan.Zero, TimeSpan.FromMinutes(5)], Thresholds = [] };
        var rule = (await new RuleBacktest(history).RunAsync(request, CancellationToken.None)).ShouldHaveSingleItem();
        rule.Summary.ShouldBe(new BacktestSummary(6, TimeSpan.FromMinutes(12), TimeSpan.FromMinutes(2), 5, 1));
        rule.Alternatives.Select(static a => $"{a.For.TotalMinutes} {a.Summary.Fired} {a.Summary.Total.TotalMinutes}").ShouldBe(["0 6 18", "5 0 0"]);
    }

    [Theory]
    [InlineData("{ status = error } | rate() > 1 with(window=10m)", "{ status = error } | rate() > 0.9 with(window=10m)|{ status = error } | rate() > 1.1 with(window=10m)")]
    [InlineData("{} | quantile_over_time(duration, .9) >= 200ms", "{} | quantile_over_time(duration, .9) >= 0.18s|{} | quantile_over_time(duration, .9) >= 0.22s")]
    [InlineData("{} | rate() by (name) = -2", "{} | rate() by (name) = -1.8|{} | rate() by (name) = -2.2")]
    [InlineData("{} | rate()", "")]
    [InlineData("{ span.n > 1 } | rate() > 1 | topk(3)", "")]
    public void Thresholds_of_rules_over_spans_are_those_at_their_end(string expression, string expected)
    {
        var others = RuleBacktest.OtherExpressions(Rule(expression) with { Language = RuleLanguage.TraceQL }, null).Select(static o => o.Expression).ToList();
        string.Join('|', others).ShouldBe(expected);
        others.ForEach(Sightglass.Query.TraceQL.TraceQLRules.Check);
    }

    [Fact]
    public async Task Rules_over_spans_are_read_once_for_all_thresholds()
    {
        // The value is the minute.
        var history = new Scripted([.. Enumerable.Range(0, 60)]);
        var rule = Rule("{} | rate() > 10 with(window=1m)") with { Language = RuleLanguage.TraceQL };
        var request = new BacktestRequest { Groups = [Group(rule)], From = Start, To = Start.AddMinutes(59), Thresholds = [57, 100], Waits = [] };
        var replayed = (await new RuleBacktest(history).RunAsync(request, CancellationToken.None)).Single();
        replayed.Summary.Total.TotalMinutes.ShouldBe(48);
        replayed.Alternatives.Select(static a => $"{a.Threshold} {a.Expression} {a.Summary.Total.TotalMinutes}")
            .ShouldBe(["57 {} | rate() > 57 with(window=1m) 1", "100 {} | rate() > 100 with(window=1m) 0"]);
        history.Asked.ShouldBe(["{} | rate() with(window=1m)"]);
    }

    [Fact]
    public async Task Episodes_have_the_labels_that_the_rule_adds()
    {
        var labels = LabelSet.Of("i", "{{ \"\" }}", "severity", "page", "which", "{{ $labels.i }} of {{ $externalLabels.cluster }}", "level", "{{ if lt $value 2.0 }}low{{ else }}high{{ end }}", "asked", "{{ query \"up\" | len }}");
        var request = new BacktestRequest { Groups = [Group(Rule("x > 1") with { Labels = labels })], From = Start, To = Start.AddMinutes(9), Waits = [], Thresholds = [] };
        var rule = (await new RuleBacktest(new Scripted([0, 1, 2, 5]), LabelSet.Of("cluster", "c")).RunAsync(request, CancellationToken.None)).Single();
        rule.Episodes.Select(e => $"{(e.From - Start).TotalMinutes}-{(e.To - Start).TotalMinutes} {e.Labels["level"]}").ShouldBe(["0-2 low", "2-3 high", "5-6 high"]);
        var first = rule.Episodes[0].Labels;
        first["alertname"].ShouldBe("A");
        first["severity"].ShouldBe("page");
        first["which"].ShouldBe("0 of c");
        first["i"].ShouldBeEmpty();
        rule.Episodes.Select(static e => e.Labels["asked"]).ShouldBe(["2", "2", "2"]);
    }

    [Fact]
    public async Task Queries_in_labels_are_asked_once_at_each_moment()
    {
        var labels = LabelSet.Of(
            "half", "{{ with query \"minute\" | first }}{{ if lt .Value 30.0 }}first{{ else }}second{{ end }}{{ end }}",
            "of", "{{ query (printf \"owner{i=%q}\" $labels.i) | first | label \"asked\" }}",
            "wrong", "{{ query \"wrong\" | len }}");
        var history = new Scripted([28, 29, 30, 31], series: 2);
        var request = new BacktestRequest { Groups = [Group(Rule("x > 1") with { Labels = labels })], From = Start, To = Start.AddMinutes(59), Waits = [], Thresholds = [7] };
        var rule = (await new RuleBacktest(history).RunAsync(request, CancellationToken.None)).Single();
        rule.Episodes.Select(e => $"{(e.From - Start).TotalMinutes}-{(e.To - Start).TotalMinutes} {e.Labels["half"]} {e.Labels["of"]}").ShouldBe(
            ["28-30 first owner{i=\"0\"}", "28-30 first owner{i=\"1\"}", "30-32 second owner{i=\"0\"}", "30-32 second owner{i=\"1\"}"]);
        rule.Episodes[0].Labels["wrong"].ShouldContain("no such thing");
        rule.Alternatives.Single().Summary.Fired.ShouldBe(4);
        history.Queries.Count.ShouldBe(4 * 4, "once for all series and thresholds");
    }

    [Fact]
    public async Task Too_many_queries_in_labels_are_an_error_with_the_limit()
    {
        var rule = Rule("x > 1") with { Labels = LabelSet.Of("a", "{{ query $labels.i | len }}") };
        var request = new BacktestRequest { Groups = [Group(rule)], From = Start, To = Start.AddMinutes(299), Waits = [] };
        var error = await Should.ThrowAsync<LimitExceededException>(() => new RuleBacktest(new Scripted([.. Enumerable.Range(0, 300)], series: 100)).RunAsync(request, CancellationToken.None));
        error.Setting.ShouldBe("MaxTemplateQueries");
    }

    [Fact]
    public async Task Series_that_become_one_alert_are_the_error_that_the_rule_would_have()
    {
        var request = new BacktestRequest { Groups = [Group(Rule("x > 1") with { Labels = LabelSet.Of("i", "same") })], From = Start, To = Start.AddMinutes(9) };
        (await new RuleBacktest(new Scripted([1], series: 2)).RunAsync(request, CancellationToken.None)).Single().Error.ShouldBe("vector contains metrics with the same labelset after applying alert labels");
    }

    [Fact]
    public async Task Rules_over_spans_are_asked_at_each_moment()
    {
        var history = new EngineHistory(null!, null!, new Spans());
        var holds = await history.HoldsAsync("q", RuleLanguage.TraceQL, Start, Start.AddMinutes(5), TimeSpan.FromMinutes(1), CancellationToken.None);
        holds.ShouldHaveSingleItem().Value.Select(static m => (m.At - Start).TotalMinutes).ShouldBe([0, 2, 4]);
    }

    [Fact]
    public async Task It_can_be_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var request = new BacktestRequest { Groups = [Group(Rule("x > 1"))], From = Start, To = Start.AddMinutes(59) };
        await Should.ThrowAsync<OperationCanceledException>(() => new RuleBacktest(new Scripted([1])).RunAsync(request, cancelled.Token));
    }

    [Fact]
    public async Task Too_many_series_are_an_error_with_the_limit()
    {
        var request = new BacktestRequest { Groups = [Group(Rule("x > 1"))], From = Start, To = Start.AddDays(300) };
        (await Should.ThrowAsync<LimitExceededException>(() => new RuleBacktest(new Scripted([1], series: 200)).RunAsync(request, CancellationToken.None))).Setting.ShouldBe("MaxReplaySteps");
    }

    private static RuleGroupDefinition Group(RuleDefinition rule) => new() { Name = "g", Interval = TimeSpan.FromMinutes(1), Rules = [rule] };

    private static RuleDefinition Rule(string expression) => new() { Alert = "A", Expression = expression, Query = expression, Labels = LabelSet.Empty, Annotations = LabelSet.Empty };

    private sealed class Spans : IRuleQueryEngine
    {
        public IReadOnlyList<RuleSample> Query(string expression, DateTimeOffset at, CancellationToken cancellation) =>
            at.Minute % 2 == 0 ? [new RuleSample(LabelSet.Of("a", "b"), 1)] : [];
    }

    private sealed class Scripted(int[] minutes, int series = 1) : IBacktestHistory
    {
        public List<string> Asked { get; } = [];

        public List<(string Expression, DateTimeOffset At)> Queries { get; } = [];

        // One series that says what was asked, and at which minute.
        public Task<IReadOnlyList<RuleSample>> QueryAsync(string expression, DateTimeOffset at, CancellationToken cancellation)
        {
            Queries.Add((expression, at));
            return expression == "wrong"
                ? throw new QueryException(QueryErrorKind.Execution, "no such thing")
                : Task.FromResult<IReadOnlyList<RuleSample>>([new RuleSample(LabelSet.Of("asked", expression), at.Minute), new RuleSample(LabelSet.Of("asked", "second"), 0)]);
        }

        public Task<IReadOnlyDictionary<LabelSet, IReadOnlyList<HeldMoment>>> HoldsAsync(
            string expression, RuleLanguage language, DateTimeOffset start, DateTimeOffset end, TimeSpan interval, CancellationToken cancellation)
        {
            Asked.Add(expression);
            return Task.FromResult<IReadOnlyDictionary<LabelSet, IReadOnlyList<HeldMoment>>>(Enumerable.Range(0, series)
                .ToDictionary(static i => LabelSet.Of("i", $"{i}"), _ => (IReadOnlyList<HeldMoment>)[.. minutes.Select(m => new HeldMoment(Start.AddMinutes(m), m))]));
        }
    }
}
