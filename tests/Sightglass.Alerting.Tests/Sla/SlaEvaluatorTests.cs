using System.Text;
using Sightglass.Alerting.Sla;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL;
using Sightglass.Query.PromQL;
using Sightglass.Query.PromQL.Scripts;
using Sightglass.Query.TraceQL;
using Sightglass.TestKit;

namespace Sightglass.Alerting.Tests.Sla;

public sealed class SlaEvaluatorTests : IDisposable
{
    private static readonly DateTimeOffset Monday = new(2026, 10, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly InMemoryMetricStore _metrics = new();
    private readonly InMemoryEventStore _events = new();
    private readonly PromQLEngine _engine;
    private readonly SlaEvaluator _evaluator;

    public SlaEvaluatorTests()
    {
        _engine = new PromQLEngine(_metrics, QueryLimits.Default, TimeProvider.System);
        _evaluator = new SlaEvaluator(_engine, new LogQLEngine(_events, QueryLimits.Default), new TraceQLEngine(_events, QueryLimits.Default));
    }

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void A_week_has_good_missed_idle_unknown_and_maintained_time()
    {
        // 60 requests a minute; from 6:00 to 7:00 half of them fail, from 8:00 to 10:00 nobody asks, from 12:00 to 13:00 nothing is scraped,
        // and at 15:00 the process starts again.
        double good = 0, bad = 0;
        for (var minute = 0; minute <= 24 * 60; minute++)
        {
            var hour = (minute - 1) / 60.0;
            if (minute == 15 * 60)
            {
                (good, bad) = (0, 0);
            }

            (good, bad) = hour is >= 8 and < 10 ? (good, bad) : hour is >= 6 and < 7 ? (good + 30, bad + 30) : (good + 60, bad);
            if (hour is < 12 or >= 13)
            {
                Add("requests_total", minute, good, ("code", "200"));
                Add("requests_total", minute, bad, ("code", "500"));
            }
        }

        var sla = SlaReader.Load("s.yml", """
            slas:
            - name: a
              service: web
              period: week
              maintenance:
              - {from: '2026-10-05 06:30', to: '2026-10-05T06:45:00Z'}
              - {weekdays: [tuesday], from: '23:00', to: '01:00', reason: r}
              targets:
                uptime: {objective: 99, indicator: {ratio: {errors: 'requests_total{code="500"}', total: requests_total}}}
                throughput: {at_least: 0.5, query: requests_total}
                error_rate: {at_most: 1, indicator: {ratio: {good: 'requests_total{code!="500"}', total: requests_total}}}
            """)[0];
        var report = Report(sla, "2026-W41", Monday.AddDays(1));
        report.IsComplete.ShouldBeFalse();
        report.Until.ShouldBe(Monday.AddDays(1));
        report.Verdict.ShouldBe(SlaVerdict.Missed);
        report.Maintenance.Select(static w => (w.Start, w.Reason)).ShouldBe([(Monday.AddHours(6.5), string.Empty), (Monday.AddHours(47), "r")]);

        var uptime = report.Targets[0];
        uptime.Total.Missed.TotalMinutes.ShouldBe(45);
        uptime.Total.Maintenance.TotalMinutes.ShouldBe(15);
        uptime.Total.Idle.TotalMinutes.ShouldBe(115, 6);
        uptime.Total.Gap.TotalMinutes.ShouldBe(60, 6);
        (uptime.Total.Good + uptime.Total.Missed + uptime.Total.Idle + uptime.Total.Gap + uptime.Total.Maintenance).ShouldBe(TimeSpan.FromDays(1));
        var known = (1440 - 15 - uptime.Total.Gap.TotalMinutes);
        uptime.Total.Achieved!.Value.ShouldBe((known - 45) / known, 1e-9);
        uptime.Total.Verdict.ShouldBe(SlaVerdict.Missed);
        uptime.Incidents.Select(static i => (i.Start, i.End, Math.Round(i.Worst!.Value, 2))).ShouldBe([
            (Monday.AddHours(6), Monday.AddHours(6.5), 0.5), (Monday.AddHours(6.75), Monday.AddHours(7), 0.5)]);
        var gap = uptime.Gaps.ShouldHaveSingleItem();
        (gap.Start - Monday.AddHours(12)).Duration().ShouldBeLessThanOrEqualTo(TimeSpan.FromMinutes(5));
        gap.Worst.ShouldBeNull();
        // An hour's maintenance of 7 days lies in the future, and counts for what is allowed.
        uptime.Allowed!.Value.TotalMinutes.ShouldBe(((7 * 1440) - 15 - 120) * 0.01, 1e-6);
        // 21 hours of requests are known, less a quarter in maintenance; the counter that began anew has cost none.
        uptime.Total.Requests!.Value.ShouldBe(60 * 60 * 20.75, 700);
        uptime.Total.Failed!.Value.ShouldBe(30 * 45, 20);

        report.Targets[1].Target.Key.ShouldBe("throughput");
        report.Targets[1].Total.Missed.ShouldBe(uptime.Total.Idle);
        report.Targets[1].Incidents[0].Worst.ShouldBe(0);
        report.Targets[2].Total.Achieved!.Value.ShouldBe(30.0 * 45 / (60 * 60 * 20.75), 0.001);
        report.Targets[2].Total.Verdict.ShouldBe(SlaVerdict.Missed);
        report.Targets[2].Allowed.ShouldBeNull();

        var day = uptime.Days.ShouldHaveSingleItem();
        day.Figures.ShouldBe(uptime.Total);
        Report(sla, "2026-W41", Monday.AddDays(8)).Targets[0].Total.Gap.ShouldBeGreaterThan(TimeSpan.FromDays(5.8));
        var before = Report(sla, "2026-W40", Monday.AddDays(8));
        before.Verdict.ShouldBe(SlaVerdict.NoData);
        before.Targets[0].Total.Achieved.ShouldBeNull();
        before.Targets[0].Days.Count.ShouldBe(7);
    }

    [Fact]
    public void A_period_that_has_not_begun_is_refused() =>
        Should.Throw<QueryException>(() => Report(Read("targets: {uptime: {objective: 99}}"), "2027-01", Monday)).Message.ShouldBe("period: 2027-01 has not begun");

    [Fact]
    public void A_probe_says_whether_it_is_up()
    {
        for (var minute = 0; minute <= 120; minute++)
        {
            Add("probe_success", minute, minute is > 60 and <= 90 ? 0 : 1);
        }

        var report = Report(Read("targets: {uptime: {objective: 50, up: probe_success}}, period: week"), "2026-W41", Monday.AddHours(2));
        report.Targets[0].Total.Missed.TotalMinutes.ShouldBe(30);
        report.Targets[0].Total.Gap.ShouldBe(TimeSpan.Zero);
        report.Targets[0].Total.Requests.ShouldBeNull();
        report.Verdict.ShouldBe(SlaVerdict.Met);
    }

    [Fact]
    public void A_latency_is_a_share_of_requests()
    {
        for (var minute = 0; minute <= 120; minute++)
        {
            // In the first hour 100 a minute and all are fast, in the second 10 and none is.
            var (all, fast) = minute <= 60 ? (minute * 100, minute * 100) : (6000 + ((minute - 60) * 10), 6000);
            Add("sli_latency_seconds_count", minute, all, ("service", "web"));
            Add("sli_latency_seconds_bucket", minute, fast, ("service", "web"), ("le", "0.5"));
        }

        var report = Report(Read("targets: {latency: {p: 90, threshold: 500ms}}, period: week"), "2026-W41", Monday.AddHours(2));
        report.Targets[0].Total.Achieved!.Value.ShouldBe(6000.0 / 6600, 0.002);
        report.Targets[0].Total.Missed.TotalMinutes.ShouldBe(60);
        report.Verdict.ShouldBe(SlaVerdict.Met);
        // A bucket that is not there says nothing.
        Report(Read("targets: {latency: {p: 90, threshold: 400ms}}, period: week"), "2026-W41", Monday.AddHours(2)).Verdict.ShouldBe(SlaVerdict.NoData);
    }

    [Fact]
    public void Lines_of_logs_are_counted()
    {
        for (var minute = 0; minute < 60; minute++)
        {
            Log(minute, minute is >= 30 and < 40 ? "error" : "fine");
        }

        var report = Report(
            Read("""targets: {uptime: {objective: 90, indicator: {query_language: logql, ratio: {errors: 'count_over_time({app="a"} |= "error" [{{.window}}])', total: 'count_over_time({app="a"} [{{.window}}])'}}}}, period: week"""),
            "2026-W41", Monday.AddHours(2));
        report.Targets[0].Error.ShouldBeNull();
        report.Targets[0].Total.Missed.TotalMinutes.ShouldBe(10, 6);
        report.Targets[0].Total.Gap.TotalMinutes.ShouldBe(60, 6);
        report.Targets[0].Gaps[^1].IsOngoing.ShouldBeTrue();
    }

    [Fact]
    public void Days_are_those_of_the_zone_and_have_23_or_25_hours()
    {
        var sla = Read("targets: {uptime: {objective: 99}}, time_zone: Europe/Berlin");
        foreach (var (name, day, hours) in new[] { ("2026-03", 29, 23), ("2026-10", 25, 25), ("2026-10", 26, 24) })
        {
            var days = Report(sla, name, Monday.AddDays(60)).Targets[0].Days;
            days.Count.ShouldBe(31);
            var found = days[day - 1];
            found.Day.Day.ShouldBe(day);
            found.Figures.Gap.TotalHours.ShouldBe(hours);
            (found.End - found.Start).TotalHours.ShouldBe(hours);
        }
    }

    [Fact]
    public void A_year_is_asked_for_in_parts()
    {
        for (var hour = 0; hour < 366 * 24; hour++)
        {
            _metrics.Add(LabelSet.From([new Label(LabelSet.MetricName, "up")]), new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(60 * hour).ToUnixTimeMilliseconds(), 1);
        }

        var report = Report(Read("targets: {uptime: {objective: 99, up: 'last_over_time(up[1h])'}}, period: year, slot: 1h"), "2026", Monday.AddYears(2));
        report.IsComplete.ShouldBeTrue();
        report.Targets[0].Total.Good.ShouldBe(TimeSpan.FromDays(365));
        report.Targets[0].Days.Count.ShouldBe(365);
    }

    private static SlaDefinition Read(string rest) => SlaReader.Load("s.yml", $"slas: [{{name: a, service: web, {rest}}}]")[0];

    private SlaReport Report(SlaDefinition sla, string period, DateTimeOffset now) => _evaluator.Report(sla, sla.Calendar.Named(period), now, CancellationToken.None);

    private void Add(string name, int minute, double value, params (string Name, string Value)[] labels) =>
        _metrics.Add(LabelSet.From([new Label(LabelSet.MetricName, name), .. labels.Select(static l => new Label(l.Name, l.Value))]), Monday.AddMinutes(minute).ToUnixTimeMilliseconds(), value);

    private void Log(int minute, string line)
    {
        using var batch = LogBatch.Rent();
        batch.AddAttribute("app"u8, AttributeType.String, "a"u8);
        var resource = batch.EndResource(ResourceKind.Labels);
        batch.AddRow(new LogRow
        {
            TimeUnixNano = (Monday.AddMinutes(minute).ToUnixTimeMilliseconds() + 30_000) * 1_000_000,
            Resource = resource,
            Scope = -1,
            BodyType = AttributeType.String,
            BodyBits = batch.AddText(Encoding.UTF8.GetBytes(line)).Packed,
        });
        _events.Append(batch);
    }
}
