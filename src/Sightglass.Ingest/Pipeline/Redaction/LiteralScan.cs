using System.Runtime.Intrinsics;
using System.Text;

namespace Sightglass.Ingest.Pipeline.Redaction;

/// <summary>
/// Finds the places where one of a few literals stands, without regard to the case of ASCII letters, in one pass: the first three bytes of all literals
/// are tested for 16 places at a time by table look-ups in registers, what passes is compared. Immutable and thread-safe.
/// </summary>
internal sealed class LiteralScan
{
    private const int Groups = 8;
    private readonly byte[][] _literals;
    private readonly int[][] _ofGroup;
    private readonly Vector128<byte>[] _low = new Vector128<byte>[3];
    private readonly Vector128<byte>[] _high = new Vector128<byte>[3];

    /// <param name="literals">At least three ASCII bytes each, in lower case.</param>
    public LiteralScan(params ReadOnlySpan<string> literals)
    {
        _literals = [.. literals.ToArray().Select(Encoding.ASCII.GetBytes)];

        // Literals that begin alike are in one group: fewer places pass that none of the group begins with.
        var order = Enumerable.Range(0, _literals.Length).OrderBy(i => Encoding.ASCII.GetString(_literals[i]), StringComparer.Ordinal).ToArray();
        _ofGroup = [.. Enumerable.Range(0, Groups).Select(g => order.Where((_, at) => at * Groups / order.Length == g).ToArray())];
        for (var place = 0; place < 3; place++)
        {
            var (low, high) = (new byte[16], new byte[16]);
            for (var group = 0; group < Groups; group++)
            {
                foreach (var literal in _ofGroup[group])
                {
                    foreach (var value in (ReadOnlySpan<byte>)[_literals[literal][place], Upper(_literals[literal][place])])
                    {
                        low[value & 15] |= (byte)(1 << group);
                        high[value >> 4] |= (byte)(1 << group);
                    }
                }
            }

            _low[place] = Vector128.Create(low);
            _high[place] = Vector128.Create(high);
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
                var groups = Vector128.Shuffle(low0, first & nibble) & Vector128.Shuffle(high0, first >>> 4)
                    & Vector128.Shuffle(low1, second & nibble) & Vector128.Shuffle(high1, second >>> 4)
                    & Vector128.Shuffle(low2, third & nibble) & Vector128.Shuffle(high2, third >>> 4);
                if (groups == Vector128<byte>.Zero)
                {
                    continue;
                }

                var places = ~Vector128.Equals(groups, Vector128<byte>.Zero).ExtractMostSignificantBits() & 0xffff;
                while (places != 0)
                {
                    var place = System.Numerics.BitOperations.TrailingZeroCount(places);
                    places &= places - 1;
                    Compare(text, at + place, groups[place], found);
                }
            }
        }

        for (; at + 3 <= text.Length; at++)
        {
            Compare(text, at, byte.MaxValue, found);
        }
    }

    private void Compare(ReadOnlySpan<byte> text, int at, byte groups, List<(int At, int Literal)> found)
    {
        for (var rest = (uint)groups; rest != 0; rest &= rest - 1)
        {
            foreach (var literal in _ofGroup[System.Numerics.BitOperations.TrailingZeroCount(rest)])
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

    private static byte Upper(byte value) => value is >= (byte)'a' and <= (byte)'z' ? (byte)(value - 32) : value;
}
