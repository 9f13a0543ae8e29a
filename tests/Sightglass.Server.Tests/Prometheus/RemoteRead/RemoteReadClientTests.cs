using System.Text.Json;
using Sightglass.Alerting;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Tests.Prometheus.RemoteRead;

/// <summary>A server that asks another one for what it has itself not.</summary>
public sealed class RemoteReadClientTests
{
    [Fact]
    public async Task A_query_sees_the_samples_of_both_servers()
    {
        await using var other = await RunningServer.StartAsync("global: { scrape_interval: 1h, external_labels: { region: eu } }\n");
        await using var server = await RunningServer.StartAsync($"global: {{ scrape_interval: 1h, external_labels: {{ region: eu }} }}\nremote_read: [ {{ url: '{other.Client.BaseAddress}api/v1/read', read_recent: true, name: other }} ]\n");
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await other.PushGaugeAsync("m", 1, now - 60_000, ("at", "both"));
        await other.PushGaugeAsync("m", 2, now - 30_000, ("at", "both"));
        await other.PushGaugeAsync("m", 3, now, ("at", "other"));
        await server.PushGaugeAsync("m", 20, now - 30_000, ("at", "both"));
        await server.PushGaugeAsync("m", 30, now, ("at", "both"));
        (await ValuesAsync(server, "sum by (at) (sum_over_time(m[5m]))", now)).ShouldBe(["both 51", "other 3"], "1 from there, 20 and 30 from here");
        (await ValuesAsync(server, "count_over_time(m{at=\"both\"}[5m])", now)).ShouldHaveSingleItem().ShouldEndWith(" 3");
        (await ValuesAsync(other, "count(m)", now)).ShouldHaveSingleItem().ShouldEndWith(" 2");
    }

    [Theory]
    [InlineData("read_recent: false", 1)]
    [InlineData("read_recent: true", 2)]
    [InlineData("read_recent: true, required_matchers: { tier: old }", 1)]
    [InlineData("read_recent: true, required_matchers: { __name__: m }", 2)]
    public async Task The_other_one_is_asked_only_for_what_it_is_for(string keys, int series)
    {
        await using var other = await RunningServer.StartAsync("global: { scrape_interval: 1h }\n");
        await using var server = await RunningServer.StartAsync($"global: {{ scrape_interval: 1h }}\nremote_read: [ {{ url: '{other.Client.BaseAddress}api/v1/read', {keys} }} ]\n");
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await server.PushGaugeAsync("m", 1, now - 600_000, ("at", "here"));
        await server.PushGaugeAsync("m", 1, now, ("at", "here"));
        await other.PushGaugeAsync("m", 3, now, ("at", "other"));
        (await ValuesAsync(server, "m", now)).Count.ShouldBe(series);
    }

    [Fact]
    public async Task One_that_does_not_answer_makes_a_warning()
    {
        await using var server = await RunningServer.StartAsync("global: { scrape_interval: 1h }\nremote_read: [ { url: 'http://127.0.0.1:1/api/v1/read', read_recent: true, name: gone } ]\n");
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await server.PushGaugeAsync("m", 1, now, ("at", "here"));
        var (status, body) = await server.SendAsync(HttpMethod.Get, "/api/v1/query?query=m");
        status.ShouldBe(200);
        var answer = JsonDocument.Parse(body).RootElement;
        answer.GetProperty("data").GetProperty("result").GetArrayLength().ShouldBe(1);
        answer.GetProperty("warnings")[0].GetString()!.ShouldStartWith("remote read gone: Post \"http://127.0.0.1:1/api/v1/read\": dial tcp 127.0.0.1:1: connect: connection refused");
    }

    [Fact]
    public async Task A_frame_that_is_too_large_makes_a_warning()
    {
        await using var other = await RunningServer.StartAsync("global: { scrape_interval: 1h }\n");
        await using var server = await RunningServer.StartAsync($"global: {{ scrape_interval: 1h }}\nremote_read: [ {{ url: '{other.Client.BaseAddress}api/v1/read', read_recent: true, name: big, chunked_read_limit: 10 }} ]\n");
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await other.PushGaugeAsync("m", 1, now, ("at", "there"));
        var (status, body) = await server.SendAsync(HttpMethod.Get, "/api/v1/query?query=m");
        status.ShouldBe(200);
        var answer = JsonDocument.Parse(body).RootElement;
        answer.GetProperty("data").GetProperty("result").GetArrayLength().ShouldBe(0);
        var warning = answer.GetProperty("warnings")[0].GetString()!;
        warning.ShouldStartWith("remote read big: ");
        warning.ShouldContain("chunked_read_limit");
    }

    [Theory]
    [InlineData("", 50_000_000)]
    [InlineData(", chunked_read_limit: 5e+07", 50_000_000)]
    [InlineData(", chunked_read_limit: 0", 0)]
    [InlineData(", chunked_read_limit: 9000000000000", 268_435_456)]
    public void The_bytes_of_a_frame_are_those_that_are_named(string key, long bytes) =>
        ConfigurationLoader.Load("c.yml", $"remote_read: [ {{ url: 'http://a/'{key} }} ]").RemoteRead.ShouldHaveSingleItem().MaxFrameBytes.ShouldBe(bytes);

    [Fact]
    public void Every_key_is_read()
    {
        var target = ConfigurationLoader.Load("c.yml", """
            global: { external_labels: { a: b } }
            remote_read:
            - url: http://h/read
              name: n
              remote_timeout: 5s
              headers: { X-Scope-OrgID: t }
              required_matchers: { tier: old }
              read_recent: true
              filter_external_labels: false
              basic_auth: { username: u, password: p }
              follow_redirects: false
            """).RemoteRead.ShouldHaveSingleItem();
        (target.Name, target.Url.ToString(), target.Timeout, target.ReadRecent, target.ExternalLabels.Count).ShouldBe(("n", "http://h/read", TimeSpan.FromSeconds(5), true, 0));
        target.Required.ShouldHaveSingleItem().Value.ShouldBe("old");
        target.Http.Basic.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("{ name: a }", "url for remote_read is empty")]
    [InlineData("{ url: 'ftp://a/' }", "want an http or https address")]
    [InlineData("{ url: 'http://a/', read_recents: true }", "did you mean \"read_recent\"")]
    [InlineData("{ url: 'http://a/', chunked_read_limit: 1.5 }", "want a number of bytes")]
    [InlineData("{ url: 'http://a/', chunked_read_limit: -1 }", "want a number of bytes")]
    [InlineData("{ url: 'http://a/' }, { url: 'http://a/' }", "found multiple remote read configs")]
    public void What_cannot_be_is_refused(string text, string message) =>
        Should.Throw<AlertingConfigurationException>(() => ConfigurationLoader.Load("c.yml", $"remote_read: [ {text} ]")).Message.ShouldContain(message);

    private static async Task<List<string>> ValuesAsync(RunningServer server, string query, long nowMs)
    {
        var data = await server.DataAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}&time={nowMs / 1000}.999");
        return [.. data.GetProperty("result").EnumerateArray().Select(r => $"{(r.GetProperty("metric").TryGetProperty("at", out var at) ? at.GetString() : string.Empty)} {r.GetProperty("value")[1].GetString()}").Order(StringComparer.Ordinal)];
    }
}
