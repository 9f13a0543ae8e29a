using System.Buffers;
using System.Globalization;
using Sightglass.Query.LogQL.Parsers;

namespace Sightglass.Query.LogQL.View;

/// <summary>Finds out the level of a log line as Loki does when it takes a line in, and names it in Loki's words.</summary>
internal static class LevelDetector
{
    public const string Label = "detected_level";

    /// <summary>Labels and fields that may say the level, in order of precedence.</summary>
    public static readonly string[] Fields =
    [
        "level", "LEVEL", "Level", "log.level", "severity", "SEVERITY", "Severity", "SeverityText",
        "lvl", "LVL", "Lvl", "severity_text", "Severity_Text", "SEVERITY_TEXT",
    ];

    // How deep a level is looked for in a JSON line.
    private const int MaxJsonDepth = 2;

    // In the order in which Loki tries them; each as written or all upper case.
    private static readonly (string Level, SearchValues<string> Marks)[] Marks =
    [
        ("info", SearchValues.Create(["info", "INFO"], StringComparison.Ordinal)),
        ("error", Of("err:", "[err]", "[error]")),
        ("warn", Of("warn:", "[warn]", "warning")),
        ("critical", Of("critical:", "[critical]")),
        ("debug", Of("debug")),
    ];

    /// <summary>Loki's word for a level that is written in one of the usual ways, else null.</summary>
    public static string? Normalize(ReadOnlySpan<char> level)
    {
        Span<char> lower = stackalloc char[12];
        if (level.Length is 0 or > 12)
        {
            return null;
        }

        lower = lower[..level.ToLowerInvariant(lower)];
        return lower switch
        {
            "trace" or "trc" => "trace",
            "debug" or "dbg" => "debug",
            "info" or "inf" or "information" => "info",
            "warn" or "wrn" or "warning" => "warn",
            "error" or "err" => "error",
            "critical" => "critical",
            "fatal" => "fatal",
            _ => null,
        };
    }

    /// <summary>The level of an OpenTelemetry severity number.</summary>
    public static string FromSeverityNumber(long number) => number switch
    {
        <= 0 => "unknown",
        <= 4 => "trace",
        <= 8 => "debug",
        <= 12 => "info",
        <= 16 => "warn",
        <= 20 => "error",
        <= 24 => "fatal",
        _ => "unknown",
    };

    /// <summary>The level that a line itself tells; <c>unknown</c> when it does not.</summary>
    public static string FromLine(ReadOnlySpan<char> line)
    {
        var trimmed = line.Trim();
        string? level = null;
        if (trimmed.StartsWith('{') && trimmed.EndsWith('}'))
        {
            var scanner = new JsonScanner(trimmed);
            FromJson(ref scanner, trimmed, 0, ref level);
        }
        else if (line.Contains('='))
        {
            level = FromLogfmt(line);
        }

        return level ?? FromMarks(line);
    }

    private static string FromMarks(ReadOnlySpan<char> line)
    {
        foreach (var (level, marks) in Marks)
        {
            if (line.ContainsAny(marks))
            {
                return level;
            }
        }

        return "unknown";
    }

    // False once the level is found or the text is malformed.
    private static bool FromJson(ref JsonScanner scanner, ReadOnlySpan<char> text, int depth, ref string? level)
    {
        if (!scanner.Enter('{'))
        {
            return false;
        }

        var first = true;
        while (scanner.NextKey(ref first, out var key, out _))
        {
            switch (scanner.Kind())
            {
                case JsonKind.String when IsField(text.Slice(key.Start, key.Length)):
                    scanner.ReadString(out var value, out _);
                    level = Normalize(text.Slice(value.Start, value.Length));
                    return false;
                case JsonKind.Object when depth + 1 < MaxJsonDepth:
                    if (!FromJson(ref scanner, text, depth + 1, ref level))
                    {
                        return false;
                    }

                    break;
                default:
                    if (!scanner.Skip(out _))
                    {
                        return false;
                    }

                    break;
            }
        }

        return !scanner.Failed;
    }

    private static bool IsField(ReadOnlySpan<char> key)
    {
        foreach (var field in Fields)
        {
            if (key.SequenceEqual(field))
            {
                return true;
            }
        }

        return false;
    }

    private static string? FromLogfmt(ReadOnlySpan<char> line)
    {
        var scanner = new LogfmtScanner(line);
        var best = int.MaxValue;
        string? level = null;
        while (best > 0 && scanner.Next())
        {
            var key = line.Slice(scanner.Key.Start, scanner.Key.Length);
            for (var i = 0; i < Fields.Length && i < best; i++)
            {
                if (key.Equals(Fields[i], StringComparison.OrdinalIgnoreCase))
                {
                    best = i;
                    level = Normalize(line.Slice(scanner.Value.Start, scanner.Value.Length));
                }
            }
        }

        return level;
    }

    private static SearchValues<string> Of(params string[] marks) =>
        SearchValues.Create([.. marks, .. marks.Select(static m => m.ToUpper(CultureInfo.InvariantCulture))], StringComparison.Ordinal);
}
