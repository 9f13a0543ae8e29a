using System.Text.Json;
using Sightglass.Server.CommandLine;

namespace Sightglass.Server.Tests.CommandLine;

public sealed class QueryCommandTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(null, null, null, null, "/api/v1/query?query=a%2Bb")]
    [InlineData("1.5", null, null, null, "/api/v1/query?query=a%2Bb&time=1.5")]
    [InlineData("-1h", null, null, null, "/api/v1/query?query=a%2Bb&time=1767265200")]
    [InlineData("-1", null, null, null, "/api/v1/query?query=a%2Bb&time=-1")]
    [InlineData("now", null, null, null, "/api/v1/query?query=a%2Bb&time=1767268800")]
    [InlineData(null, "-1h", null, null, "/api/v1/query_range?query=a%2Bb&start=1767265200&end=1767268800&step=15")]
    [InlineData(null, "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", "1m", "/api/v1/query_range?query=a%2Bb&start=1767225600&end=1767229200&step=60")]
    public void Options_make_the_request(string? time, string? start, string? end, string? step, string expected) =>
        QueryCommand.Path("a+b", time, start, end, step, Now).ShouldBe(expected);

    [Theory]
    [InlineData("x", null, null, null, "--time")]
    [InlineData("1", "1", null, null, "--time is for instant queries")]
    [InlineData(null, null, "1", null, "needs --start")]
    [InlineData(null, "2", "1", null, "after")]
    [InlineData(null, "1", "2", "0s", "--step")]
    public void Options_that_make_no_sense_are_refused(string? time, string? start, string? end, string? step, string part) =>
        Should.Throw<FormatException>(() => QueryCommand.Path("a", time, start, end, step, Now)).Message.ShouldContain(part);

    [Theory]
    [InlineData("{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"invalid parameter \\\"query\\\": 1:4: parse error: unexpected end\"}", "up{", "   ^")]
    [InlineData("parse error at line 2, col 3: unexpected x", "a\nb x", "  ^")]
    public void A_caret_stands_below_the_place(string answer, string expression, string caret) => QueryErrorText.Of(answer, expression, 400).Split('\n')[^1].ShouldBe("  " + caret);

    [Theory]
    [InlineData("{\"error\":\"nothing of places\"}", "nothing of places")]
    [InlineData("", "the server answered 502")]
    [InlineData("9:9: parse error: beyond", "9:9: parse error: beyond")]
    public void Other_errors_are_shown_as_they_are(string answer, string expected) => QueryErrorText.Of(answer, "up", 502).ShouldBe(expected);

    [Fact]
    public void A_vector_is_a_table_of_its_labels() => Shown("vector", """[{"metric":{"__name__":"up","job":"a"},"value":[1.5,"1"]},{"metric":{"job":"bb","x":"y"},"value":[1.5,"22.5"]}]""", "table").ShouldBe(
        "metric  job  x  value\nup      a           1\n        bb   y   22.5\n");

    [Fact]
    public void A_matrix_has_a_row_per_time() => Shown("matrix", """[{"metric":{"job":"a"},"values":[[60,"1"],[120,"2"]]},{"metric":{"__name__":"b"},"values":[[120,"3"]]}]""", "table").ShouldBe(
        "time                  {job=\"a\"}  b\n1970-01-01T00:01:00Z          1\n1970-01-01T00:02:00Z          2  3\n");

    [Theory]
    [InlineData("vector", """[{"metric":{"__name__":"up","job":"a"},"value":[1.5,"1"]}]""", "up{job=\"a\"} => 1 @[1.5]\n")]
    [InlineData("matrix", """[{"metric":{"__name__":"up"},"values":[[60,"1"],[120,"2"]]}]""", "up =>\n1 @[60]\n2 @[120]\n")]
    [InlineData("scalar", """[1.5,"7"]""", "scalar: 7 @[1.5]\n")]
    [InlineData("vector", """[{"metric":{},"histogram":[1,{"count":"3","sum":"4","buckets":[[0,"1","2","3"]]}]}]""", "{} => {count:3, sum:4, (1,2]:3} @[1]\n")]
    public void Series_are_lines(string type, string result, string expected) => Shown(type, result, "series").ShouldBe(expected);

    private static string Shown(string type, string result, string format)
    {
        using var json = JsonDocument.Parse($$$"""{"status":"success","data":{"resultType":"{{{type}}}","result":{{{result}}} }}""");
        using var output = new StringWriter { NewLine = "\n" };
        PromQLOutput.Write(json.RootElement, format, output);
        return output.ToString();
    }

    [Theory]
    [InlineData("{}", "/tempo/api/search?q=%7B%7D")]
    [InlineData("{} | rate()", "/tempo/api/metrics/query?q=%7B%7D%20%7C%20rate%28%29")]
    [InlineData("{", "/tempo/api/search?q=%7B")]
    public void A_TraceQL_query_is_one_of_traces_or_of_metrics(string expression, string expected) => QueryCommand.TraceQLPath(expression).ShouldBe(expected);

    [Theory]
    [InlineData("a", null, "json", "sightglass/v1/slas/a")]
    [InlineData("a b", "2026-10", "html", "sightglass/v1/slas/a%20b/report.html?period=2026-10")]
    public void A_report_is_asked_for_by_name_and_period(string name, string? period, string format, string expected) => SlaCommand.Path(name, period, format).ShouldBe(expected);
}
