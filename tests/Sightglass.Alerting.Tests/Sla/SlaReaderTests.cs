using Sightglass.Alerting.Sla;
using Sightglass.Alerting.Slo;

namespace Sightglass.Alerting.Tests.Sla;

public sealed class SlaReaderTests
{
    [Fact]
    public void An_agreement_is_read_with_its_defaults()
    {
        var sla = One("uptime: {objective: 99.9}, latency: {p: 95, threshold: 300ms}, throughput: {at_least: 10}, error_rate: {at_most: 0.5}");
        sla.Calendar.ShouldBe(new SlaCalendar(SlaPeriodKind.Month, TimeZoneInfo.Utc));
        sla.Slot.ShouldBe(TimeSpan.FromMinutes(5));
        sla.Targets.Select(static t => (t.Key, t.Promised, t.Limit, t.Text)).ShouldBe([
            ("uptime", 0.999m, 0.1m, "up 99.9% of the time"),
            ("latency", 0.95m, 0.05m, "95% of requests within 300ms"),
            ("throughput", 1m, 10m, "10 per second or more, 100% of the time"),
            ("error_rate", 0.005m, 0.005m, "no more than 0.5% of requests fail")]);
        ((EventIndicator)sla.Targets[0].Indicator).TotalRate(sla.Slot).ShouldBe("sum(rate(sli_availability_total{service=\"web\"}[5m]))");
        ((EventIndicator)sla.Targets[1].Indicator).TotalRate(sla.Slot).ShouldBe("sum(rate(sli_latency_seconds_count{service=\"web\"}[5m]))");
    }

    [Theory]
    [InlineData("targets: {}", "targets: one of uptime, latency, throughput and error_rate must be set")]
    [InlineData("period: month", "sla \"a\": targets must be set")]
    [InlineData("targets: {uptime: {}}", "uptime: objective must be set, in percent")]
    [InlineData("targets: {uptime: {objective: 101}}", "objective: got 101, want more than 0 and less than 100")]
    [InlineData("targets: {uptime: {objective: 99, up: x, indicator: {}}}", "uptime: only one of up and indicator can be set")]
    [InlineData("targets: {uptime: {objective: 99, up: 'x['}}", "up: ")]
    [InlineData("targets: {uptime: {objective: 99, wert: 1}}", "unknown key \"wert\" in uptime")]
    [InlineData("targets: {latency: {threshold: 1s}}", "latency: one of objective and p must be set")]
    [InlineData("targets: {latency: {p: 95}}", "latency: threshold must be set")]
    [InlineData("targets: {throughput: {at_least: 0}}", "throughput: at_least must be set, in requests per second above 0")]
    [InlineData("targets: {error_rate: {at_most: 100}}", "at_most: got 100, want more than 0 and less than 100")]
    [InlineData("targets: {uptime: {objective: 99}}, period: day", "period: got \"day\", want week, month, quarter or year")]
    [InlineData("targets: {uptime: {objective: 99}}, time_zone: Europe/Nowhere", "time_zone: got \"Europe/Nowhere\", want a name of the IANA time zone database")]
    [InlineData("targets: {uptime: {objective: 99}}, slot: 7m", "slot: got 7m, want 1m to 1h, such that an hour is a whole number of them")]
    [InlineData("targets: {uptime: {objective: 99}}, period: year, slot: 1m", "limit MaxSlots")]
    [InlineData("targets: {uptime: {objective: 99}}, maintenance: [{from: '2026-01-01 02:00', to: '2026-01-01 01:00'}]", "to: want a time after from")]
    [InlineData("targets: {uptime: {objective: 99}}, maintenance: [{from: yesterday, to: today}]", "from: got \"yesterday\", want a time such as")]
    [InlineData("targets: {uptime: {objective: 99}}, maintenance: [{weekdays: [funday], from: '01:00', to: '02:00'}]", "weekdays: got \"funday\", want monday to sunday")]
    [InlineData("targets: {uptime: {objective: 99}}, maintenance: [{weekdays: [sunday], from: '25:00', to: '02:00'}]", "from: got \"25:00\", want a time of day such as '02:00'")]
    public void What_is_wrong_is_said(string rest, string expected)
    {
        var error = Should.Throw<AlertingConfigurationException>(() => SlaReader.Load("s.yml", $"slas:\n- {{name: a, service: web, {rest}}}"));
        error.Message.ShouldStartWith("s.yml:2: ");
        error.Message.ShouldContain(expected);
    }

    [Fact]
    public void Two_of_one_name_are_refused() =>
        Should.Throw<AlertingConfigurationException>(() => SlaReader.Load("s.yml", "slas:\n- {name: a, service: b, targets: {uptime: {objective: 9}}}\n- {name: a, service: b, targets: {uptime: {objective: 9}}}"))
            .Message.ShouldContain("s.yml:3: a second sla of the name \"a\"");

    private static SlaDefinition One(string targets) => SlaReader.Load("s.yml", $"slas: [{{name: a, service: web, targets: {{{targets}}}}}]")[0];
}
