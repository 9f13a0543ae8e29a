using System.Globalization;
using System.Text;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Syntax;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>A function that templates may call.</summary>
internal sealed record TemplateFunction(int MinArguments, int MaxArguments, Func<LogEntry, object?[], object?> Run);

/// <summary>The functions of line_format and label_format.</summary>
internal static partial class TemplateFunctions
{
    /// <summary>By name.</summary>
    public static IReadOnlyDictionary<string, TemplateFunction> All { get; } = Make();

    private static Dictionary<string, TemplateFunction> Make()
    {
        var all = new Dictionary<string, TemplateFunction>(StringComparer.Ordinal);
        AddTexts(all);
        AddNumbers(all);
        AddTimes(all);
        AddLogic(all);
        return all;
    }

    private static void AddTexts(Dictionary<string, TemplateFunction> all)
    {
        Add(all, "__line__", 0, static (e, _) => e.Line.ToString());
        Text(all, "lower", static s => s.ToLowerInvariant());
        Text(all, "ToLower", static s => s.ToLowerInvariant());
        Text(all, "upper", static s => s.ToUpperInvariant());
        Text(all, "ToUpper", static s => s.ToUpperInvariant());
        Text(all, "title", static s => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(s));
        Text(all, "trim", static s => s.Trim());
        Text(all, "TrimSpace", static s => s.Trim());
        Text(all, "nospace", static s => string.Concat(s.Where(static c => !char.IsWhiteSpace(c))));
        Text(all, "urlencode", static s => Uri.EscapeDataString(s).Replace("%20", "+", StringComparison.Ordinal));
        Text(all, "urldecode", static s => Uri.UnescapeDataString(s.Replace('+', ' ')));
        Text(all, "b64enc", static s => Convert.ToBase64String(Encoding.UTF8.GetBytes(s)));
        Text(all, "b64dec", static s => Encoding.UTF8.GetString(Base64(s)));
        Add(all, "trimAll", 2, static (_, a) => Str(a[1]).Trim(Str(a[0]).ToCharArray()));
        Add(all, "Trim", 2, static (_, a) => Str(a[0]).Trim(Str(a[1]).ToCharArray()));
        Add(all, "TrimLeft", 2, static (_, a) => Str(a[0]).TrimStart(Str(a[1]).ToCharArray()));
        Add(all, "TrimRight", 2, static (_, a) => Str(a[0]).TrimEnd(Str(a[1]).ToCharArray()));
        Add(all, "trimPrefix", 2, static (_, a) => WithoutPrefix(Str(a[1]), Str(a[0])));
        Add(all, "TrimPrefix", 2, static (_, a) => WithoutPrefix(Str(a[0]), Str(a[1])));
        Add(all, "trimSuffix", 2, static (_, a) => WithoutSuffix(Str(a[1]), Str(a[0])));
        Add(all, "TrimSuffix", 2, static (_, a) => WithoutSuffix(Str(a[0]), Str(a[1])));
        Add(all, "replace", 3, static (_, a) => Str(a[0]).Length == 0 ? Str(a[2]) : Str(a[2]).Replace(Str(a[0]), Str(a[1]), StringComparison.Ordinal));
        Add(all, "Replace", 4, static (_, a) => ReplaceSome(Str(a[0]), Str(a[1]), Str(a[2]), Whole(a[3])));
        Add(all, "repeat", 2, static (_, a) => Repeat(Str(a[1]), Whole(a[0])));
        Add(all, "trunc", 2, static (_, a) => Truncate(Str(a[1]), Whole(a[0])));
        Add(all, "substr", 3, static (_, a) => Substring(Str(a[2]), Whole(a[0]), Whole(a[1])));
        Add(all, "indent", 2, static (_, a) => Indent(Str(a[1]), Whole(a[0])));
        Add(all, "nindent", 2, static (_, a) => "\n" + Indent(Str(a[1]), Whole(a[0])));
        Add(all, "alignLeft", 2, static (_, a) => Align(Str(a[1]), Whole(a[0]), left: true));
        Add(all, "alignRight", 2, static (_, a) => Align(Str(a[1]), Whole(a[0]), left: false));
        Add(all, "contains", 2, static (_, a) => Str(a[1]).Contains(Str(a[0]), StringComparison.Ordinal));
        Add(all, "hasPrefix", 2, static (_, a) => Str(a[1]).StartsWith(Str(a[0]), StringComparison.Ordinal));
        Add(all, "hasSuffix", 2, static (_, a) => Str(a[1]).EndsWith(Str(a[0]), StringComparison.Ordinal));
        Add(all, "default", 2, static (_, a) => TemplateScope.IsTrue(a[1]) ? a[1] : a[0]);
        Add(all, "len", 1, static (_, a) => (long)Encoding.UTF8.GetByteCount(Str(a[0])));
        Add(all, "count", 2, static (_, a) => (long)Regex(Str(a[0])).Count(Str(a[1])));
        Add(all, "regexReplaceAll", 3, static (_, a) => Regex(Str(a[0])).Replace(Str(a[1]), Replacement(Str(a[2]))));
        Add(all, "regexReplaceAllLiteral", 3, static (_, a) => Regex(Str(a[0])).Replace(Str(a[1]), Str(a[2]).Replace("$", "$$", StringComparison.Ordinal)));
        Add(all, "print", 0, static (_, a) => string.Concat(a.Select(TemplateScope.Print)), 64);
        Add(all, "println", 0, static (_, a) => string.Join(' ', a.Select(TemplateScope.Print)) + "\n", 64);
        Add(all, "printf", 1, static (_, a) => GoFormat.Format(Str(a[0]), a.AsSpan(1)), 64);
    }

