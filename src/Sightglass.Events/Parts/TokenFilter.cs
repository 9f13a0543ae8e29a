using Sightglass.Core.Bytes;
using Sightglass.Events.Columns;

namespace Sightglass.Events.Parts;

/// <summary>
/// A Bloom filter over the tokens of a text column of one block: 8 bits per distinct token and 5 probes, which lets about 2 in 100 blocks through
/// for nothing.
/// </summary>
internal static class TokenFilter
{
    private const int BitsPerToken = 8;
    private const int Probes = 5;

    /// <summary>Whether the filter may hold all the tokens.</summary>
    public static bool MayContain(ReadOnlySpan<byte> filter, ReadOnlySpan<ulong> tokens)
    {
        var bits = (ulong)filter.Length * 8;
        foreach (var token in tokens)
        {
            var (at, step) = Split(token);
            for (var probe = 0; probe < Probes; probe++)
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

    /// <summary>Appends the filter of a set of tokens.</summary>
    public static void Write(TokenSet tokens, ByteWriter target)
    {
        var size = ((tokens.Count * BitsPerToken) + 63) / 64 * 8;
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
            for (var probe = 0; probe < Probes; probe++)
            {
                var bit = Place(at, bits);
                filter[(int)(bit >> 3)] |= (byte)(1 << (int)(bit & 7));
                at += step;
            }
        }

        target.Advance(size);
    }

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

    public void AddTokens(ValueVector texts)
    {
        for (var i = 0; i < texts.EntryCount; i++)
        {
            var tokens = new TextTokens(texts.BytesOf(i));
            while (tokens.Next())
            {
                Add(tokens.Hash);
            }
        }
    }

    private void Add(ulong hash)
    {
        var mask = _slots.Length - 1;
        var slot = (int)(hash >> 20) & mask;
        while (_slots[slot] != 0)
        {
            if (_slots[slot] == hash)
            {
                return;
            }

            slot = (slot + 1) & mask;
        }

        _slots[slot] = hash;
        if (++Count * 2 > _slots.Length)
        {
            Grow();
        }
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
