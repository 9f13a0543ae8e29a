using System.Globalization;
using System.Text;
using Sightglass.Core.Model;
using Sightglass.Ingest.Parsers;

namespace Sightglass.Ingest.Tests.Parsers;

/// <summary>logfmt, regular expressions, what container runtimes put around lines, and stages behind each other.</summary>
public sealed class ParserStagesTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.CreateCustomTimeZone("two", TimeSpan.FromHours(2), "two", "two");

    [Theory]
    [InlineData("time=2026-03-05T10:00:00Z level=warn msg=\"two words\" n=5", "2026-03-05T10:00:00Z warn(13) msg=two words n=5")]
    [InlineData("ts=1772704800.5 lvl=eror msg=\"a \\\"b\\\" \\n c\" flag", "2026-03-05T10:00:00.5Z eror(0) msg=a \"b\" | c flag=true")]
    [InlineData("t=2026-03-05T10:00:00+0200 severity=ERROR k=", "2026-03-05T08:00:00Z ERROR(17)")]
    [InlineData("trace_id=0af7651916cd43dd8448eb211c80319c span_id=b7ad6b7169203331 a=b", "trace=0af7651916cd43dd8448eb211c80319c span=b7ad6b7169203331 a=b")]
    [InlineData("traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 a=b", "trace=0af7651916cd43dd8448eb211c80319c span=b7ad6b7169203331 a=b")]
    [InlineData("trace_id=xyz span_id=1 a=b", "trace_id=xyz span_id=1 a=b")]
    [InlineData("a.b/c=1 d-e=2", "a.b/c=1 d-e=2")]
    [InlineData("just words without any pair", "unparsed")]
    [InlineData("=x", "unparsed")]
    public void Logfmt(string line, string expected) => Read(ParserConfiguration.Of(LineFormat.Logfmt), line).ShouldBe(expected);

    [Theory]
    [InlineData(@"^(?<time>\S+) (?<level>\w+) (?<rest>.*)$", null, "2026-03-05T10:00:00Z INFO hello you", "2026-03-05T10:00:00Z INFO(9) rest=hello you")]
    [InlineData(@"^(?<time>\S+ \S+) (?<level>\w+)", "%Y-%m-%d %H:%M:%S,%f", "2026-03-05 13:00:00,250 D", "2026-03-05T11:00:00.25Z D(0)")]
    [InlineData(@"^(?<time>\S+ \S+)", "%Y-%m-%d %H:%M:%S", "2026-99-05 13:00:00", "unparsed")]
    [InlineData(@"user=(?<user>\w+)(?: id=(?<id>\d+))?", null, "x user=ann", "user=ann")]
    [InlineData(@"tid=(?<trace_id>\w+)/(?<span_id>\w+)", null, "tid=0af7651916cd43dd8448eb211c80319c/b7ad6b7169203331", "trace=0af7651916cd43dd8448eb211c80319c span=b7ad6b7169203331")]
    [InlineData(@"^nothing$", null, "something", "unparsed")]
    public void Regular_expressions(string expression, string? format, string line, string expected) => Read(
        new ParserConfiguration(LineWrapper.None, [new StageConfiguration(LineFormat.Regexp) { Expression = new(expression), TimeFormat = format is null ? null : TimeFormat.TryParse(format, out _) }]), line).ShouldBe(expected);

    [Theory]
    [InlineData("debug", 5)]
    [InlineData("DEBUG", 5)]
    [InlineData("trace", 1)]
    [InlineData("Information", 9)]
    [InlineData("info", 9)]
    [InlineData("notice", 10)]
    [InlineData("warn", 13)]
    [InlineData("Warning", 13)]
    [InlineData("error", 17)]
    [InlineData("err", 17)]
    [InlineData("critical", 18)]
    [InlineData("crit", 18)]
    [InlineData("fatal", 21)]
    [InlineData("panic", 21)]
    [InlineData("emerg", 21)]
    [InlineData("something", 0)]
    public void Levels_are_recognised(string word, int number) =>
        Read(ParserConfiguration.Of(LineFormat.Logfmt), $"level={word} a=b").ShouldBe($"{word}({number}) a=b");

    [Theory]
    [InlineData("time")]
    [InlineData("timestamp")]
    [InlineData("ts")]
    [InlineData("t")]
    [InlineData("@timestamp")]
    [InlineData("@t")]
    [InlineData("Timestamp")]
    [InlineData("datetime")]
    public void Times_are_recognised_by_name(string name) =>
        Read(ParserConfiguration.Of(LineFormat.Json), $"{{\"{name}\":\"2026-03-05T10:00:00Z\",\"a\":\"b\"}}").ShouldBe("2026-03-05T10:00:00Z a=b");

    [Theory]
    [InlineData("\"2026-03-05T10:00:00.123456789Z\"", "2026-03-05T10:00:00.1234567Z")]
    [InlineData("\"2026-03-05T12:00:00+02:00\"", "2026-03-05T10:00:00Z")]
    [InlineData("\"2026-03-05 12:00:00\"", "2026-03-05T10:00:00Z")]
    [InlineData("\"2026-03-05T12:00:00.5\"", "2026-03-05T10:00:00.5Z")]
    [InlineData("\"Thu, 05 Mar 2026 10:00:00 GMT\"", "2026-03-05T10:00:00Z")]
    [InlineData("\"1772704800\"", "2026-03-05T10:00:00Z")]
    [InlineData("1772704800", "2026-03-05T10:00:00Z")]
    [InlineData("1772704800.25", "2026-03-05T10:00:00.25Z")]
    [InlineData("1772704800123", "2026-03-05T10:00:00.123Z")]
    [InlineData("1772704800123456", "2026-03-05T10:00:00.123456Z")]
    [InlineData("1772704800123456789", "2026-03-05T10:00:00.1234567Z")]
    public void Times_without_a_format_are_read_as_they_are_met(string time, string expected) =>
        Read(ParserConfiguration.Of(LineFormat.Json), $"{{\"time\":{time},\"a\":\"b\"}}").ShouldBe($"{expected} a=b");

    [Theory]
    [InlineData("2026-03-05T10:00:00.5Z stdout F hello", "2026-03-05T10:00:00.5Z [hello] stream=stdout")]
    [InlineData("2026-03-05T10:00:00.5+02:00 stderr F {\"a\":1}", "2026-03-05T08:00:00.5Z [{\"a\":1}] stream=stderr")]
    [InlineData("2026-03-05T10:00:00Z stdout P one \n2026-03-05T10:00:01Z stdout F two", "2026-03-05T10:00:00Z [one two] stream=stdout")]
    [InlineData("2026-03-05T10:00:00Z stdout F ", "2026-03-05T10:00:00Z [] stream=stdout")]
    [InlineData("no container's line", "unparsed")]
    [InlineData("2026-03-05T10:00:00Z stdin F x", "unparsed")]
    public void Cri(string record, string expected) => Read(new ParserConfiguration(LineWrapper.Cri, []), record).ShouldBe(expected);

    [Theory]
    [InlineData("{\"log\":\"hello\\n\",\"stream\":\"stderr\",\"time\":\"2026-03-05T10:00:00.5Z\"}", "2026-03-05T10:00:00.5Z [hello] stream=stderr")]
    [InlineData("{\"log\":\"a\\\"\\u00e9\\n\",\"stream\":\"stdout\",\"time\":\"2026-03-05T10:00:00Z\",\"attrs\":{\"x\":\"y\"}}", "2026-03-05T10:00:00Z [a\"é] stream=stdout")]
    [InlineData("{\"log\":\"one \",\"stream\":\"stdout\",\"time\":\"2026-03-05T10:00:00Z\"}\n{\"log\":\"two\\n\",\"stream\":\"stdout\",\"time\":\"2026-03-05T10:00:01Z\"}", "2026-03-05T10:00:00Z [one two] stream=stdout")]
    [InlineData("{\"stream\":\"stdout\"}", "unparsed")]
    [InlineData("{\"log\":", "unparsed")]
    public void Docker(string record, string expected) => Read(new ParserConfiguration(LineWrapper.Docker, []), record).ShouldBe(expected);

    [Fact]
    public void Stages_read_what_those_before_left()
    {
        var configuration = new ParserConfiguration(LineWrapper.Cri,
        [
            new StageConfiguration(LineFormat.Regexp) { Expression = new(@"^(?<ts>\S+) (?<lvl>\w+) (?<payload>.*)$"), TimeField = "ts", LevelField = "lvl", TimeFormat = TimeFormat.TryParse("%H:%M:%S", out _), Message = "payload" },
            new StageConfiguration(LineFormat.Json) { From = "payload", Message = "msg" },
            new StageConfiguration(LineFormat.Logfmt) { From = "extra" },
        ]);
        Read(configuration, "2026-03-05T10:00:00Z stdout F 13:00:00 WARN {\"msg\":\"done\",\"extra\":\"a=1 trace_id=0af7651916cd43dd8448eb211c80319c\"}")
            .ShouldBe("2026-01-01T11:00:00Z WARN(13) [done] trace=0af7651916cd43dd8448eb211c80319c stream=stdout payload={\"msg\":\"done\",\"extra\":\"a=1 trace_id=0af7651916cd43dd8448eb211c80319c\"} msg=done extra=a=1 trace_id=0af7651916cd43dd8448eb211c80319c a=1");
    }

    [Fact]
    public void What_stages_before_found_stays_when_a_later_one_does_not_match()
    {
        var configuration = new ParserConfiguration(LineWrapper.None,
        [
            new StageConfiguration(LineFormat.Logfmt), new StageConfiguration(LineFormat.Json) { From = "payload" },
        ]);
        Read(configuration, "level=info payload=\"{broken\" a=b").ShouldBe("unparsed info(9) payload={broken a=b");
        Read(configuration, "level=info a=b").ShouldBe("unparsed info(9) a=b");
    }

    // What differs from an untouched line: time, level, trace, [body], attributes.
    private static string Read(ParserConfiguration configuration, string record)
    {
        using var batch = LogBatch.Rent();
        var parser = new LineParser(configuration, Zone, TimeSpan.FromDays(300));
        parser.Add(batch, batch.EndResource(ResourceKind.Labels), Encoding.UTF8.GetBytes(record), Now);
        var row = batch.Rows[0];
        var text = new StringBuilder();
        void Say(string what) => text.Append(text.Length > 0 ? " " : string.Empty).Append(what);
        if (parser.Unparsed > 0)
        {
            Say("unparsed");
        }

        if (row.TimeUnixNano != LineParser.Nanoseconds(Now))
        {
            Say(DateTimeOffset.UnixEpoch.AddTicks(row.TimeUnixNano / 100).ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture));
        }

        if (row.SeverityText.Length > 0)
        {
            Say($"{Encoding.UTF8.GetString(batch.Text(row.SeverityText))}({row.SeverityNumber})");
        }

        var body = Encoding.UTF8.GetString(batch.Text(TextRef.Unpack(row.BodyBits)));
        if (body != record)
        {
            Say($"[{body}]");
        }

        if (!row.TraceId.IsEmpty)
        {
            Say($"trace={row.TraceId}");
        }

        if (row.SpanId != 0)
        {
            Say($"span={row.SpanId:x16}");
        }

        for (var i = row.Attributes.Start; i < row.Attributes.Start + row.Attributes.Count; i++)
        {
            Say($"{Encoding.UTF8.GetString(batch.AttributeKey(i))}={(batch.AttributeTypeOf(i) == AttributeType.Int ? batch.AttributeBits(i).ToString(CultureInfo.InvariantCulture) : Encoding.UTF8.GetString(batch.AttributeBytes(i)).Replace('\n', '|'))}");
        }

        return text.ToString();
    }
}
