using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sightglass.Alerting.Receivers;

/// <summary>Writes the body of a message.</summary>
internal static class JsonBody
{
    /// <summary>An object with what <paramref name="write"/> puts into it.</summary>
    public static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var json = new Utf8JsonWriter(buffer, HttpPoster.Json))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>A form as HTML has it: a space is a plus sign.</summary>
    public static string Form(IEnumerable<KeyValuePair<string, string>> fields) => string.Join('&', fields.Select(static f => $"{FormText(f.Key)}={FormText(f.Value)}"));

    /// <summary>A text of a form.</summary>
    public static string FormText(string text) => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);

    /// <summary>The JSON of an answer, or null when it is none.</summary>
    public static JsonDocument? TryParse(string text)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A text that is left out when it is empty.</summary>
    public static void Filled(Utf8JsonWriter json, string name, string text)
    {
        if (text.Length > 0)
        {
            json.WriteString(name, text);
        }
    }

    /// <summary>The text in at most so many characters; a mark shows where it was cut.</summary>
    public static string Shorten(string text, int length)
    {
        var count = 0;
        var end = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (++count == length)
            {
                return end + rune.Utf16SequenceLength == text.Length ? text : text[..end] + "…";
            }

            end += rune.Utf16SequenceLength;
        }

        return text;
    }

    /// <summary>The name under which a service knows a group of alerts, as Alertmanager makes it.</summary>
    public static string Hash(string groupKey) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(groupKey)));
}
