using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Sightglass.Alerting.OnCall;
using Sightglass.Core.Errors;

namespace Sightglass.Alerting.Tests.OnCall;

public sealed class RotationTests
{
    private static readonly string[] Zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"];

    [Theory]
    // Every Monday at 09:00 by the clock, in winter 08:00 UTC and in summer 07:00 UTC: the clocks go forward on 2026-03-29, back on 2026-10-25.
    [InlineData("Europe/Berlin", "monday 09:00", "1w", "2026-03-23T07:59:59Z", "b")]
    [InlineData("Europe/Berlin", "monday 09:00", "1w", "2026-03-23T08:00:00Z", "c")]
    [InlineData("Europe/Berlin", "monday 09:00", "1w", "2026-03-30T06:59:59Z", "c")]
    [InlineData("Europe/Berlin", "monday 09:00", "1w", "2026-03-30T07:00:00Z", "a")]
    [InlineData("Europe/Berlin", "monday 09:00", "1w", "2026-10-26T07:59:59Z", "c")]
    [InlineData("Europe/Berlin", "monday 09:00", "1w", "2026-10-26T08:00:00Z", "a")]
    // The clocks go forward on 2026-03-08, back on 2026-11-01.
    [InlineData("America/New_York", "monday 09:00", "1w", "2026-03-09T12:59:59Z", "c")]
    [InlineData("America/New_York", "monday 09:00", "1w", "2026-03-09T13:00:00Z", "a")]
    [InlineData("America/New_York", "monday 09:00", "1w", "2026-11-02T13:59:59Z", "a")]
    [InlineData("America/New_York", "monday 09:00", "1w", "2026-11-02T14:00:00Z", "b")]
    // A hand-over at a time that is skipped is at the moment at which it is skipped.
    [InlineData("Europe/Berlin", "02:30", "1d", "2026-03-29T00:59:59Z", "b")]
    [InlineData("Europe/Berlin", "02:30", "1d", "2026-03-29T01:00:00Z", "c")]
    // One at a time that comes twice is at the first.
    [InlineData("Europe/Berlin", "02:30", "1d", "2026-10-25T00:29:59Z", "b")]
    [InlineData("Europe/Berlin", "02:30", "1d", "2026-10-25T00:30:00Z", "c")]
    // Half days stay at 08:00 and 20:00 by the clock.
    [InlineData("America/New_York", null, "12h", "2026-11-01T00:00:00Z", "c")]
    [InlineData("America/New_York", null, "12h", "2026-11-01T12:59:59Z", "c")]
    [InlineData("America/New_York", null, "12h", "2026-11-01T13:00:00Z", "a")]
    public void Hand_overs_go_by_the_clock_on_the_wall(string zone, string? handover, string length, string at, string person)
    {
        // 2026-01-05 is a Monday; the rows were counted by hand from a calendar.
        var start = handover is null ? "2026-01-05T08:00" : handover.Length == 5 ? "2026-01-05T02:30" : "2026-01-05T09:00";
        var rotation = Read($"time_zone: {zone}", $"start: {start}, length: {length}, {(handover is null ? string.Empty : $"handover: {handover},")} people: [a, b, c]");
        rotation.At(Time(at), []).ShouldBe(person);
    }

    [Fact]
    public void Before_the_start_and_after_the_end_nobody_is_on_call()
    {
        var rotation = Read("time_zone: UTC", "start: 2026-01-05T09:00, end: 2026-01-07, length: 1d, people: [a, b]");
        rotation.At(Time("2026-01-05T08:59:59Z"), []).ShouldBeNull();
        rotation.At(Time("2026-01-06T23:59:59Z"), []).ShouldBe("b");
        rotation.At(Time("2026-01-07T00:00:00Z"), []).ShouldBeNull();
        rotation.Shifts(Time("2026-01-01T00:00:00Z"), Time("2026-02-01T00:00:00Z"), []).Select(Text).ShouldBe(["a 01-05 09:00 01-06 09:00", "b 01-06 09:00 01-07 00:00"]);
    }

    [Fact]
    public void A_start_between_hand_overs_makes_a_shorter_first_shift()
    {
        var rotation = Read("time_zone: UTC", "start: 2026-01-07T12:00, handover: monday 09:00, people: [a, b]");
        rotation.Shifts(Time("2026-01-01T00:00:00Z"), Time("2026-01-20T00:00:00Z"), []).Select(Text)
            .ShouldBe(["a 01-07 12:00 01-12 09:00", "b 01-12 09:00 01-19 09:00", "a 01-19 09:00 01-20 00:00"]);
    }

    [Fact]
    public void A_layer_may_be_restricted_to_hours_that_go_over_midnight_and_a_later_layer_goes_before()
    {
        var rotation = Read(
            "time_zone: Europe/Berlin",
            "start: 2026-03-23, length: 1w, handover: monday 00:00, people: [a, b]",
            "start: 2026-03-23, length: 1w, people: [c], restrict: [{weekdays: ['saturday:sunday'], start_time: '22:00', end_time: '06:00'}]");
        rotation.Shifts(Time("2026-03-27T00:00:00Z"), Time("2026-03-31T00:00:00Z"), []).Select(Text).ShouldBe(
        [
            "a 03-27 00:00 03-28 21:00", "c 03-28 21:00 03-29 04:00", "a 03-29 04:00 03-29 20:00", "c 03-29 20:00 03-29 22:00",
            "c 03-29 22:00 03-30 04:00", "b 03-30 04:00 03-31 00:00",
        ]);
    }

