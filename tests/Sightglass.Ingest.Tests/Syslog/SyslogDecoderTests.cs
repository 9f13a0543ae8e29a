using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Sightglass.Core.Model;
using Sightglass.Ingest.Syslog;
using Sightglass.Ingest.Tests.Records;

namespace Sightglass.Ingest.Tests.Syslog;

public sealed class SyslogDecoderTests
{
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.CreateCustomTimeZone("+2", TimeSpan.FromHours(2), "+2", "+2");

    public static TheoryData<string, string> Messages() => new()
    {
        // RFC 5424, section 6.5 (times moved into the retention).
        {
            "<34>1 2025-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8",
            "{service_name=su,hostname=mymachine.example.com} 2025-10-11 22:14:15.003 crit(18) \"'su root' failed for lonvick on /dev/pts/8\" facility=auth appname=su msgid=ID47"
        },
        {
            "<165>1 2025-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
            "{service_name=myproc,hostname=192.0.2.1} 2025-08-24 12:14:15.000003 notice(10) \"%% It's time to make the do-nuts.\" facility=local4 appname=myproc procid=8710"
        },
        {
            "<165>1 2025-10-11T22:14:15.003Z h evntslog - ID47 [exampleSDID@32473 iut=\"3\" eventSource=\"Application\" eventID=\"1011\"][examplePriority@32473 class=\"high\"]",
            "{service_name=evntslog,hostname=h} 2025-10-11 22:14:15.003 notice(10) \"\" facility=local4 appname=evntslog msgid=ID47 exampleSDID@32473.iut=3 exampleSDID@32473.eventSource=Application exampleSDID@32473.eventID=1011 examplePriority@32473.class=high"
        },
        {
            "<14>1 - - - - - [a q=\"1\\\"2\\\\3\\]4\\5 é\"][flag] text",
            "{service_name=syslog,hostname=10.1.2.3} info(9) \"text\" facility=user a.q=1\"2\\3]4\\5 é flag=true:Bool"
        },
        {
            "<14>1 - - - - - [ot trace_id=\"5b8efff798038103d269b633813fc60c\" span_id=\"eee19b7ec3c1b174\"] t",
            "{service_name=syslog,hostname=10.1.2.3} info(9) \"t\" trace=5b8efff798038103d269b633813fc60c span=eee19b7ec3c1b174 facility=user"
        },
        { "<191>1 - h a - -", "{service_name=a,hostname=h} debug(5) \"\" facility=local7 appname=a" },

        // RFC 3164 and what is met of it. The zone is two hours east, the year is guessed.
        { "<34>Oct 11 22:14:15 mymachine su: 'su root' failed", "{service_name=su,hostname=mymachine} 2025-10-11 20:14:15 crit(18) \"'su root' failed\" facility=auth appname=su" },
        { "<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!", "{service_name=syslog,hostname=10.0.0.99} 2025-02-05 15:32:18 notice(10) \"Use the BFG!\" facility=user" },
        { "<30>Jan  1 01:00:00 web-1 nginx[812]: 200 GET /\n", "{service_name=nginx,hostname=web-1} 2025-12-31 23:00:00 info(9) \"200 GET /\" facility=daemon appname=nginx procid=812" },
        { "<30>Jan  1 20:00:00 h a: tomorrow, within a day", "{service_name=a,hostname=h} 2026-01-01 18:00:00 info(9) \"tomorrow, within a day\" facility=daemon appname=a" },
        { "<30>Jan  3 00:00:00 h a: a year ago", "{service_name=a,hostname=h} 2025-01-02 22:00:00 info(9) \"a year ago\" facility=daemon appname=a" },
        { "<30>Feb 29 12:00:00 h a: leap", "{service_name=a,hostname=h} 2024-02-29 10:00:00 info(9) \"leap\" facility=daemon appname=a" },
        { "<46>Dec 30 2025 12:00:00.123 fw %ASA-6-302013: Built", "{service_name=%ASA-6-302013,hostname=fw} 2025-12-30 10:00:00.123 info(9) \"Built\" facility=syslog appname=%ASA-6-302013" },
        { "<11>2025-12-31T10:00:00.5+01:00 h cron[1]: x: y", "{service_name=cron,hostname=h} 2025-12-31 09:00:00.5 error(17) \"x: y\" facility=user appname=cron procid=1" },
        { "<11>Dec 31 10:00:00 kernel: no host", "{service_name=kernel,hostname=10.1.2.3} 2025-12-31 08:00:00 error(17) \"no host\" facility=user appname=kernel" },
        { "<189>*Dec 31 10:00:00: %SYS-5-CONFIG_I: changed", "{service_name=%SYS-5-CONFIG_I,hostname=10.1.2.3} 2025-12-31 08:00:00 notice(10) \"changed\" facility=local7 appname=%SYS-5-CONFIG_I" },

        // Neither.
        { "<14>just text", "{service_name=syslog,hostname=10.1.2.3} info(9) \"just text\" facility=user" },
        { "no header at all", "{service_name=syslog,hostname=10.1.2.3} notice(10) \"no header at all\" facility=user" },
        { "<14>1 2025-13-41T00:00:00Z h a - - - x", "{service_name=a,hostname=h} info(9) \"<14>1 2025-13-41T00:00:00Z h a - - - x\" facility=user appname=a" },
        { "<14>1 - h a - - [x y=z] m", "{service_name=a,hostname=h} info(9) \"<14>1 - h a - - [x y=z] m\" facility=user appname=a" },
        { "<192>x", "{service_name=syslog,hostname=10.1.2.3} notice(10) \"<192>x\" facility=user" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void Messages_become_rows(string message, string row)
    {
        using var decoder = new SyslogDecoder(RowText.Options(), Zone);
        RowText.Decode(decoder, Encoding.UTF8.GetBytes(message)).ShouldBe([row]);
    }

    [Fact]
    public void What_is_no_syslog_is_kept_and_counted()
    {
        using var decoder = new SyslogDecoder(RowText.Options(), Zone);
        var source = RowText.Source();
        RowText.Decode(decoder, "hello"u8, source).Length.ShouldBe(1);
        RowText.Decode(decoder, "<14>1 x"u8, source).Length.ShouldBe(1);
        RowText.Decode(decoder, "<14>fine"u8, source).Length.ShouldBe(1);
        source.Unparsed.ShouldBe(2);
    }

    [Fact]
    public void Configured_labels_win()
    {
        using var decoder = new SyslogDecoder(RowText.Options(("service_name", "router"), ("site", "b")), Zone);
        RowText.Decode(decoder, "<34>Oct 11 22:14:15 mymachine su: x"u8)[0].ShouldStartWith("{service_name=router,site=b,hostname=mymachine} ");
    }

    [Fact]
    public void A_time_beyond_the_retention_is_kept_beside_the_time_of_arrival()
    {
        using var decoder = new SyslogDecoder(RowText.Options() with { Retention = TimeSpan.FromDays(30) }, Zone);
        RowText.Decode(decoder, "<34>1 2020-10-11T22:14:15.003Z h a - - - x"u8)
            .ShouldBe(["{service_name=a,hostname=h} crit(18) \"x\" facility=auth appname=a original_timestamp=2020-10-11T22:14:15.003000000Z"]);
    }

    [Fact]
    public void Invalid_utf8_becomes_replacement_characters()
    {
        using var decoder = new SyslogDecoder(RowText.Options(), Zone);
        RowText.Decode(decoder, [.. "<14>1 - h a - - - caf"u8, 0xe9])[0].ShouldContain("\"caf\ufffd\"");
    }

    [Fact]
    public void A_record_over_a_limit_is_refused_alone()
    {
        using var decoder = new SyslogDecoder(RowText.Options() with { Limits = new Core.Limits.IngestLimits { MaxAttributesPerRow = 3 } }, Zone);
        var source = RowText.Source();
        RowText.Decode(decoder, "<14>1 - h a p i [x y=\"1\"] m"u8, source).ShouldBeEmpty();
        source.Rejections.Single().Example.ShouldBe("syslog message: fields of a record: got 4, limit MaxAttributesPerRow is 3");
        RowText.Decode(decoder, "<14>1 - h a - - - m"u8, source).Length.ShouldBe(1);
    }

    [Fact]
    public void Mutated_messages_never_throw_and_are_never_lost()
    {
        using var decoder = new SyslogDecoder(RowText.Options(), Zone);
        var seeds = Messages().Select(m => Encoding.UTF8.GetBytes((string)((object[])m)[0])).ToArray();
        var mutated = from seed in Gen.Elements(seeds)
                      from edits in Gen.ListOf(Gen.Zip(Gen.Choose(0, 300), Gen.Choose(0, 255)))
                      from cut in Gen.Choose(0, 60)
                      select Mutate(seed, edits, cut);
        Prop.ForAll(Arb.From(mutated), message =>
        {
            using var batch = new LogBatch();
            decoder.Writer.Use(batch);
            decoder.Add(message, RowText.Source(), RowText.Now);
            var empty = message.AsSpan().TrimEnd("\r\n\0"u8).Length == 0;
            return batch.Count == (empty ? 0 : 1);
        }).QuickCheckThrowOnFailure();
    }

    internal static byte[] Mutate(byte[] seed, IEnumerable<(int At, int Value)> edits, int cut)
    {
        var bytes = seed.ToArray();
        foreach (var (at, value) in edits)
        {
            bytes[at % bytes.Length] = (byte)value;
        }

        return bytes[..Math.Max(0, bytes.Length - cut)];
    }
}
