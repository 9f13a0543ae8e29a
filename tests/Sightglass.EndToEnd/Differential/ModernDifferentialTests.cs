using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sightglass.TestKit;

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

    private static readonly (Regex Expression, Regex Difference, string Reason)[] Known =
    [
        (new("."), new("^error: .*parse error: (?!error parsing regexp)"), "what a parser says of what is no expression depends on how it was made; that both refuse it is compared"),
        (new("."), new("^error: ours \"found duplicate series for the match group.*theirs \"found duplicate series for the match group"), "which of the series is met first is chance there"),
        (new(@"\binfo\("), new("."), "info() was mended and changed after 3.5; the conformance scripts say how"),
        (new(@"\b(rate|increase)\("), new("ours -?[0-9.e+-]+, theirs -?[0-9.e+-]+$|histogram"), "since 3.6 the extrapolation of native histograms ends at zero too, as that of floats"),
        (new(@"\blabel_(join|replace)\(|-"), new("^status: ours \"success\", theirs \"error\""), "series that become the same are refused there even when they never meet at a step"),
        (new(@"histogram_fraction\("), new("theirs NaN$"), "3.5 gives NaN where a bound lies in a classic histogram's first bucket; mended since"),
        (new(@"\blimitk\b"), new("."), "which series are taken is chance there"),
        (new("==|!=|[<>]"), new("^(status: ours \"error\"|error: ours \"multiple matches)"), "since 3.6 two matches are an error also where a comparison drops one of them"),
        (new(@"[*/]"), new("NaN"), "a chunk's histograms all have the buckets of each: zero times an infinity is NaN in those too"),
        (new(@"histogram_quantile\("), new(@"ours -?[0-9.]+, theirs -?[0-9.]+$"), "where counts of buckets are negative, 3.5 gives the upper bound coming from above"),
        (new(@"\bstd(dev|var)\b.*(timestamp|ts_of_)"), new(@"ours [0-9.e-]+, theirs [0-9.e-]+$"), "the deviation of numbers that are equal in most of their digits"),
        (new("."), new("^warnings: .*mix of histograms with exponential and custom"), "which series is met when they turn out to be mixed is chance there, and so is its name"),
        (new(@"\[\w+:\w*\]"), new(@"^(warnings|infos): .*\(1:1\)"), "of a subquery 3.5 names the place 1:1, whatever it is"),
    ];

    [ModernPrometheusFact]
    public async Task Expressions_of_prometheus_3_are_answered_as_it_does()
    {
        var seed = Setting("SIGHTGLASS_SEED", DefaultSeed);
        var count = Setting("SIGHTGLASS_DIFFERENTIAL", Expressions);
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathOf("config.yml"), "global: { evaluation_interval: 1m }\npromql: { experimental: [promql-experimental-functions] }\n");
        await using var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
        await using var prometheus = await PrometheusProcess.StartAsync(folder.PathOf("prometheus"), "global: { evaluation_interval: 1m }\nstorage: { tsdb: { out_of_order_time_window: 3h } }\n", $"--enable-feature={Features}");

        var end = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 60 * 60) - 900;
        var start = end - 7_200;
        List<TestSeries> series = [.. TestSeriesSet.Make(start * 1_000, end * 1_000, random), .. ModernSeriesSet.Make(start * 1_000, end * 1_000, random)];

        // Two and two slices change places, and one comes twice: out of order, and duplicates.
        var slices = Enumerable.Range(0, 12).Select(i => i ^ 1).Append(4);
        foreach (var slice in slices)
        {
            var from = (start * 1_000) + (slice * 600_000L);
            var body = RemoteWriteBody.Of(series.Select(s => s.Between(from, from + 600_000)).Where(s => s.Samples.Count + s.Histograms.Count > 0));
            await Write(server.Http, body);
            await Write(prometheus.Http, body);
        }

        var generator = new ModernExpressionGenerator(random, end);
        var differences = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var expression = generator.Next();
            var at = (start + random.Next(7_300)).ToString(CultureInfo.InvariantCulture) + ".5";
            var query = i % 2 == 0
                ? $"api/v1/query?query={Uri.EscapeDataString(expression)}&time={at}"
                : $"api/v1/query_range?query={Uri.EscapeDataString(expression)}&start={end - 2_400}.5&end={end - random.Next(900)}.5&step={((int[])[15, 60, 77, 300])[random.Next(4)]}";
            var difference = StrictAnswers.Difference(await Ask(server.Http, query), await Ask(prometheus.Http, query), 1e-9);
            if (difference is not null && !Known.Any(k => k.Expression.IsMatch(expression) && k.Difference.IsMatch(difference)))
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
