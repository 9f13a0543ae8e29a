using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Pipeline.Redaction;

/// <summary>
/// Redacts well-known secrets in bodies and attributes of whole batches. One pass over all text of the batch finds where something could be; a batch
/// without such places costs nothing more. Thread-safe.
/// </summary>
internal static class SecretRedactor
{
    /// <summary>What stands in the place of a secret.</summary>
    public static ReadOnlySpan<byte> Replacement => "[redacted]"u8;

    [ThreadStatic]
    private static List<(int At, int Literal)>? _places;

    [ThreadStatic]
    private static ByteWriter? _text;

    /// <summary>Redacts all texts of a batch and counts by rule.</summary>
    public static void Redact(LogBatch batch, Span<long> counts)
    {
        var places = _places ??= [];
        places.Clear();
        var arena = batch.Arena;
        SecretShapes.Scan.Find(arena, places);
        var possible = 0;
        for (var i = 0; i < places.Count; i++)
        {
            if (SecretShapes.IsPossible(arena, places[i].At, places[i].Literal))
            {
                places[possible++] = places[i];
            }
        }

        places.RemoveRange(possible, places.Count - possible);
        if (possible == 0)
        {
            return;
        }

        // Texts follow each other mostly as they stand in the arena: the place that was looked at last is near.
        var hint = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            ref var row = ref batch.Rows[i];
            if (Redact(batch, places, ref hint, row.BodyType, row.BodyBits, counts, out var body))
            {
                batch.Rows[i].BodyBits = body;
            }

            for (var a = row.Attributes.Start; a < row.Attributes.Start + row.Attributes.Count; a++)
            {
                var type = batch.AttributeTypeOf(a);
                if (type == AttributeType.String && FirstIn(places, ref hint, batch.AttributeKeyRef(a)) >= 0 && SecretShapes.IsSecretName(batch.AttributeKey(a)) && batch.AttributeBytes(a).Length > 0)
                {
                    batch.SetAttribute(a, AttributeType.String, batch.AddText(Replacement).Packed);
                    counts[SecretRules.Attribute]++;
                }
                else if (Redact(batch, places, ref hint, type, batch.AttributeBits(a), counts, out var bits))
                {
                    batch.SetAttribute(a, type, bits);
                }
            }
        }
    }

    /// <summary>One text without its secrets; null where it has none. Valid until the next call on this thread.</summary>
    public static ByteWriter? Clean(ReadOnlySpan<byte> text, Span<long> counts)
    {
        var places = _places ??= [];
        places.Clear();
        SecretShapes.Scan.Find(text, places);
        return places.Count == 0 ? null : Clean(text, places, 0, 0, counts);
    }

    private static bool Redact(LogBatch batch, List<(int At, int Literal)> places, ref int hint, AttributeType type, long packed, Span<long> counts, out long changed)
    {
        changed = packed;
        if (type is not (AttributeType.String or AttributeType.Composite or AttributeType.Bytes))
        {
            return false;
        }

        var text = TextRef.Unpack(packed);
        var first = FirstIn(places, ref hint, text);
        if (first < 0)
        {
            return false;
        }

        if (type != AttributeType.String)
        {
            // Lengths stand before texts inside: these are overwritten where they are.
            for (var i = first; i < places.Count && places[i].At < text.Offset + text.Length; i++)
            {
                if (SecretShapes.TryFind(batch.Text(text), places[i].At - text.Offset, places[i].Literal, out var start, out var length))
                {
                    batch.Overwrite(new TextRef(text.Offset + start, length), (byte)'*');
                    counts[SecretShapes.RuleOf(places[i].Literal)]++;
                }
            }

            counts[SecretRules.Attribute] += type == AttributeType.Composite ? CompositeSecrets.Overwrite(batch, text) : 0;
            return false;
        }

        if (Clean(batch.Text(text), places, first, text.Offset, counts) is not { } clean)
        {
            return false;
        }

        changed = batch.AddText(clean.Written).Packed;
        return true;
    }

    private static ByteWriter? Clean(ReadOnlySpan<byte> text, List<(int At, int Literal)> places, int first, int offset, Span<long> counts)
    {
        var taken = 0;
        ByteWriter? target = null;
        for (var i = first; i < places.Count && places[i].At < offset + text.Length; i++)
        {
            var at = places[i].At - offset;
            if (at < taken || !SecretShapes.TryFind(text, at, places[i].Literal, out var start, out var length) || start < taken)
            {
                continue;
            }

            if (target is null)
            {
                target = _text ??= new ByteWriter(1024);
                target.Clear();
            }

            target.Write(text[taken..start]);
            target.Write(Replacement);
            taken = start + length;
            counts[SecretShapes.RuleOf(places[i].Literal)]++;
        }

        target?.Write(text[taken..]);
        return target;
    }

    // The first place in a piece of the arena, or -1.
    private static int FirstIn(List<(int At, int Literal)> places, ref int hint, TextRef text)
    {
        if (text.Length == 0)
        {
            return -1;
        }

        while (hint > 0 && places[hint - 1].At >= text.Offset)
        {
            hint--;
        }

        while (hint < places.Count && places[hint].At < text.Offset)
        {
            hint++;
        }

        return hint < places.Count && places[hint].At < text.Offset + text.Length ? hint : -1;
    }
}
