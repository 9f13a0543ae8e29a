using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Pipeline.Redaction;

/// <summary>
/// Redacts well-known secrets in bodies and attributes of whole batches. One pass over all text of the batch finds where something could be; a batch
/// without such places costs nothing more. Thread-safe.
/// </summary>
internal sealed class SecretRedactor
{
    /// <summary>What stands in the place of a secret.</summary>
    public static ReadOnlySpan<byte> Replacement => "[redacted]"u8;

    [ThreadStatic]
    private static List<(int At, int Literal)>? _places;

    [ThreadStatic]
    private static ByteWriter? _text;

    private long _redacted;

    /// <summary>Secrets redacted since the start.</summary>
    public long Redacted => Interlocked.Read(ref _redacted);

    public void Redact(LogBatch batch)
    {
        var places = _places ??= [];
        places.Clear();
        SecretShapes.Scan.Find(batch.Arena, places);
        if (places.Count == 0)
        {
            return;
        }

        for (var i = 0; i < batch.Count; i++)
        {
            ref var row = ref batch.Rows[i];
            if (Redact(batch, places, row.BodyType, row.BodyBits, out var body))
            {
                batch.Rows[i].BodyBits = body;
            }

            for (var a = row.Attributes.Start; a < row.Attributes.Start + row.Attributes.Count; a++)
            {
                var type = batch.AttributeTypeOf(a);
                if (type == AttributeType.String && FirstIn(places, batch.AttributeKeyRef(a)) >= 0 && SecretShapes.IsSecretName(batch.AttributeKey(a)) && batch.AttributeBytes(a).Length > 0)
                {
                    batch.SetAttribute(a, AttributeType.String, batch.AddText(Replacement).Packed);
                    Interlocked.Increment(ref _redacted);
                }
                else if (Redact(batch, places, type, batch.AttributeBits(a), out var bits))
                {
                    batch.SetAttribute(a, type, bits);
                }
            }
        }
    }

    /// <summary>One text without its secrets; null where it has none. Valid until the next call on this thread.</summary>
    public static ByteWriter? Clean(ReadOnlySpan<byte> text, List<(int At, int Literal)> places)
    {
        places.Clear();
        SecretShapes.Scan.Find(text, places);
        return Clean(text, places, 0, 0, out _);
    }

    private bool Redact(LogBatch batch, List<(int At, int Literal)> places, AttributeType type, long packed, out long changed)
    {
        changed = packed;
        if (type is not (AttributeType.String or AttributeType.Composite or AttributeType.Bytes))
        {
            return false;
        }

        var text = TextRef.Unpack(packed);
        var first = FirstIn(places, text);
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
                    Interlocked.Increment(ref _redacted);
                }
            }

            return false;
        }

        if (Clean(batch.Text(text), places, first, text.Offset, out var count) is not { } clean)
        {
            return false;
        }

        Interlocked.Add(ref _redacted, count);
        changed = batch.AddText(clean.Written).Packed;
        return true;
    }

    private static ByteWriter? Clean(ReadOnlySpan<byte> text, List<(int At, int Literal)> places, int first, int offset, out int count)
    {
        count = 0;
        var taken = 0;
        var target = _text ??= new ByteWriter(1024);
        target.Clear();
        for (var i = first; i < places.Count && places[i].At < offset + text.Length; i++)
        {
            var at = places[i].At - offset;
            if (at < taken || !SecretShapes.TryFind(text, at, places[i].Literal, out var start, out var length) || start < taken)
            {
                continue;
            }

            target.Write(text[taken..start]);
            target.Write(Replacement);
            taken = start + length;
            count++;
        }

        target.Write(text[taken..]);
        return count == 0 ? null : target;
    }

    // The first place in a piece of the arena, or -1.
    private static int FirstIn(List<(int At, int Literal)> places, TextRef text)
    {
        var (low, high) = (0, places.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = places[middle].At < text.Offset ? (middle + 1, high) : (low, middle);
        }

        return low < places.Count && places[low].At < text.Offset + text.Length ? low : -1;
    }
}
