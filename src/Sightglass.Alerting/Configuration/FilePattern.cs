using System.Text;
using System.Text.RegularExpressions;

namespace Sightglass.Alerting;

/// <summary>Finds the files that a pattern names, with wildcards as Go has them in any of its parts: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[^a]</c>, and a backslash before what is meant as it is.</summary>
internal static class FilePattern
{
    private const int MaxFiles = 10_000;

    /// <summary>The files, sorted; a pattern without a wildcard is itself, when it is there.</summary>
    /// <exception cref="FormatException">The pattern is none.</exception>
    public static IReadOnlyList<string> Expand(string pattern, string folder)
    {
        foreach (var part in pattern.Split('/'))
        {
            Matcher(part);
        }

        var full = Path.GetFullPath(pattern, folder);
        var name = Path.GetFileName(full);
        if (!IsPattern(name))
        {
            return [.. Folders(Path.GetDirectoryName(full) ?? "/").Select(d => Path.Combine(d, name)).Where(File.Exists).Take(MaxFiles).Order(StringComparer.Ordinal)];
        }

        var matcher = Matcher(name);
        return [.. Folders(Path.GetDirectoryName(full) ?? "/").Where(Directory.Exists).SelectMany(d => Directory.EnumerateFiles(d).Where(f => matcher.IsMatch(Path.GetFileName(f))))
            .Take(MaxFiles).Order(StringComparer.Ordinal)];
    }

    private static bool IsPattern(string text) => text.AsSpan().ContainsAny('*', '?', '[') || text.Contains('\\', StringComparison.Ordinal);

    private static IEnumerable<string> Folders(string folder)
    {
        if (!IsPattern(folder))
        {
            return [folder];
        }

        var (parent, matcher) = (Path.GetDirectoryName(folder) ?? "/", Matcher(Path.GetFileName(folder)));
        return Folders(parent).Where(Directory.Exists).SelectMany(p => Directory.EnumerateDirectories(p).Where(d => matcher.IsMatch(Path.GetFileName(d))));
    }

    /// <summary>What a part of a pattern means.</summary>
    private static Regex Matcher(string part)
    {
        var regex = new StringBuilder("^");
        for (var i = 0; i < part.Length; i++)
        {
            switch (part[i])
            {
                case '*':
                    regex.Append(".*");
                    break;
                case '?':
                    regex.Append('.');
                    break;
                case '[':
                    i = Class(part, i + 1, regex);
                    break;
                case '\\':
                    regex.Append(Regex.Escape(One(part, ref i).ToString()));
                    i--;
                    break;
                default:
                    regex.Append(Regex.Escape(part[i].ToString()));
                    break;
            }
        }

        return new Regex(regex.Append('$').ToString(), RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant);
    }

    /// <summary>Reads a class up to its closing bracket, whose place is returned.</summary>
    private static int Class(string part, int i, StringBuilder regex)
    {
        regex.Append('[');
        if (i < part.Length && part[i] == '^')
        {
            regex.Append('^');
            i++;
        }

        for (var start = i; i == start || (i < part.Length && part[i] != ']');)
        {
            var first = One(part, ref i, isInClass: true);
            var last = first;
            if (i < part.Length && part[i] == '-')
            {
                i++;
                last = One(part, ref i, isInClass: true);
            }

            // One that ends before it begins has nothing in it: no file's name has U+FFFF.
            (first, last) = first <= last ? (first, last) : ('\uffff', '\uffff');
            regex.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)first:x4}-\\u{(int)last:x4}");
        }

        if (i >= part.Length)
        {
            throw Bad(part);
        }

        regex.Append(']');
        return i;
    }

    /// <summary>A character that stands for itself; <paramref name="i"/> goes behind it.</summary>
    private static char One(string part, ref int i, bool isInClass = false)
    {
        if (i >= part.Length || (isInClass && (part[i] is '-' or ']')))
        {
            throw Bad(part);
        }

        if (part[i] == '\\' && ++i >= part.Length)
        {
            throw Bad(part);
        }

        return part[i++];
    }

    private static FormatException Bad(string part) => new($"syntax error in pattern \"{part}\"");
}
