using Sightglass.Core.Bytes;

namespace Sightglass.Ingest.Pipeline;

/// <summary>The shape of a body: words with digits in them count as one and the same.</summary>
internal static class LinePattern
{
    private const int MaxBytes = 1024;
    private static readonly LogField Body = LogField.Of("body");

    public static Hash128 Of(LogRowView row)
    {
        Span<byte> shape = stackalloc byte[MaxBytes];
        var size = 0;
        if (row.TryText(Body, out var text))
        {
            var at = 0;
            while (at < text.Length && size < MaxBytes)
            {
                var start = at;
                var digits = false;
                while (at < text.Length && char.IsAsciiLetterOrDigit((char)text[at]))
                {
                    digits |= char.IsAsciiDigit((char)text[at++]);
                }

                var word = text[start..at];
                if (digits)
                {
                    shape[size++] = (byte)'#';
                }
                else
                {
                    word = word[..Math.Min(word.Length, MaxBytes - size)];
                    word.CopyTo(shape[size..]);
                    size += word.Length;
                }

                if (at < text.Length && size < MaxBytes)
                {
                    shape[size++] = text[at++];
                }
            }
        }

        return Hash128.Compute(shape[..size]);
    }
}
