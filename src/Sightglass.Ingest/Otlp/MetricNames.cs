using System.Collections.Frozen;
using System.Text;

namespace Sightglass.Ingest.Otlp;

/// <summary>
/// Names as Prometheus' OTLP receiver makes them: with suffixes, units and <c>_total</c> or <c>_ratio</c> are appended; with escaping,
/// everything but ASCII letters, digits, colons and underscores is replaced.
/// </summary>
internal static class MetricNames
{
    private static readonly FrozenDictionary<string, string> Units = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["d"] = "days",
        ["h"] = "hours",
        ["min"] = "minutes",
        ["s"] = "seconds",
        ["ms"] = "milliseconds",
        ["us"] = "microseconds",
        ["ns"] = "nanoseconds",
        ["By"] = "bytes",
        ["KiBy"] = "kibibytes",
        ["MiBy"] = "mebibytes",
        ["GiBy"] = "gibibytes",
        ["TiBy"] = "tibibytes",
        ["KBy"] = "kilobytes",
        ["MBy"] = "megabytes",
        ["GBy"] = "gigabytes",
        ["TBy"] = "terabytes",
        ["m"] = "meters",
        ["V"] = "volts",
        ["A"] = "amperes",
        ["J"] = "joules",
        ["W"] = "watts",
        ["g"] = "grams",
        ["Cel"] = "celsius",
        ["Hz"] = "hertz",
        ["1"] = string.Empty,
        ["%"] = "percent",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> PerUnits = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["s"] = "second",
        ["m"] = "minute",
        ["h"] = "hour",
        ["d"] = "day",
        ["w"] = "week",
        ["mo"] = "month",
        ["y"] = "year",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The name of a family.</summary>
    public static string Family(OtlpTranslation translation, string name, string unit, bool counter, bool gauge) => translation switch
    {
        OtlpTranslation.UnderscoreEscapingWithSuffixes => Family(name, unit, counter, gauge),
        OtlpTranslation.UnderscoreEscapingWithoutSuffixes => Escaped(name),
        OtlpTranslation.NoUTF8EscapingWithSuffixes => Suffixed(name, unit, counter, gauge),
        _ => name,
    };

    /// <summary>The name of a family with the default strategy.</summary>
    public static string Family(string name, string unit, bool counter, bool gauge)
    {
        var tokens = Tokens(name);
        var parts = unit.Split('/', 2);
        var main = Unit(parts[0], Units);
        var per = parts.Length > 1 ? Unit(parts[1], PerUnits) : string.Empty;
        if (main.Length > 0 && !tokens.Contains(main))
        {
            tokens.Add(main);
        }

        if (per.Length > 0 && !tokens.Contains(per))
        {
            tokens.Add("per");
            tokens.Add(per);
        }

        if (counter)
        {
            tokens.RemoveAll(static t => t == "total");
            tokens.Add("total");
        }

        if (gauge && unit == "1")
        {
            tokens.RemoveAll(static t => t == "ratio");
            tokens.Add("ratio");
        }

        var family = string.Join('_', tokens);
        return family.Length > 0 && char.IsAsciiDigit(family[0]) ? "_" + family : family;
    }

    /// <summary>Runs of invalid characters become one underscore, those at both ends nothing; underscores stay.</summary>
    private static string Escaped(string name)
    {
        var escaped = new StringBuilder(name.Length + 1);
        var gap = false;
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not (':' or '_'))
            {
                gap = true;
                continue;
            }

            if (gap && escaped.Length > 0)
            {
                escaped.Append('_');
            }

            gap = false;
            escaped.Append(c);
        }

        return escaped.Length > 0 && char.IsAsciiDigit(escaped[0]) ? escaped.Insert(0, '_').ToString() : escaped.ToString();
    }

    /// <summary>The name as sent with unit, <c>per</c> unit, <c>total</c> and <c>ratio</c>, each at the end once.</summary>
    private static string Suffixed(string name, string unit, bool counter, bool gauge)
    {
        var parts = unit.Split('/', 2);
        var main = PlainUnit(parts[0], Units);
        var per = parts.Length > 1 && PlainUnit(parts[1], PerUnits) is { Length: > 0 } unitOfTime ? "per_" + unitOfTime : string.Empty;
        var ratio = gauge && unit == "1" ? "ratio" : string.Empty;
        var total = counter ? "total" : string.Empty;
        foreach (var suffix in new[] { ratio, total, per })
        {
            if (suffix.Length > 0 && name.EndsWith(suffix, StringComparison.Ordinal) && name.Length > suffix.Length + 1)
            {
                name = name[..^(suffix.Length + 1)];
            }
        }

        if (main.Length > 0 && !name.EndsWith(main, StringComparison.Ordinal))
        {
            name = $"{name}_{main}";
        }

        foreach (var suffix in new[] { per, total, ratio })
        {
            name = suffix.Length > 0 ? $"{name}_{suffix}" : name;
        }

        return name;
    }

    /// <summary>Writes a label's name: invalid characters become underscores, a digit or a single underscore at the start gets <c>key</c> before it.</summary>
    public static int Label(ReadOnlySpan<byte> key, Span<byte> target)
    {
        var at = 0;
        if (char.IsAsciiDigit((char)key[0]))
        {
            "key_"u8.CopyTo(target);
            at = 4;
        }
        else if (!char.IsAsciiLetter((char)key[0]) && !(key.Length > 1 && Replaced(key[1]) && !IsContinuation(key[1])))
        {
            "key"u8.CopyTo(target);
            at = 3;
        }

        foreach (var b in key)
        {
            if (!IsContinuation(b))
            {
                target[at++] = Replaced(b) ? (byte)'_' : b;
            }
        }

        return at;
    }

    private static bool Replaced(byte b) => !char.IsAsciiLetterOrDigit((char)b);

    private static bool IsContinuation(byte b) => (b & 0xc0) == 0x80;

    private static string PlainUnit(string unit, FrozenDictionary<string, string> names)
    {
        unit = unit.Trim();
        return unit.AsSpan().ContainsAny('{', '}') ? string.Empty : names.GetValueOrDefault(unit, unit);
    }

    private static string Unit(string unit, FrozenDictionary<string, string> names)
    {
        unit = unit.Trim();
        if (unit.Length == 0 || unit.AsSpan().ContainsAny('{', '}'))
        {
            return string.Empty;
        }

        return string.Join('_', Tokens(names.GetValueOrDefault(unit, unit)));
    }

    private static List<string> Tokens(string name)
    {
        var tokens = new List<string>();
        var token = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) || c == ':')
            {
                token.Append(c);
            }
            else if (token.Length > 0)
            {
                tokens.Add(token.ToString());
                token.Clear();
            }
        }

        if (token.Length > 0)
        {
            tokens.Add(token.ToString());
        }

        return tokens;
    }
}
