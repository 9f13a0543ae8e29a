using System.Globalization;
using System.Text.Json;
using Sightglass.Core.Errors;
using Sightglass.Server.CommandLine;
using Sightglass.Storage;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Prometheus;

/// <summary>Deletion and snapshots over HTTP, and what the command line makes of them.</summary>
public sealed class AdminApiTests : IAsyncLifetime
{
    private readonly long _now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
    private RunningServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await RunningServer.StartAsync("server: { enable_admin_api: true }");
        foreach (var job in (string[])["a", "b"])
        {
            for (var i = 0; i < 5; i++)
            {
                await _server.PushGaugeAsync("g", i, _now - 60_000 + (i * 1000), ("job_name", job));
            }
        }
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Deletion_takes_selectors_and_a_range_and_what_comes_later_stays()
    {
        var at = ((_now - 58_000) / 1000m).ToString(CultureInfo.InvariantCulture);
        (await Post($"delete_series?match[]=g%7Bjob_name=%22a%22%7D&start={at}&end={at}")).ShouldBe((204, string.Empty));
        (await Values("a")).ShouldBe(["0", "1", "3", "4"]);
        (await Values("b")).Count.ShouldBe(5);
        await _server.PushGaugeAsync("g", 9, _now - 58_000, ("job_name", "a"));
        (await Values("a")).ShouldBe(["0", "1", "9", "3", "4"]);
        (await Post("clean_tombstones")).ShouldBe((204, string.Empty));
        (await Values("a")).ShouldBe(["0", "1", "9", "3", "4"]);
        using var form = new FormUrlEncodedContent([new("match[]", "g{job_name=\"a\"}"), new("match[]", "nothing")]);
        (await _server.SendAsync(HttpMethod.Put, "/prometheus/api/v1/admin/tsdb/delete_series", form)).Status.ShouldBe(204);
        (await _server.DataAsync("/api/v1/label/job_name/values")).ToString().ShouldBe("[\"b\"]");
    }

    [Theory]
    [InlineData("delete_series", "no match[] parameter provided")]
    [InlineData("delete_series?match[]=%7B", "invalid parameter \\\"match[]\\\"")]
    [InlineData("delete_series?match[]=g&start=x", "invalid parameter \\\"start\\\"")]
    [InlineData("snapshot?skip_head=maybe", "invalid parameter \\\"skip_head\\\": unable to parse boolean: strconv.ParseBool: parsing \\\"maybe\\\": invalid syntax")]
    public async Task What_cannot_be_read_is_refused(string request, string error)
    {
        var (status, body) = await Post(request);
        status.ShouldBe(400, body);
        body.ShouldContain("\"errorType\":\"bad_data\"");
        body.ShouldContain(error);
    }

    [Fact]
    public async Task A_snapshot_is_restored_to_a_folder_that_answers_the_same()
    {
        var (status, body) = await Post("snapshot");
        status.ShouldBe(200, body);
        var name = JsonDocument.Parse(body).RootElement.GetProperty("data").GetProperty("name").GetString()!;
        name.ShouldMatch("^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{16}$");
        await _server.PushGaugeAsync("g", 7, _now, ("job_name", "a"));
        using var folder = new TemporaryFolder();
        RestoreCommand.Restore(_server.PathOf($"data/snapshots/{name}"), folder.PathOf("data")).Files.ShouldBeGreaterThan(10);
        Should.Throw<StorageFailedException>(() => RestoreCommand.Restore(_server.PathOf($"data/snapshots/{name}"), folder.PathOf("data"))).Message.ShouldEndWith("is not empty");
        using var store = Metrics.MetricStore.Open(new Metrics.MetricStoreOptions { Folder = folder.PathOf("data/metrics") });
        store.Stats.PartSamples.ShouldBe(10);
    }

    [Fact]
    public void A_restore_that_was_broken_off_is_no_data_folder_and_can_be_done_again()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in (string[])["metrics", "events"])
        {
            Directory.CreateDirectory(folder.PathOf($"snapshot/{name}"));
        }

        Should.Throw<StorageFailedException>(() => RestoreCommand.Restore(folder.PathOf("snapshot"), folder.PathOf("data"))).Message.ShouldContain("is no snapshot");
        File.WriteAllText(folder.PathOf("snapshot/VERSION"), "1\n");
        Directory.CreateDirectory(folder.PathOf("data/metrics"));
        File.WriteAllText(folder.PathOf("data/metrics/half"), "x");
        Should.Throw<StorageFailedException>(() => RestoreCommand.Restore(folder.PathOf("snapshot"), folder.PathOf("data"))).Message.ShouldContain("is not empty");
        File.WriteAllText(folder.PathOf("data/RESTORING"), "x");
        Should.Throw<StorageFailedException>(() => DataFolder.Open(folder.PathOf("data"))).Message.ShouldContain("restore that was not finished");
        RestoreCommand.Restore(folder.PathOf("snapshot"), folder.PathOf("data")).Files.ShouldBe(1);
        File.Exists(folder.PathOf("data/metrics/half")).ShouldBeFalse();
        DataFolder.Open(folder.PathOf("data")).Dispose();
    }

    [Fact]
    public void A_stopped_folder_is_snapshotted_without_a_server_and_a_folder_that_is_none_is_refused()
    {
        using var folder = new TemporaryFolder();
        Should.Throw<StorageFailedException>(() => SnapshotCommand.OfStopped(folder.FullPath, skipHead: false)).Message.ShouldContain("is no data folder");
        DataFolder.Open(folder.FullPath).Dispose();
        var name = SnapshotCommand.OfStopped(folder.FullPath, skipHead: true);
        Directory.GetFileSystemEntries(folder.PathOf($"snapshots/{name}")).Select(Path.GetFileName).Order(StringComparer.Ordinal).ShouldBe(["VERSION", "events", "metrics", "pushgateway", "state.db"]);
        Directory.CreateDirectory(folder.PathOf("snapshots/20260101T000000Z-0123456789abcdef.tmp/metrics"));
        SnapshotCommand.OfStopped(folder.FullPath, skipHead: false);
        Directory.GetFileSystemEntries(folder.PathOf("snapshots")).Length.ShouldBe(2, "what was not finished is removed");
        using var held = DataFolder.Open(folder.FullPath);
        Should.Throw<StorageFailedException>(() => SnapshotCommand.OfStopped(folder.FullPath, skipHead: true)).Message.ShouldContain("in use");
    }

    private Task<(int Status, string Body)> Post(string request) => _server.SendAsync(HttpMethod.Post, "/api/v1/admin/tsdb/" + request);

    private async Task<List<string?>> Values(string job)
    {
        var data = await _server.DataAsync($"/api/v1/query?query={Uri.EscapeDataString($"g{{job_name=\"{job}\"}}[10m]")}");
        return [.. data.GetProperty("result").EnumerateArray().SelectMany(s => s.GetProperty("values").EnumerateArray()).Select(v => v[1].GetString())];
    }
}
