using System.Net;
using System.Text;
using System.Text.Json;
using Sightglass.Server.Configuration;
using Sightglass.Server.Hosting;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Alerting;

/// <summary>The whole server on free ports over a folder of its own, with rules and an Alertmanager configuration.</summary>
internal sealed class AlertingServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private SightglassServer _server = null!;

    public HttpClient Client { get; private set; } = null!;

    public string Folder => _folder.FullPath;

    public static async Task<AlertingServer> StartAsync(string alertmanager, string rules = "groups: []")
    {
        var host = new AlertingServer();
        await File.WriteAllTextAsync(Path.Combine(host.Folder, "alertmanager.yml"), alertmanager);
        await File.WriteAllTextAsync(Path.Combine(host.Folder, "rules.yml"), rules);
        var configuration = ConfigurationLoader.Load(Path.Combine(host.Folder, "sightglass.yml"), "rule_files: [rules.yml]\nalertmanager: alertmanager.yml\n");
        host._server = await SightglassServer.StartAsync(
            configuration with { Listen = "127.0.0.1:0", OtlpGrpc = "127.0.0.1:0", OtlpHttp = "127.0.0.1:0", DataPath = Path.Combine(host.Folder, "data") }, TimeProvider.System);
        host.Client = new HttpClient { BaseAddress = host._server.Addresses.HttpUri };
        return host;
    }

    public async Task<JsonElement> GetAsync(string path) => await ReadAsync(new HttpRequestMessage(HttpMethod.Get, path), HttpStatusCode.OK);

    public async Task<JsonElement> PostAsync(string path, string body, HttpStatusCode expected = HttpStatusCode.OK) =>
        await ReadAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") }, expected);

    public async Task<JsonElement> SendAsync(HttpMethod method, string path, HttpStatusCode expected) => await ReadAsync(new HttpRequestMessage(method, path), expected);

    /// <summary>Asks until the answer is what is waited for; fails after half a minute.</summary>
    public async Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var answer = await GetAsync(path);
            if (condition(answer))
            {
                return answer;
            }

            patience.IsCancellationRequested.ShouldBeFalse($"{path} answered {answer}");
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<JsonElement> ReadAsync(HttpRequestMessage request, HttpStatusCode expected)
    {
        using (request)
        {
            using var response = await Client.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();
            response.StatusCode.ShouldBe(expected, body);
            return body.Length == 0 ? default : JsonDocument.Parse(body).RootElement;
        }
    }
}
