using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Pipeline.Redaction;

/// <summary>
/// Overwrites texts inside of maps whose key says that they are a secret. Lengths stand before texts there, so that a text keeps its own.
/// </summary>
internal static class CompositeSecrets
{
    /// <summary>Overwrites what is secret in an encoded value of a batch; how many texts these were.</summary>
    public static int Overwrite(LogBatch batch, TextRef value)
    {
        try
        {
            return Value(batch, value, isSecret: false, 0);
        }
        catch (MalformedInputException)
        {
            // No value that could be read: nobody is shown what is in it.
            return 0;
        }
    }

    private static int Value(LogBatch batch, TextRef value, bool isSecret, int depth)
    {
        var count = 0;
        if (depth > AnyValueText.MaxDepth)
        {
            return count;
        }

        var reader = new ProtoReader(batch.Text(value));
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when isSecret:
                    var text = Piece(ref reader, value);
                    count += text.Length > 0 && batch.Text(text).IndexOfAnyExcept((byte)'*') >= 0 ? 1 : 0;
                    batch.Overwrite(text, (byte)'*');
                    break;
                case 5:
                    count += Items(batch, Piece(ref reader, value), isSecret, depth);
                    break;
                case 6:
                    count += Items(batch, Piece(ref reader, value), null, depth);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return count;
    }

    // Values of an array, or the entries of a map where nothing is known of a key yet.
    private static int Items(LogBatch batch, TextRef items, bool? isSecret, int depth)
    {
        var count = 0;
        var reader = new ProtoReader(batch.Text(items));
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            var item = Piece(ref reader, items);
            count += isSecret is { } known ? Value(batch, item, known, depth + 1) : Entry(batch, item, depth);
        }

        return count;
    }

    private static int Entry(LogBatch batch, TextRef entry, int depth)
    {
        var isSecret = false;
        TextRef value = default;
        var reader = new ProtoReader(batch.Text(entry));
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    isSecret = SecretShapes.IsSecretName(reader.ReadBytes());
                    break;
                case 2:
                    value = Piece(ref reader, entry);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return Value(batch, value, isSecret, depth + 1);
    }

    // What the reader is at, by its place in the batch.
    private static TextRef Piece(ref ProtoReader reader, TextRef whole)
    {
        var length = reader.ReadBytes().Length;
        return new TextRef(whole.Offset + reader.Position - length, length);
    }
}
