using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.Seq;
using Sightglass.Ingest.Tests.Records;

namespace Sightglass.Ingest.Tests.Seq;

public sealed class ClefDecoderTests
{
    public static TheoryData<string, string> Events() => new()
    {
        {
            """{"@t":"2025-12-31T10:00:00.1234567Z","@mt":"Hello, {User}! {Count} of {@Cart}","User":"Ann","Count":3,"Cart":{"Id":7},"@i":"abc123","@tr":"5b8efff798038103d269b633813fc60c","@sp":"eee19b7ec3c1b174","Application":"shop","MachineName":"m1"}""",
            "{service_name=shop,hostname=m1} 2025-12-31 10:00:00.1234567 Information(9) \"Hello, Ann! 3 of {\"Id\":7}\" trace=5b8efff798038103d269b633813fc60c span=eee19b7ec3c1b174 User=Ann Count=3:Int Cart.Id=7:Int Application=shop MachineName=m1 message_template=Hello, {User}! {Count} of {@Cart} event_id=abc123"
        },
        {
            """{"@t":"2025-12-31T10:00:00Z","@mt":"took {Elapsed:0.000} ms, {Ratio:P}, {Name}","@r":["12.346","50 %"],"Elapsed":12.34567,"Ratio":0.5,"Name":"n","@l":"Warning","@x":"System.Exception: bad\n   at X"}""",
            "{service_name=seq} 2025-12-31 10:00:00 Warning(13) \"took 12.346 ms, 50 %, n\" Elapsed=12.34567:Double Ratio=0.5:Double Name=n message_template=took {Elapsed:0.000} ms, {Ratio:P}, {Name} exception=System.Exception: bad\n   at X"
        },
        { """{"@t":"2025-12-31T10:00:00Z","@m":"ready made","@mt":"{X}","@l":"Fatal"}""", "{service_name=seq} 2025-12-31 10:00:00 Fatal(21) \"ready made\" message_template={X}" },
        { """{"@t":"2025-12-31T10:00:00Z","@x":"only an exception","@ra":{"service":{"name":"otel"}}}""", "{service_name=otel} 2025-12-31 10:00:00 Information(9) \"only an exception\" @ra.service.name=otel exception=only an exception" },
    };

    [Theory]
    [MemberData(nameof(Events))]
    public void Events_become_rows(string line, string row)
    {
        using var batch = new LogBatch();
        Decode(line, batch).Items.ShouldBe(0);
        RowText.Of(batch, 0).ShouldBe(row);
    }

    [Fact]
    public void The_older_form_becomes_rows()
    {
        using var batch = new LogBatch();
        using var decoder = new ClefDecoder(RowText.Options());
        decoder.DecodeRaw("""
            {"Events":[{"Timestamp":"2025-12-31T10:00:00Z","Level":"Error","MessageTemplate":"no {Thing}","Properties":{"Thing":"bread","Application":"baker"},"Exception":"E"},{"Timestamp":"2025-12-31T10:00:01Z","MessageTemplate":"x"}]}
            """u8, batch, new Rejections(), RowText.Now);
        RowText.Of(batch, 0).ShouldBe("{service_name=baker} 2025-12-31 10:00:00 Error(17) \"no bread\" Thing=bread Application=baker message_template=no {Thing} exception=E");
        RowText.Of(batch, 1).ShouldBe("{service_name=seq} 2025-12-31 10:00:01 Information(9) \"x\" message_template=x");
        Should.Throw<MalformedInputException>(() => decoder.DecodeRaw("{\"events\":[]}"u8, batch, new Rejections(), RowText.Now));
    }

    [Theory]
    [InlineData("a {{x}} {y} }{ b", """{"y":1}""", "a {x} 1 }{ b")]
    [InlineData("[{n,5}|{n,-5}|{m}]", """{"n":"ab"}""", "[   ab|ab   |{m}]")]
    [InlineData("{open {} {0} {é}", """{"0":true,"é":null}""", "{open {} true null")]
    [InlineData("{a,9999999999} {$s}", """{"a":1,"s":"\u0061\n"}""", "{a,9999999999} a\n")]
    public void Templates_are_rendered(string template, string properties, string text)
    {
        using var output = new ByteWriter();
        using var renderer = new MessageTemplate();
        renderer.Render(Encoding.UTF8.GetBytes(template), Encoding.UTF8.GetBytes(properties), default, output);
        Encoding.UTF8.GetString(output.Written).ShouldBe(text);
    }

    [Fact]
    public void A_bad_event_is_refused_alone()
    {
        using var batch = new LogBatch();
        Decode("{\"@t\":\"2025-12-31T10:00:00Z\",\"@m\":\"a\"}\nnonsense\n\n{\"@m\":\"b\"}\n", batch).Items.ShouldBe(1);
        batch.Count.ShouldBe(2);
    }

    [Fact]
    public void Mutated_events_are_refused_and_never_throw() =>
        Fuzz.OnlyMalformed([.. Events().Select(e => Encoding.UTF8.GetBytes((string)((object[])e)[0]))], (bytes, batch) =>
        {
            using var decoder = new ClefDecoder(RowText.Options());
            decoder.Decode(bytes, batch, new Rejections(), RowText.Now);
            decoder.DecodeRaw([.. "{\"Events\":["u8, .. bytes, .. "]}"u8], new LogBatch(), new Rejections(), RowText.Now);
        });

    private static Rejections Decode(string body, LogBatch batch)
    {
        using var decoder = new ClefDecoder(RowText.Options());
        var rejections = new Rejections();
        decoder.Decode(Encoding.UTF8.GetBytes(body), batch, rejections, RowText.Now);
        return rejections;
    }
}
