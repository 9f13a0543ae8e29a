using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Loki;
using Sightglass.Ingest.Otlp;

namespace Sightglass.Ingest.Tests.Loki;

public sealed class LokiPushTests
{
    private const string Example = """
        {"streams":[{"values":[["1700000000000000001","one \u00e9",{"trace_id":"5b8efff798038103d269b633813fc60c","span_id":"eee19b7ec3c1b174","user":"7"}],
        ["1700000000000000002","two"]],"stream":{"app":"web","env":"prod"}}]}
        """;

    [Fact]
    public void Json_gives_streams_entries_and_trace_fields()
    {
        using var batch = new LogBatch();
        DecodeJson(Example, batch).Items.ShouldBe(0);
        Labels(batch, 0).ShouldBe("app=web,env=prod");
        batch.Resources[0].Kind.ShouldBe(ResourceKind.Labels);
        batch.Count.ShouldBe(2);
        var row = batch.Rows[0];
        row.TimeUnixNano.ShouldBe(1_700_000_000_000_000_001);
        row.Scope.ShouldBe(-1);
        row.TraceId.ToString().ShouldBe("5b8efff798038103d269b633813fc60c");
        row.SpanId.ShouldBe(0xeee19b7ec3c1b174);
        row.Attributes.Count.ShouldBe(1);
        Encoding.UTF8.GetString(batch.AttributeBytes(row.Attributes.Start)).ShouldBe("7");
        Line(batch, 0).ShouldBe("one é");
        Line(batch, 1).ShouldBe("two");
    }

    [Fact]
    public void Half_a_character_does_not_cost_the_lines_beside_it()
    {
        using var batch = new LogBatch();
        DecodeJson("""{"streams":[{"stream":{"a":"b"},"values":[["1","cut \ud83d"],["2","whole \ud83d\ude42",{"user":"\ude42"}]]}]}""", batch).Items.ShouldBe(0);
        Line(batch, 0).ShouldBe("cut \uFFFD");
        Line(batch, 1).ShouldBe("whole 🙂");
    }

