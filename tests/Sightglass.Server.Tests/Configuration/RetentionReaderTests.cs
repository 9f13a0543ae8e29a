using Sightglass.Alerting;
using Sightglass.Core.Contracts;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Tests.Configuration;

public sealed class RetentionReaderTests
{
    [Theory]
    [InlineData("50GB", 50L << 30)]
    [InlineData("50GiB", 50L << 30)]
    [InlineData("1.5tb", 3L << 39)]
    [InlineData("20 MB", 20L << 20)]
    [InlineData("16777216", 16L << 20)]
    public void Sizes_are_read_by_powers_of_1024(string text, long bytes)
    {
        DiskLimit.TryParse(text, out var limit).ShouldBeTrue();
        limit.BytesOn("/nowhere").ShouldBe(bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GB")]
    [InlineData("-5GB")]
    [InlineData("1MB")]
    [InlineData("5XB")]
    [InlineData("0%")]
    [InlineData("101%")]
    [InlineData("x%")]
    [InlineData("1e30")]
    [InlineData("99999999999PB")]
    public void What_is_no_size_is_refused(string text) => DiskLimit.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void A_share_follows_the_disk()
    {
        DiskLimit.TryParse("50%", out var half).ShouldBeTrue();
        DiskLimit.TryParse("100%", out var whole).ShouldBeTrue();
        whole.BytesOn("/").ShouldBe(new DriveInfo("/").TotalSize);
        half.BytesOn("/").ShouldBeInRange((whole.BytesOn("/") / 2) - 1, (whole.BytesOn("/") / 2) + 1);
    }

    [Fact]
    public void Rules_are_read_in_order_by_signal()
    {
        var rules = ConfigurationLoader.Load("c.yml", """
            storage:
              retention:
                max_disk: 80%
                rules:
                  - { signal: logs, selector: '{service_name="x"}', keep: 7d }
                  - { signal: metrics, selector: '{__name__=~"go_.*"}', keep: 2h }
                  - { signal: traces, selector: '{service_name="y"}', keep: 0s }
            """);
        rules.MaxDisk!.Percent.ShouldBe(80);
        rules.RetentionRules.Metrics.Select(r => (r.Matchers[0].ToString(), r.Keep)).ShouldBe([("__name__=~\"go_.*\"", TimeSpan.FromHours(2))]);
        rules.RetentionRules.Events.Select(r => (r.Signal, r.Keep)).ShouldBe([(EventSignal.Logs, TimeSpan.FromDays(7)), (EventSignal.Spans, TimeSpan.Zero)]);
    }

    [Theory]
    [InlineData("max_disk: lots", "max_disk: got \"lots\", want a size such as 50GB")]
    [InlineData("rules: [ { selector: '{a=\"b\"}', keep: 1d } ]", "needs signal")]
    [InlineData("rules: [ { signal: logs, keep: 1d } ]", "needs a selector")]
    [InlineData("rules: [ { signal: logs, selector: '{a=\"b\"}' } ]", "needs keep")]
    [InlineData("rules: [ { signal: logs, selector: '{a=\"b\"}', keep: 1m } ]", "want at least 1h")]
    [InlineData("rules: [ { signal: events, selector: '{a=\"b\"}', keep: 1d } ]", "signal: got \"events\"")]
    [InlineData("rules: [ { signal: logs, selector: '{a=\"b\"} |= \"c\"', keep: 1d } ]", "want a stream selector")]
    [InlineData("rules: [ { signal: metrics, selector: 'rate(x[5m])', keep: 1d } ]", "selector: ")]
    [InlineData("rules: [ { signal: logs, selector: '{a=\"b\"}', keep: 1d, other: 1 } ]", "other")]
    public void What_is_no_rule_is_refused(string yaml, string message) =>
        Should.Throw<AlertingConfigurationException>(() => ConfigurationLoader.Load("c.yml", $"storage: {{ retention: {{ {yaml} }} }}")).Message.ShouldContain(message);
}
