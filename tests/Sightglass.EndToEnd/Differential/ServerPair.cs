using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Differential;

/// <summary>This server and a real prometheus side by side: what is written goes to both, what is asked is asked of both.</summary>
internal sealed class ServerPair : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;

    private ServerPair(TemporaryFolder folder, ServerProcess ours, PrometheusProcess theirs) => (_folder, Ours, Theirs) = (folder, ours, theirs);

    public ServerProcess Ours { get; }

    public PrometheusProcess Theirs { get; }

    /// <summary>Starts both over empty folders.</summary>
    /// <param name="configuration">What both are configured with.</param>
    /// <param name="ours">What this server's configuration has beside.</param>
    /// <param name="theirs">What theirs has beside.</param>
    /// <param name="arguments">More arguments of theirs.</param>
    public static async Task<ServerPair> StartAsync(string configuration, string ours = "", string theirs = "", params string[] arguments)
    {
        var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.PathOf("config.yml"), configuration + ours);
        var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
        return new ServerPair(folder, server, await PrometheusProcess.StartAsync(folder.PathOf("prometheus"), configuration + theirs, arguments));
    }

    /// <summary>One request of remote write to both.</summary>
    public async Task WriteAsync(IEnumerable<TestSeries> series)
    {
        TestSeries[] some = [.. series];
        await WriteAsync(Ours.Http, some);
        await WriteAsync(Theirs.Http, some);
    }

    /// <summary>One request of remote write.</summary>
    public static async Task WriteAsync(HttpClient client, IEnumerable<TestSeries> series)
    {
        using var content = new ByteArrayContent(RemoteWriteBody.Of(series.Where(s => s.Samples.Count + s.Histograms.Count + s.Exemplars.Count > 0)));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        content.Headers.ContentEncoding.Add("snappy");
        content.Headers.Add("X-Prometheus-Remote-Write-Version", "0.1.0");
        using var answer = await client.PostAsync(new Uri("api/v1/write", UriKind.Relative), content);
        answer.IsSuccessStatusCode.ShouldBeTrue($"{client.BaseAddress}: {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>What both answer to a path below <c>/api/v1/</c>, or to a form posted to it.</summary>
    public async Task<(JsonElement Ours, JsonElement Theirs)> AskAsync(string path, IEnumerable<KeyValuePair<string, string>>? form = null) =>
        (await AskAsync(Ours.Http, path, form), await AskAsync(Theirs.Http, path, form));

    /// <summary>
    /// Asks <paramref name="count"/> expressions at a time or over a range of the two hours before <paramref name="end"/>, and gives those that are
    /// answered differently for no known reason. <c>SIGHTGLASS_DIFFERENCES</c> names a file that they are written to.
    /// </summary>
    public async Task<List<string>> CompareAsync(Random random, long end, int count, Func<string> next, KnownDifference[] known, Func<string, JsonElement, JsonElement, string?> difference)
    {
        var differences = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var expression = next();
            var times = i % 2 == 0
                ? $"time={end - 7_200 + random.Next(7_300)}.5"
                : $"start={end - 2_400}.5&end={end - random.Next(900)}.5&step={((int[])[15, 60, 77, 300])[random.Next(4)]}";
            var (ours, theirs) = await AskAsync($"{(i % 2 == 0 ? "query" : "query_range")}?query={Uri.EscapeDataString(expression)}&{times}");
            if (difference(expression, ours, theirs) is { } text && !known.Any(k => k.Explains(expression, text)))
            {
                differences.Add($"{expression}\n    {times}\n    {text}");
            }
        }

        if (Environment.GetEnvironmentVariable("SIGHTGLASS_DIFFERENCES") is { Length: > 0 } file)
        {
            await File.WriteAllLinesAsync(file, differences);
        }

        return differences;
    }

    public async ValueTask DisposeAsync()
    {
        await Ours.DisposeAsync();
        await Theirs.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>A number that the environment may set.</summary>
    public static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    /// <summary>What one answers to a path below <c>/api/v1/</c>, or to a form posted to it.</summary>
    public static async Task<JsonElement> AskAsync(HttpClient client, string path, IEnumerable<KeyValuePair<string, string>>? form = null)
    {
        var address = new Uri($"api/v1/{path}", UriKind.Relative);
        using var content = form is null ? null : new FormUrlEncodedContent(form);
        using var answer = content is null ? await client.GetAsync(address) : await client.PostAsync(address, content);
        return JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement;
    }
}
