namespace Sightglass.Events.Parts;

/// <summary>
/// Cuts text into tokens: the longest runs of ASCII letters, digits, underscores and bytes beyond ASCII. Tokens are hashed without regard to the case
/// of ASCII letters. What this class does stands in the filters on disk; a change of it is a change of the format.
/// </summary>
internal ref struct TextTokens(ReadOnlySpan<byte> text)
{
    // Of a byte of a token the byte, of a capital letter the small one; 0 of what stands between tokens.
    private static readonly byte[] Folded = [.. Enumerable.Range(0, 256)
        .Select(static b => b >= 0x80 || b == '_' || char.IsAsciiLetterOrDigit((char)b) ? (byte)(char.IsAsciiLetterUpper((char)b) ? b | 0x20 : b) : (byte)0)];

    private readonly ReadOnlySpan<byte> _text = text;
    private int _end;

    /// <summary>Offset of the current token.</summary>
    public int Start { get; private set; }

    /// <summary>Offset of its end.</summary>
    public readonly int End => _end;

    /// <summary>Hash of the current token; never 0.</summary>
    public ulong Hash { get; private set; }

    /// <summary>Moves to the next token.</summary>
    public bool Next()
    {
        var text = _text;
        var folded = Folded;
        var at = _end;
        byte b = 0;
        while (at < text.Length && (b = folded[text[at]]) == 0)
        {
            at++;
        }

        if (at == text.Length)
        {
            return false;
        }

        Start = at;
        var hash = 0xcbf29ce484222325UL;
        do
        {
            hash = (hash ^ b) * 0x100000001b3;
            at++;
        }
        while (at < text.Length && (b = folded[text[at]]) != 0);

        _end = at;
        hash ^= hash >> 32;
        hash *= 0x9e3779b97f4a7c15;
        hash ^= hash >> 29;
        Hash = hash == 0 ? 1 : hash;
        return true;
    }

    /// <summary>
    /// Hashes of the tokens that any text with this piece in it must have: those that the piece holds whole. At its ends a token may go on in the
    /// text, unless the piece is the whole text. Long tokens first, since they are rare.
    /// </summary>
    public static ulong[] Required(ReadOnlySpan<byte> piece, bool wholeText)
    {
        var found = new List<(int Length, ulong Hash)>();
        var tokens = new TextTokens(piece);
        while (tokens.Next())
        {
            if (wholeText || (tokens.Start > 0 && tokens.End < piece.Length))
            {
                found.Add((tokens.End - tokens.Start, tokens.Hash));
            }
        }

        return [.. found.OrderByDescending(static f => f.Length).Select(static f => f.Hash)];
    }

    /// <summary>Adds the pieces that any text with this piece in it must have: those of the tokens at its ends, which <see cref="Required"/> leaves out.</summary>
    public static void AddRequiredPieces(ReadOnlySpan<byte> piece, TokenSet target)
    {
        var tokens = new TextTokens(piece);
        while (tokens.Next())
        {
            if (tokens.Start == 0 || tokens.End == piece.Length)
            {
                TokenPieces.Add(piece[tokens.Start..tokens.End], target);
            }
        }
    }
}
