using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Text;

namespace Sightglass.Ingest.Pipeline.Redaction;

/// <summary>
/// Finds the places where one of a few literals stands, without regard to the case of ASCII letters, in one pass: the first three bytes of all literals
/// are tested for 16 places at a time by table look-ups in registers; what passes is looked up in a small table of such beginnings, and what is in there is
/// compared. Immutable and thread-safe.
/// </summary>
internal sealed class LiteralScan
{
    private const int BeginningBytes = 3;
    private const int BeginningBits = 12;

    private readonly byte[][] _literals;
    private readonly int[][] _ofGroup;
    private readonly Vector128<byte>[] _low = new Vector128<byte>[BeginningBytes];
    private readonly Vector128<byte>[] _high = new Vector128<byte>[BeginningBytes];
    private readonly ulong[] _beginnings = new ulong[(1 << BeginningBits) / 64];

    /// <param name="literals">At least three ASCII bytes each, in lower case.</param>
    public LiteralScan(params ReadOnlySpan<string> literals)
    {
        _literals = [.. literals.ToArray().Select(Encoding.ASCII.GetBytes)];
        _ofGroup = LiteralGroups.Of(_literals);
        for (var place = 0; place < BeginningBytes; place++)
        {
            var (low, high) = (new byte[16], new byte[16]);
            for (var group = 0; group < _ofGroup.Length; group++)
            {
                foreach (var literal in _ofGroup[group])
                {
                    foreach (var value in (ReadOnlySpan<byte>)[_literals[literal][place], LiteralGroups.Upper(_literals[literal][place])])
                    {
                        low[value & 15] |= (byte)(1 << group);
                        high[value >> 4] |= (byte)(1 << group);
                    }
                }
            }

            _low[place] = Vector128.Create(low);
            _high[place] = Vector128.Create(high);
        }

        foreach (var literal in _literals)
        {
            var hash = Hash(literal[0] | ((uint)literal[1] << 8) | ((uint)literal[2] << 16));
            _beginnings[hash >> 6] |= 1UL << (int)(hash & 63);
        }
    }

    /// <summary>Adds place and number of every literal in the text, by ascending place.</summary>
    public void Find(ReadOnlySpan<byte> text, List<(int At, int Literal)> found)
    {
        var at = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            var (low0, low1, low2) = (_low[0], _low[1], _low[2]);
            var (high0, high1, high2) = (_high[0], _high[1], _high[2]);
            var nibble = Vector128.Create((byte)15);
            for (; at + 18 <= text.Length; at += 16)
            {
                var first = Vector128.Create(text.Slice(at, 16));
                var second = Vector128.Create(text.Slice(at + 1, 16));
                var third = Vector128.Create(text.Slice(at + 2, 16));
                var groups = Vector128.ShuffleNative(low0, first & nibble) & Vector128.ShuffleNative(high0, (first >>> 4) & nibble)
                    & Vector128.ShuffleNative(low1, second & nibble) & Vector128.ShuffleNative(high1, (second >>> 4) & nibble)
                    & Vector128.ShuffleNative(low2, third & nibble) & Vector128.ShuffleNative(high2, (third >>> 4) & nibble);
                if (groups == Vector128<byte>.Zero)
                {
                    continue;
                }

                var places = ~Vector128.Equals(groups, Vector128<byte>.Zero).ExtractMostSignificantBits() & 0xffff;
                while (places != 0)
                {
                    var place = BitOperations.TrailingZeroCount(places);
                    places &= places - 1;
                    if (IsBeginning(text[(at + place)..]))
                    {
                        Compare(text, at + place, groups[place], found);
                    }
                }
            }
        }

        for (; at + BeginningBytes <= text.Length; at++)
        {
            if (IsBeginning(text[at..]))
            {
                Compare(text, at, (byte)((1 << _ofGroup.Length) - 1), found);
            }
        }
    }

    // Lower and upper case fall together by one bit, as do some signs: the comparison behind tells these apart.
    private bool IsBeginning(ReadOnlySpan<byte> text)
    {
        var hash = Hash(BinaryPrimitives.ReadUInt16LittleEndian(text) | ((uint)text[2] << 16));
        return (_beginnings[hash >> 6] >> (int)(hash & 63) & 1) != 0;
    }

    private void Compare(ReadOnlySpan<byte> text, int at, byte groups, List<(int At, int Literal)> found)
    {
        for (var rest = (uint)groups; rest != 0; rest &= rest - 1)
        {
            foreach (var literal in _ofGroup[BitOperations.TrailingZeroCount(rest)])
            {
                var wanted = _literals[literal];
                if (at + wanted.Length <= text.Length && Ascii.EqualsIgnoreCase(text.Slice(at, wanted.Length), wanted))
                {
                    found.Add((at, literal));
                    return;
                }
            }
        }
    }

    private static uint Hash(uint beginning) => ((beginning | 0x202020) * 0x9e3779b1) >> (32 - BeginningBits);
}

/// <summary>Parts literals into groups of which each has a bit: those together whose beginnings share so much that few other beginnings pass with them.</summary>
internal static class LiteralGroups
{
    private const int Groups = 8;
    private const int Places = 3;

    // Upper halves of the bytes that text mostly is of: signs, digits, letters of lower case.
    private const uint Usual = 0b_0000_0000_1110_1100;

    public static int[][] Of(byte[][] literals)
    {
        var groups = literals.Select((l, i) => (Members: new List<int> { i }, Sets: SetsOf(l))).ToList();
        while (groups.Count > Groups)
        {
            var best = (Cost: double.MaxValue, First: 0, Second: 0);
            for (var i = 1; i < groups.Count; i++)
            {
                for (var j = 0; j < i; j++)
                {
                    var cost = Cost(Union(groups[i].Sets, groups[j].Sets)) - Cost(groups[i].Sets) - Cost(groups[j].Sets);
                    best = cost < best.Cost ? (cost, j, i) : best;
                }
            }

            var (_, first, second) = best;
            groups[first] = ([.. groups[first].Members, .. groups[second].Members], Union(groups[first].Sets, groups[second].Sets));
            groups.RemoveAt(second);
        }

        return [.. groups.Select(g => g.Members.ToArray())];
    }

    public static byte Upper(byte value) => value is >= (byte)'a' and <= (byte)'z' ? (byte)(value - 32) : value;

    private static (uint Low, uint High)[] SetsOf(byte[] literal) => [.. Enumerable.Range(0, Places).Select(p =>
        ((1u << (literal[p] & 15)) | (1u << (Upper(literal[p]) & 15)), (1u << (literal[p] >> 4)) | (1u << (Upper(literal[p]) >> 4))))];

    private static (uint Low, uint High)[] Union((uint Low, uint High)[] a, (uint Low, uint High)[] b) => [.. a.Zip(b, (x, y) => (x.Low | y.Low, x.High | y.High))];

    // How many beginnings pass.
    private static double Cost((uint Low, uint High)[] sets)
    {
        var cost = 1.0;
        foreach (var (low, high) in sets)
        {
            cost *= BitOperations.PopCount(low) * BitOperations.PopCount(high & Usual);
        }

        return cost;
    }
}