    [Fact]
    public void Overrides_go_before_layers_and_the_later_made_before_the_earlier()
    {
        var rotation = Read("time_zone: UTC", "start: 2026-01-05, length: 1w, people: [a]");
        OnCallOverride Override(string id, string person, string from, string to, int order) => new()
        {
            Id = id,
            Rotation = "r",
            Person = person,
            From = Time(from),
            To = Time(to),
            CreatedBy = "x",
            CreatedAt = Time("2026-01-01T00:00:00Z").AddMinutes(order),
        };
        OnCallOverride[] overrides = [Override("2", "c", "2026-01-06T06:00:00Z", "2026-01-06T09:00:00Z", 2), Override("1", "b", "2026-01-06T00:00:00Z", "2026-01-06T12:00:00Z", 1)];
        rotation.Shifts(Time("2026-01-05T00:00:00Z"), Time("2026-01-07T00:00:00Z"), overrides).Select(Text)
            .ShouldBe(["a 01-05 00:00 01-06 00:00", "b 01-06 00:00 01-06 06:00", "c 01-06 06:00 01-06 09:00", "b 01-06 09:00 01-06 12:00", "a 01-06 12:00 01-07 00:00"]);
        rotation.At(Time("2026-01-06T07:00:00Z"), overrides).ShouldBe("c");
        var (now, next) = rotation.Around(Time("2026-01-06T07:00:00Z"), overrides);
        Text(now!).ShouldBe("c 01-06 06:00 01-06 09:00");
        next!.Person.ShouldBe("b");
    }

    [Fact]
    public void Too_long_a_range_is_refused() =>
        Should.Throw<LimitExceededException>(() => Read("time_zone: UTC", "start: 2026-01-05, length: 1h, people: [a]").Shifts(Time("2026-01-05T00:00:00Z"), Time("2028-01-05T00:00:00Z"), [])).Message.ShouldContain("MaxRange");

    [Fact]
    public void Shifts_tile_the_range_and_every_moment_has_exactly_who_they_say() => Prop.ForAll(
        Gen.Elements(Zones).SelectMany(
            _ => Gen.Choose(1, 24 * 15).SelectMany(_ => Gen.Choose(0, 60 * 24 * 400), static (hours, start) => (hours, start)), static (zone, t) => (zone, t.hours, t.start))
            .SelectMany(_ => Gen.Choose(0, 60 * 24 * 700), static (t, at) => (t.zone, t.hours, t.start, at)).ToArbitrary(),
        t =>
        {
            var start = new DateTime(2025, 1, 1).AddMinutes(t.start);
            var rotation = new Rotation("r", TimeZoneInfo.FindSystemTimeZoneById(t.zone), [new RotationLayer { Name = "l", Start = start, Anchor = start, Length = TimeSpan.FromHours(t.hours), People = ["a", "b", "c"] }]);
            var from = new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(t.at);
            var to = from.AddDays(20);
            var shifts = rotation.Shifts(from, to, []);
            var begin = LocalClock.Instant(rotation.Zone, start);
            if (begin >= to)
            {
                return shifts.Count == 0 && rotation.At(from, []) is null;
            }

            var expected = begin > from ? begin : from;
            foreach (var shift in shifts)
            {
                if (shift.From != expected || shift.To <= shift.From
                    || rotation.At(shift.From, []) != shift.Person || rotation.At(shift.To.AddTicks(-1), []) != shift.Person || rotation.At(shift.From + ((shift.To - shift.From) / 2), []) != shift.Person)
                {
                    return false;
                }

                expected = shift.To;
            }

            return expected == to;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void A_later_time_on_the_wall_is_never_an_earlier_moment() => Prop.ForAll(
        Gen.Elements(Zones).SelectMany(_ => Gen.Choose(0, 525_600).SelectMany(_ => Gen.Choose(0, 4_000), static (a, b) => (a, b)), static (zone, t) => (zone, t.a, t.b)).ToArbitrary(),
        static t =>
        {
            var zone = TimeZoneInfo.FindSystemTimeZoneById(t.zone);
            var (first, second) = (new DateTime(2026, 1, 1).AddMinutes(t.a), new DateTime(2026, 1, 1).AddMinutes(t.a + t.b));
            return LocalClock.Instant(zone, first) <= LocalClock.Instant(zone, second) && (zone.IsInvalidTime(first) || LocalClock.Wall(zone, LocalClock.Instant(zone, first)) == first);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    internal static Rotation Read(string head, params string[] layers) => OnCallReader.Read(
        new YamlFile("c.yml").Read($"oncall:\n- name: r\n  {head}\n  layers:\n{string.Concat(layers.Select(static l => $"  - {{{l}}}\n"))}", "the configuration"), ["a", "b", "c"])[0];

    private static string Text(Shift s) => string.Create(CultureInfo.InvariantCulture, $"{s.Person} {s.From.UtcDateTime:MM-dd HH:mm} {s.To.UtcDateTime:MM-dd HH:mm}");

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
