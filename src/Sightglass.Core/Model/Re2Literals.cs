using System.Text;

namespace Sightglass.Core.Model;

/// <summary>Finds texts that every match of an expression has in it, so that what lacks one need not be matched. Misses many, and names none wrongly.</summary>
internal static class Re2Literals
{
    /// <summary>The texts, in the order in which they stand in the expression, and whether they match without regard to the case of ASCII letters.</summary>
    public static (IReadOnlyList<string> Texts, bool IgnoreCase) Of(string pattern)
    {
        var ignoreCase = false;
        var at = 0;
        if (pattern.StartsWith("(?", StringComparison.Ordinal) && pattern.IndexOf(')') is > 0 and var close && pattern.AsSpan(2, close - 2).IndexOfAnyExcept("ims") < 0)
        {
            ignoreCase = pattern.AsSpan(2, close - 2).Contains('i');
            at = close + 1;
        }

        var texts = new List<string>();
        var run = new StringBuilder();
        while (at < pattern.Length)
        {
            var c = pattern[at];
            switch (c)
            {
                case '|':
                    return ([], false);
                case '(' when at + 1 < pattern.Length && pattern[at + 1] == '?' && !pattern.AsSpan(at).StartsWith("(?:") && !pattern.AsSpan(at).StartsWith("(?P<"):
                    // Flags in the middle change what follows.
                    return ([], false);
                case '(' or '[':
                    End(run, texts);
                    at = c == '(' ? AfterGroup(pattern, at) : AfterClass(pattern, at);
                    if (at < 0)
                    {
                        return ([], false);
                    }

                    break;
                case '*' or '?' or '{':
                    // What stands before may be missing. A brace that begins no repetition stands for itself; to take it for one only misses a text.
                    if (run.Length > 0)
                    {
                        run.Length--;
                    }

                    End(run, texts);
                    at++;
                    while (c == '{' && at < pattern.Length && (char.IsAsciiDigit(pattern[at]) || pattern[at] is ',' or '}'))
                    {
                        at++;
                    }

                    break;
                case '\\' when at + 1 < pattern.Length && char.IsAscii(pattern[at + 1]) && !char.IsAsciiLetterOrDigit(pattern[at + 1]):
                    run.Append(pattern[at + 1]);
                    at += 2;
                    break;
                case '\\' when at + 1 < pattern.Length && pattern[at + 1] is 'd' or 'D' or 'w' or 'W' or 's' or 'S' or 'b' or 'B' or 'A' or 'z':
                    End(run, texts);
                    at += 2;
                    break;
                case '\\':
                    return ([], false);
                case '+' or '.' or '^' or '$':
                    End(run, texts);
                    at++;
                    break;
                case var letter when !char.IsAscii(letter) || (ignoreCase && letter is 'i' or 'I' or 'k' or 'K' or 's' or 'S'):
                    // Beyond ASCII there are letters that equal these without regard to case, and bytes that are no text.
                    End(run, texts);
                    at++;
                    break;
                default:
                    run.Append(c);
                    at++;
                    break;
            }
        }

        End(run, texts);
        return (texts, ignoreCase);
    }

    private static void End(StringBuilder run, List<string> texts)
    {
        if (run.Length > 0)
        {
            texts.Add(run.ToString());
            run.Clear();
        }
    }

    /// <summary>The place behind a group, or -1.</summary>
    private static int AfterGroup(string pattern, int at)
    {
        var depth = 0;
        while (at >= 0 && at < pattern.Length)
        {
            switch (pattern[at])
            {
                case '\\' when at + 1 < pattern.Length && pattern[at + 1] == 'Q':
                    return -1;
                case '\\':
                    at += 2;
                    break;
                case '[':
                    at = AfterClass(pattern, at);
                    break;
                case '(':
                    depth++;
                    at++;
                    break;
                case ')' when --depth == 0:
                    return at + 1;
                default:
                    at++;
                    break;
            }
        }

        return -1;
    }

    /// <summary>The place behind a class of characters, or -1.</summary>
    private static int AfterClass(string pattern, int at)
    {
        at++;
        if (at < pattern.Length && pattern[at] == '^')
        {
            at++;
        }

        if (at < pattern.Length && pattern[at] == ']')
        {
            at++;
        }

        while (at < pattern.Length)
        {
            switch (pattern[at])
            {
                case '\\':
                    at += 2;
                    break;
                case '[' when at + 1 < pattern.Length && pattern[at + 1] == ':':
                    at = pattern.IndexOf(":]", at, StringComparison.Ordinal);
                    if (at < 0)
                    {
                        return -1;
                    }

                    at += 2;
                    break;
                case ']':
                    return at + 1;
                default:
                    at++;
                    break;
            }
        }

        return -1;
    }
}
