namespace Sightglass.Events.Columns;

/// <summary>Doubles that came from decimal text, as integers and a power of ten.</summary>
internal static class DecimalDoubles
{
    // Beyond 2^53 a double has no unit digit, so the way back would not be exact.
    private const double MostExact = 9007199254740992;

    private static readonly double[] Powers = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];

    /// <summary>Fills <paramref name="scaled"/>; false unless every value comes back bit by bit.</summary>
    public static bool TryScale(ReadOnlySpan<long> bits, int decimals, Span<long> scaled)
    {
        for (var i = 0; i < bits.Length; i++)
        {
            var number = Math.Round(BitConverter.Int64BitsToDouble(bits[i]) * Powers[decimals]);
            if (!(Math.Abs(number) <= MostExact))
            {
                return false;
            }

            scaled[i] = (long)number;
            if (BitConverter.DoubleToInt64Bits(Restore(scaled[i], decimals)) != bits[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The double of a scaled integer.</summary>
    public static double Restore(long scaled, int decimals) => scaled / Powers[decimals];

    /// <summary>Whether a stored number of decimals is known.</summary>
    public static bool IsKnown(int decimals) => decimals < Powers.Length;
}
