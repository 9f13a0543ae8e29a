using System.Globalization;
using Sightglass.Ingest.Parsers;

namespace Sightglass.Ingest.Tests.Parsers;

public sealed class TimeFormatTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [InlineData("%Y-%m-%d %H:%M:%S,%f", "2026-01-02 03:04:05,678", "2026-01-02T02:04:05.678Z")]
    [InlineData("%Y-%m-%d %H:%M:%S.%L", "2026-07-02 03:04:05.123456789", "2026-07-02T01:04:05.1234567Z")]
    [InlineData("%FT%T%z", "2026-01-02T03:04:05+0530", "2026-01-01T21:34:05Z")]
    [InlineData("%FT%T%z", "2026-01-02T03:04:05-08:00", "2026-01-02T11:04:05Z")]
    [InlineData("%FT%T%z", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z")]
    [InlineData("%F %T %Z", "2026-01-02 03:04:05 UTC", "2026-01-02T03:04:05Z")]
    [InlineData("%F %T %Z", "2026-01-02 03:04:05 CET", "2026-01-02T02:04:05Z")]
    [InlineData("%d/%b/%Y:%H:%M:%S %z", "02/Jan/2026:03:04:05 +0000", "2026-01-02T03:04:05Z")]
    [InlineData("%A, %d %B %Y %I:%M:%S %p", "Friday, 02 January 2026 03:04:05 PM", "2026-01-02T14:04:05Z")]
    [InlineData("%d.%m.%y %I:%M %p", "02.01.26 12:30 AM", "2026-01-01T23:30:00Z")]
    [InlineData("%D %R", "01/02/26 03:04", "2026-01-02T02:04:00Z")]
    [InlineData("%y%m%d %H%M%S", "081109 203615", "2008-11-09T19:36:15Z")]
    [InlineData("%y", "70", "1969-12-31T23:00:00Z", false)]
    [InlineData("%Y %j %T", "2026 061 00:00:00", "2026-03-01T23:00:00Z")]
    [InlineData("%s", "1772704800", "2026-03-05T10:00:00Z")]
    [InlineData("%s.%f", "1772704800.25", "2026-03-05T10:00:00.25Z")]
    [InlineData("%b %e %T", "Mar  5 11:00:00", "2026-03-05T10:00:00Z")]
    [InlineData("%b %e %T", "Dec 31 23:59:59", "2025-12-31T22:59:59Z")]
    [InlineData("%m-%d %T", "03-06 00:00:00", "2026-03-05T23:00:00Z")]
    [InlineData("%d %b %Y %T", "29 Feb 2024 12:00:00", "2024-02-29T11:00:00Z")]
    [InlineData("%T 100%%", "01:02:03 100%", "2026-01-01T00:02:03Z")]
    [InlineData("%F %T", "2026-03-29 02:30:00", "2026-03-29T01:30:00Z")] // an hour that summer time leaves out
    [InlineData("%F %T", "2016-12-31 23:59:60", "2016-12-31T22:59:59Z")] // a leap second
    [InlineData("%Y-%m-%d", "2026-13-01", null)]
    [InlineData("%Y-%m-%d", "2026-02-30", null)]
    [InlineData("%Y-%m-%d", "26-01-01", null)]
    [InlineData("%H:%M", "24:00", null)]
    [InlineData("%I %p", "13 PM", null)]
    [InlineData("%F %T", "2026-01-02 03:04:05 more", null)]
    [InlineData("%F %T", "2026-01-02", null)]
    [InlineData("%z", "+1", null)]
    [InlineData("%b", "Xyz", null)]
    [InlineData("%s", "99999999999999999999", null)]
    [InlineData("%Y", "1950", null)]
    public void Every_directive_reads_what_it_is_for(string format, string text, string? expected, bool isInRange = true)
    {
        var parsed = TimeFormat.TryParse(format, out var why).ShouldNotBeNull(why);
        parsed.TryRead(text, Berlin, Now, out var nanoseconds).ShouldBe(expected is not null && isInRange);
        if (expected is not null && isInRange)
        {
            DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100).ShouldBe(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void Nine_digits_of_a_fraction_are_kept()
    {
        TimeFormat.TryParse("%s.%f", out _)!.TryRead("1772704800.123456789", Berlin, Now, out var nanoseconds).ShouldBeTrue();
        nanoseconds.ShouldBe(1_772_704_800_123_456_789);
    }

    [Theory]
    [InlineData("%Q", "got %Q, want one of % and Y y m")]
    [InlineData("%Y-%", "a % stands at the end")]
    [InlineData("yyyy-MM-dd", "got \"yyyy-MM-dd\", want directives as %Y-%m-%d %H:%M:%S")]
    public void What_is_no_format_is_refused(string format, string message)
    {
        TimeFormat.TryParse(format, out var why).ShouldBeNull();
        why.ShouldStartWith(message);
    }
}
