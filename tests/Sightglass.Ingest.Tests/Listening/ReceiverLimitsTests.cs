using System.Text;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.Tests.Fluent;
using Sightglass.Ingest.Tests.Records;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Listening;

/// <summary>The limits on what a sender may send hold at every receiver that takes bodies: rate, length of a line, attributes of a record.</summary>
public sealed class ReceiverLimitsTests
{
    private static readonly IngestLimits Small = IngestLimits.Default with { MaxLogLineBytes = 100, MaxAttributesPerRow = 16 };
    private readonly RowSink _sink = new();
    private readonly ManualTimeProvider _time = new();
    private readonly IngestLedger _ledger;

    public ReceiverLimitsTests() => _ledger = new IngestLedger(_time);

    public static TheoryData<string> Receivers => ["elasticsearch", "seq", "seq raw", "gelf", "fluentd json", "fluentd msgpack", "loki", "otlp"];

    [Theory]
    [MemberData(nameof(Receivers))]
    public void A_sender_over_its_rate_is_refused_and_nothing_of_it_is_stored(string receiver)
    {
        var source = _ledger.Source(receiver, "10.0.0.1");
        var send = Sender(receiver, new SourceRateLimit(2, 0), IngestLimits.Default);
        send(["one", "two"], 0, source);
        Should.Throw<LimitExceededException>(() => send(["three"], 0, source)).Setting.ShouldBe("MaxLinesPerSecond");
        source.Rejections.Single().Reason.ShouldBe("rate_limit");
        send(["other sender"], 0, _ledger.Source(receiver, "10.0.0.2"));
        _time.Advance(TimeSpan.FromSeconds(1));
        send(["four"], 0, source);
        _sink.Rows.Length.ShouldBe(4);
        string.Join(' ', _sink.Rows).ShouldNotContain("three");
    }

    [Theory]
    [MemberData(nameof(Receivers))]
    public void A_line_over_the_limit_is_refused_alone(string receiver)
    {
        var source = _ledger.Source(receiver, "10.0.0.1");
        Sender(receiver, SourceRateLimit.None, Small)(["short", new string('x', 101), "other"], 0, source);
        _sink.Rows.Length.ShouldBe(2);
        source.RejectedItems.ShouldBe(1);
        source.Rejections.Single().Example.ShouldContain(nameof(IngestLimits.MaxLogLineBytes));
    }

    [Theory]
    [MemberData(nameof(Receivers))]
    public void A_record_with_too_many_attributes_is_refused_alone(string receiver)
    {
        var source = _ledger.Source(receiver, "10.0.0.1");
        var send = Sender(receiver, SourceRateLimit.None, Small);
        send(["few"], 3, source);
        send(["many"], 17, source);
        _sink.Rows.Single().ShouldContain("few");
        source.RejectedItems.ShouldBe(1);
        source.Rejections.Single().Example.ShouldContain(nameof(IngestLimits.MaxAttributesPerRow));
    }

    private Action<string[], int, IngestSource> Sender(string receiver, SourceRateLimit rate, IngestLimits limits)
    {
        var logs = new LogReceiver(new LogIntake(_sink, _ledger, limits, _time, _ => { })) { Rate = rate };
        var pushes = new PushReceiver(_sink, new DeltaAccumulator(_time), limits, _time) { LogRate = rate };
        return receiver switch
        {
            "elasticsearch" => (lines, attributes, source) => logs.ElasticBulk(Lines(lines, l => $"{{\"index\":{{}}}}\n{{\"message\":\"{l}\"{Extra(attributes)}}}"), "i", source),
            "seq" => (lines, attributes, source) => logs.Seq(Lines(lines, l => $"{{\"@t\":\"2026-01-01T00:00:00Z\",\"@m\":\"{l}\"{Extra(attributes)}}}"), true, source),
            "seq raw" => (lines, attributes, source) => logs.Seq(
                Utf8($"{{\"Events\":[{string.Join(',', lines.Select(l => $"{{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"MessageTemplate\":\"{l}\",\"Properties\":{{\"p\":1{Extra(attributes)}}}}}"))}]}}"), false, source),
            "gelf" => (lines, attributes, source) => logs.Gelf(Lines(lines, l => $"{{\"short_message\":\"{l}\"{Extra(attributes)}}}"), source),
            "fluentd json" => (lines, attributes, source) => logs.Fluent(Lines(lines, l => $"{{\"message\":\"{l}\"{Extra(attributes)}}}"), true, "tag", null, source),
            "fluentd msgpack" => (lines, attributes, source) => logs.Fluent(
                [(byte)(0x90 | lines.Length), .. lines.SelectMany(l => Map(("message", l), attributes))], false, "tag", null, source),
            "loki" => (lines, attributes, source) => pushes.LokiPush(
                Utf8($"{{\"streams\":[{{\"stream\":{{\"a\":\"b\"}},\"values\":[{string.Join(',', lines.Select(l => $"[\"1767225600000000000\",\"{l}\",{{\"p\":\"1\"{Extra(attributes, "\"1\"")}}}]"))}]}}]}}"), true, source),
            _ => (lines, attributes, source) => pushes.OtlpLogs(Otlp(lines, attributes), source),
        };
    }

    private static byte[] Otlp(string[] lines, int attributes)
    {
        var fields = string.Join(',', Enumerable.Range(0, attributes).Select(i => $"{{\"key\":\"k{i}\",\"value\":{{\"intValue\":1}}}}"));
        var records = string.Join(',', lines.Select(l => $"{{\"timeUnixNano\":\"1767225600000000000\",\"body\":{{\"stringValue\":\"{l}\"}},\"attributes\":[{fields}]}}"));
        using var proto = OtlpJsonTranscoder.ToProtobuf(Utf8($"{{\"resourceLogs\":[{{\"scopeLogs\":[{{\"logRecords\":[{records}]}}]}}]}}"), OtlpJsonMessage.Logs, IngestLimits.Default);
        return proto.Written.ToArray();
    }

    private static byte[] Map((string Key, string Value) first, int more) =>
        [0xde, 0, (byte)(more + 1), .. Pack.Value(first.Key), .. Pack.Value(first.Value), .. Enumerable.Range(0, more).SelectMany(i => Pack.Value($"k{i}").Concat(Pack.Value(1)))];

    private static string Extra(int attributes, string value = "1") => string.Concat(Enumerable.Range(0, attributes).Select(i => $",\"k{i}\":{value}"));

    private static byte[] Lines(string[] lines, Func<string, string> one) => Utf8(string.Concat(lines.Select(l => one(l) + "\n")));

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
