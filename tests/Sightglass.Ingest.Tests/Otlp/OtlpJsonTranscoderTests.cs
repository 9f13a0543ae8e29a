using System.Text;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using static Sightglass.Ingest.Tests.Otlp.ProtoText;

namespace Sightglass.Ingest.Tests.Otlp;

public sealed class OtlpJsonTranscoderTests
{
    [Theory]
    [InlineData("""{"timeUnixNano":"5"}""")]
    [InlineData("""{"timeUnixNano":5}""")]
    [InlineData("""{"time_unix_nano":"5"}""")]
    [InlineData("""{"timeUnixNano":5e0,"unknown":{"a":[1,{}]},"body":null}""")]
    public void Integers_are_text_or_numbers_and_unknown_fields_are_passed_over(string record) =>
        Record(record).ShouldBe(Fixed64(1, 5));

    [Theory]
    [InlineData("""{"severityNumber":9}""", 9)]
    [InlineData("""{"severityNumber":"SEVERITY_NUMBER_INFO"}""", 9)]
    [InlineData("""{"severityNumber":"SEVERITY_NUMBER_FATAL4"}""", 24)]
    public void Enumerations_are_numbers_or_names(string record, int number) => Record(record).ShouldBe(Varint(2, (ulong)number));

    [Theory]
    [InlineData("""{"stringValue":""}""", "0A00")]
    [InlineData("""{"boolValue":true}""", "1001")]
    [InlineData("""{"intValue":"-1"}""", "18FFFFFFFFFFFFFFFFFF01")]
    [InlineData("""{"doubleValue":"NaN"}""", "21000000000000F8FF")]
    [InlineData("""{"doubleValue":1}""", "21000000000000F03F")]
    [InlineData("""{"bytesValue":"-_8"}""", "3A02FBFF")]
    [InlineData("""{"bytesValue":"+/8="}""", "3A02FBFF")]
    [InlineData("""{"arrayValue":{"values":[{"intValue":1},{}]}}""", "2A060A0218010A00")]
    public void Values_keep_their_kind(string value, string hex)
    {
        var bytes = Record($$"""{"body":{{value}}}""");
        bytes.ShouldBe(Bytes(5, Convert.FromHexString(hex)));
    }

    [Theory]
    [InlineData("5B8EFFF798038103", "5B8EFFF798038103")]
    [InlineData("", "")]
    [InlineData("5B8", "00")]
    [InlineData("not hex at all, and far too long for any id", "00")]
    public void Ids_are_hex_and_what_is_not_stays_invalid(string id, string hex) =>
        Record($$"""{"spanId":"{{id}}"}""").ShouldBe(Bytes(10, Convert.FromHexString(hex)));

    [Theory]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(20_000)]
    [InlineData(3_000_000)]
    public void Lengths_of_any_size_are_right(int length)
    {
        var text = new string('x', length);
        Record($$$"""{"body":{"stringValue":"{{{text}}}"},"flags":1}""").ShouldBe([.. Bytes(5, Text(1, text)), 0x45, 1, 0, 0, 0]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{} x")]
    [InlineData("""{"resourceLogs":7}""")]
    [InlineData("""{"resourceLogs":[[{}]]}""")]
    [InlineData("""{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"x"}]}]}]}""")]
    [InlineData("""{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"99999999999999999999"}]}]}]}""")]
    [InlineData("""{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":"LOUD"}]}]}]}""")]
    [InlineData("""{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityText":7}]}]}]}""")]
    [InlineData("""{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"bytesValue":"!"}}]}]}]}""")]
    public void Bad_json_is_malformed(string json) => Should.Throw<MalformedInputException>(() => Transcode(json));

    [Fact]
    public void Nesting_is_bounded()
    {
        var open = string.Concat(Enumerable.Repeat("""{"arrayValue":{"values":[""", 1000));
        Should.Throw<MalformedInputException>(() => Record($$"""{"body":{{open}}"""));
    }

    [Fact]
    public void Logs_arrive_whole_and_damaged_ones_are_refused_as_such()
    {
        const string Json = """
            {"resourceLogs":[{"schemaUrl":"r","resource":{"attributes":[{"key":"service.name","value":{"stringValue":"a"}}]},"scopeLogs":[{"scope":{"name":"s","version":"1"},"schemaUrl":"u",
            "logRecords":[{"timeUnixNano":"5","observedTimeUnixNano":"6","severityNumber":9,"severityText":"I","body":{"kvlistValue":{"values":[{"key":"k","value":{"intValue":"0"}}]}},
            "traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","flags":1,"eventName":"e","droppedAttributesCount":2,"attributes":[{"key":"x","value":{"doubleValue":1.5}}]}]}]}]}
            """;
        using var batch = new LogBatch();
        OtlpLogsDecoder.Decode(Transcode(Json), batch, new Rejections(), IngestLimits.Default, 1);
        var row = batch.Rows[0];
        (row.TimeUnixNano, row.ObservedTimeUnixNano, row.SeverityNumber, row.Flags, row.DroppedAttributes).ShouldBe((5L, 6L, (byte)9, 1u, 2u));
        row.TraceId.ToString().ShouldBe("5b8efff798038103d269b633813fc60c");
        row.SpanId.ShouldBe(0xeee19b7ec3c1b174);
        row.BodyType.ShouldBe(AttributeType.Composite);
        AnyValueText.ToJson(batch.Text(TextRef.Unpack(row.BodyBits))).ShouldBe("""{"k":0}""");
        Encoding.UTF8.GetString(batch.Text(row.EventName)).ShouldBe("e");
        Encoding.UTF8.GetString(batch.Text(batch.Scopes[row.Scope].SchemaUrl)).ShouldBe("u");
        Encoding.UTF8.GetString(batch.Text(batch.Resources[row.Resource].SchemaUrl)).ShouldBe("r");
        batch.AttributeTypeOf(row.Attributes.Start).ShouldBe(AttributeType.Double);
        Damage(Encoding.UTF8.GetBytes(Json), body => Transcode(Encoding.Latin1.GetString(body)));
        Damage(Transcode(Json), body =>
        {
            using var into = new LogBatch();
            OtlpLogsDecoder.Decode(body, into, new Rejections(), IngestLimits.Default, 1);
        });
    }

    internal static void Damage(byte[] body, Action<byte[]> decode)
    {
        var random = new Random(3);
        for (var i = 0; i < 10_000; i++)
        {
            var damaged = body.AsSpan(0, i % 2 == 0 ? body.Length : random.Next(body.Length)).ToArray();
            for (var j = random.Next(1, 4); j > 0 && damaged.Length > 0; j--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                decode(damaged);
            }
            catch (Exception e) when (e is MalformedInputException or LimitExceededException)
            {
            }
        }
    }

    private static byte[] Transcode(string json)
    {
        using var protobuf = OtlpJsonTranscoder.ToProtobuf(Encoding.UTF8.GetBytes(json), OtlpJsonMessage.Logs, IngestLimits.Default);
        return protobuf.Written.ToArray();
    }

    /// <summary>The protobuf of one log record, without what is around it.</summary>
    private static byte[] Record(string record)
    {
        var bytes = Transcode($$"""{"resourceLogs":[{"scopeLogs":[{"logRecords":[{{record}}]}]}]}""");
        foreach (var field in (ReadOnlySpan<int>)[1, 2, 2])
        {
            var reader = new Core.Bytes.ProtoReader(bytes);
            reader.Next().ShouldBeTrue();
            reader.Field.ShouldBe(field);
            bytes = reader.ReadBytes().ToArray();
        }

        return bytes;
    }
}
