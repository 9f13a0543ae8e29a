using System.Globalization;
using System.Text;
using Sightglass.Core.Model;
using Sightglass.Ingest.Parsers;

namespace Sightglass.Ingest.Tests.Parsers;

public sealed class LineParserTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.CreateCustomTimeZone("two", TimeSpan.FromHours(2), "two", "two");

    public static TheoryData<string, string, string, string, string> Lines => new()
    {
        {
            "Nginx", """203.0.113.9 - ann [05/Mar/2026:13:00:00 +0200] "GET /a?b=c HTTP/1.1" 200 612 "https://e.com/" "Mozilla/5.0 (X11)" """, "2026-03-05T11:00:00Z", "info",
            "remote_addr=203.0.113.9 remote_user=ann time_local=05/Mar/2026:13:00:00 +0200 method=GET request_uri=/a?b=c protocol=HTTP/1.1 status=200 body_bytes_sent=612 http_referer=https://e.com/ http_user_agent=Mozilla/5.0 (X11)"
        },
        {
            "Nginx", """2001:db8::1 - - [04/Mar/2026:23:59:59 -0530] "\x16\x03\x01" 400 0 "-" "-" """, "2026-03-05T05:29:59Z", "warn",
            "remote_addr=2001:db8::1 time_local=04/Mar/2026:23:59:59 -0530 status=400 body_bytes_sent=0"
        },
        {
            "Nginx", """2026/03/05 13:30:01 [error] 31#32: *7 open() "/srv/x" failed (2: No such file or directory), client: 203.0.113.9, server: e.com, request: "GET /x HTTP/2.0", upstream: "http://10.0.0.1:80/x", host: "e.com", referrer: "https://e.com/" """, "2026-03-05T11:30:01Z", "error",
            """time_local=2026/03/05 13:30:01 pid=31 tid=32 connection=7 message=open() "/srv/x" failed (2: No such file or directory) client=203.0.113.9 server=e.com method=GET request_uri=/x protocol=HTTP/2.0 upstream=http://10.0.0.1:80/x host=e.com referrer=https://e.com/"""
        },
        { "Nginx", "2026/03/05 13:30:01 [notice] 1#1: start worker processes", "2026-03-05T11:30:01Z", "notice", "time_local=2026/03/05 13:30:01 pid=1 tid=1 message=start worker processes" },
        {
            "Apache", """203.0.113.9 ident bob [05/Mar/2026:11:59:59 +0000] "POST /q\"uote HTTP/1.0" 503 -""", "2026-03-05T11:59:59Z", "error",
            """remote_addr=203.0.113.9 remote_logname=ident remote_user=bob time_local=05/Mar/2026:11:59:59 +0000 method=POST request_uri=/q\"uote protocol=HTTP/1.0 status=503"""
        },
        {
            "Apache", """203.0.113.9 - - [05/Mar/2026:11:59:59 +0000] "GET / HTTP/1.0" 304 5 "http://r/" "a \"b\" c" """, "2026-03-05T11:59:59Z", "info",
            """remote_addr=203.0.113.9 time_local=05/Mar/2026:11:59:59 +0000 method=GET request_uri=/ protocol=HTTP/1.0 status=304 body_bytes_sent=5 http_referer=http://r/ http_user_agent=a \"b\" c"""
        },
        {
            "Apache", "[Thu Mar 05 13:55:44.569531 2026] [core:info] [pid 4326:tid 140] [client 203.0.113.9:51029] AH00128: File does not exist: /x", "2026-03-05T11:55:44.569531Z", "info",
            "time_local=Thu Mar 05 13:55:44.569531 2026 module=core pid=4326 tid=140 client=203.0.113.9:51029 message=AH00128: File does not exist: /x"
        },
        { "Apache", "[Thu Mar 05 04:47:44 2026] [notice] workerEnv.init() ok", "2026-03-05T02:47:44Z", "notice", "time_local=Thu Mar 05 04:47:44 2026 message=workerEnv.init() ok" },
        {
            "Json", """{"time":"2026-03-05T13:00:00.25+02:00","level":"WARN","msg":"a\nb","http":{"status":404,"ok":false},"tags":["x",1],"none":null,"ratio":0.5}""", "2026-03-05T11:00:00.25Z", "WARN",
            """msg=a|b http.status=404 http.ok=False tags=["x",1] ratio=0.5"""
        },
        { "Json", """{"ts":1772704800.5,"level":50,"msg":"pino"}""", "2026-03-05T10:00:00.5Z", "error", "msg=pino" },
        { "Json", """{"@timestamp":1772704800123,"n":18446744073709551616,"f":-1e400,"m":1.5e3}""", "2026-03-05T10:00:00.123Z", "", "n=18446744073709551616 f=-1e400 m=1500" },
        { "Json", """{"time":12345678901,"timestamp":"no time"}""", "2026-03-05T12:00:00Z", "", "time=12345678901 timestamp=no time" },
        { "Plain", """{"level":"error"}""", "2026-03-05T12:00:00Z", "", "" },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public void Fields_time_and_level_are_taken_from_the_line(string format, string line, string time, string level, string fields)
    {
        using var batch = LogBatch.Rent();
        var parser = Parser(format);
        Add(parser, batch, line.TrimEnd());
        parser.Unparsed.ShouldBe(0);
        Row(batch, 0).ShouldBe((line.TrimEnd(), Nanoseconds(time), level, fields));
    }

    [Theory]
    [InlineData("Nginx", "203.0.113.9 - - [05/Mar/2026:13:00:00 +0200] \"GET / HTTP/1.1\" 20")]
    [InlineData("Nginx", "203.0.113.9 - - [35/Mar/2026:13:00:00 +0200] \"GET / HTTP/1.1\" 200 5")]
    [InlineData("Nginx", "2026/13/05 13:30:01 [error] 1#1: no month")]
    [InlineData("Apache", "[Xyz Mar 05 04:47:44 2026] [notice] no day")]
    [InlineData("Apache", "203.0.113.9 - - [31/Dec/9999:23:59:59 +0000] \"GET / HTTP/1.0\" 200 5")]
    [InlineData("Json", "{\"time\":\"2026-03-05T10:00:00Z\",\"level\":\"error\",\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\",\"a\":1")]
    [InlineData("Json", "{\"a\":1} {\"b\":2}")]
    [InlineData("Json", "[1,2]")]
    [InlineData("Json", "\"text\"")]
    public void Broken_lines_are_kept_as_they_are_and_counted(string format, string line)
    {
        using var batch = LogBatch.Rent();
        var parser = Parser(format);
        Add(parser, batch, line);
        parser.Unparsed.ShouldBe(1);
        Row(batch, 0).ShouldBe((line, Nanoseconds("2026-03-05T12:00:00Z"), string.Empty, string.Empty));
        batch.Rows[0].TraceId.ShouldBe(default);
    }

    [Fact]
    public void Deep_nesting_is_a_broken_line()
    {
        using var batch = LogBatch.Rent();
        var parser = Parser("Json");
        Add(parser, batch, string.Concat(Enumerable.Repeat("{\"a\":", 5_000)) + "1" + new string('}', 5_000));
        parser.Unparsed.ShouldBe(1);
    }

    [Fact]
    public void Trace_context_of_json_is_taken()
    {
        using var batch = LogBatch.Rent();
        Add(Parser("Json"), batch, """{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","traceId":"short"}""");
        batch.Rows[0].TraceId.ToString().ShouldBe("0af7651916cd43dd8448eb211c80319c");
        batch.Rows[0].SpanId.ShouldBe(0xb7ad6b7169203331UL);
        Row(batch, 0).Fields.ShouldBe("traceId=short");
    }

    [Fact]
    public void A_time_that_the_store_would_not_take_is_the_time_of_reading()
    {
        using var batch = LogBatch.Rent();
        var parser = Parser("Json");
        Add(parser, batch, """{"time":"2025-12-01T00:00:00Z","n":1}""");
        Add(parser, batch, """{"time":"2026-03-07T00:00:00Z","n":2}""");
        Add(parser, batch, """{"time":"2026-02-04T00:00:00Z","n":3}""");
        batch.Rows.ToArray().Select(r => r.TimeUnixNano).ShouldBe([Nanoseconds("2026-03-05T12:00:00Z"), Nanoseconds("2026-03-05T12:00:00Z"), Nanoseconds("2026-02-04T00:00:00Z")]);
        parser.Unparsed.ShouldBe(0);
    }

    private static LineParser Parser(string format) => Parser(Enum.TryParse<LineWrapper>(format, out var wrapper)
        ? new ParserConfiguration(wrapper, [])
        : ParserConfiguration.Of(Enum.Parse<LineFormat>(format)));

    private static LineParser Parser(ParserConfiguration configuration) => new(configuration, Zone, TimeSpan.FromDays(30));

    private static void Add(LineParser parser, LogBatch batch, string line) => parser.Add(batch, batch.EndResource(ResourceKind.Labels), Encoding.UTF8.GetBytes(line), Now);

    private static long Nanoseconds(string time) => (DateTimeOffset.Parse(time, CultureInfo.InvariantCulture) - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static (string Line, long Time, string Level, string Fields) Row(LogBatch batch, int index)
    {
        var row = batch.Rows[index];
        var fields = Enumerable.Range(row.Attributes.Start, row.Attributes.Count).Select(a => $"{Encoding.UTF8.GetString(batch.AttributeKey(a))}={Value(batch, a)}");
        return (Encoding.UTF8.GetString(batch.Text(TextRef.Unpack(row.BodyBits))), row.TimeUnixNano, Encoding.UTF8.GetString(batch.Text(row.SeverityText)), string.Join(' ', fields));
    }

    private static string Value(LogBatch batch, int attribute) => batch.AttributeTypeOf(attribute) switch
    {
        AttributeType.Int => batch.AttributeBits(attribute).ToString(CultureInfo.InvariantCulture),
        AttributeType.Double => BitConverter.Int64BitsToDouble(batch.AttributeBits(attribute)).ToString(CultureInfo.InvariantCulture),
        AttributeType.Bool => (batch.AttributeBits(attribute) != 0).ToString(),
        _ => Encoding.UTF8.GetString(batch.AttributeBytes(attribute)).Replace('\n', '|'),
    };
}
