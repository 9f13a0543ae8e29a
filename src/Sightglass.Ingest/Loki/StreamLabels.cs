using System.Text;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Loki;

/// <summary>Reads the text form of a stream's labels: <c>{app="web", level="info"}</c>, values quoted as in Go.</summary>
internal static class StreamLabels
{
    /// <summary>Adds the labels as a resource of the batch and returns its index.</summary>
    public static int Add(ReadOnlySpan<byte> utf8, LogBatch batch, IngestLimits limits)
    {
        var text = Encoding.UTF8.GetString(utf8);
        var at = 0;
        Skip(text, ref at);
        Expect(text, ref at, '{');
        Skip(text, ref at);
        while (at < text.Length && text[at] != '}')
        {
            var start = at;
            while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_'))
            {
                at++;
            }

            var name = at < text.Length && at == start && text[at] == '"' ? Quoted(text, ref at) : text[start..at];
            Skip(text, ref at);
            Expect(text, ref at, '=');
            Skip(text, ref at);
            LokiLabels.Add(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(Quoted(text, ref at)), batch, limits);
            Skip(text, ref at);
            if (at < text.Length && text[at] == ',')
            {
                at++;
                Skip(text, ref at);
            }
            else if (at >= text.Length || text[at] != '}')
            {
                throw Wrong(at, "want , or }");
            }
        }

        Expect(text, ref at, '}');
        Skip(text, ref at);
        if (at < text.Length)
        {
            throw Wrong(at, "want the end");
        }

        return LokiLabels.EndStream(batch);
    }

    private static void Skip(string text, ref int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t')
        {
            at++;
        }
    }

    private static void Expect(string text, ref int at, char wanted)
    {
        if (at >= text.Length || text[at] != wanted)
        {
            throw Wrong(at, $"want {wanted}");
        }

        at++;
    }

    private static string Quoted(string text, ref int at)
    {
        if (at < text.Length && text[at] == '`')
        {
            var end = text.IndexOf('`', at + 1);
            if (end < 0)
            {
                throw Wrong(at, "raw text is not closed");
            }

            var raw = text[(at + 1)..end];
            at = end + 1;
            return raw;
        }

        Expect(text, ref at, '"');
        var value = new StringBuilder();
        while (at < text.Length && text[at] != '"')
        {
            var c = text[at++];
            if (c != '\\')
            {
                value.Append(c);
                continue;
            }

            Escape(text, ref at, value);
        }

        Expect(text, ref at, '"');
        return value.ToString();
    }

    private static void Escape(string text, ref int at, StringBuilder value)
    {
        var c = at < text.Length ? text[at++] : '\0';
        var digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0)
        {
            if (at + digits > text.Length
                || !int.TryParse(text.AsSpan(at, digits), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var code)
                || !Rune.IsValid(code))
            {
                throw Wrong(at, "invalid escape");
            }

            at += digits;
            value.Append(new Rune(code).ToString());
            return;
        }

        value.Append(c switch
        {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\a',
            'b' => '\b',
            'f' => '\f',
            'v' => '\v',
            '"' or '\\' or '\'' => c,
            _ => throw Wrong(at, "invalid escape"),
        });
    }

    private static MalformedInputException Wrong(int at, string what) => new($"stream labels: {what} at character {at}");
}
