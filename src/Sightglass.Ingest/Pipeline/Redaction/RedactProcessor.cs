using System.Text;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Pipeline.Redaction;

/// <summary>Redacts texts of single records: secrets, cards, e-mail addresses, and what the configuration's expressions match.</summary>
internal sealed class RedactProcessor(RedactConfiguration configuration) : LogProcessor
{
    private readonly LogField[] _fields = [.. configuration.Fields.Select(LogField.Of)];

    public override bool Apply(LogRowView row)
    {
        if (_fields.Length == 0 || Array.Exists(_fields, f => f.Kind == LogFieldKind.Body))
        {
            if (row.Row.BodyType == AttributeType.String && Clean(row.Batch.Text(TextRef.Unpack(row.Row.BodyBits))) is { } body)
            {
                row.Row.BodyBits = row.Batch.AddText(body).Packed;
            }
        }

        var attributes = row.Edit();
        for (var i = 0; i < attributes.Count; i++)
        {
            var (key, type, bits) = attributes[i];
            if (type == AttributeType.String && IsWanted(row.Batch.Text(key)) && Clean(row.Batch.Text(TextRef.Unpack(bits))) is { } text)
            {
                attributes[i] = (key, type, row.Batch.AddText(text).Packed);
            }
        }

        return true;
    }

    private bool IsWanted(ReadOnlySpan<byte> key)
    {
        foreach (ref readonly var field in _fields.AsSpan())
        {
            if (field.Kind == LogFieldKind.Attribute && key.SequenceEqual(field.Key))
            {
                return true;
            }
        }

        return _fields.Length == 0;
    }

    private byte[]? Clean(ReadOnlySpan<byte> text)
    {
        byte[]? changed = null;
        if (configuration.Secrets && SecretRedactor.Clean(text, []) is { } clean)
        {
            changed = clean.Written.ToArray();
        }

        if (configuration.Cards)
        {
            changed = Replace(changed ?? text, PersonalShapes.TryCard, "[card]"u8) ?? changed;
        }

        if (configuration.Emails && (changed ?? text).IndexOf((byte)'@') >= 0)
        {
            changed = Replace(changed ?? text, PersonalShapes.TryEmail, "[email]"u8) ?? changed;
        }

        foreach (var (pattern, replacement) in configuration.Patterns)
        {
            var before = Encoding.UTF8.GetString(changed ?? text);
            if (pattern.IsMatch(before))
            {
                changed = Encoding.UTF8.GetBytes(pattern.Replace(before, replacement));
            }
        }

        return changed;
    }

    private delegate bool Finder(ReadOnlySpan<byte> text, int from, out int start, out int length);

    private static byte[]? Replace(ReadOnlySpan<byte> text, Finder find, ReadOnlySpan<byte> replacement)
    {
        List<byte>? target = null;
        var taken = 0;
        while (find(text, taken, out var start, out var length))
        {
            target ??= [];
            target.AddRange(text[taken..start]);
            target.AddRange(replacement);
            taken = start + length;
        }

        target?.AddRange(text[taken..]);
        return target?.ToArray();
    }
}