    private static void Add(Dictionary<string, TemplateFunction> all, string name, int arguments, Func<LogEntry, object?[], object?> run, int max = -1) =>
        all.Add(name, new TemplateFunction(arguments, max < 0 ? arguments : max, run));

    private static void Text(Dictionary<string, TemplateFunction> all, string name, Func<string, string> run) =>
        Add(all, name, 1, (_, a) => run(Str(a[0])));

    private static string Str(object? value) => value is string text ? text : TemplateScope.Print(value);

    private static long Whole(object? value) => value switch
    {
        long number => number,
        double number when Math.Abs(number) < long.MaxValue => (long)number,
        bool truth => truth ? 1 : 0,
        string text when Quantities.TryParseNumber(text, out var number) && Math.Abs(number) < long.MaxValue => (long)number,
        _ => 0,
    };

    private static double Number(object? value) => value switch
    {
        long number => number,
        double number => number,
        bool truth => truth ? 1 : 0,
        string text when Quantities.TryParseNumber(text, out var number) => number,
        _ => 0,
    };

    private static System.Text.RegularExpressions.Regex Regex(string pattern)
    {
        try
        {
            return Expressions.GetOrAdd(pattern);
        }
        catch (QueryException e)
        {
            throw new TemplateException(e.Message);
        }
    }

    private static byte[] Base64(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw new TemplateException("illegal base64 data");
        }
    }

    private static string WithoutPrefix(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text;

    private static string WithoutSuffix(string text, string suffix) => text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text;

    private static string ReplaceSome(string text, string from, string to, long count)
    {
        if (count < 0)
        {
            return from.Length == 0 ? text : text.Replace(from, to, StringComparison.Ordinal);
        }

        var output = new StringBuilder();
        var at = 0;
        while (count-- > 0 && from.Length > 0)
        {
            var found = text.IndexOf(from, at, StringComparison.Ordinal);
            if (found < 0)
            {
                break;
            }

            output.Append(text, at, found - at).Append(to);
            at = found + from.Length;
        }

        return output.Append(text, at, text.Length - at).ToString();
    }

    private static string Repeat(string text, long count)
    {
        if (count < 0 || text.Length * count > GoTemplate.MaxOutputChars)
        {
            throw new TemplateException($"repeat count {count} is out of range");
        }

        return new StringBuilder().Insert(0, text, (int)count).ToString();
    }

    private static string Truncate(string text, long length) => length switch
    {
        < 0 when -length < text.Length => text[(int)(text.Length + length)..],
        >= 0 when length < text.Length => text[..(int)length],
        _ => text,
    };

    private static string Substring(string text, long start, long end)
    {
        var from = (int)Math.Clamp(start, 0, text.Length);
        var to = end < 0 || end > text.Length ? text.Length : (int)end;
        return to <= from ? string.Empty : text[from..to];
    }

    private static string Indent(string text, long spaces)
    {
        var pad = new string(' ', (int)Math.Clamp(spaces, 0, 1024));
        return pad + text.Replace("\n", "\n" + pad, StringComparison.Ordinal);
    }

    private static string Align(string text, long width, bool left)
    {
        var wanted = (int)Math.Clamp(width, 0, 64 << 10);
        if (text.Length > wanted)
        {
            return left ? text[..wanted] : text[^wanted..];
        }

        return left ? text.PadRight(wanted) : text.PadLeft(wanted);
    }

    // Go writes ${name} and $name where the framework writes ${name} and $1.
    private static string Replacement(string text)
    {
        var output = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '$' && i + 1 < text.Length && (char.IsAsciiLetterOrDigit(text[i + 1]) || text[i + 1] == '_'))
            {
                var end = i + 1;
                while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
                {
                    end++;
                }

                output.Append("${").Append(text, i + 1, end - i - 1).Append('}');
                i = end - 1;
                continue;
            }

            output.Append(text[i]);
        }

        return output.ToString();
    }

    /// <summary>Expressions that templates use, compiled once; few, as they stand in queries.</summary>
    private static class Expressions
    {
        private const int MaxRemembered = 256;
        private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, System.Text.RegularExpressions.Regex> Known = new(StringComparer.Ordinal);

        public static System.Text.RegularExpressions.Regex GetOrAdd(string pattern)
        {
            if (Known.TryGetValue(pattern, out var regex))
            {
                return regex;
            }

            regex = Re2.Unanchored(pattern).Regex;
            if (Known.Count < MaxRemembered)
            {
                Known.TryAdd(pattern, regex);
            }

            return regex;
        }
    }
}
