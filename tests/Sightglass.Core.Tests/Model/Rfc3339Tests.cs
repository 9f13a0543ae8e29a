using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Sightglass.Core.Model;

namespace Sightglass.Core.Tests.Model;

public sealed class Rfc3339Tests
{
    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0, 0)]
    [InlineData("2026-11-22T07:35:00Z", 1_795_332_900, 0)]
    [InlineData("2026-11-22T07:35:00.5Z", 1_795_332_900, 500_000_000)]
    [InlineData("2026-11-22T07:35:00,123456789999Z", 1_795_332_900, 123_456_789)]
    [InlineData("2026-11-22T08:35:00+01:00", 1_795_332_900, 0)]
    [InlineData("2026-11-22T00:05:00-07:30", 1_795_332_900, 0)]
    [InlineData("2026-11-22T7:35:00Z", 1_795_332_900, 0)]
    [InlineData("2024-02-29T23:59:59Z", 1_709_251_199, 0)]
    [InlineData("1969-12-31T23:59:59.25Z", -1, 250_000_000)]
    [InlineData("0001-01-01T00:00:00Z", -62_135_596_800, 0)]
    [InlineData("0000-02-29T00:00:00Z", -62_162_121_600, 0)]
    [InlineData("9999-12-31T23:59:59.999999999Z", 253_402_300_799, 999_999_999)]
    public void Times_are_read(string text, long seconds, int nanoseconds)
    {
        Rfc3339.TryParse(text, out var readSeconds, out var readNanoseconds).ShouldBeTrue();
        (readSeconds, readNanoseconds).ShouldBe((seconds, nanoseconds));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-11-22")]
    [InlineData("2026-11-22T07:35:00")]
    [InlineData("2026-11-22t07:35:00Z")]
    [InlineData("2026-11-22T07:35:00z")]
    [InlineData("2026-11-22 07:35:00Z")]
    [InlineData("2026-11-22T07:35Z")]
    [InlineData("2026-11-22T07:35:00.Z")]
    [InlineData("2026-11-22T07:35:00 Z")]
    [InlineData("2026-11-22T07:35:00Z ")]
    [InlineData(" 2026-11-22T07:35:00Z")]
    [InlineData("2026-11-22T07:35:00+0100")]
    [InlineData("2026-11-22T07:35:00+25:00")]
    [InlineData("2026-11-22T07:35:00+01:61")]
    [InlineData("2026-11-22T24:00:00Z")]
    [InlineData("2026-11-22T07:60:00Z")]
    [InlineData("2026-11-22T07:35:60Z")]
    [InlineData("2026-02-29T07:35:00Z")]
    [InlineData("2026-11-31T07:35:00Z")]
    [InlineData("2026-13-01T07:35:00Z")]
    [InlineData("2026-00-01T07:35:00Z")]
    [InlineData("2026-11-00T07:35:00Z")]
    [InlineData("26-11-22T07:35:00Z")]
    [InlineData("+2026-11-22T07:35:00Z")]
    [InlineData("２026-11-22T07:35:00Z")]
    public void Anything_else_is_not(string text) => Rfc3339.TryParse(text, out _, out _).ShouldBeFalse();

    [Fact]
    public void All_that_the_framework_writes_is_read_alike() => Prop.ForAll(ArbMap.Default.ArbFor<int>(), ArbMap.Default.ArbFor<int>(), static (hours, part) =>
    {
        var time = DateTimeOffset.UnixEpoch.AddHours(hours).AddSeconds(hours).AddTicks(Math.Abs((long)part) * 1237 % 10_000_000);
        return Rfc3339.TryParse(time.ToString("O", CultureInfo.InvariantCulture), out var seconds, out var nanoseconds)
            && seconds == time.ToUnixTimeSeconds() && nanoseconds == (time.Ticks - DateTimeOffset.UnixEpoch.AddSeconds(seconds).Ticks) * 100
            && Rfc3339.TryParseMilliseconds(time.ToString("O", CultureInfo.InvariantCulture), out var milliseconds) && milliseconds == time.ToUnixTimeMilliseconds();
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithEndSize(1_000_000));

    [Fact]
    public void Nanoseconds_end_where_a_number_does()
    {
        Rfc3339.TryParseNanoseconds("2026-11-22T07:35:00.123456789Z", out var time).ShouldBeTrue();
        time.ShouldBe(1_795_332_900_123_456_789);
        Rfc3339.TryParseNanoseconds("9999-12-31T23:59:59Z", out time).ShouldBeTrue();
        time.ShouldBe(long.MaxValue);
        Rfc3339.TryParseNanoseconds("0001-01-01T00:00:00Z", out time).ShouldBeTrue();
        time.ShouldBe(long.MinValue);
    }
}
