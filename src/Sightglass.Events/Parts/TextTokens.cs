using System.Buffers;

namespace Sightglass.Events.Parts;

/// <summary>
/// Cuts text into tokens: the longest runs of ASCII letters, digits, underscores and bytes beyond ASCII. Tokens are hashed without regard to the case
/// of ASCII letters. What this class does stands in the filters on disk; a change of it is a change of the format.
/// </summary>
internal ref struct TextTokens(ReadOnlySpan<byte> text)
{
    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create([.. Enumerable.Range(0, 256).Select(b => (byte)b)
        .Where(b => b >= 0x80 || b == '_' || char.IsAsciiLetterOrDigit((char)b))]);

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
        var rest = _text[_end..];
        var skip = rest.IndexOfAny(TokenBytes);
        if (skip < 0)
        {
            return false;
        }

        Start = _end + skip;
        var hash = 0xcbf29ce484222325UL;
        var at = Start;
        while (at < _text.Length)
        {
            var b = _text[at];
            if (b is >= (byte)'A' and <= (byte)'Z')
            {
                b |= 0x20;
            }
            else if (!(b is >= (byte)'a' and <= (byte)'z' or >= (byte)'0' and <= (byte)'9' or (byte)'_' or >= 0x80))
            {
                break;
            }

            hash = (hash ^ b) * 0x100000001b3;
            at++;
        }

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
