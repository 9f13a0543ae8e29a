using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Sightglass.Core.Bytes;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd;

/// <summary>A sender that makes new series as fast as it can is cut off; the samples of others and the queries of everybody go on.</summary>
public sealed class CardinalityTests
{
    private const int GoodSeries = 200;
    private const int Burst = 5000;
    private const int PerMinute = 600;
    private static readonly TimeSpan Run = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task A_runaway_sender_is_cut_off_and_nobody_else_notices()
    {
        using var data = new TemporaryFolder();
        File.WriteAllText(data.PathOf("config.yml"), $"limits: {{ metrics: {{ max_new_series_per_minute: {PerMinute}, new_series_burst: {Burst} }} }}\n");
        await using var server = await ServerProcess.StartAsync(data.PathOf("data"), "--config", data.PathOf("config.yml"));
        (await WriteAsync(server, "good", 0, GoodSeries, 1)).ShouldBe(HttpStatusCode.NoContent);
        var calm = await QueriesAsync(server, TimeSpan.FromSeconds(2), CancellationToken.None);

        using var end = new CancellationTokenSource(Run);
        var refused = 0;
        var offered = 0;
        var runaway = Task.Run(async () =>
        {
            for (var at = 0; !end.IsCancellationRequested; at += 5000)
            {
                refused += await WriteAsync(server, "runaway", at, at + 5000, 1) == HttpStatusCode.BadRequest ? 1 : 0;
                offered += 5000;
            }
        });
        var good = Task.Run(async () =>
        {
            var answers = new List<HttpStatusCode>();
            for (var i = 2; !end.IsCancellationRequested; i++)
            {
                answers.Add(await WriteAsync(server, "good", 0, GoodSeries, i));
            }

            return answers;
        });
        var busy = await QueriesAsync(server, Run, end.Token);
        await runaway;
        (await good).ShouldAllBe(status => status == HttpStatusCode.NoContent);
        offered.ShouldBeGreaterThan(4 * Burst, "it ran far beyond what it may");
        refused.ShouldBeGreaterThan(0);

        var taken = await CountAsync(server, "count(m{job=\"runaway\"})");
        taken.ShouldBeInRange(Burst, Burst + PerMinute);
        (await CountAsync(server, "count(m{job=\"good\"})")).ShouldBe(GoodSeries);

        // Three busy processes share the machine's cores with this one: what is looked for is a collapse and not a difference.
        Median(busy).ShouldBeLessThan((20 * Median(calm)) + 100, $"milliseconds in the middle, with {busy.Count} and {calm.Count} queries");

        var verdict = (await server.GetAsync("/sightglass/v1/cardinality")).GetProperty("verdicts").EnumerateArray().Single();
        verdict.GetProperty("job").GetString().ShouldBe("runaway");
        verdict.GetProperty("reason").GetString().ShouldBe("max_new_series_per_minute");
        ((double)verdict.GetProperty("refusedSamples").GetInt64()).ShouldBe(offered - taken, PerMinute);
    }

    private static double Median(List<double> values)
    {
        values.ShouldNotBeEmpty();
        values.Sort();
        return values[values.Count / 2];
    }

    private static async Task<List<double>> QueriesAsync(ServerProcess server, TimeSpan span, CancellationToken cancellation)
    {
        var times = new List<double>();
        for (var all = Stopwatch.StartNew(); all.Elapsed < span && !cancellation.IsCancellationRequested;)
        {
            var one = Stopwatch.StartNew();
            (await CountAsync(server, "sum by (job) (m{job=\"good\"})")).ShouldBeGreaterThan(0);
            times.Add(one.Elapsed.TotalMilliseconds);
        }

        return times;
    }

    private static async Task<double> CountAsync(ServerProcess server, string query)
    {
        var answer = await server.GetAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}");
        return double.Parse(answer.GetProperty("data").GetProperty("result")[0].GetProperty("value")[1].GetString()!, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<HttpStatusCode> WriteAsync(ServerProcess server, string job, int from, int to, double value)
    {
        using var request = new ByteWriter(1 << 16);
        using var series = new ByteWriter();
        using var item = new ByteWriter();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = from; i < to; i++)
        {
            series.Clear();
            foreach (var (name, text) in new[] { ("__name__", "m"), ("i", $"{i}"), ("job", job) })
            {
                item.Clear();
                item.WriteByte(1 << 3 | 2);
                item.WriteString(name);
                item.WriteByte(2 << 3 | 2);
                item.WriteString(text);
                series.WriteByte(1 << 3 | 2);
                series.WriteLengthPrefixed(item.Written);
            }

            item.Clear();
            item.WriteByte(1 << 3 | 1);
            item.WriteDouble(value);
            item.WriteByte(2 << 3);
            item.WriteVarint((ulong)now);
            series.WriteByte(2 << 3 | 2);
            series.WriteLengthPrefixed(item.Written);
            request.WriteByte(1 << 3 | 2);
            request.WriteLengthPrefixed(series.Written);
        }

        using var packed = new ByteWriter(request.Length);
        SnappyEncoder.Compress(request.Written, packed);
        using var content = new ByteArrayContent(packed.Written.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        content.Headers.ContentEncoding.Add("snappy");
        using var response = await server.Http.PostAsync(new Uri("/api/v1/write", UriKind.Relative), content);
        return response.StatusCode;
    }
}
