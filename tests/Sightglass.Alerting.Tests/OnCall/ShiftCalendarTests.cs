using System.Text;
using Sightglass.Alerting.OnCall;

namespace Sightglass.Alerting.Tests.OnCall;

public sealed class ShiftCalendarTests
{
    private static readonly DateTimeOffset Begin = new(2026, 3, 29, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_event_has_what_a_calendar_needs() =>
        ShiftCalendar.Write("primary", [("primary", new Shift("ana", Begin, Begin.AddDays(7), "week", string.Empty))], Begin).ShouldBe(
            """
            BEGIN:VCALENDAR
            VERSION:2.0
            PRODID:-//Sightglass//On-call//EN
            CALSCALE:GREGORIAN
            METHOD:PUBLISH
            X-WR-CALNAME:primary
            REFRESH-INTERVAL;VALUE=DURATION:PT1H
            X-PUBLISHED-TTL:PT1H
            BEGIN:VEVENT
            UID:b0e4@sightglass
            DTSTAMP:20260329T080000Z
            DTSTART:20260329T080000Z
            DTEND:20260405T080000Z
            SUMMARY:ana on call: primary
            DESCRIPTION:week
            TRANSP:TRANSPARENT
            END:VEVENT
            END:VCALENDAR

            """.ReplaceLineEndings("\r\n").Replace("b0e4", Uid("primary", "ana"), StringComparison.Ordinal));

    [Theory]
    [InlineData("a;b,c\\d", @"a\;b\,c\\d")]
    [InlineData("a\r\nEND:VCALENDAR\nATTACH:x", @"a\nEND:VCALENDAR\nATTACH:x")]
    [InlineData("a\tb\u0007", "ab")]
    public void Text_cannot_end_its_line(string name, string shown) =>
        ShiftCalendar.Write(name, [], Begin).Split("\r\n")[5].ShouldBe("X-WR-CALNAME:" + shown);

    [Fact]
    public void Long_lines_are_folded_between_characters_and_unfold_to_what_they_were()
    {
        var name = string.Concat(Enumerable.Repeat("Überstunden 🌙 ", 20));
        var text = ShiftCalendar.Write(name, [], Begin);
        text.Split("\r\n").ShouldAllBe(static line => Encoding.UTF8.GetByteCount(line) <= 75);
        text.Replace("\r\n ", string.Empty, StringComparison.Ordinal).Split("\r\n")[5].ShouldBe("X-WR-CALNAME:" + name);
    }

    [Fact]
    public void An_id_stays_while_the_shift_does()
    {
        Uid("r", "a").ShouldBe(Uid("r", "a"));
        Uid("r", "b").ShouldNotBe(Uid("r", "a"));
        Uid("q", "a").ShouldNotBe(Uid("r", "a"));
    }

    private static string Uid(string rotation, string person)
    {
        var text = ShiftCalendar.Write("n", [(rotation, new Shift(person, Begin, Begin.AddDays(7), "week", string.Empty))], Begin.AddDays(1));
        var line = text.Split("\r\n").Single(static l => l.StartsWith("UID:", StringComparison.Ordinal));
        return line[4..line.IndexOf('@', StringComparison.Ordinal)];
    }
}
