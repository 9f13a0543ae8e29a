using Sightglass.Alerting;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Tests.Configuration;

public sealed class LogQLReaderTests
{
    [Fact]
    public void Limits_of_queries_are_read()
    {
        var limits = ConfigurationLoader.Load("c.yml", """
            promql: { timeout: 7s }
            logql: { max_lines_scanned: 10, max_bytes_scanned: 20, max_query_length: 1h, max_query_series: 30, max_entries: 40 }
            """).PromQL.Limits;
        (limits.MaxLogLinesScanned, limits.MaxLogBytesScanned, limits.MaxLogRange, limits.MaxMetricSeries, limits.MaxLogEntries)
            .ShouldBe((10, 20, TimeSpan.FromHours(1), 30, 40));
        limits.Timeout.ShouldBe(TimeSpan.FromSeconds(7));
    }

    [Theory]
    [InlineData("logql: { max_lines_scanned: 0 }", "max_lines_scanned: got 0, want a whole number above 0")]
    [InlineData("logql: { max_lines: 5 }", "unknown key \"max_lines\"")]
    public void What_makes_no_sense_is_refused(string text, string want) =>
        Should.Throw<AlertingConfigurationException>(() => ConfigurationLoader.Load("c.yml", text)).Message.ShouldContain(want);
}
