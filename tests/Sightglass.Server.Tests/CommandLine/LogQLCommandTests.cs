using System.Text.Json;
using Sightglass.Server.CommandLine;

namespace Sightglass.Server.Tests.CommandLine;

public sealed class LogQLCommandTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(null, null, null, null, "/loki/api/v1/query_range?query=%7B%7D&start=1767265200000000000&end=1767268800000000000&limit=30&direction=backward&step=15")]
    [InlineData("2m", null, null, null, "/loki/api/v1/query_range?query=%7B%7D&start=1767268680000000000&end=1767268800000000000&limit=30&direction=backward&step=1")]
    [InlineData("1h", null, "-1h", "1m", "/loki/api/v1/query_range?query=%7B%7D&start=1767261600000000000&end=1767265200000000000&limit=30&direction=backward&step=60")]
    [InlineData(null, "-2h", "-1h", "1m", "/loki/api/v1/query_range?query=%7B%7D&start=1767261600000000000&end=1767265200000000000&limit=30&direction=backward&step=60")]
    public void Options_make_the_request(string? since, string? from, string? to, string? step, string expected) =>
        LogQLCommand.Path("{}", null, since, from, to, step, 30, forward: false, Now).ShouldBe(expected);

    [Fact]
    public void A_moment_makes_an_instant_query() =>
        LogQLCommand.Path("{}", "-1h", null, null, null, null, 30, forward: false, Now).ShouldBe("/loki/api/v1/query?query=%7B%7D&limit=30&time=1767265200000000000");

    [Theory]
    [InlineData("now", "1h", null, null, "--time is for instant queries")]
    [InlineData(null, "1h", "-1h", null, "--since and --from exclude each other")]
    [InlineData(null, "x", null, null, "--since: got \"x\"")]
    [InlineData(null, null, "now", "-1h", "--from is after --to")]
    public void Options_that_make_no_sense_are_refused(string? time, string? since, string? from, string? to, string part) =>
        Should.Throw<FormatException>(() => LogQLCommand.Path("{}", time, since, from, to, null, 30, forward: false, Now)).Message.ShouldContain(part);

    [Fact]
    public void A_tail_begins_where_it_is_asked_to() =>
        LogQLCommand.TailPath("{}", "1m", null, 5, 2, Now).ShouldBe("/loki/api/v1/tail?query=%7B%7D&start=1767268740000000000&limit=5&delay_for=2");

    private const string Streams =
        """[{"stream":{"app":"a","detected_level":"error"},"values":[["1500000000123456789","boom"]]},{"stream":{"app":"b"},"values":[["1500000002000000000","late",{"structuredMetadata":{"detected_level":"info"}}],["1500000000000000000","early"]]}]""";

    [Theory]
    [InlineData("raw", false, "late\nboom\nearly\n")]
    [InlineData("default", false, "2017-07-14T02:40:02.000000000Z info     late\n2017-07-14T02:40:00.123456789Z error    boom\n2017-07-14T02:40:00.000000000Z unknown  early\n")]
    [InlineData("jsonl", false, "{\"time\":\"2017-07-14T02:40:02.000000000Z\",\"line\":\"late\",\"labels\":{\"app\":\"b\",\"detected_level\":\"info\"}}\n{\"time\":\"2017-07-14T02:40:00.123456789Z\",\"line\":\"boom\",\"labels\":{\"app\":\"a\",\"detected_level\":\"error\"}}\n{\"time\":\"2017-07-14T02:40:00.000000000Z\",\"line\":\"early\",\"labels\":{\"app\":\"b\"}}\n")]
    public void Lines_of_all_streams_come_in_the_order_of_their_times(string format, bool color, string expected)
    {
        using var output = new StringWriter { NewLine = "\n" };
        new LogQLOutput(output, format, color).Answer(JsonDocument.Parse($$$"""{"data":{"resultType":"streams","result":{{{Streams}}}}}""").RootElement);
        output.ToString().ShouldBe(expected);
    }

    [Fact]
    public void A_tail_is_oldest_first_and_coloured_by_level()
    {
        using var output = new StringWriter { NewLine = "\n" };
        new LogQLOutput(output, "default", color: true).Tailed(JsonDocument.Parse($$$"""{"streams":{{{Streams}}},"dropped_entries":null}""").RootElement);
        output.ToString().Split('\n')[..3].ShouldBe(
        [
            "\u001b[2m2017-07-14T02:40:00.000000000Z\u001b[0m \u001b[2munknown \u001b[0m early",
            "\u001b[2m2017-07-14T02:40:00.123456789Z\u001b[0m \u001b[31merror   \u001b[0m boom",
            "\u001b[2m2017-07-14T02:40:02.000000000Z\u001b[0m \u001b[32minfo    \u001b[0m late",
        ]);
    }
}
