using Sightglass.Core.Bytes;
using Sightglass.Events.Columns;
using Sightglass.Storage;

namespace Sightglass.Events.Parts;

/// <summary>What a filter holds. The numbers stand on disk.</summary>
internal enum FilterKind : byte
{
    /// <summary>The tokens of the texts, 8 bits each.</summary>
    Tokens = 1,

    /// <summary>The tokens of the texts and the pieces of long ones, 6 bits each.</summary>
    TokensAndPieces = 2,
}

/// <summary>
/// A Bloom filter over the tokens of a text column of one block, for some columns over pieces of tokens too (<see cref="TokenPieces"/>). Lets about 2 or 5
/// in 100 blocks through for nothing, for each token or piece asked for.
/// </summary>
internal static class TokenFilter
{
    /// <summary>Whether the filter may hold all the tokens.</summary>
    public static bool MayContain(ReadOnlySpan<byte> filter, FilterKind kind, ReadOnlySpan<ulong> tokens)
    {
        var bits = (ulong)filter.Length * 8;
        var (_, probes) = Shape(kind);
        foreach (var token in tokens)
        {
            var (at, step) = Split(token);
            for (var probe = 0; probe < probes; probe++)
            {
                var bit = Place(at, bits);
                if ((filter[(int)(bit >> 3)] >> (int)(bit & 7) & 1) == 0)
                {
                    return false;
                }

                at += step;
            }
        }

        return true;
    }

    /// <summary>Whether a filter in a file may hold all the tokens. Reads the bytes that are asked for alone; the filter was checked before.</summary>
    public static bool MayContain(PartFile file, long offset, int length, FilterKind kind, ReadOnlySpan<ulong> tokens)
    {
        var bits = (ulong)length * 8;
        var (_, probes) = Shape(kind);
        Span<byte> read = stackalloc byte[1];
        foreach (var token in tokens)
        {
            var (at, step) = Split(token);
            for (var probe = 0; probe < probes; probe++)
            {
                var bit = Place(at, bits);
                file.ReadRaw(offset + (long)(bit >> 3), read);
                if ((read[0] >> (int)(bit & 7) & 1) == 0)
                {
                    return false;
                }

                at += step;
            }
        }

        return true;
    }

    /// <summary>Appends the filter of a set of tokens.</summary>
    public static void Write(TokenSet tokens, FilterKind kind, ByteWriter target)
    {
        var (bitsPerToken, probes) = Shape(kind);
        var size = ((tokens.Count * bitsPerToken) + 63) / 64 * 8;
        var filter = target.GetSpan(size)[..size];
        filter.Clear();
        var bits = (ulong)size * 8;
        foreach (var token in tokens.Slots)
        {
            if (token == 0)
            {
                continue;
            }

            var (at, step) = Split(token);
            for (var probe = 0; probe < probes; probe++)
            {
                var bit = Place(at, bits);
                filter[(int)(bit >> 3)] |= (byte)(1 << (int)(bit & 7));
                at += step;
            }
        }

        target.Advance(size);
    }

    private static (int Bits, int Probes) Shape(FilterKind kind) => kind == FilterKind.TokensAndPieces ? (6, 4) : (8, 5);

    private static (ulong At, ulong Step) Split(ulong token) => (token, (token * 0xd6e8feb86659fd93) | 1);

    private static ulong Place(ulong at, ulong bits) => Math.BigMul(at, bits, out _);
}

/// <summary>Distinct hashes of tokens. Reused; not thread-safe.</summary>
internal sealed class TokenSet
{
    private ulong[] _slots = new ulong[1 << 12];

    public int Count { get; private set; }

    public ReadOnlySpan<ulong> Slots => _slots;

    public void Clear()
    {
        if (_slots.Length > 1 << 20)
        {
            _slots = new ulong[1 << 12];
        }
        else
        {
            Array.Clear(_slots);
        }

        Count = 0;
    }

    /// <summary>Adds the tokens of texts.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="mostPieces">Adds pieces of long tokens too, if the set does not grow beyond so many.</param>
    /// <returns>Whether all pieces are there.</returns>
    public bool AddTokens(ValueVector texts, int mostPieces = 0)
    {
        for (var i = 0; i < texts.EntryCount; i++)
        {
            var text = texts.BytesOf(i);
            var tokens = new TextTokens(text);
            while (tokens.Next())
            {
                if (Add(tokens.Hash) && Count < mostPieces)
                {
                    TokenPieces.Add(text[tokens.Start..tokens.End], this);
                }
            }
        }

        return Count < mostPieces;
    }

    /// <summary>Adds a hash; true when it is new.</summary>
    public bool Add(ulong hash)
    {
        var mask = _slots.Length - 1;
        var slot = (int)(hash >> 20) & mask;
        while (_slots[slot] != 0)
        {
            if (_slots[slot] == hash)
            {
                return false;
            }

            slot = (slot + 1) & mask;
        }

        _slots[slot] = hash;
        if (++Count * 2 > _slots.Length)
        {
            Grow();
        }

        return true;
    }

    private void Grow()
    {
        var old = _slots;
        _slots = new ulong[old.Length * 2];
        Count = 0;
        foreach (var hash in old)
        {
            if (hash != 0)
            {
                Add(hash);
            }
        }
    }
}
