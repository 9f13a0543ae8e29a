using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Sightglass.EndToEnd.Differential;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd;

/// <summary>A disk that is really full: senders are told so, what was acknowledged is kept, queries go on, and room is enough to go on without a restart.</summary>
public sealed class FullDiskTests
{
    private const int DiskBytes = 96 << 20;
    private const int PaddingSeries = 300;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    [SmallDiskFact]
    public async Task Metrics_survive_a_full_disk()
    {
        using var disk = SmallDisk.Mount(DiskBytes);
        var data = disk.PathOf("data");
        var random = new Random(5);
        var start = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 600_000;
        var acknowledged = new List<int>();
        var next = 0;
        await using (var server = await ServerProcess.StartAsync(data))
        {
            for (var i = 0; i < 5; i++)
            {
                (await Send(server, ++next, start, random, acknowledged)).Status.ShouldBe(HttpStatusCode.NoContent);
            }

            disk.LeaveOnly(1 << 20);
            var (status, text) = (HttpStatusCode.NoContent, string.Empty);
            for (var i = 0; i < 2_000 && status == HttpStatusCode.NoContent; i++)
            {
                (status, text) = await Send(server, ++next, start, random, acknowledged);
            }

            ((int)status).ShouldBeInRange(500, 599, text);
            text.ShouldContain("space", Case.Insensitive);
            for (var i = 0; i < 20; i++)
            {
                ((int)(await Send(server, ++next, start, random, acknowledged)).Status).ShouldBeOneOf(204, 500, 503, 507);
            }

            acknowledged.Except(await Stored(server, start)).ShouldBeEmpty("what was acknowledged is there while the disk is full");

            disk.MakeRoom();
            for (var i = 0; (await Send(server, ++next, start, random, acknowledged)).Status != HttpStatusCode.NoContent; i++)
            {
                i.ShouldBeLessThan(300, server.Errors);
                await Task.Delay(PollInterval);
            }

            for (var i = 0; i < 5; i++)
            {
                (await Send(server, ++next, start, random, acknowledged)).Status.ShouldBe(HttpStatusCode.NoContent);
            }

            acknowledged.Except(await Stored(server, start)).ShouldBeEmpty("what was acknowledged is there afterwards");
            await server.KillAsync();
        }

        await using var again = await ServerProcess.StartAsync(data);
        acknowledged.Except(await Stored(again, start)).ShouldBeEmpty("what was acknowledged is there after kill -9");
        (await Send(again, ++next, start, random, acknowledged)).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    private static async Task<List<int>> Stored(ServerProcess server, long start)
    {
        var answer = await server.GetAsync($"/api/v1/query?query={Uri.EscapeDataString("disk_number[2h]")}&time={(start + 3_600_000) / 1000}");
        return [.. answer.GetProperty("data").GetProperty("result")[0].GetProperty("values").EnumerateArray().Select(v => int.Parse(v[1].GetString()!, CultureInfo.InvariantCulture))];
    }

    // One sample that says which request it was of, and new series whose names do not compress.
    private static async Task<(HttpStatusCode Status, string Text)> Send(ServerProcess server, int number, long start, Random random, List<int> acknowledged)
    {
        var series = new List<TestSeries> { new(new SortedDictionary<string, string>(StringComparer.Ordinal) { ["__name__"] = "disk_number" }, [(start + number, number)]) };
        for (var i = 0; i < PaddingSeries; i++)
        {
            var bytes = new byte[48];
            random.NextBytes(bytes);
            series.Add(new(new SortedDictionary<string, string>(StringComparer.Ordinal) { ["__name__"] = "padding", ["id"] = Convert.ToHexString(bytes) }, [(start + number, random.NextDouble())]));
        }

        using var content = new ByteArrayContent(RemoteWriteBody.Of(series));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        content.Headers.ContentEncoding.Add("snappy");
        using var answer = await server.Http.PostAsync(new Uri("api/v1/write", UriKind.Relative), content);
        if (answer.IsSuccessStatusCode)
        {
            acknowledged.Add(number);
        }

        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
