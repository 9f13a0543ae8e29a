using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using static Sightglass.Ingest.Tests.Otlp.ProtoText;

namespace Sightglass.Ingest.Tests.Otlp;

public sealed class OtlpTracesDecoderTests
{
    private static readonly byte[] Trace = [.. Enumerable.Range(1, 16).Select(static i => (byte)i)];
    private static readonly byte[] Id = [0, 0, 0, 0, 0, 0, 0, 9];

    [Fact]
    public void Every_field_arrives()
    {
        var happened = Message(Fixed64(1, 15), Text(2, "boom"), Attribute(3, "k", "v"));
        var link = Message(Bytes(1, Trace), Bytes(2, Id), Text(3, "a=b"));
        var span = Message(
            Bytes(1, Trace), Bytes(2, Id), Text(3, "x=y"), Bytes(4, 0, 0, 0, 0, 0, 0, 0, 8), Text(5, "GET /"), Varint(6, 3), Fixed64(7, 10), Fixed64(8, 30),
            Attribute(9, "a", "b"), Varint(10, 1), Bytes(11, happened), Bytes(11, happened), Varint(12, 2), Bytes(13, link), Varint(14, 3),
            Bytes(15, Message(Text(2, "bad"), Varint(3, 2))), [0x85, 0x01, 1, 1, 0, 0]);
        using var batch = new SpanBatch();
        Decode(Request(span), batch).Items.ShouldBe(0);
        var row = batch.Rows[0];
        row.TraceId.ShouldBe(TraceId.FromBytes(Trace));
        (row.SpanId, row.ParentSpanId, row.Kind, row.StartUnixNano, row.EndUnixNano).ShouldBe((9ul, 8ul, (byte)3, 10L, 30L));
        (row.DroppedAttributes, row.DroppedEvents, row.DroppedLinks, row.StatusCode, row.Flags).ShouldBe((1u, 2u, 3u, (byte)2, 257u));
        Show(batch, row.Name).ShouldBe("GET /");
        Show(batch, row.TraceState).ShouldBe("x=y");
        Show(batch, row.StatusMessage).ShouldBe("bad");
        row.Attributes.Count.ShouldBe(1);
        var events = new ByteReader(batch.Text(row.Events));
        events.ReadLengthPrefixed().ToArray().ShouldBe(happened);
        events.ReadLengthPrefixed().ToArray().ShouldBe(happened);
        events.AtEnd.ShouldBeTrue();
        var links = new ByteReader(batch.Text(row.Links));
        links.ReadLengthPrefixed().ToArray().ShouldBe(link);
        links.AtEnd.ShouldBeTrue();
    }

    [Fact]
    public void A_span_that_ends_before_its_start_has_no_length()
    {
        using var batch = new SpanBatch();
        Decode(Request(Message(Bytes(1, Trace), Bytes(2, Id), Fixed64(7, 10), Fixed64(8, 5))), batch);
        batch.Rows[0].EndUnixNano.ShouldBe(10);
    }

    public static TheoryData<byte[], string> Refused => new()
    {
        { Message(Bytes(2, Id), Fixed64(7, 1)), "trace id is missing" },
        { Message(Bytes(1, new byte[16]), Bytes(2, Id), Fixed64(7, 1)), "trace id is missing" },
        { Message(Bytes(1, Trace), Bytes(2, 1, 2), Fixed64(7, 1)), "span id is missing" },
        { Message(Bytes(1, Trace), Bytes(2, Id), Bytes(4, 1), Fixed64(7, 1)), "parent span id of 1 bytes" },
        { Message(Bytes(1, Trace), Bytes(2, Id)), "start time is missing" },
        { Message(Bytes(1, Trace), Bytes(2, Id), Fixed64(7, -1)), "later than the year 2262" },
        { Message(Bytes(1, Trace), Bytes(2, Id), Fixed64(7, 1), Bytes(13, Bytes(1, 1))), "link with a trace id of 1 bytes" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Invalid_spans_are_refused_alone(byte[] span, string reason)
    {
        using var batch = new SpanBatch();
        var rejections = Decode(Request(span, Message(Bytes(1, Trace), Bytes(2, Id), Fixed64(7, 1), Attribute(9, "a", "b"))), batch);
        rejections.Items.ShouldBe(1);
        rejections.First!.ShouldContain(reason);
        batch.Count.ShouldBe(1);
        batch.Rows[0].Attributes.Count.ShouldBe(1);
    }

    [Fact]
    public void Limits_hold()
    {
        using var batch = new SpanBatch();
        var body = Request(Message(Bytes(1, Trace), Bytes(2, Id), Fixed64(7, 1), Attribute(9, "a", "1"), Attribute(9, "b", "2")));
        var rejections = new Rejections();
        OtlpTracesDecoder.Decode(body, batch, rejections, new IngestLimits { MaxAttributesPerRow = 1 });
        rejections.First.ShouldBe("span: attributes: got 2, limit MaxAttributesPerRow is 1");
        Should.Throw<LimitExceededException>(() => OtlpTracesDecoder.Decode(body, batch, rejections, new IngestLimits { MaxItemsPerRequest = 2 }));
    }

    [Fact]
    public void Damaged_bodies_are_refused_as_such() => OtlpJsonTranscoderTests.Damage(
        Request(Message(
            Bytes(1, Trace), Bytes(2, Id), Fixed64(7, 10), Attribute(9, "a", Bytes(6, Attribute(1, "k", "v"))),
            Bytes(11, Message(Fixed64(1, 15), Text(2, "boom"), Attribute(3, "k", "v"))), Bytes(13, Message(Bytes(1, Trace), Bytes(2, Id))))),
        body =>
        {
            using var batch = new SpanBatch();
            Decode(body, batch);
        });

    private static byte[] Request(params byte[][] spans) =>
        Bytes(1, Message(Bytes(1, Attribute(1, "service.name", "a")), Bytes(2, Message([Bytes(1, Text(1, "scope")), .. spans.Select(static s => Bytes(2, s))]))));

    private static Rejections Decode(byte[] body, SpanBatch batch)
    {
        var rejections = new Rejections();
        OtlpTracesDecoder.Decode(body, batch, rejections, IngestLimits.Default);
        return rejections;
    }

    private static string Show(SpanBatch batch, TextRef text) => Encoding.UTF8.GetString(batch.Text(text));
}
