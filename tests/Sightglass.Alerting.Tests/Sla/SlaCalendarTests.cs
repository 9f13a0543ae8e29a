using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Sightglass.Alerting.Sla;
using Sightglass.Core.Errors;

namespace Sightglass.Alerting.Tests.Sla;

public sealed class SlaCalendarTests
{
    [Theory]
    [InlineData("month", "Europe/Berlin", "2026-10", "2026-09-30T22:00", "2026-10-31T23:00", "2026-09", "2026-11")]
    [InlineData("month", "UTC", "2026-12", "2026-12-01T00:00", "2027-01-01T00:00", "2026-11", "2027-01")]
    [InlineData("quarter", "America/New_York", "2026-Q4", "2026-10-01T04:00", "2027-01-01T05:00", "2026-Q3", "2027-Q1")]
    [InlineData("year", "Asia/Kolkata", "2026", "2025-12-31T18:30", "2026-12-31T18:30", "2025", "2027")]
    [InlineData("week", "UTC", "2026-W01", "2025-12-29T00:00", "2026-01-05T00:00", "2025-W52", "2026-W02")]
    [InlineData("week", "Europe/Berlin", "2026-W13", "2026-03-22T23:00", "2026-03-29T22:00", "2026-W12", "2026-W14")]
    // Clocks are put forward at midnight: the day begins at one.
    [InlineData("week", "America/Asuncion", "2020-W40", "2020-09-28T04:00", "2020-10-05T03:00", "2020-W39", "2020-W41")]
    public void A_period_begins_and_ends_by_the_clock_of_its_zone(string kind, string zone, string name, string start, string end, string before, string after)
    {
        var calendar = Calendar(kind, zone);
        var period = calendar.Named(name);
        (Text(period.Start), Text(period.End)).ShouldBe((start, end));
        (calendar.Before(period).Name, calendar.After(period).Name).ShouldBe((before, after));
        calendar.Of(period.Start).ShouldBe(period);
        calendar.Of(period.End.AddSeconds(-1)).ShouldBe(period);
        calendar.Of(period.End).Name.ShouldBe(after);
    }

    [Theory]
    [InlineData("month", "2026-13")]
    [InlineData("month", "2026-1")]
    [InlineData("month", "2026")]
    [InlineData("month", "2026-W10")]
    [InlineData("month", "0001-01")]
    [InlineData("month", "2026-10\n")]
    [InlineData("quarter", "2026-Q5")]
    [InlineData("quarter", "2026-10")]
    [InlineData("week", "2026-W54")]
    [InlineData("week", "2025-W53")]
    [InlineData("year", "2026-10")]
    [InlineData("year", "")]
    public void What_names_no_period_is_refused(string kind, string name) =>
        Should.Throw<QueryException>(() => Calendar(kind, "UTC").Named(name)).Message.ShouldStartWith("period: got");

    [Fact]
    public void Every_moment_is_of_one_period_that_its_name_finds_again()
    {
        string[] zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Asuncion", "Asia/Kathmandu"];
        string[] kinds = ["week", "month", "quarter", "year"];
        Prop.ForAll<uint, byte, byte>((minutes, zone, kind) =>
        {
            var calendar = Calendar(kinds[kind % kinds.Length], zones[zone % zones.Length]);
            var at = new DateTimeOffset(2005, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(minutes * 7919L % 15_000_000);
            var period = calendar.Of(at);
            (at >= period.Start && at < period.End).ShouldBeTrue();
            calendar.Named(period.Name).ShouldBe(period);
            calendar.Before(period).End.ShouldBe(period.Start);
            calendar.After(period).Start.ShouldBe(period.End);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("2026-03-29 02:30", "2026-03-29T01:00")]
    [InlineData("2026-10-25 02:30", "2026-10-25T00:30")]
    [InlineData("2026-07-01 00:00", "2026-06-30T22:00")]
    public void A_time_that_the_clock_skips_or_shows_twice_is_one_moment(string local, string expected) =>
        Text(Calendar("month", "Europe/Berlin").At(DateTime.ParseExact(local, "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture))).ShouldBe(expected);

    private static SlaCalendar Calendar(string kind, string zone) => new(Enum.Parse<SlaPeriodKind>(kind, ignoreCase: true), TimeZoneInfo.FindSystemTimeZoneById(zone));

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture);
}
