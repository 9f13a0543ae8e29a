using System.Globalization;
using Sightglass.Core.Model;

namespace Sightglass.TestKit.Scripts;

/// <summary>Histograms of the test language: <c>{{schema:0 sum:5 count:4 buckets:[1 2 1]}}</c>.</summary>
public static class ScriptHistogramText
{
    /// <summary>Reads what stands between the braces.</summary>
    public static NativeHistogram Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var result = new NativeHistogram();
        var offset = 0;
        var negativeOffset = 0;
        foreach (var (name, value) in Fields(text))
        {
            result = name switch
            {
                "schema" => result with { Schema = int.Parse(value, CultureInfo.InvariantCulture) },
                "sum" => result with { Sum = ParseNumber(value) },
                "count" => result with { Count = ParseNumber(value) },
                "z_bucket" => result with { ZeroCount = ParseNumber(value) },
                "z_bucket_w" => result with { ZeroThreshold = ParseNumber(value) },
                "custom_values" => result with { CustomBounds = Numbers(value) },
                "buckets" => result with { PositiveBuckets = Numbers(value) },
                "n_buckets" => result with { NegativeBuckets = Numbers(value) },
                "counter_reset_hint" => result with
                {
                    ResetHint = value switch
                    {
                        "gauge" => CounterResetHint.Gauge,
                        "reset" => CounterResetHint.CounterReset,
                        "not_reset" => CounterResetHint.NotCounterReset,
                        _ => CounterResetHint.Unknown,
                    },
                },
                "offset" => Keep(result, offset = int.Parse(value, CultureInfo.InvariantCulture)),
                "n_offset" => Keep(result, negativeOffset = int.Parse(value, CultureInfo.InvariantCulture)),
                _ => throw new FormatException($"unknown histogram field {name}"),
            };
        }

        return result with
        {
            PositiveSpans = result.PositiveBuckets.Length > 0 ? [new BucketSpan(offset, result.PositiveBuckets.Length)] : [],
            NegativeSpans = result.NegativeBuckets.Length > 0 ? [new BucketSpan(negativeOffset, result.NegativeBuckets.Length)] : [],
        };
    }

    /// <summary>Adds a histogram times <paramref name="sign"/>, at the first one's resolution.</summary>
    public static NativeHistogram Add(NativeHistogram left, NativeHistogram right, int sign)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var shift = left.Schema == NativeHistogram.CustomBucketsSchema ? 0 : Math.Max(0, right.Schema - left.Schema);
        var (positiveSpans, positive) = Merge(Buckets(left.PositiveSpans, left.PositiveBuckets, 0, 1), Buckets(right.PositiveSpans, right.PositiveBuckets, shift, sign));
        var (negativeSpans, negative) = Merge(Buckets(left.NegativeSpans, left.NegativeBuckets, 0, 1), Buckets(right.NegativeSpans, right.NegativeBuckets, shift, sign));
        return left with
        {
            Count = left.Count + (sign * right.Count),
            Sum = left.Sum + (sign * right.Sum),
            ZeroCount = left.ZeroCount + (sign * right.ZeroCount),
            ZeroThreshold = Math.Max(left.ZeroThreshold, right.ZeroThreshold),
            PositiveSpans = positiveSpans,
            PositiveBuckets = positive,
            NegativeSpans = negativeSpans,
            NegativeBuckets = negative,
        };
    }

    /// <summary>Buckets by index, without empty ones.</summary>
    public static SortedDictionary<int, double> Populated(BucketSpan[] spans, double[] buckets) => Buckets(spans, buckets, 0, 1);

    internal static double ParseNumber(string text)
    {
        var sign = text.StartsWith('-') ? -1 : 1;
        var rest = text.TrimStart('+', '-');
        return sign * (rest.ToUpperInvariant() switch
        {
            "INF" => double.PositiveInfinity,
            "NAN" => BitConverter.UInt64BitsToDouble(SpecialValues.NormalNaNBits),
            var hex when hex.StartsWith("0X", StringComparison.Ordinal) => long.Parse(hex.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            _ => double.Parse(rest, NumberStyles.Float, CultureInfo.InvariantCulture),
        });
    }

    private static NativeHistogram Keep(NativeHistogram histogram, int offset)
    {
        _ = offset;
        return histogram;
    }

    private static SortedDictionary<int, double> Buckets(BucketSpan[] spans, double[] buckets, int shift, int sign)
    {
        var byIndex = new SortedDictionary<int, double>();
        var index = 0;
        var at = 0;
        foreach (var span in spans)
        {
            index += span.Offset;
            for (var i = 0; i < span.Length; i++, index++, at++)
            {
                var target = shift == 0 ? index : ((index - 1) >> shift) + 1;
                if (buckets[at] != 0)
                {
                    byIndex[target] = byIndex.GetValueOrDefault(target) + (sign * buckets[at]);
                }
            }
        }

        return byIndex;
    }

    private static (BucketSpan[] Spans, double[] Buckets) Merge(SortedDictionary<int, double> left, SortedDictionary<int, double> right)
    {
        foreach (var (index, count) in right)
        {
            left[index] = left.GetValueOrDefault(index) + count;
        }

        if (left.Count == 0)
        {
            return ([], []);
        }

        var first = left.Keys.First();
        var last = left.Keys.Last();
        return ([new BucketSpan(first, last - first + 1)], [.. Enumerable.Range(first, last - first + 1).Select(i => left.GetValueOrDefault(i))]);
    }

    private static IEnumerable<(string Name, string Value)> Fields(string text)
    {
        var at = 0;
        while (at < text.Length)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            var colon = text.IndexOf(':', at);
            var name = text[at..colon].Trim();
            var isList = text[colon + 1] == '[';
            var end = isList ? text.IndexOf(']', colon) : text.IndexOf(' ', colon);
            end = end < 0 ? text.Length : end;
            yield return (name, isList ? text[(colon + 2)..end] : text[(colon + 1)..end]);
            at = end + 1;
        }
    }

    private static double[] Numbers(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ParseNumber)];
}
