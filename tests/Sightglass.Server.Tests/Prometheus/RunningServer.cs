using System.Text;
using System.Text.Json;
using Sightglass.Server.Configuration;
using Sightglass.Server.Hosting;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Prometheus;

/// <summary>The whole server in this process, on ports and a data folder of its own, with a configuration file that a test may change.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly SightglassServer _server;

    private RunningServer(TemporaryFolder folder, SightglassServer server)
    {
        _folder = folder;
        _server = server;
        Client = new HttpClient { BaseAddress = server.Addresses.HttpUri };
    }

    public HttpClient Client { get; }

    /// <summary>What reading the configuration runs into.</summary>
    public Exception? ReadFails { get; set; }

    /// <summary>Set when somebody asked the process to end.</summary>
    public bool QuitAsked { get; private set; }

    public static async Task<RunningServer> StartAsync(string configuration, params (string Name, string Text)[] files)
    {
        var folder = new TemporaryFolder();
        foreach (var (name, text) in files)
        {
            await File.WriteAllTextAsync(folder.PathOf(name), text);
        }

        await File.WriteAllTextAsync(folder.PathOf("sightglass.yml"), configuration);
        RunningServer? running = null;
        ServerConfiguration Read() => running?.ReadFails is { } failure ? throw failure : ConfigurationLoader.Load(folder.PathOf("sightglass.yml")) with
        {
            DataPath = folder.PathOf("data"),
            Listen = "127.0.0.1:0",
            OtlpGrpc = "127.0.0.1:0",
            OtlpHttp = "127.0.0.1:0",
        };
        var server = await SightglassServer.StartAsync(Read(), TimeProvider.System, Read, () => running!.QuitAsked = true);
        return running = new RunningServer(folder, server);
    }

    /// <summary>A path beside the configuration.</summary>
    public string PathOf(string relative) => _folder.PathOf(relative);

    /// <summary>Writes a file beside the configuration.</summary>
    public void Write(string name, string text) => File.WriteAllText(_folder.PathOf(name), text);

    public Task<string?> ReloadAsync() => _server.ReloadAsync();

    public async Task<(int Status, string Body)> SendAsync(HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        using var response = await Client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task<JsonElement> DataAsync(string path)
    {
        var (status, body) = await SendAsync(HttpMethod.Get, path);
        status.ShouldBe(200, body);
        return JsonDocument.Parse(body).RootElement.GetProperty("data");
    }

    /// <summary>Stores a sample as a sender of OTLP would.</summary>
    public async Task PushGaugeAsync(string name, double value, long timeMs, params (string Name, string Value)[] attributes)
    {
        var labels = string.Join(',', attributes.Select(a => $$$"""{"key":"{{{a.Name}}}","value":{"stringValue":"{{{a.Value}}}"}}"""));
        var body = $$$"""{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"{{{name}}}","gauge":{"dataPoints":[{"timeUnixNano":"{{{timeMs}}}000000","asDouble":{{{value.ToString(System.Globalization.CultureInfo.InvariantCulture)}}},"attributes":[{{{labels}}}]}]}}]}]}]}""";
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        var (status, answer) = await SendAsync(HttpMethod.Post, "/v1/metrics", content);
        status.ShouldBe(200, answer);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
        _folder.Dispose();
    }
}
