using FsCheck;
using FsCheck.Fluent;
using Sightglass.Query.TraceQL.Metrics;

namespace Sightglass.Query.Tests.TraceQL;

/// <summary>Metrics over spans by chance are those that counting them by hand gives, whether the store selects the spans or whole traces are read.</summary>
public sealed class TraceMetricsPropertyTests
{
    private const long Second = 1_000_000_000;
    private const int Step = 10;
    private const int End = 60;

    // Conditions that one span answers, and what they mean.
    private static readonly (string Text, Func<TestSpan, bool> Holds)[] Conditions =
    [
        ("true", static _ => true),
        ("status = error", static s => s.Status == 2),
        ("status != unset", static s => s.Status != 0),
        ("duration > 40ms", static s => s.DurationMs > 40),
        ("name =~ `a.*`", static s => s.Name.StartsWith('a')),
        ("name != ``", static s => s.Name.Length > 0),
        ("span.n >= 2", static s => Number(s) >= 2),
        ("span.n != 2", static s => Number(s) is not (null or 2)),
        ("span.n = nil || kind = client", static s => Number(s) is null || s.Kind == 3),
        ("resource.service.name = `x` && !(span.n = 1)", static s => s.Service == "x" && Number(s) != 1),
    ];

    private static readonly string[] Functions = ["count_over_time", "rate", "min_over_time", "max_over_time", "sum_over_time", "avg_over_time", "histogram_over_time"];

    [Fact]
    public void Metrics_are_what_counting_gives()
    {
        Prop.ForAll<uint[], ushort>((seeds, choice) =>
        {
            var (condition, function, flags) = (choice % Conditions.Length, choice / Conditions.Length % Functions.Length, choice / 70);
            var spans = seeds.Take(40).Select(Span).ToArray();
            var world = spans.Length > 0 ? new TraceWorld().Add(spans) : new TraceWorld();
            var (filter, holds) = Conditions[condition];
            var name = Functions[function];
            var (ofNumber, byService, inTraces) = ((flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0);
            var value = ofNumber ? "span.n" : "duration";
            var of = name is "count_over_time" or "rate" ? string.Empty : value;

            // A structural operator that holds for every span reads whole traces.
            var query = $"{{ {filter}{(inTraces ? " && nestedSetLeft >= 0" : string.Empty)} }} | {name}({of}){(byService ? " by (resource.service.name)" : string.Empty)}";
            var got = new SortedDictionary<string, double>(StringComparer.Ordinal);
            var result = world.Engine.Metrics(new TraceMetricsQuery(query, TraceWorld.Epoch, TraceWorld.Epoch + (End * Second), Step * Second) { BeginsAtStart = true }, CancellationToken.None);
            foreach (var series in result.Series)
            {
                for (var i = 0; i < series.Values.Length; i++)
                {
                    if (!double.IsNaN(series.Values[i]) && series.Values[i] != 0)
                    {
                        got[$"{series.Text} {i}"] = Math.Round(series.Values[i], 9);
                    }
                }
            }

            got.ShouldBe(Naive(spans.Where(holds), name, ofNumber, byService), query);
        }).QuickCheckThrowOnFailure();
    }

    private static SortedDictionary<string, double> Naive(IEnumerable<TestSpan> spans, string function, bool ofNumber, bool byService)
    {
        var groups = new Dictionary<(string, int), List<double>>();
        foreach (var span in spans.Where(static s => s.StartMs is > 0 and <= End * 1000))
        {
            double? value = function is "count_over_time" or "rate" ? 1 : ofNumber ? Number(span) : span.DurationMs / 1000.0;
            var bucket = function != "histogram_over_time" || value is null ? string.Empty
                : ofNumber ? (value >= 2 ? Bucket(value.Value, 1) : null)
                : Bucket(span.DurationMs * 1e6, 1e9);
            if (value is null || bucket is null)
            {
                continue;
            }

            string[] labels = [.. byService ? [$"\"resource.service.name\"=\"{span.Service}\""] : Array.Empty<string>(), .. bucket.Length > 0 ? [$"__bucket=\"{bucket}\""] : Array.Empty<string>()];
            var key = (labels.Length == 0 ? $"{{__name__=\"{function}\"}}" : $"{{{string.Join(", ", labels)}}}", (int)((span.StartMs - 1) / (Step * 1000)));
            if (!groups.TryGetValue(key, out var values))
            {
                groups.Add(key, values = []);
            }

            values.Add(value.Value);
        }

        var result = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var ((labels, interval), values) in groups)
        {
            var value = function switch
            {
                "rate" => values.Count / (double)Step,
                "min_over_time" => values.Min(),
                "max_over_time" => values.Max(),
                "sum_over_time" => values.Sum(),
                "avg_over_time" => values.Average(),
                _ => values.Count,
            };
            if (value != 0)
            {
                result[$"{labels} {interval}"] = Math.Round(value, 9);
            }
        }

        return result;
    }

    private static string? Bucket(double value, double divisor)
    {
        if (value < 2)
        {
            return null;
        }

        double end = 1;
        while (end < value)
        {
            end *= 2;
        }

        return (end / divisor).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private static int? Number(TestSpan span) => span.Attributes is [{ Value: int number }] ? number : null;

    private static TestSpan Span(uint seed, int index)
    {
        var number = (int)(seed % 5);
        return new TestSpan((int)(seed / 7 % 4) + 1, index + 1, index == 0 ? 0 : 1, ((string[])["ab", "b", "", "ac"])[seed / 3 % 4], ((string[])["x", "y"])[seed % 2], seed / 11 % 70_000, seed / 13 % 100)
        {
            Kind = (int)(seed / 17 % 4),
            Status = (int)(seed / 19 % 3),
            Attributes = number == 4 ? [] : [("n", number)],
        };
    }
}
