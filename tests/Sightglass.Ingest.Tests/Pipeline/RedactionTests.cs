using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Ingest.Pipeline;
using Sightglass.Ingest.Pipeline.Redaction;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Pipeline;

public sealed class RedactionTests
{
    private const string Gone = "[redacted]";

    [Theory]
    [InlineData("key AKIAIOSFODNN7EXAMPLE used", "key [redacted] used")]
    [InlineData("Authorization: Bearer abcdefghijklmnop0123456789", "Authorization: Bearer [redacted]")]
    [InlineData("authorization=\"Basic dXNlcjpwYXNz\" ok", "authorization=\"Basic [redacted]\" ok")]
    [InlineData("login user=ann password=hunter2 ok", "login user=ann password=[redacted] ok")]
    [InlineData("GET /login?user=a&PASSWORD=hunter2&x=1", "GET /login?user=a&PASSWORD=[redacted]&x=1")]
    [InlineData("""{"user":"a","password": "hun\"ter2","n":1}""", """{"user":"a","password": "[redacted]","n":1}""")]
    [InlineData("""{"client_secret":"abc","api_key":"def"}""", """{"client_secret":"[redacted]","api_key":"[redacted]"}""")]
    [InlineData("aws_secret_access_key = x", "aws_secret_access_key = x")]
    [InlineData("aws_secret_access_key=wJalrXUtnFEMI/K7MDENG", "aws_secret_access_key=[redacted]")]
    [InlineData("connect postgres://app:s3cr3t@db:5432/x", "connect postgres://app:[redacted]@db:5432/x")]
    [InlineData("token ghp_0123456789abcdefghijABCDEFGHIJ012345 end", "token [redacted] end")]
    [InlineData("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_123 end", "jwt [redacted] end")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter", "[redacted]\nafter")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMIIE", "-----BEGIN CERTIFICATE-----\nMIIE")]
    [InlineData("Failed password for root from 10.0.0.1", "Failed password for root from 10.0.0.1")]
    [InlineData("password: changed for ann", "password: changed for ann")]
    [InlineData("password=***** secret=${SECRET} api_key=null", "password=***** secret=${SECRET} api_key=null")]
    [InlineData("the bearer of news", "the bearer of news")]
    [InlineData("see https://example.com/a@b:c and http://h:80/x", "see https://example.com/a@b:c and http://h:80/x")]
    [InlineData("ASIATICUSNAMES AKIAIOSFODNN7EXAMPLEX tokens=5 secretary=ann", "ASIATICUSNAMES AKIAIOSFODNN7EXAMPLEX tokens=5 secretary=ann")]
    [InlineData("Kind: YARN_AM_RM_TOKEN, Service: , authorization denied", "Kind: YARN_AM_RM_TOKEN, Service: , authorization denied")]
    public void Well_known_secrets_go_and_what_only_looks_like_one_stays(string line, string expected)
    {
        using var batch = Batch([line, "before " + line, "nothing"]);
        SecretRedactor.Redact(batch, new long[SecretRules.Count]);
        Bodies(batch).ShouldBe([expected, "before " + expected, "nothing"]);
    }

    [Fact]
    public void Attributes_are_redacted_by_name_and_by_value_in_every_type()
    {
        using var batch = LogBatch.Rent();
        batch.EndResource(ResourceKind.Otlp);
        batch.AddAttribute("db.password"u8, AttributeType.String, "abc"u8);
        batch.AddAttribute("url"u8, AttributeType.String, "redis://u:p@h"u8);
        batch.AddAttribute("passwords"u8, AttributeType.String, "3"u8);
        batch.AddAttribute("map"u8, AttributeType.Composite, "\x32\x14password=hunter2 more"u8);
        batch.AddRow(new LogRow { TimeUnixNano = 1, Scope = -1 });
        var counts = new long[SecretRules.Count];
        SecretRedactor.Redact(batch, counts);
        Enumerable.Range(0, 4).Select(i => Encoding.UTF8.GetString(batch.AttributeBytes(i))).ShouldBe([Gone, "redis://u:[redacted]@h", "3", "\x32\x14password=******* more"]);
        counts.ShouldBe([0, 0, 0, 0, 0, 1, 0, 1, 1]);
    }

    [Theory]
    [InlineData("""{"user":"ann","password":"hunter2"}""", """{"user":"ann","password":"*******"}""", 1)]
    [InlineData("""{"a":{"db.password":"x1","list":[{"client_secret":"abc"},"secret"]}}""", """{"a":{"db.password":"**","list":[{"client_secret":"***"},"secret"]}}""", 2)]
    [InlineData("""{"api_key":["one","two"],"n":1}""", """{"api_key":["***","***"],"n":1}""", 2)]
    [InlineData("""{"password":5,"passwords":"all","secret":""}""", """{"password":5,"passwords":"all","secret":""}""", 0)]
    [InlineData("""{"url":"redis://u:p1@h"}""", """{"url":"redis://u:**@h"}""", 1)]
    public void Maps_are_redacted_by_key_at_any_depth(string json, string expected, int count)
    {
        using var proto = Ingest.Otlp.OtlpJsonTranscoder.ToProtobuf(
            Encoding.UTF8.GetBytes($"{{\"resourceLogs\":[{{\"scopeLogs\":[{{\"logRecords\":[{{\"timeUnixNano\":\"1\",\"body\":{AnyValue(System.Text.Json.JsonDocument.Parse(json).RootElement)}}}]}}]}}]}}"),
            Ingest.Otlp.OtlpJsonMessage.Logs, Core.Limits.IngestLimits.Default);
        using var batch = LogBatch.Rent();
        Ingest.Otlp.OtlpLogsDecoder.Decode(proto.Written, batch, new Ingest.Otlp.Rejections(), Core.Limits.IngestLimits.Default, 1);
        batch.Rows[0].BodyType.ShouldBe(AttributeType.Composite);
        var counts = new long[SecretRules.Count];
        SecretRedactor.Redact(batch, counts);
        AnyValueText.ToJson(batch.Text(TextRef.Unpack(batch.Rows[0].BodyBits))).ShouldBe(expected);
        counts.Sum().ShouldBe(count);
    }

    private static string AnyValue(System.Text.Json.JsonElement value) => value.ValueKind switch
    {
        System.Text.Json.JsonValueKind.Object => $"{{\"kvlistValue\":{{\"values\":[{string.Join(',', value.EnumerateObject().Select(p => $"{{\"key\":\"{p.Name}\",\"value\":{AnyValue(p.Value)}}}"))}]}}}}",
        System.Text.Json.JsonValueKind.Array => $"{{\"arrayValue\":{{\"values\":[{string.Join(',', value.EnumerateArray().Select(AnyValue))}]}}}}",
        System.Text.Json.JsonValueKind.Number => $"{{\"intValue\":{value.GetRawText()}}}",
        _ => $"{{\"stringValue\":{value.GetRawText()}}}",
    };

    [SharedFact]
    public void Real_logs_have_no_secrets()
    {
        foreach (var file in Directory.GetFiles(SharedInput.PathOf("data/logs"), "*.log"))
        {
            using var batch = Batch(File.ReadAllLines(file));
            var counts = new long[SecretRules.Count];
            SecretRedactor.Redact(batch, counts);
            counts.ShouldAllBe(c => c == 0, file);
        }
    }

    [Fact]
    public void Scan_finds_what_a_simple_search_finds()
    {
        string[] literals = ["password", "pass", "://", "eyj", "akia", "bearer ", "sk_live_"];
        var scan = new LiteralScan("password", "://", "eyj", "akia", "bearer ", "sk_live_");
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var text = new StringBuilder();
            while (text.Length < random.Next(0, 200))
            {
                var literal = literals[random.Next(literals.Length)];
                text.Append(random.Next(3) == 0 ? literal.ToUpperInvariant() : random.Next(2) == 0 ? literal : "" + (char)random.Next(1, 255));
            }

            var found = new List<(int At, int Literal)>();
            scan.Find(Encoding.UTF8.GetBytes(text.ToString()), found);
            var bytes = Encoding.UTF8.GetBytes(text.ToString());
            var expected = Enumerable.Range(0, bytes.Length).Where(i => literals.Where(l => l != "pass").Any(l => Ascii.EqualsIgnoreCase(bytes.AsSpan(i, Math.Min(l.Length, bytes.Length - i)), l)));
            found.Select(f => f.At).ShouldBe(expected, $"round {round}");
        }
    }

    [Theory]
    [InlineData("paid with 4111 1111 1111 1111 ok", "paid with [card] ok")]
    [InlineData("5500-0000-0000-0004,next", "[card],next")]
    [InlineData("order 4111111111111112 id", "order 4111111111111112 id")]
    [InlineData("trace 4111111111111111abc", "trace 4111111111111111abc")]
    [InlineData("1772704800123 ts 20260305130000", "1772704800123 ts 20260305130000")]
    [InlineData("mail ann.b+c@example.co.uk, then", "mail [email], then")]
    [InlineData("@home a@b user@host", "@home a@b user@host")]
    public void Cards_and_addresses_go_where_asked(string line, string expected)
    {
        var sink = new LineSink();
        var pipeline = Of(sink, new RedactConfiguration { Cards = true, Emails = true });
        using var batch = Batch([line]);
        pipeline.Append(batch);
        sink.Lines.ShouldBe([expected]);
    }

    [Fact]
    public void Own_expressions_put_their_groups_back_and_look_where_they_are_told()
    {
        var sink = new LineSink();
        var pipeline = Of(sink, new RedactConfiguration { Patterns = [new(new(@"id=(\w)\w+"), "id=$1…", "id")], Fields = ["other"] }, new RedactConfiguration { Patterns = [new(new(@"ssn=\d+"), "ssn=?", "ssn")] });
        using var batch = Batch(["id=abc ssn=123"]);
        pipeline.Append(batch);
        sink.Lines.ShouldBe(["id=abc ssn=?"]);
    }

    internal static LogPipeline Of(IBatchSink sink, params ProcessorConfiguration[] processors) =>
        new(sink, new PipelineConfiguration { Logs = [new LogPipelineConfiguration("test", [], [], processors)] }, new ManualTimeProvider(), _ => { });

    internal static LogBatch Batch(string[] lines)
    {
        var batch = LogBatch.Rent();
        batch.AddAttribute("job"u8, AttributeType.String, "test"u8);
        batch.EndResource(ResourceKind.Labels);
        foreach (var line in lines)
        {
            batch.AddRow(new LogRow { TimeUnixNano = 1, Scope = -1, BodyType = AttributeType.String, BodyBits = batch.AddText(line).Packed });
        }

        return batch;
    }

    internal static IEnumerable<string> Bodies(LogBatch batch) => batch.Rows.ToArray().Select(r => Encoding.UTF8.GetString(batch.Text(TextRef.Unpack(r.BodyBits))));
}
