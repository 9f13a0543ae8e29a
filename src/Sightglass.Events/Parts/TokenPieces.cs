namespace Sightglass.Events.Parts;

/// <summary>
/// Pieces of six bytes of long tokens, so chosen that every stretch of nine bytes of a token holds one that can be found from the stretch alone: of four
/// pieces that begin next to each other, the one with the smallest hash. A text that is searched for and cut off within a token is looked up by them.
/// What this class does stands in the filters on disk; a change of it is a change of the format.
/// </summary>
internal static class TokenPieces
{
    private const int Length = 6;
    private const int Window = 4;

    /// <summary>Bytes of a token from which on it has pieces.</summary>
    public const int LeastToken = Length + Window - 1;

    /// <summary>Adds the pieces of a token, or of a stretch of one, without regard to the case of ASCII letters.</summary>
    public static void Add(ReadOnlySpan<byte> token, TokenSet target)
    {
        if (token.Length < LeastToken)
        {
            return;
        }

        Span<ulong> window = stackalloc ulong[Window];
        ulong bytes = 0;
        ulong last = 0;
        for (var i = 0; i < token.Length; i++)
        {
            var b = token[i] is >= (byte)'A' and <= (byte)'Z' ? token[i] | 0x20u : token[i];
            bytes = ((bytes << 8) | b) & 0xffff_ffff_ffff;
            if (i < Length - 1)
            {
                continue;
            }

            window[i % Window] = Hash(bytes);
            if (i >= LeastToken - 1)
            {
                var least = Math.Min(Math.Min(window[0], window[1]), Math.Min(window[2], window[3]));
                if (least != last)
                {
                    target.Add(least);
                    last = least;
                }
            }
        }
    }

    private static ulong Hash(ulong bytes)
    {
        var hash = (bytes + 1) * 0xd6e8feb86659fd93;
        hash ^= hash >> 32;
        hash *= 0x9e3779b97f4a7c15;
        hash ^= hash >> 29;
        return hash == 0 ? 1 : hash;
    }
}
