using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>NaNs of the evaluator. A value that is not there is marked by the stale marker's bits, which no sample has.</summary>
internal static class SpecialNumbers
{
    /// <summary>The NaN that arithmetic and literals make.</summary>
    public static readonly double NaN = BitConverter.UInt64BitsToDouble(SpecialValues.NormalNaNBits);

    /// <summary>Marks a step without a value.</summary>
    public static readonly double Absent = SpecialValues.StaleNaN;
}
