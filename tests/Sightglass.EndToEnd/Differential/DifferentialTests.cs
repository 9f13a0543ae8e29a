using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sightglass.TestKit;

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
    private static readonly (Regex Expression, Regex Difference, string Reason)[] Known =
    [
        (new(@"\batan2\b"), new(@"^only (ours|theirs) has|^ours (success|error)"), "2.42 leaves the metric's name on the result of atan2; Prometheus 3 drops it as for every other arithmetic operator"),
        (new(@"\bstd(dev|var)\b"), new(@"ours NaN, theirs 0$"), "2.42 says that the deviation of a single infinity or NaN is 0, Prometheus 3 that it is NaN"),
        (new(@"predict_linear\(.* @ "), new("."), "2.42 moves a range that @ has fixed with the steps of a range query (prometheus/prometheus#11708, mended in 2.50)"),
        (new(@"\b(rate|increase)\((temperature|\()"), new(@"\}? at [0-9.]+: ours -?[0-9.e-]+, theirs -?[0-9.e-]+$"), "near zero 2.42 bounds the extrapolation in another order; counters of the test data stay away from there, gauges and subqueries do not"),
    ];

    /// <summary>Where both are right and the last bits of a number decide all of another.</summary>
    private static readonly (Regex Expression, Regex Difference, string Reason)[] Chaotic =
    [
        (new(@"(sin|cos|tan)\(.*(\bstd(dev|var)|\^)"), new(@"ours -?[0-9.e-]+, theirs -?[0-9.e-]+$"), "the angle is a huge power or a difference of large numbers: its last bits are whole parts of a turn"),
        (new(@"(sin|cos|tan)\(.*\btan\("), new(@"ours -?[0-9.e-]+, theirs -?[0-9.e-]+$"), "the angle is a tangent, or over one: the last bits of it are whole parts of a turn"),
        (new(@" % "), new(@"ours -?[0-9.e-]+, theirs -?[0-9.e-]+$"), "the rest of a division by what is not exact itself, or of a huge power"),
        (new(@"(deriv|rate|delta)\(.*\batan2\b"), new(@"ours -?[0-9.e-]+, theirs -?[0-9.e-]+$"), "the slope of numbers that are equal in most of their digits"),
        (new(@"\bstd(dev|var)\b.*(timestamp|tanh)"), new(@"ours [0-9.e-]+, theirs [0-9.e-]+$"), "the deviation of numbers that are equal in most of their digits"),
    ];

    /// <summary>Where 3.5 differs from itself.</summary>
    private static readonly (Regex Expression, Regex Difference, string Reason)[] Known3 =
    [
        (new(@"timestamp\(.* @ .*offset"), new("^only ours has"), "3.5 loses series in timestamp() of a selector with both @ and offset that the selector alone finds"),
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
        var seed = Setting("SIGHTGLASS_SEED", DefaultSeed);
        var count = Setting("SIGHTGLASS_DIFFERENTIAL", Expressions);
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathOf("config.yml"), "global: { evaluation_interval: 1m }\n");
        await using var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
        await using var prometheus = await PrometheusProcess.StartAsync(folder.PathOf("prometheus"), "global: { evaluation_interval: 1m }\n");

        // Two hours that ended a quarter of an hour ago, on full minutes.
        var end = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 60 * 60) - 900;
        var start = end - 7_200;
        var series = TestSeriesSet.Make(start * 1_000, end * 1_000, random);

        // Slice by slice, as a sender does: prometheus refuses what is more than an hour older than the newest sample of any series.
        for (var from = start * 1_000; from <= end * 1_000; from += 600_000)
        {
            var body = RemoteWriteBody.Of(series.Select(s => s.Between(from, from + 600_000)).Where(s => s.Samples.Count > 0));
            await Write(server.Http, body);
            await Write(prometheus.Http, body);
        }

        var old = await prometheus.MajorVersionAsync() < 3;
        (Regex Expression, Regex Difference, string Reason)[] known = old ? [.. Known, .. Chaotic] : [.. Known3, .. Chaotic];
        var rounding = old ? Rounding : Rounding[..^1];
        var generator = new ExpressionGenerator(random, end);
        var differences = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var expression = generator.Vector(random.Next(4));
            var at = (start + random.Next(7_300)).ToString(CultureInfo.InvariantCulture) + ".5";
            var step = (int[])[15, 60, 77, 300];
            var query = i % 2 == 0
                ? $"api/v1/query?query={Uri.EscapeDataString(expression)}&time={at}"
                : $"api/v1/query_range?query={Uri.EscapeDataString(expression)}&start={end - 2_400}.5&end={end - random.Next(900)}.5&step={step[random.Next(4)]}";
            var tolerance = rounding.FirstOrDefault(r => r.Expression.IsMatch(expression)).Tolerance;
            var difference = Answers.Difference(await Ask(server.Http, query), await Ask(prometheus.Http, query), tolerance);
            if (difference is not null && !known.Any(k => k.Expression.IsMatch(expression) && k.Difference.IsMatch(difference)))
            {
                differences.Add($"{expression}\n    {Uri.UnescapeDataString(query[(query.IndexOf('&', StringComparison.Ordinal) + 1)..])}\n    {difference}");
            }
        }

        if (Environment.GetEnvironmentVariable("SIGHTGLASS_DIFFERENCES") is { Length: > 0 } file)
        {
            await File.WriteAllLinesAsync(file, differences);
        }

        differences.ShouldBeEmpty($"{differences.Count} of {count} expressions, seed {seed}:\n{string.Join('\n', differences.Take(10))}");
    }

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    private static async Task<JsonElement> Ask(HttpClient client, string query)
    {
        using var answer = await client.GetAsync(new Uri(query, UriKind.Relative));
        return JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement;
    }

    private static async Task Write(HttpClient client, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        content.Headers.ContentEncoding.Add("snappy");
        content.Headers.Add("X-Prometheus-Remote-Write-Version", "0.1.0");
        using var answer = await client.PostAsync(new Uri("api/v1/write", UriKind.Relative), content);
        answer.IsSuccessStatusCode.ShouldBeTrue($"{client.BaseAddress}: {await answer.Content.ReadAsStringAsync()}");
    }
}
