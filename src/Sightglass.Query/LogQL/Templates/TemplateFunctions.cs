using System.Text;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Core.Templates;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Syntax;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>A function that templates may call.</summary>
internal sealed record TemplateFunction(int MinArguments, int MaxArguments, Func<LogEntry, object?[], object?> Run);

/// <summary>The functions of line_format and label_format.</summary>
internal static partial class TemplateFunctions
{
    private static readonly System.Buffers.SearchValues<char> Base64Characters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

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
        Text(all, "title", Title);
        Text(all, "trim", static s => s.Trim());
        Text(all, "TrimSpace", static s => s.Trim());
        Text(all, "nospace", static s => string.Concat(s.Where(static c => !char.IsWhiteSpace(c))));
        Text(all, "urlencode", UrlEncode);
        Text(all, "urldecode", UrlDecode);
        Text(all, "b64enc", static s => Convert.ToBase64String(Encoding.UTF8.GetBytes(s)));
        Text(all, "b64dec", Base64);
        Add(all, "fromJson", 1, static (_, a) => TemplateValue.FromJson(Str(a[0])));
        Add(all, "index", 1, static (_, a) => a.Skip(1).Aggregate(a[0], TemplateValue.Index), 64);
        Add(all, "slice", 1, static (_, a) => Slice(a), 3);
        Add(all, "html", 0, static (_, a) => Html(Joined(a)), 64);
        Add(all, "js", 0, static (_, a) => System.Text.Encodings.Web.JavaScriptEncoder.Default.Encode(Joined(a)), 64);
        Add(all, "urlquery", 0, static (_, a) => UrlEncode(Joined(a)), 64);
        Add(all, "trimAll", 2, static (_, a) => Str(a[1]).Trim(Str(a[0]).ToCharArray()));
        Add(all, "Trim", 2, static (_, a) => Str(a[0]).Trim(Str(a[1]).ToCharArray()));
        Add(all, "TrimLeft", 2, static (_, a) => Str(a[0]).TrimStart(Str(a[1]).ToCharArray()));
        Add(all, "TrimRight", 2, static (_, a) => Str(a[0]).TrimEnd(Str(a[1]).ToCharArray()));
        Add(all, "trimPrefix", 2, static (_, a) => WithoutPrefix(Str(a[1]), Str(a[0])));
        Add(all, "TrimPrefix", 2, static (_, a) => WithoutPrefix(Str(a[0]), Str(a[1])));
        Add(all, "trimSuffix", 2, static (_, a) => WithoutSuffix(Str(a[1]), Str(a[0])));
        Add(all, "TrimSuffix", 2, static (_, a) => WithoutSuffix(Str(a[0]), Str(a[1])));
        Add(all, "replace", 3, static (_, a) => ReplaceSome(Str(a[2]), Str(a[0]), Str(a[1]), -1));
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
        Add(all, "default", 2, static (_, a) => TemplateValue.IsTrue(a[1]) ? a[1] : a[0]);
        Add(all, "len", 1, static (_, a) => TemplateValue.Length(a[0]));
        Add(all, "count", 2, static (_, a) => (long)Regex(Str(a[0])).Count(Str(a[1])));
        Add(all, "regexReplaceAll", 3, static (_, a) => ReplaceAll(Regex(Str(a[0])), Str(a[1]), Str(a[2])));
        Add(all, "regexReplaceAllLiteral", 3, static (_, a) => Regex(Str(a[0])).Replace(Str(a[1]), _ => Str(a[2])));
        Add(all, "print", 0, static (_, a) => Joined(a), 64);
        Add(all, "println", 0, static (_, a) => string.Join(' ', a.Select(TemplateValue.Print)) + "\n", 64);
        Add(all, "printf", 1, static (_, a) => TemplatePrintf.Format(Str(a[0]), a.AsSpan(1)), 64);
    }

    private static void Add(Dictionary<string, TemplateFunction> all, string name, int arguments, Func<LogEntry, object?[], object?> run, int max = -1) =>
        all.Add(name, new TemplateFunction(arguments, max < 0 ? arguments : max, run));

    private static void Text(Dictionary<string, TemplateFunction> all, string name, Func<string, string> run) =>
        Add(all, name, 1, (_, a) => run(Str(a[0])));

    private static string Str(object? value) => value is string text ? text : TemplateValue.Print(value);

    private static long Whole(object? value) => value switch
    {
        long number => number,
        double number when Math.Abs(number) < long.MaxValue => (long)number,
        bool truth => truth ? 1 : 0,
        string text => WholeOf(text),
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
            throw new TemplateFunctionException(e.Message);
        }
    }

    // A text counts as a whole number when it is one, in any of Go's bases; zeros behind a point do not matter.
    private static long WholeOf(string text)
    {
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var whole = (point >= 0 && text.AsSpan(point + 1).TrimEnd('0').Length == 0 ? text[..point] : text).Replace("_", string.Empty, StringComparison.Ordinal);
        var negative = whole.StartsWith('-');
        var digits = negative || whole.StartsWith('+') ? whole[1..] : whole;
        var (numberBase, skip) = digits.ToLowerInvariant() switch
        {
            ['0', 'x', ..] => (16, 2),
            ['0', 'b', ..] => (2, 2),
            ['0', 'o', ..] => (8, 2),
            ['0', _, ..] => (8, 1),
            _ => (10, 0),
        };
        long value = 0;
        foreach (var c in digits.AsSpan(skip))
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : int.MaxValue;
            if (digit >= numberBase || value > (long.MaxValue - digit) / numberBase)
            {
                return 0;
            }

            value = (value * numberBase) + digit;
        }

        return negative ? -value : value;
    }

    // As Go prints several values: a blank between two of which neither is a text.
    private static string Joined(object?[] values)
    {
        var output = new StringBuilder();
        for (var i = 0; i < values.Length; i++)
        {
            if (i > 0 && values[i] is not string && values[i - 1] is not string)
            {
                output.Append(' ');
            }

            output.Append(TemplateValue.Print(values[i]));
        }

        return output.ToString();
    }

    private static object Slice(object?[] arguments)
    {
        var count = TemplateValue.Length(arguments[0]);
        var from = arguments.Length > 1 ? Whole(arguments[1]) : 0;
        var to = arguments.Length > 2 ? Whole(arguments[2]) : count;
        if (from < 0 || to > count || from > to)
        {
            throw new TemplateFunctionException($"error calling slice: index out of range: {(from < 0 || from > count ? from : to)}");
        }

        return arguments[0] switch
        {
            List<object?> list => list.GetRange((int)from, (int)(to - from)),
            string text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text).AsSpan((int)from, (int)(to - from))),
            var other => throw new TemplateFunctionException($"error calling slice: can't slice item of type {TemplateValue.TypeOf(other)}"),
        };
    }

    private static string Html(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private static string UrlEncode(string text) => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);

    private static string UrlDecode(string text)
    {
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0; i = text.IndexOf('%', i + 1))
        {
            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
            {
                throw new TemplateFunctionException($"error calling urldecode: invalid URL escape {Sightglass.Query.Syntax.QuotedText.Quote(text.Substring(i, Math.Min(3, text.Length - i)))}");
            }
        }

        return Uri.UnescapeDataString(text.Replace('+', ' '));
    }

    // The first letter of each word; other letters stay as they are.
    private static string Title(string text)
    {
        var output = text.ToCharArray();
        for (var i = 0; i < output.Length; i++)
        {
            if (i == 0 || !(char.IsLetterOrDigit(output[i - 1]) || output[i - 1] is '_' || (!char.IsAscii(output[i - 1]) && !char.IsWhiteSpace(output[i - 1]))))
            {
                output[i] = char.ToUpperInvariant(output[i]);
            }
        }

        return new string(output);
    }

    // What is no base64 gives the error's text, as the library that Loki uses does.
    private static string Base64(string text)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(text));
        }
        catch (FormatException)
        {
            var at = text.AsSpan().IndexOfAnyExcept(Base64Characters);
            return $"illegal base64 data at input byte {(at >= 0 ? at : text.Length & ~3)}";
        }
    }

    private static string ReplaceAll(System.Text.RegularExpressions.Regex expression, string text, string replacement) =>
        expression.Replace(text, match => GoExpansion.Expand(replacement, expression, match));

    private static string WithoutPrefix(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text;

    private static string WithoutSuffix(string text, string suffix) => text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text;

    // A negative count replaces all. The empty text stands before every character and at the end.
    private static string ReplaceSome(string text, string from, string to, long count)
    {
        var output = new StringBuilder();
        var at = 0;
        while (count-- != 0)
        {
            var found = from.Length > 0 ? text.IndexOf(from, at, StringComparison.Ordinal) : at;
            if (found < 0)
            {
                break;
            }

            output.Append(text, at, found - at).Append(to);
            at = found + from.Length;
            if (from.Length == 0)
            {
                if (at >= text.Length)
                {
                    break;
                }

                var width = char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
                output.Append(text, at, width);
                at += width;
            }

            if (output.Length > GoTemplate.MaxOutputChars)
            {
                throw new TemplateFunctionException($"output is longer than {GoTemplate.MaxOutputChars} characters");
            }
        }

        return output.Append(text, at, text.Length - at).ToString();
    }

    private static string Repeat(string text, long count)
    {
        if (count < 0 || text.Length * count > GoTemplate.MaxOutputChars)
        {
            throw new TemplateFunctionException($"repeat count {count} is out of range");
        }

        return new StringBuilder().Insert(0, text, (int)count).ToString();
    }

    // Go counts bytes. What is left of a character in halves shows as a replacement character.
    private static string Truncate(string text, long length)
    {
        var bytes = (long)Encoding.UTF8.GetByteCount(text);
        return length < 0 ? (bytes + length > 0 ? Bytes(text, bytes + length, bytes) : text) : bytes > length ? Bytes(text, 0, length) : text;
    }

    private static string Substring(string text, long start, long end)
    {
        var bytes = (long)Encoding.UTF8.GetByteCount(text);
        return start < 0 ? Bytes(text, 0, end) : Bytes(text, start, end < 0 || end > bytes ? bytes : end);
    }

    private static string Bytes(string text, long start, long end)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return start >= 0 && end >= start && end <= bytes.Length
            ? Encoding.UTF8.GetString(bytes.AsSpan((int)start, (int)(end - start)))
            : throw new TemplateFunctionException($"error calling substr: slice bounds out of range [{start}:{end}] with length {bytes.Length}");
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
