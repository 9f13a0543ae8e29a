using System.Globalization;
using Sightglass.Alerting;

namespace Sightglass.Server.CommandLine;

/// <summary>Times and steps as a person writes them on the command line.</summary>
internal static class QueryTime
{
    /// <summary>RFC 3339, seconds since 1970, <c>now</c>, or a duration before now such as <c>-1h</c>.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static DateTimeOffset Parse(string what, string text, DateTimeOffset now)
    {
        if (text == "now")
        {
            return now;
        }

        if (text.StartsWith('-') && PromDuration.TryParse(text[1..], out var ago) && text[^1] is not (>= '0' and <= '9'))
        {
            return now - ago;
        }

        const double MaxSeconds = 253_402_300_799;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && Math.Abs(seconds) < MaxSeconds)
        {
            return DateTimeOffset.UnixEpoch.AddMilliseconds(Math.Round(Math.Max(seconds, -62_135_596_800) * 1000));
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new FormatException($"{what}: got \"{text}\", want a time such as 2026-01-02T03:04:05Z, seconds since 1970, now, or -1h");
    }

    public static string Seconds(DateTimeOffset time) => (time.ToUnixTimeMilliseconds() / 1000m).ToString(CultureInfo.InvariantCulture);

    /// <summary>A duration, or seconds.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static double Step(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds > 0 ? seconds
        : PromDuration.TryParse(text, out var duration) && duration > TimeSpan.Zero ? duration.TotalSeconds
        : throw new FormatException($"--step: got \"{text}\", want a duration such as 15s");
}
