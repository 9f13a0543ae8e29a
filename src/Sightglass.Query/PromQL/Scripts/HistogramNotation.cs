using System.Globalization;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL.Scripts;

/// <summary>Histograms of the test language: <c>{{schema:0 sum:5 count:4 buckets:[1 2 1]}}</c>.</summary>
internal static class HistogramNotation
{
    /// <summary>Largest index of a first bucket; far beyond what any schema has.</summary>
    private const int MaxOffset = 1 << 20;

    /// <summary>Reads what stands between the braces; also whether a counter reset hint is among it.</summary>
    /// <exception cref="FormatException">It is no histogram.</exception>
    public static (NativeHistogram Histogram, bool HintGiven) Parse(string text)
    {
        var hintGiven = false;
        var result = new NativeHistogram();
        var offset = 0;
        var negativeOffset = 0;
        foreach (var (name, value) in Fields(text))
        {
            hintGiven |= name == "counter_reset_hint";
            result = name switch
            {
                "schema" => result with { Schema = SchemaOf(value) },
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
                        "unknown" => CounterResetHint.Unknown,
                        _ => throw new FormatException($"unknown counter reset hint {value}"),
                    },
                },
                "offset" => Keep(result, offset = Integer(value)),
                "n_offset" => Keep(result, negativeOffset = Integer(value)),
                _ => throw new FormatException($"unknown histogram field {name}"),
            };
        }

        result = result with
        {
            PositiveSpans = result.PositiveBuckets.Length > 0 ? [new BucketSpan(offset, result.PositiveBuckets.Length)] : [],
            NegativeSpans = result.NegativeBuckets.Length > 0 ? [new BucketSpan(negativeOffset, result.NegativeBuckets.Length)] : [],
        };
        return (result, hintGiven);
    }

    /// <summary>Adds a histogram times <paramref name="sign"/>, at the first one's resolution.</summary>
    public static NativeHistogram Add(NativeHistogram left, NativeHistogram right, int sign)
    {
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

    internal static double ParseNumber(string text) =>
        NumberText.TryParseFloat(text, out var number) ? number
        : text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && NumberText.TryParse(text, out var hex) ? hex
        : throw new FormatException($"{Syntax.QuotedText.Quote(text)} is not a number");

    private static int SchemaOf(string text) =>
        Integer(text) is var schema and (>= -4 and <= 8 or NativeHistogram.CustomBucketsSchema) ? schema : throw new FormatException($"schema {text} is not between -4 and 8");

    private static int Integer(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && Math.Abs((long)number) <= MaxOffset ? number : throw new FormatException($"{Syntax.QuotedText.Quote(text)} is not an integer of this range");

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

        var spans = new List<BucketSpan>();
        var next = 0;
        foreach (var index in left.Keys)
        {
            if (spans.Count > 0 && index == next)
            {
                spans[^1] = spans[^1] with { Length = spans[^1].Length + 1 };
            }
            else
            {
                spans.Add(new BucketSpan(index - next, 1));
            }

            next = index + 1;
        }

        return ([.. spans], [.. left.Values]);
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
            if (colon < 0 || colon + 1 == text.Length)
            {
                throw new FormatException($"expected field:value, got {Syntax.QuotedText.Quote(text[at..])}");
            }

            var name = text[at..colon].Trim();
            var isList = text[colon + 1] == '[';
            var end = isList ? text.IndexOf(']', colon) : text.AsSpan(colon).IndexOfAny(' ', '\t') is var blank and >= 0 ? colon + blank : text.Length;
            if (end < 0)
            {
                throw new FormatException($"list without closing bracket in field {name}");
            }

            yield return (name, isList ? text[(colon + 2)..end] : text[(colon + 1)..end]);
            at = end + 1;
        }
    }

    private static double[] Numbers(string text) => [.. text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(ParseNumber)];
}
