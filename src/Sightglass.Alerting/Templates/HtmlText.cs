using System.Buffers;
using System.Text;

namespace Sightglass.Alerting.Templates;

/// <summary>Escaping for HTML. Values written behind <c>href=</c> or <c>src=</c> may only be harmless addresses.</summary>
internal static class HtmlText
{
    private static readonly SearchValues<char> Special = SearchValues.Create("\"&'+<>\0");

    private const string BlockedAddress = "#ZgotmplZ";

    public static string Escape(string text, bool forTemplate)
    {
        if (text.AsSpan().IndexOfAny(Special) < 0)
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            escaped.Append(c switch
            {
                '"' => "&#34;",
                '&' => "&amp;",
                '\'' => "&#39;",
                '+' when forTemplate => "&#43;",
                '<' => "&lt;",
                '>' => "&gt;",
                '\0' => "\uFFFD",
                _ => c.ToString(),
            });
        }

        return escaped.ToString();
    }

    /// <summary>Escapes a value for the place that the output so far ends in.</summary>
    public static string EscapeAt(StringBuilder before, string text)
    {
        var tail = before.ToString(Math.Max(0, before.Length - 8), Math.Min(8, before.Length)).TrimEnd('"', '\'', ' ');
        var address = tail.EndsWith("href=", StringComparison.OrdinalIgnoreCase) || tail.EndsWith("src=", StringComparison.OrdinalIgnoreCase);
        return Escape(address && !IsHarmless(text) ? BlockedAddress : text, forTemplate: !address);
    }

    private static bool IsHarmless(string address)
    {
        var colon = address.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 || address.AsSpan(0, colon).Contains('/')
            || address.AsSpan(0, colon) is var scheme && (scheme.Equals("http", StringComparison.OrdinalIgnoreCase)
                || scheme.Equals("https", StringComparison.OrdinalIgnoreCase) || scheme.Equals("mailto", StringComparison.OrdinalIgnoreCase));
    }
}
