using System.Text.Json;

namespace Sightglass.EndToEnd.Differential;

/// <summary>
/// As <see cref="DifferentialTests"/>, with what Prometheus 3 has beside: values, errors, warnings and infos as text. Needs a prometheus of version 3.5 under
/// <c>SIGHTGLASS_PROMETHEUS</c>; the other variables are the same.
/// </summary>
public sealed class ModernDifferentialTests
{
    private const int Expressions = 2_000;
    private const int DefaultSeed = 43;
    private const string Features = "native-histograms,promql-experimental-functions";

    private const string Histograms = "(nh_|mixed|__name__)";

    private static readonly KnownDifference[] Known =
    [
        new("@", "^error: .*theirs .*parse error: .*<Item 57400>", "3.5 has no name for the token @"),
        new("offset|\\[", @"^error: ours .*(step\(\)|unexpected character in duration expression).*theirs .*(expected number or duration|unexpected character in duration expression)", "since 3.6 durations know step(), range(), min() and max()"),
        new(@"\[[^\]]*[:#]|\[\w+ |\[\(", "^error: ours .*parse error.*theirs .*(unexpected colon|unexpected character: |unterminated quoted string|in subquery selector|in duration expression|duration expression is not enabled|after '!')", "where 3.5 is between the colon and the end of a range depends on how its lexer was made"),
        new("[\"']", "^error: ours .*unknown escape sequence.*theirs .*unknown escape sequence", "the place and the character of a wrong escape in a text are told there in Go's words"),
        new(@"\bsinh\(|\bcosh\(|\bexp\(", "e\\+30[78].*Inf|Inf.*e\\+30[78]", "Go's own elementary functions leave the range of doubles a little sooner"),
        new(@"%.*\b(sinh|cosh|exp)\(|\b(sinh|cosh|exp)\(.*%", "ours -?[0-9.e+-]+, theirs -?[0-9.e+-]+$", "a remainder is all that Go's own elementary functions differ by"),
        new(@"\de", "^error: ours .*strconv.ParseFloat.*theirs .*bad number or duration syntax", "a number that ends with its exponent's letter is refused by the one or the other part there"),
        new(@"\b(on|ignoring|group_left|group_right|bool)\b", "^error: ours .*parse error: unexpected <.*theirs .*parse error", "which token of a modifier that is none is told depends on how the parser was made"),
        new(@"\[[^\]]*\d\s+\S", "^status: ours \"error\" .*in subquery or range", "the lexer of 3.5 takes any character for the colon of a subquery where one may come"),
        new(".", "^error: ours \"found duplicate series for the match group.*theirs \"found duplicate series for the match group", "which of the series is met first is chance there"),
        new(@"\b(rate|increase)\(.*" + Histograms, "ours -?[0-9.e+-]+, theirs -?[0-9.e+-]+$", "since 3.6 the extrapolation of native histograms ends at zero too, as that of floats"),
        new(@"\blabel_(join|replace)\(|-", "^status: ours \"success\" , theirs \"error\" vector cannot contain metrics with the same labelset$", "series that become the same are refused there even when they never meet at a step"),
        new(@"histogram_fraction\(.*latency_seconds_bucket", "theirs NaN$", "3.5 gives NaN where a bound lies in a classic histogram's first bucket; mended since"),
        new(@"histogram_fraction\(.*latency_seconds_bucket.*(==|!=|[<>])", @"^only (ours|theirs) has|ours [01], theirs [01]$", "the same, compared"),
        new("(histogram_fraction|avg).*nh_gauge", @"theirs .*[0-9.]+e-1[5-9]\b", "a chunk's histograms all have the buckets of each: where the last one that counts ends, the sum of the counts is met instead of the count"),
        new(@"\binfo\(label_replace\([^)]*""(zone|version)"".*\{.*(zone|version)", "^only ours has", "since 3.6 series stay that have the label themselves by which info series are chosen; the conformance scripts say so"),
        new(@"\blimitk.*\b(NaN|1e30)\b", @"^(error: ours ""Parameter value is NaN"", theirs ""Scalar value NaN overflows int64""|status: ours ""error"" (Parameter value is NaN|Scalar value 1e\+30 overflows int64), theirs ""success"")", "since 3.6 NaN is said to be what is wrong, and a number that is wrong is told also where there is nothing to take from"),
        new(@"^sort_by_label.*""le""", @"^order: .*le=0\.0?5\b", "of 0.5 and 0.05 each comes before the other there"),
        new("==|!=|[<>]", "^(status: ours \"error\" multiple matches for labels|error: ours \"multiple matches)", "since 3.6 two matches are an error also where a comparison drops one of them"),
        new("[*/].*" + Histograms + "|" + Histograms + ".*[*/]", "NaN", "a chunk's histograms all have the buckets of each: zero times an infinity is NaN in those too"),
        new(@"\bstd(dev|var)\b.*(timestamp|ts_of_)", @"ours [0-9.e-]+, theirs [0-9.e-]+$", "the deviation of numbers that are equal in most of their digits"),
        new(@"histogram_(count|sum|avg)\(.*" + Histograms, @"^only (ours|theirs) has|ours -?[0-9.e+-]+, theirs -?[0-9.e+-]+$|^warnings: .*(mix of histograms|incompatible bucket layout)", "3.5 reads histograms without their buckets below these functions, and finds other resets and equals in them"),
        new(@"mad_over_time\(.*temperature", "ours NaN, theirs", "since 3.6 a NaN among the samples is one in the deviation"),
        new("__name__| or ", "^warnings: ours .*mix of histograms with exponential and custom.* theirs .*mix of histograms with exponential and custom", "which series is met when they turn out to be mixed is chance there, and so is its name"),
        new(@"histogram_(quantile|fraction)\(", @"^(infos|warnings): ours .*PromQL (info: input to histogram_|warning: bucket label|warning: vector contains a mix of classic)", "newer ones name no metric whose name is dropped at once, and tell how much was made monotonic"),
        new(@"\bquantile\w*[^(]*\(\s*scalar\(", @"^warnings: .*quantile value should be between 0 and 1", "newer ones tell the outermost of the quantiles of all steps"),
        new("(avg|sum).*(__name__| or )", "^only theirs has", "whether a mean of mixed histograms was given up before its last series is chance there"),
        new(".", @"^warnings: ours \[PromQL warning: conflicting counter resets during histogram [a-z]+ \(\d+:\d+\)\], theirs \[\]$", "since 3.6 histograms of which one began anew and one did not are warned of"),
        new(@"[-+*/^%<>=]|atan2", @"^(infos|warnings): ours \[PromQL (info|warning): (incompatible sample types encountered for binary operator|incompatible bucket layout)[^|]*\], theirs \[\]$", "of the pairs of a step only the last one that did not go is told there"),
        new(@"\[\w+:\w*\]", @"^(warnings|infos): ours \[(.*?) \(\d+:\d+\)( \| (.*?) \(\d+:\d+\))?\], theirs \[\2 \(1:1\)( \| \4 \(1:1\))?\]$", "of a subquery 3.5 names the place 1:1, whatever it is"),
        new(@"-.*\[\w+:\w*\]", @"^warnings: .*this native histogram metric is not a (gauge|counter): """" ", "since 3.6 a negated histogram goes up and down"),
    ];

    private static string? Difference(string expression, JsonElement ours, JsonElement theirs) =>
        Answers.Difference(ours, theirs, 1e-9) ?? (IsSorted(expression) ? Answers.Order(ours, theirs) : null);

    private static bool IsSorted(string expression)
    {
        var depth = 0;
        return expression.StartsWith("sort_by_label", StringComparison.Ordinal)
            && !expression[..^1].Select(c => depth += c == '(' ? 1 : c == ')' ? -1 : 0).SkipWhile(d => d == 0).Contains(0);
    }

    [ModernPrometheusFact]
    public async Task Expressions_of_prometheus_3_are_answered_as_it_does()
    {
        var seed = ServerPair.Setting("SIGHTGLASS_SEED", DefaultSeed);
        var count = ServerPair.Setting("SIGHTGLASS_DIFFERENTIAL", Expressions);
        var random = new Random(seed);
        await using var pair = await ServerPair.StartAsync(
            "global: { evaluation_interval: 1m }\n", "promql: { experimental: [promql-experimental-functions] }\n", "storage: { tsdb: { out_of_order_time_window: 3h } }\n", $"--enable-feature={Features}");

        var end = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 60 * 60) - 900;
        var start = end - 7_200;
        List<TestSeries> series = [.. TestSeriesSet.Make(start * 1_000, end * 1_000, random), .. ModernSeriesSet.Make(start * 1_000, end * 1_000, random)];

        // Two and two slices change places, and one comes twice: out of order, and duplicates.
        foreach (var slice in Enumerable.Range(0, 12).Select(i => i ^ 1).Append(4))
        {
            var from = (start * 1_000) + (slice * 600_000L);
            await pair.WriteAsync(series.Select(s => s.Between(from, from + 600_000)));
        }

        var differences = await pair.CompareAsync(random, end, count, new ModernExpressionGenerator(random, end).Next, Known, Difference);
        differences.ShouldBeEmpty($"{differences.Count} of {count} expressions, seed {seed}:\n{string.Join('\n', differences.Take(10))}");
    }
}

/// <summary>A fact that needs a prometheus of version 3.5, which no distribution's test machine has by itself.</summary>
public sealed class ModernPrometheusFactAttribute : FactAttribute
{
    /// <summary>Marks the test.</summary>
    public ModernPrometheusFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("SIGHTGLASS_PROMETHEUS") is not { Length: > 0 } named || !File.Exists(named))
        {
            Skip = "SIGHTGLASS_PROMETHEUS names no prometheus of version 3.5";
        }
    }
}
