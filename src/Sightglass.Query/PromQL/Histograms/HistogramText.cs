using System.Text;
using Sightglass.Core.Model;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL;

/// <summary>Native histograms as text: <c>{count:4, sum:5, (0.5,1]:1, (1,2]:2, (2,4]:1}</c>.</summary>
internal static class HistogramText
{
    public static string Format(NativeHistogram h)
    {
        var output = new StringBuilder("{count:").Append(GoFloat.General(h.Count)).Append(", sum:").Append(GoFloat.General(h.Sum));
        var custom = HistogramLayout.IsCustom(h);
        foreach (var bucket in HistogramBuckets.Of(h, whole: true))
        {
            if (bucket.Count != 0)
            {
                var closed = bucket.IsZero || (custom && double.IsNegativeInfinity(bucket.Lower)) ? "[]" : bucket.Lower < 0 && !custom ? "[)" : "(]";
                output.Append(", ").Append(closed[0]).Append(GoFloat.General(bucket.Lower)).Append(',').Append(GoFloat.General(bucket.Upper)).Append(closed[1]).Append(':').Append(GoFloat.General(bucket.Count));
            }
        }

        return output.Append('}').ToString();
    }
}
