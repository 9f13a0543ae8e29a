using System.Text;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Pipeline.Redaction;

/// <summary>Redacts texts of single records: secrets, cards, e-mail addresses, and what the configuration's expressions match.</summary>
internal sealed class RedactProcessor : LogProcessor
{
    private readonly RedactConfiguration _configuration;
    private readonly LogField[] _fields;
    private readonly bool _isBodyWanted;
    private readonly int _secrets;
    private readonly int _cards;
    private readonly int _emails;
    private readonly int _patterns;

    public RedactProcessor(RedactConfiguration configuration, CounterSource counters)
    {
        _configuration = configuration;
        _fields = [.. configuration.Fields.Select(LogField.Of)];
        _isBodyWanted = _fields.Length == 0 || Array.Exists(_fields, f => f.Kind == LogFieldKind.Body);
        _secrets = configuration.Secrets ? SecretRules.CountersOf(counters) : -1;
        _cards = configuration.Cards ? counters.Of(PipelineCount.Redacted, "card") : -1;
        _emails = configuration.Emails ? counters.Of(PipelineCount.Redacted, "email") : -1;
        _patterns = counters.All.Count;
        foreach (var pattern in configuration.Patterns)
        {
            counters.Of(PipelineCount.Redacted, pattern.Name);
        }
    }

    public override bool Apply(LogRowView row)
    {
        if (_isBodyWanted && row.Row.BodyType == AttributeType.String && Clean(row, row.Batch.Text(TextRef.Unpack(row.Row.BodyBits))) is { } body)
        {
            row.Row.BodyBits = row.Batch.AddText(body).Packed;
        }

        for (var i = 0; i < row.AttributeCount; i++)
        {
            var (key, type, bits) = row.Attribute(i);
            if (type == AttributeType.String && IsWanted(row.Batch.Text(key)) && Clean(row, row.Batch.Text(TextRef.Unpack(bits))) is { } text)
            {
                row.Edit()[i] = (key, type, row.Batch.AddText(text).Packed);
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

    private byte[]? Clean(LogRowView row, ReadOnlySpan<byte> text)
    {
        byte[]? changed = null;
        if (_secrets >= 0 && SecretRedactor.Clean(text, row.Counts[_secrets..]) is { } clean)
        {
            changed = clean.Written.ToArray();
        }

        if (_cards >= 0)
        {
            changed = Replace(row, _cards, changed ?? text, PersonalShapes.TryCard, "[card]"u8) ?? changed;
        }

        if (_emails >= 0 && (changed ?? text).IndexOf((byte)'@') >= 0)
        {
            changed = Replace(row, _emails, changed ?? text, PersonalShapes.TryEmail, "[email]"u8) ?? changed;
        }

        for (var i = 0; i < _configuration.Patterns.Count; i++)
        {
            var (pattern, replacement, _) = _configuration.Patterns[i];
            var characters = row.Characters(changed ?? text);
            if (pattern.IsMatch(characters))
            {
                row.Count(_patterns + i, pattern.Count(characters));
                changed = Encoding.UTF8.GetBytes(pattern.Replace(characters.ToString(), replacement));
            }
        }

        return changed;
    }

    private delegate bool Finder(ReadOnlySpan<byte> text, int from, out int start, out int length);

    private static byte[]? Replace(LogRowView row, int counter, ReadOnlySpan<byte> text, Finder find, ReadOnlySpan<byte> replacement)
    {
        List<byte>? target = null;
        var taken = 0;
        while (find(text, taken, out var start, out var length))
        {
            target ??= [];
            target.AddRange(text[taken..start]);
            target.AddRange(replacement);
            taken = start + length;
            row.Count(counter);
        }

        target?.AddRange(text[taken..]);
        return target?.ToArray();
    }
}
