using System.Text;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Syslog;

namespace Sightglass.Ingest.Tests.Syslog;

public sealed class SyslogFramingTests
{
    [Theory]
    [InlineData("<1>a\n<2>b\n", "<1>a|<2>b")]
    [InlineData("4 <1>a5 <2>bb", "<1>a|<2>bb")]
    [InlineData("6 <1>a\nb<2>c\n4 <3>d", "<1>a\nb|<2>c|<3>d")]
    [InlineData("<1>a\0<2>b", "<1>a|<2>b")]
    [InlineData("12 monkeys\n<1>x\n", "12 monkeys|<1>x")]
    [InlineData("2025 was <fine>\n", "2025 was <fine>")]
    [InlineData("99 <1>cut short", "<1>cut short")]
    [InlineData("12345678901 <1>x\n", "12345678901 <1>x")]
    [InlineData("\n\n<1>a\n", "||<1>a")]
    public void Both_framings_are_told_apart_however_the_stream_is_split(string stream, string messages)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        for (var split = 0; split <= bytes.Length; split++)
        {
            string.Join('|', Frames(bytes, split)).ShouldBe(messages, $"split at {split}");
        }
    }

    [Fact]
    public void A_count_over_the_limit_is_passed_over_without_its_bytes_being_there() =>
        SyslogFraming.Instance.Next("2000000 <1>x"u8, ended: false, maxBytes: 1000).ShouldBe(new Frame(0, 0, 0, 2_000_008));

    private static List<string> Frames(byte[] bytes, int split)
    {
        var frames = new List<string>();
        var at = 0;
        foreach (var (end, ended) in new[] { (split, false), (bytes.Length, true) })
        {
            while (at < end)
            {
                var frame = SyslogFraming.Instance.Next(bytes.AsSpan(at, end - at), ended, 1 << 20);
                if (frame.Consumed == 0)
                {
                    break;
                }

                frames.Add(Encoding.UTF8.GetString(bytes, at + frame.Start, frame.Length));
                at += frame.Consumed;
            }
        }

        return frames;
    }
}
