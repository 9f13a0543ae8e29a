using Sightglass.Core.Errors;

namespace Sightglass.Server.RemoteRead;

/// <summary>Reads single bits, the highest of each byte first, and the numbers that Prometheus' chunks are made of.</summary>
internal ref struct BitReader(ReadOnlySpan<byte> bytes)
{
    /// <summary>Bits of a number behind its prefix of ones; a prefix without a size here is followed by 64.</summary>
    private static readonly int[] Sizes = [3, 6, 9, 12, 18, 25, 56];

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;

    /// <summary>Bits that are left.</summary>
    public readonly int Left => (_bytes.Length * 8) - _at;

    /// <summary>The next <paramref name="count"/> bits, 0 to 64.</summary>
    /// <exception cref="MalformedInputException">There are fewer.</exception>
    public ulong Bits(int count)
    {
        if (count > Left)
        {
            throw new MalformedInputException("a chunk ends in the middle of a sample");
        }

        var value = 0UL;
        while (count > 0)
        {
            var free = 8 - (_at & 7);
            var n = Math.Min(count, free);
            value = (value << n) | (((ulong)_bytes[_at >> 3] >> (free - n)) & ((1UL << n) - 1));
            _at += n;
            count -= n;
        }

        return value;
    }

    public bool Bit() => Bits(1) == 1;

    public double Double() => BitConverter.UInt64BitsToDouble(Bits(64));

    /// <summary>How many ones come before a zero, at most <paramref name="max"/>; the zero is read too.</summary>
    public int Ones(int max)
    {
        var ones = 0;
        while (ones < max && Bit())
        {
            ones++;
        }

        return ones;
    }

    /// <summary>A signed number of so many bits, of which there is one more above zero than below.</summary>
    public long Folded(int bits)
    {
        var value = Bits(bits);
        return bits < 64 && value > 1UL << (bits - 1) ? (long)value - (1L << bits) : (long)value;
    }

    /// <summary>A number of any size: zero is one bit.</summary>
    public long Signed() => Ones(8) is var ones && ones == 0 ? 0 : Folded(ones > Sizes.Length ? 64 : Sizes[ones - 1]);

    /// <summary>A number that is not negative.</summary>
    public ulong Unsigned() => Ones(8) is var ones && ones == 0 ? 0 : Bits(ones > Sizes.Length ? 64 : Sizes[ones - 1]);

    /// <summary>A number of things that take a bit each at least.</summary>
    public int Count() => Unsigned() is var count && count <= (ulong)Left ? (int)count : throw new MalformedInputException($"a chunk claims {count} of what does not fit into it");

    /// <summary>An unsigned LEB128 number, a byte at a time at whatever bit it begins.</summary>
    public ulong Uvarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Bits(8);
            value |= (next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new MalformedInputException("a number of a chunk is too long");
    }

    /// <summary>A signed number folded into an unsigned one.</summary>
    public long Varint() => Uvarint() is var value && (value & 1) == 0 ? (long)(value >> 1) : ~(long)(value >> 1);
}

/// <summary>A column of doubles, each as the bits in which it differs from the one before.</summary>
internal struct XorReader
{
    private ulong _before;
    private int _leading;
    private int _significant;

    /// <summary>The value read last.</summary>
    public readonly double Value => BitConverter.UInt64BitsToDouble(_before);

    /// <summary>Reads the first value.</summary>
    public void First(ref BitReader reader) => _before = reader.Bits(64);

    /// <summary>Reads the next value.</summary>
    public void Next(ref BitReader reader)
    {
        if (!reader.Bit())
        {
            return;
        }

        if (reader.Bit())
        {
            _leading = (int)reader.Bits(5);
            _significant = (int)reader.Bits(6) is var n && n == 0 ? 64 : n;
        }

        var trailing = 64 - _leading - _significant;
        if (trailing < 0 || _significant == 0)
        {
            throw new MalformedInputException("a value of a chunk has more than 64 bits");
        }

        _before ^= reader.Bits(_significant) << trailing;
    }
}
