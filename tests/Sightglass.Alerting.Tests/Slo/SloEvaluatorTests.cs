using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Slo;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL;
using Sightglass.Query.PromQL.Scripts;

namespace Sightglass.Alerting.Tests.Slo;

public sealed class SloEvaluatorTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 15, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("30d", 0.5, 2, "2026-03-23T00:00:00")]
    [InlineData("30d", 0.5, 1, null)]
    [InlineData("30d", 0.5, 0, null)]
    [InlineData("30d", 0, 5, "2026-03-15T12:00:00")]
    [InlineData("30d", -1, 0, "2026-03-15T12:00:00")]
    [InlineData("month", 0.5, 2, "2026-03-22T18:00:00")]
    [InlineData("month", 0.9, 1.5, null)]
    [InlineData("month", 1, 2.5, "2026-03-25T04:00:00")]
    public void The_budget_ends_when_things_go_on_like_this(string window, double remaining, double burn, string? expected)
    {
        var slo = SloLoader.Load("s.yml", $"slos: [{{name: a, service: a, objective: 99, window: {window}}}]")[0];
        SloEvaluator.Forecast(slo.Window, Now, remaining, burn)?.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture).ShouldBe(expected);
    }

    [Theory]
    [InlineData("day", "2026-03-15T00:00", "2026-03-16T00:00")]
    [InlineData("week", "2026-03-09T00:00", "2026-03-16T00:00")]
    [InlineData("month", "2026-03-01T00:00", "2026-04-01T00:00")]
    [InlineData("quarter", "2026-01-01T00:00", "2026-04-01T00:00")]
    [InlineData("year", "2026-01-01T00:00", "2027-01-01T00:00")]
    public void Periods_of_the_calendar_begin_and_end(string window, string start, string end)
    {
        var slo = SloLoader.Load("s.yml", $"slos: [{{name: a, service: a, objective: 99, window: {window}}}]")[0];
        slo.Window.Start(Now).ToString("yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture).ShouldBe(start);
        slo.Window.End(Now)!.Value.ToString("yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture).ShouldBe(end);
    }

    [Fact]
    public void The_period_of_the_rules_is_the_period_of_the_status()
    {
        using var engine = new PromQLEngine(new InMemoryMetricStore(), QueryLimits.Default, TimeProvider.System);
        var windows = ((string[])["day", "week", "month", "quarter", "year"]).Select(static text => SloLoader.Load("s.yml", $"slos: [{{name: a, service: a, objective: 99, window: {text}}}]")[0].Window).ToArray();
        Prop.ForAll<uint, byte>((minutes, kind) =>
        {
            var window = windows[kind % windows.Length];
            var at = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(minutes * 7919L % 6_000_000);
            double Period(DateTimeOffset moment) => engine.Instant(window.PeriodExpression, moment.ToUnixTimeMilliseconds()).Series[0].Values[0];
            var (start, end) = (window.Start(at), window.End(at)!.Value);
            Period(start.AddSeconds(1)).ShouldBe(Period(end));
            Period(start).ShouldBe(Period(end) - 1);
            (at >= start && at < end && end - start <= window.Length).ShouldBeTrue();
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Periods_follow_the_clock_of_a_zone_with_summer_time()
    {
        using var engine = new PromQLEngine(new InMemoryMetricStore(), QueryLimits.Default, TimeProvider.System);
        var windows = (from zone in (string[])["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
                       from text in (string[])["day", "week", "month", "quarter", "year"]
                       select SloLoader.Load("s.yml", $"slos: [{{name: a, service: a, objective: 99, window: {text}, time_zone: {zone}}}]")[0].Window).ToArray();
        var berlin = windows[2];
        (berlin.Start(Now.AddDays(30)).ToString("u"), berlin.End(Now.AddDays(30))!.Value.ToString("u")).ShouldBe(("2026-03-31 22:00:00Z", "2026-04-30 22:00:00Z"));
        (berlin.Start(Now).ToString("u"), berlin.End(Now)!.Value.ToString("u")).ShouldBe(("2026-02-28 23:00:00Z", "2026-03-31 22:00:00Z"));
        Prop.ForAll<uint, byte>((minutes, kind) =>
        {
            var window = windows[kind % windows.Length];
            var at = new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(minutes * 7919L % 6_000_000);
            double Period(DateTimeOffset moment) => engine.Instant(window.PeriodExpression, moment.ToUnixTimeMilliseconds()).Series[0].Values[0];
            var (start, end) = (window.Start(at), window.End(at)!.Value);
            (at >= start && at < end && end - start <= window.Length + TimeSpan.FromHours(1)).ShouldBeTrue();
            Period(start.AddSeconds(1)).ShouldBe(Period(end));
            Period(start).ShouldBe(Period(end) - 1);
            window.Start(end).ShouldBe(end);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void What_ate_the_budget_is_told_by_label()
    {
        var store = new InMemoryMetricStore();
        foreach (var (route, code, perMinute) in new[] { ("/pay", "500", 3), ("/pay", "200", 57), ("/cart", "500", 1), ("/cart", "200", 59), ("/home", "200", 60) })
        {
            for (var minute = 0; minute <= 60; minute++)
            {
                store.Add(LabelSet.From([new Label(LabelSet.MetricName, "r"), new Label("route", route), new Label("code", code)]), Now.AddMinutes(minute - 60).ToUnixTimeMilliseconds(), minute * perMinute);
            }
        }

        using var engine = new PromQLEngine(store, QueryLimits.Default, TimeProvider.System);
        var evaluator = new SloEvaluator(new PromQLRuleEngine(engine));
        foreach (var ratio in new[] { "errors: 'sum(r{code=\"500\"})', total: r", "good: 'r{code=\"200\"}', total: r" })
        {
            var slo = SloLoader.Load("s.yml", $"slos: [{{name: a, service: web, objective: 99, window: 1h, indicator: {{ratio: {{{ratio}}}}}}}]")[0];
            var routes = evaluator.Culprits(slo, Now, "route", CancellationToken.None).ShouldHaveSingleItem();
            routes.Values.Select(static v => (v.Value, Math.Round(v.Share, 2))).ShouldBe([("/pay", 0.75), ("/cart", 0.25)]);
            routes.Values[0].Errors.ShouldBe(180, 0.5);
            evaluator.Culprits(slo, Now, null, CancellationToken.None).ShouldContain(static c => c.Label == "route");
            var status = evaluator.Status(slo, Now, CancellationToken.None);
            status.State.ShouldBe(SloState.Exhausted);
            status.Indicator.ShouldBe(1 - (4.0 / 180), 1e-9);
            status.BudgetRemaining.ShouldBe(1 - (4.0 / 180 / 0.01), 1e-6);
            status.Burns[0].Short!.Value.ShouldBe(4.0 / 180 / 0.01, 1e-6);
        }
    }

    [Fact]
    public void Without_traffic_the_budget_is_whole()
    {
        using var engine = new PromQLEngine(new InMemoryMetricStore(), QueryLimits.Default, TimeProvider.System);
        var status = new SloEvaluator(new PromQLRuleEngine(engine)).Status(SloLoader.Load("s.yml", "slos: [{name: a, service: a, objective: 99}]")[0], Now, CancellationToken.None);
        (status.State, status.Indicator, status.IndicatorNow, status.BudgetRemaining, status.ExhaustedAt).ShouldBe((SloState.NoData, 1, null, 1, null));
    }
}
