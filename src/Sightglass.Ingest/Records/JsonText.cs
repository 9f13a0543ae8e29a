using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Sightglass.Core.Bytes;

namespace Sightglass.Ingest.Records;

/// <summary>
/// Texts of JSON as senders write them: half a surrogate pair (what is left of a character that was cut, which JavaScript writes as an escape) and bytes that
/// are not UTF-8 become replacement characters, instead of costing the record, or all records beside it.
/// </summary>
internal static class JsonText
{
    /// <summary>Appends the string or property name that the reader is at, unescaped.</summary>
    public static void Append(in Utf8JsonReader json, ByteWriter target)
    {
        var source = json.HasValueSequence ? json.ValueSequence.ToArray() : json.ValueSpan;
        if (!json.ValueIsEscaped)
        {
            AppendPlain(source, target);
        }
        else if (!MayBeBroken(source, isEscaped: true))
        {
            target.Advance(json.CopyString(target.GetSpan(source.Length)));
        }
        else
        {
            AppendEscaped(source, target);
        }
    }

    /// <summary>The string or property name that the reader is at, unescaped.</summary>
    public static string Get(in Utf8JsonReader json)
    {
        using var text = new ByteWriter(json.HasValueSequence ? (int)json.ValueSequence.Length : json.ValueSpan.Length);
        Append(json, text);
        return Encoding.UTF8.GetString(text.Written);
    }

    /// <summary>Whether a text has something to be replaced, as far as that shows without reading it: half a pair, or a whole one, or bytes that are not UTF-8.</summary>
    public static bool MayBeBroken(ReadOnlySpan<byte> text, bool isEscaped) =>
        !Utf8.IsValid(text) || (isEscaped && (text.IndexOf("\\ud"u8) >= 0 || text.IndexOf("\\uD"u8) >= 0));

    private static void AppendPlain(ReadOnlySpan<byte> source, ByteWriter target)
    {
        if (Utf8.IsValid(source))
        {
            target.Write(source);
        }
        else
        {
            target.Write(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(source)));
        }
    }

    // What stands behind a backslash was looked at by the reader.
    private static void AppendEscaped(ReadOnlySpan<byte> source, ByteWriter target)
    {
        Span<byte> utf8 = stackalloc byte[4];
        while (source.Length > 0)
        {
            var plain = source.IndexOf((byte)'\\');
            if (plain != 0)
            {
                plain = plain < 0 ? source.Length : plain;
                AppendPlain(source[..plain], target);
                source = source[plain..];
                continue;
            }

            if (source[1] != 'u')
            {
                target.WriteByte(source[1] switch
                {
                    (byte)'b' => (byte)'\b',
                    (byte)'f' => (byte)'\f',
                    (byte)'n' => (byte)'\n',
                    (byte)'r' => (byte)'\r',
                    (byte)'t' => (byte)'\t',
                    var itself => itself,
                });
                source = source[2..];
                continue;
            }

            var first = Unit(source);
            source = source[6..];
            if (!Rune.TryCreate(first, out var rune)
                && !(source.Length >= 6 && source[0] == '\\' && source[1] == 'u' && Rune.TryCreate(first, Unit(source), out rune)))
            {
                target.Write("\uFFFD"u8);
                continue;
            }

            source = char.IsSurrogate(first) ? source[6..] : source;
            target.Write(utf8[..rune.EncodeToUtf8(utf8)]);
        }
    }

    private static char Unit(ReadOnlySpan<byte> escape) => (char)ushort.Parse(escape.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
