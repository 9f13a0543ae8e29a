using System.Globalization;
using System.Text;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>Go's time layouts, in which the reference time 2006-01-02T15:04:05 stands for the parts.</summary>
internal static class GoTime
{
    // Longest first where one is the beginning of another.
    private static readonly (string Go, string Net)[] Parts =
    [
        ("January", "MMMM"), ("Monday", "dddd"), ("2006", "yyyy"), ("Z07:00", "K"), ("-07:00", "zzz"), ("-0700", "zzz"), ("MST", "'UTC'"),
        (".000000000", ".fffffff00"), (".000000", ".ffffff"), (".000", ".fff"), (".999999999", ".FFFFFFF"), (".999999", ".FFFFFF"), (".999", ".FFF"),
        ("Jan", "MMM"), ("Mon", "ddd"), ("01", "MM"), ("02", "dd"), ("03", "hh"), ("04", "mm"), ("05", "ss"), ("06", "yy"), ("15", "HH"), ("PM", "tt"), ("_2", "%d"),
    ];

    /// <summary>Writes a time.</summary>
    public static string Format(DateTimeOffset time, string layout) => Translate(layout) is { Length: > 0 } format
        ? time.ToString(format, CultureInfo.InvariantCulture)
        : string.Empty;

    /// <summary>Reads a time.</summary>
    public static bool TryParse(string layout, string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, Translate(layout), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    private static string Translate(string layout)
    {
        var output = new StringBuilder();
        var at = 0;
        while (at < layout.Length)
        {
            var found = Array.FindIndex(Parts, p => string.CompareOrdinal(layout, at, p.Go, 0, p.Go.Length) == 0);
            if (found >= 0)
            {
                output.Append(Parts[found].Net);
                at += Parts[found].Go.Length;
            }
            else
            {
                // A literal character.
                output.Append('\\').Append(layout[at++]);
            }
        }

        return output.Length == 1 ? "%" + output : output.ToString();
    }
}
