using System.Text;
using System.Text.RegularExpressions;

namespace Sightglass.Core.Model;

/// <summary>Rewrites RE2 syntax into the framework's where the two differ.</summary>
internal static class Re2Translator
{
    private static readonly Dictionary<string, string> Posix = new(StringComparer.Ordinal)
    {
        ["alnum"] = "0-9A-Za-z",
        ["alpha"] = "A-Za-z",
        ["ascii"] = @"\x00-\x7F",
        ["blank"] = @"\t ",
        ["cntrl"] = @"\x00-\x1F\x7F",
        ["digit"] = "0-9",
        ["graph"] = "!-~",
        ["lower"] = "a-z",
        ["print"] = " -~",
        ["punct"] = @"!-/:-@\[-`{-~",
        ["space"] = @"\t\n\v\f\r ",
        ["upper"] = "A-Z",
        ["word"] = "0-9A-Za-z_",
        ["xdigit"] = "0-9A-Fa-f",
    };

    public static string Translate(string pattern)
    {
        var output = new StringBuilder(pattern.Length + 16);
        var multiline = pattern.StartsWith("(?", StringComparison.Ordinal) && pattern.IndexOf(')') is > 0 and var close && pattern[..close].Contains('m', StringComparison.Ordinal);
        var i = 0;
        while (i < pattern.Length)
        {
            var c = pattern[i];
            if (c == '\\')
            {
                i = Escape(pattern, i, output, inClass: false);
            }
            else if (c == '[')
            {
                i = Class(pattern, i, output);
            }
            else if (c == '(' && i + 1 < pattern.Length && pattern[i + 1] == '?')
            {
                i = Group(pattern, i, output);
            }
            else if (c is '*' or '+' or '?' && i + 1 < pattern.Length && pattern[i + 1] is '*' or '+')
            {
                throw new ArgumentException("invalid nested repetition operator");
            }
            else if (c == '{' && !IsRepeat(pattern, i))
            {
                output.Append(@"\{");
                i++;
            }
            else if (c == '$')
            {
                // Without (?m), RE2's $ is the end of the text only; the framework's is also before a last line break.
                output.Append(multiline ? "$" : @"\z");
                i++;
            }
            else
            {
                output.Append(c is '#' or ' ' ? $"\\{c}" : c.ToString());
                i++;
            }
        }

        return output.ToString();
    }

    private static bool IsRepeat(string pattern, int at)
    {
        var i = at + 1;
        var digits = 0;
        while (i < pattern.Length && char.IsAsciiDigit(pattern[i]))
        {
            i++;
            digits++;
        }

        if (digits == 0)
        {
            return false;
        }

        if (i < pattern.Length && pattern[i] == ',')
        {
            i++;
            while (i < pattern.Length && char.IsAsciiDigit(pattern[i]))
            {
                i++;
            }
        }

        return i < pattern.Length && pattern[i] == '}';
    }

    private static int Group(string pattern, int at, StringBuilder output)
    {
        var rest = pattern.AsSpan(at);
        if (rest.StartsWith("(?P<"))
        {
            output.Append("(?<");
            return at + 4;
        }

        if (rest.StartsWith("(?=") || rest.StartsWith("(?!") || rest.StartsWith("(?<=") || rest.StartsWith("(?<!") || rest.StartsWith("(?>") || rest.StartsWith("(?#"))
        {
            throw new ArgumentException("invalid or unsupported Perl syntax");
        }

        output.Append("(?");
        return at + 2;
    }

    private static int Class(string pattern, int at, StringBuilder output)
    {
        output.Append('[');
        var i = at + 1;
        if (i < pattern.Length && pattern[i] == '^')
        {
            output.Append('^');
            i++;
        }

        var first = true;
        while (true)
        {
            if (i >= pattern.Length)
            {
                throw new ArgumentException("missing closing ]");
            }

            var c = pattern[i];
            if (c == ']' && !first)
            {
                output.Append(']');
                return i + 1;
            }

            first = false;
            if (c == '[' && i + 1 < pattern.Length && pattern[i + 1] == ':')
            {
                var end = pattern.IndexOf(":]", i + 2, StringComparison.Ordinal);
                if (end > 0 && Posix.TryGetValue(pattern[(i + 2)..end], out var set))
                {
                    output.Append(set);
                    i = end + 2;
                    continue;
                }
            }

            if (c == '\\')
            {
                i = Escape(pattern, i, output, inClass: true);
                continue;
            }

            // The framework reads "-[" as the start of a subtraction.
            output.Append(c is '[' or ']' ? $"\\{c}" : c.ToString());
            i++;
        }
    }

    private static int Escape(string pattern, int at, StringBuilder output, bool inClass)
    {
        if (at + 1 >= pattern.Length)
        {
            throw new ArgumentException("trailing backslash at end of expression");
        }

        var c = pattern[at + 1];
        switch (c)
        {
            case 'Q' when !inClass:
                var end = pattern.IndexOf(@"\E", at + 2, StringComparison.Ordinal);
                var stop = end < 0 ? pattern.Length : end;
                output.Append(Regex.Escape(pattern[(at + 2)..stop]).Replace("]", @"\]", StringComparison.Ordinal).Replace("}", @"\}", StringComparison.Ordinal));
                return end < 0 ? stop : end + 2;
            case 'd':
                output.Append(inClass ? "0-9" : "[0-9]");
                return at + 2;
            case 'D':
                output.Append(inClass ? @"\x00-/:-\uFFFF" : "[^0-9]");
                return at + 2;
            case 'w':
                output.Append(inClass ? "0-9A-Za-z_" : "[0-9A-Za-z_]");
                return at + 2;
            case 'W':
                output.Append(inClass ? @"\x00-/:-@\[-^`{-\uFFFF" : "[^0-9A-Za-z_]");
                return at + 2;
            case 's':
                output.Append(inClass ? @"\t\n\f\r " : @"[\t\n\f\r ]");
                return at + 2;
            case 'S':
                output.Append(inClass ? @"\x00-\x08\x0B\x0E-\x1F!-\uFFFF" : @"[^\t\n\f\r ]");
                return at + 2;
            case 'C' when !inClass:
                output.Append(@"[\x00-\uFFFF]");
                return at + 2;
            case 'x' when at + 2 < pattern.Length && pattern[at + 2] == '{':
                var close = pattern.IndexOf('}', at + 3);
                if (close < 0 || !int.TryParse(pattern.AsSpan(at + 3, close - at - 3), System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture, out var code) || !Rune.IsValid(code))
                {
                    throw new ArgumentException("invalid escape sequence");
                }

                output.Append(Regex.Escape(new Rune(code).ToString()));
                return close + 1;
            case 'p' or 'P' when at + 2 < pattern.Length && pattern[at + 2] != '{':
                output.Append('\\').Append(c).Append('{').Append(pattern[at + 2]).Append('}');
                return at + 3;
            case 'p' or 'P' when pattern.IndexOf('}', at) is var brace and > 0:
                var negated = brace > at + 3 && pattern[at + 3] == '^';
                output.Append('\\').Append(negated == (c == 'P') ? 'p' : 'P').Append('{').Append(pattern.AsSpan(at + (negated ? 4 : 3), brace - at - (negated ? 4 : 3))).Append('}');
                return brace + 1;
            case >= '1' and <= '9':
                throw new ArgumentException("invalid escape sequence");
            case 'Z' or 'G' or 'k' or 'K' or 'X' or 'R' or 'h' or 'H' or 'N':
                throw new ArgumentException("invalid escape sequence");
            default:
                output.Append('\\').Append(c);
                return at + 2;
        }
    }
}
