using System.Text;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Parsers;

/// <summary>Reads lines of <c>key=value key="quoted \"value\"" flag</c>.</summary>
internal static class LogfmtLine
{
    /// <summary>False when the line has no pair at all, or a quoted value does not end.</summary>
    public static bool Read(ReadOnlySpan<byte> line, KnownFields fields, in LineContext context, LogBatch batch, ref LogRow row)
    {
        var pairs = 0;
        var at = 0;
        while (true)
        {
            while (at < line.Length && line[at] <= ' ')
            {
                at++;
            }

            if (at == line.Length)
            {
                return pairs > 0;
            }

            var start = at;
            while (at < line.Length && line[at] > ' ' && line[at] is not ((byte)'=' or (byte)'"'))
            {
                at++;
            }

            var key = line[start..at];
            if (key.IsEmpty || (at < line.Length && line[at] == '"'))
            {
                return false;
            }

            if (at == line.Length || line[at] != '=')
            {
                // A key alone is true, beside pairs; a word of a sentence is no pair.
                batch.AddAttribute(key, AttributeType.String, "true"u8);
                continue;
            }

            at++;
            string value;
            if (at < line.Length && line[at] == '"')
            {
                var end = ++at;
                while (end < line.Length && line[end] != '"')
                {
                    end += line[end] == '\\' ? 2 : 1;
                }

                if (end >= line.Length)
                {
                    return false;
                }

                value = Unescape(Encoding.UTF8.GetString(line[at..end]));
                at = end + 1;
            }
            else
            {
                start = at;
                while (at < line.Length && line[at] > ' ')
                {
                    at++;
                }

                value = Encoding.UTF8.GetString(line[start..at]);
            }

            pairs++;
            var name = Encoding.UTF8.GetString(key);
            if (value.Length > 0 && !fields.Take(name, value, context, batch, ref row))
            {
                batch.AddAttribute(key, AttributeType.String, Encoding.UTF8.GetBytes(value));
            }
        }
    }

    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            plain.Append(text[i] != '\\' || i + 1 == text.Length ? text[i] : text[++i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var c => c });
        }

        return plain.ToString();
    }
}
