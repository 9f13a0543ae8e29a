using System.Text.RegularExpressions;

namespace Sightglass.EndToEnd.Differential;

/// <summary>
/// Generated expressions are answered as a real prometheus answers them from the same remote write. <c>SIGHTGLASS_DIFFERENTIAL=20000</c> asks more of
/// them, <c>SIGHTGLASS_SEED</c> others; <c>SIGHTGLASS_DIFFERENCES</c> names a file that every difference is written to.
/// </summary>
public sealed class DifferentialTests
{
    private const int Expressions = 1_500;
    private const int DefaultSeed = 42;

    /// <summary>Where 2.42 differs from what Prometheus 3 does, by a pattern of the expression and one of the difference.</summary>
    private static readonly KnownDifference[] Known =
    [
        new(@"\batan2\b", @"^only (ours|theirs) has|^status:", "2.42 leaves the metric's name on the result of atan2; Prometheus 3 drops it as for every other arithmetic operator"),
        new(@"\b(avg|sum)\b", "ours -?0, theirs -?0$", "2.42 begins a sum with its first number, Prometheus 3 with zero, which has no sign"),
        new(@"\bstd(dev|var)\b", @"ours NaN, theirs 0$", "2.42 says that the deviation of a single infinity or NaN is 0, Prometheus 3 that it is NaN"),
        new(@"predict_linear\(.* @ ", ".", "2.42 moves a range that @ has fixed with the steps of a range query (prometheus/prometheus#11708, mended in 2.50)"),
        new(@"\b(rate|increase)\((temperature|\()", @"\}? at [0-9.]+: ours -?[0-9.e-]+, theirs -?[0-9.e-]+$", "near zero 2.42 bounds the extrapolation in another order; counters of the test data stay away from there, gauges and subqueries do not"),
    ];

    /// <summary>Where both are right and the last bits of a number decide all of another.</summary>
    private static readonly KnownDifference[] Chaotic =
    [
        new(@"(sin|cos|tan)\(.*(\bstd(dev|var)|\^)", @"ours -?[0-9.e-]+, theirs -?[0-9.e-]+$", "the angle is a huge power or a difference of large numbers: its last bits are whole parts of a turn"),
        new(@"(sin|cos|tan)\(.*\btan\(", @"ours -?[0-9.e-]+, theirs -?[0-9.e-]+$", "the angle is a tangent, or over one: the last bits of it are whole parts of a turn"),
        new(@" % ", @"ours -?[0-9.e-]+, theirs -?[0-9.e-]+$", "the rest of a division by what is not exact itself, or of a huge power"),
        new(@"(deriv|rate|delta)\(.*\batan2\b", @"ours -?[0-9.e-]+, theirs -?[0-9.e-]+$", "the slope of numbers that are equal in most of their digits"),
        new(@"\bstd(dev|var)\b.*(timestamp|tanh)", @"ours [0-9.e-]+, theirs [0-9.e-]+$", "the deviation of numbers that are equal in most of their digits"),
    ];

    /// <summary>Where 3.5 differs from itself.</summary>
    private static readonly KnownDifference[] Known3 =
    [
        new(@"timestamp\(.* @ .*offset", "^only ours has", "3.5 loses series in timestamp() of a selector with both @ and offset that the selector alone finds"),
    ];

    /// <summary>Where the last bits are nobody's promise and what follows may enlarge them.</summary>
    private static readonly (Regex Expression, double Tolerance, string Reason)[] Rounding =
    [
        (new(@"\bstd(dev|var)|\bderiv\(|predict_linear"), 1e-6, "differences of large numbers, whose rounding depends on the order in which series are visited"),
        (new(@"\b(sin|cos|tan|exp|ln|log2|log10|atan|asinh|tanh)\(|\^|\batan2\b"), 1e-6, "Go's own elementary functions and the C library's differ in the last bit"),
        (new(" % "), 1e-6, "the rest of a division enlarges the last bits of what is divided"),
        (new(@"\b(avg|sum)\b"), 1e-12, "the split between a sum and its compensation depends on the order in which series are visited"),
        (new(@"[(+\-*/%]"), 1e-12, "sums are compensated in Prometheus 3 and were not in 2.42"),
    ];

    [PrometheusFact]
    public async Task Generated_expressions_are_answered_as_prometheus_does()
    {
        var seed = ServerPair.Setting("SIGHTGLASS_SEED", DefaultSeed);
        var count = ServerPair.Setting("SIGHTGLASS_DIFFERENTIAL", Expressions);
        var random = new Random(seed);
        await using var pair = await ServerPair.StartAsync("global: { evaluation_interval: 1m }\n");

        // Two hours that ended a quarter of an hour ago, on full minutes.
        var end = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 60 * 60) - 900;
        var start = end - 7_200;
        var series = TestSeriesSet.Make(start * 1_000, end * 1_000, random);

        // Slice by slice, as a sender does: prometheus refuses what is more than an hour older than the newest sample of any series.
        for (var from = start * 1_000; from <= end * 1_000; from += 600_000)
        {
            await pair.WriteAsync(series.Select(s => s.Between(from, from + 600_000)));
        }

        var old = await pair.Theirs.MajorVersionAsync() < 3;
        KnownDifference[] known = old ? [.. Known, .. Chaotic] : [.. Known3, .. Chaotic];
        var rounding = old ? Rounding : Rounding[..^1];
        var differences = await pair.CompareAsync(random, end, count, new ClassicExpressionGenerator(random, end).Next, known, (expression, ours, theirs) =>
            Answers.Difference(ours, theirs, rounding.FirstOrDefault(r => r.Expression.IsMatch(expression)).Tolerance, texts: false));
        differences.ShouldBeEmpty($"{differences.Count} of {count} expressions, seed {seed}:\n{string.Join('\n', differences.Take(10))}");
    }
}