    [Fact]
    public void The_json_of_old_senders_is_read()
    {
        using var batch = new LogBatch();
        DecodeJson("""
            {"streams":[{"entries":[{"ts":"2019-09-13T18:32:22.380001319Z","line":"super line"},
            {"line":"later \u00e9","more":[1],"timestamp":"2018-12-18T08:28:06.801064-04:00","structuredMetadata":{"a":"1","trace_id":"5b8efff798038103d269b633813fc60c"}},
            {"ts":"2019-09-13T18:32:24Z"}],"labels":"{test=\"te\\\"st\", env=\"x\"}"},
            {"labels":"{b=\"c\"}","entries":[]}]}
            """, batch).Items.ShouldBe(0);
        Labels(batch, 0).ShouldBe("test=te\"st,env=x");
        batch.Count.ShouldBe(3);
        batch.Rows[0].TimeUnixNano.ShouldBe(1_568_399_542_380_001_319);
        Line(batch, 0).ShouldBe("super line");
        batch.Rows[1].TimeUnixNano.ShouldBe(1_545_136_086_801_064_000);
        batch.Rows[1].Attributes.Count.ShouldBe(1);
        batch.Rows[1].TraceId.IsEmpty.ShouldBeFalse();
        Line(batch, 1).ShouldBe("later é");
        Line(batch, 2).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"streams":[{"labels":"{a=b}","entries":[]}]}""", "stream labels")]
    [InlineData("""{"streams":[{"labels":7,"entries":[]}]}""", "Number")]
    [InlineData("""{"streams":[{"labels":"{a=\"b\"}","entries":[{"ts":"yesterday","line":"x"}]}]}""", "RFC 3339")]
    [InlineData("""{"streams":[{"labels":"{a=\"b\"}","entries":[{"ts":1568399542,"line":"x"}]}]}""", "RFC 3339")]
    [InlineData("""{"streams":[{"labels":"{a=\"b\"}","entries":[{"ts":"2019-09-13T18:32:24Z","line":7}]}]}""", "Number")]
    [InlineData("""{"streams":[{"labels":"{a=\"b\"}","entries":["x"]}]}""", "String")]
    public void Bad_json_of_old_senders_is_malformed(string body, string want)
    {
        using var batch = new LogBatch();
        Should.Throw<MalformedInputException>(() => DecodeJson(body, batch)).Message.ShouldContain(want);
    }

    [Fact]
    public void An_invalid_trace_id_stays_metadata()
    {
        using var batch = new LogBatch();
        DecodeJson("""{"streams":[{"stream":{"a":"b"},"values":[["1","x",{"trace_id":"zz"}]]}]}""", batch);
        batch.Rows[0].TraceId.IsEmpty.ShouldBeTrue();
        batch.Rows[0].Attributes.Count.ShouldBe(1);
    }

    [Fact]
    public void A_line_over_the_limit_is_refused_alone()
    {
        using var batch = new LogBatch();
        var body = $$"""{"streams":[{"stream":{"a":"b"},"values":[["1","{{new string('x', 2 << 20)}}"],["2","y"]]}]}""";
        DecodeJson(body, batch).First.ShouldBe("entry: log line: got 2097152, limit MaxLogLineBytes is 1048576");
        batch.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"streams\":[{\"stream\":{},\"values\":[]}]}")]
    [InlineData("{\"streams\":[{\"stream\":{\"a\":1},\"values\":[]}]}")]
    [InlineData("{\"streams\":[{\"stream\":{\"a-b\":\"c\"},\"values\":[]}]}")]
    [InlineData("{\"streams\":[{\"stream\":{\"1a\":\"c\"},\"values\":[]}]}")]
    [InlineData("{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"x\",\"y\"]]}]}")]
    [InlineData("{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"1\"]]}]}")]
    [InlineData("{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"1\",\"y\"]]}]} x")]
    [InlineData("{\"streams\":[{\"stream\":{\"a\":\"b\"}")]
    public void Bad_json_is_malformed(string body)
    {
        using var batch = new LogBatch();
        Should.Throw<MalformedInputException>(() => DecodeJson(body, batch));
    }

    [Theory]
    [InlineData("{app=\"web\"}", "app=web")]
    [InlineData(" { a = \"x\" , b=`raw\\n` , } ", "a=x,b=raw\\n")]
    [InlineData("{a=\"q\\\"\\n\\u00e9\"}", "a=q\"\né")]
    [InlineData("{a=\"\",b=\"c\"}", "b=c")]
    public void Stream_labels_are_read(string text, string labels)
    {
        using var batch = new LogBatch();
        StreamLabels.Add(Encoding.UTF8.GetBytes(text), batch, IngestLimits.Default);
        Labels(batch, 0).ShouldBe(labels);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{a}")]
    [InlineData("{a=b}")]
    [InlineData("{a=\"b}")]
    [InlineData("{a=\"b\"")]
    [InlineData("{a=\"b\" c=\"d\"}")]
    [InlineData("{a=\"\\q\"}")]
    [InlineData("{a.b=\"c\"}")]
    [InlineData("{\"a-b\"=\"c\"}")]
    [InlineData("{a=\"b\"}x")]
    public void Bad_stream_labels_are_malformed(string text)
    {
        using var batch = new LogBatch();
        Should.Throw<MalformedInputException>(() => StreamLabels.Add(Encoding.UTF8.GetBytes(text), batch, IngestLimits.Default));
    }

    [Fact]
    public void Protobuf_gives_the_same_as_json()
    {
        using var batch = new LogBatch();
        var rejections = new Rejections();
        LokiProtoDecoder.Decode(Protobuf(), batch, rejections, IngestLimits.Default, 1);
        rejections.Items.ShouldBe(0);
        Labels(batch, 0).ShouldBe("app=web");
        batch.Rows[0].TimeUnixNano.ShouldBe(1_700_000_000_000_000_007);
        Line(batch, 0).ShouldBe("hello");
        batch.Rows[0].Attributes.Count.ShouldBe(1);
    }

    [Fact]
    public void Damaged_bodies_are_refused_as_such()
    {
        var random = new Random(11);
        byte[][] bodies = [Encoding.UTF8.GetBytes(Example), Protobuf()];
        for (var i = 0; i < 20_000; i++)
        {
            var damaged = bodies[i % 2].ToArray();
            for (var j = random.Next(1, 4); j > 0; j--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            using var batch = new LogBatch();
            try
            {
                if (i % 2 == 0)
                {
                    LokiJsonDecoder.Decode(damaged, batch, new Rejections(), IngestLimits.Default, 1);
                }
                else
                {
                    LokiProtoDecoder.Decode(damaged, batch, new Rejections(), IngestLimits.Default, 1);
                }
            }
            catch (Exception e) when (e is MalformedInputException or LimitExceededException)
            {
            }
        }
    }

    private static byte[] Protobuf() => Message(w => Field(w, 1, Message(s =>
    {
        Field(s, 1, "{app=\"web\"}"u8.ToArray());
        Field(s, 2, Message(e =>
        {
            Field(e, 1, Message(t =>
            {
                t.WriteByte(1 << 3);
                t.WriteVarint(1_700_000_000);
                t.WriteByte(2 << 3);
                t.WriteVarint(7);
            }));
            Field(e, 2, "hello"u8.ToArray());
            Field(e, 3, Message(p =>
            {
                Field(p, 1, "user"u8.ToArray());
                Field(p, 2, "7"u8.ToArray());
            }));
        }));
    })));

    private static Rejections DecodeJson(string body, LogBatch batch)
    {
        var rejections = new Rejections();
        LokiJsonDecoder.Decode(Encoding.UTF8.GetBytes(body), batch, rejections, IngestLimits.Default, 1);
        return rejections;
    }

    private static string Line(LogBatch batch, int row) => Encoding.UTF8.GetString(batch.Text(TextRef.Unpack(batch.Rows[row].BodyBits)));

    private static string Labels(LogBatch batch, int resource)
    {
        var range = batch.Resources[resource].Attributes;
        return string.Join(',', Enumerable.Range(range.Start, range.Count)
            .Select(i => $"{Encoding.UTF8.GetString(batch.AttributeKey(i))}={Encoding.UTF8.GetString(batch.AttributeBytes(i))}"));
    }

    private static byte[] Message(Action<ByteWriter> write)
    {
        using var writer = new ByteWriter();
        write(writer);
        return writer.Written.ToArray();
    }

    private static void Field(ByteWriter writer, int field, byte[] value)
    {
        writer.WriteVarint(((uint)field << 3) | 2);
        writer.WriteLengthPrefixed(value);
    }
}
