using System.Text.Json;
using System.Text.Unicode;
using Sightglass.Core.Bytes;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Seq;

/// <summary>
/// Renders message templates (messagetemplates.org) from the properties of a JSON object: <c>{Name}</c>, <c>{@Name}</c>, <c>{$Name}</c>, <c>{Name,5}</c> and
/// <c>{Name:format}</c>; two braces stand for one. A format is not applied here: what the sender rendered itself stands in <c>@r</c>, one text for each hole
/// with a format. A hole without a property stays as it is written.
/// </summary>
internal sealed class MessageTemplate : IDisposable
{
    private readonly ByteWriter _value = new(256);

    /// <summary>Appends the text. <paramref name="renderings"/> is the JSON array of <c>@r</c>, or empty.</summary>
    /// <exception cref="JsonException">The properties are no JSON object.</exception>
    public void Render(ReadOnlySpan<byte> template, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> renderings, ByteWriter output)
    {
        var formatted = 0;
        while (template.Length > 0)
        {
            var brace = template.IndexOfAny((byte)'{', (byte)'}');
            if (brace < 0)
            {
                output.Write(template);
                return;
            }

            output.Write(template[..brace]);
            template = template[brace..];
            if (template.Length > 1 && template[1] == template[0])
            {
                output.WriteByte(template[0]);
                template = template[2..];
                continue;
            }

            var end = template[0] == '{' ? template.IndexOf((byte)'}') : -1;
            if (end < 0)
            {
                output.WriteByte(template[0]);
                template = template[1..];
                continue;
            }

            if (!Hole(template[1..end], properties, renderings, ref formatted, output))
            {
                output.Write(template[..(end + 1)]);
            }

            template = template[(end + 1)..];
        }
    }

    public void Dispose() => _value.Dispose();

    private bool Hole(ReadOnlySpan<byte> hole, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> renderings, ref int formatted, ByteWriter output)
    {
        var colon = hole.IndexOf((byte)':');
        var name = colon < 0 ? hole : hole[..colon];
        if (name.Length > 0 && name[0] is (byte)'@' or (byte)'$')
        {
            name = name[1..];
        }

        var comma = name.IndexOf((byte)',');
        var width = 0;
        if (comma >= 0)
        {
            if (!System.Buffers.Text.Utf8Parser.TryParse(name[(comma + 1)..], out width, out var used) || used != name.Length - comma - 1 || Math.Abs((long)width) > 256)
            {
                return false;
            }

            name = name[..comma];
        }

        if (name.Length == 0)
        {
            return false;
        }

        _value.Truncate(0);
        if (!(colon >= 0 && Element(renderings, formatted++)) && !Property(properties, name))
        {
            return false;
        }

        var padding = Math.Max(0, Math.Abs(width) - System.Text.Encoding.UTF8.GetCharCount(_value.Written));
        Pad(width > 0 ? padding : 0, output);
        output.Write(_value.Written);
        Pad(width < 0 ? padding : 0, output);
        return true;
    }

    private static void Pad(int count, ByteWriter output)
    {
        for (var i = 0; i < count; i++)
        {
            output.WriteByte((byte)' ');
        }
    }

    private bool Element(ReadOnlySpan<byte> array, int index)
    {
        if (array.Length == 0)
        {
            return false;
        }

        var json = new Utf8JsonReader(array);
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            return false;
        }

        for (var at = 0; json.Read() && json.TokenType != JsonTokenType.EndArray; at++)
        {
            if (at == index)
            {
                Take(ref json, array);
                return true;
            }

            json.Skip();
        }

        return false;
    }

    private bool Property(ReadOnlySpan<byte> properties, ReadOnlySpan<byte> name)
    {
        var json = new Utf8JsonReader(properties);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var found = json.ValueTextEquals(name);
            json.Read();
            if (found)
            {
                Take(ref json, properties);
                return true;
            }

            json.Skip();
        }

        return false;
    }

    // A text as it is, everything else as JSON.
    private void Take(ref Utf8JsonReader json, ReadOnlySpan<byte> source)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.String when !json.ValueIsEscaped && Utf8.IsValid(json.ValueSpan):
                _value.Write(json.ValueSpan);
                break;
            case JsonTokenType.String:
                JsonText.Append(json, _value);
                break;
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                var start = (int)json.TokenStartIndex;
                json.Skip();
                _value.Write(source[start..(int)json.BytesConsumed]);
                break;
            default:
                _value.Write(json.ValueSpan);
                break;
        }
    }
}
