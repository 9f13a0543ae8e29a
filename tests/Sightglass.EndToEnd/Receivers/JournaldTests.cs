using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Receivers;

/// <summary>A real journal, written and read by systemd's own tools.</summary>
public sealed class JournaldTests
{
    private const string Remote = "/lib/systemd/systemd-journal-remote";
    private const string Upload = "/lib/systemd/systemd-journal-upload";

    [Fact]
    public async Task A_journal_is_followed_and_goes_on_after_a_restart()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.PathOf("journal"));
        await WriteAsync(folder, 1, 100);
        File.WriteAllText(folder.PathOf("config.yml"), $"logs: [ {{ name: machine, journald: {{ directory: '{folder.PathOf("journal")}' }} }} ]\n");
        await using (var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml")))
        {
            (await server.LinesAsync("{job=\"machine\"}", 100)).Count.ShouldBe(100);
            await server.UntilAsync("/sightglass/v1/status", _ => File.Exists(folder.PathOf("data/journal-machine.cursor")));
        }

        await WriteAsync(folder, 101, 150);
        await using var again = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
        var lines = await again.LinesAsync("{job=\"machine\",service_name=\"shop\"}", 150);
        lines.Select(l => l.Text).Distinct(StringComparer.Ordinal).Count().ShouldBe(150);
        lines.Count.ShouldBe(150);
        lines[0].Text.ShouldBe("line 1\nof two");
        lines[0].Labels["detected_level"].ShouldBe("warn");
        lines[0].Labels["PID"].ShouldBe("1");
    }

    [Fact]
    public async Task Systemd_journal_upload_sends()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.PathOf("journal"));
        await WriteAsync(folder, 1, 100);
        await using var server = await ServerProcess.StartAsync(folder.PathOf("data"));
        await using var upload = Agent.Start(Upload, $"--url={server.Http.BaseAddress}journald", $"--directory={folder.PathOf("journal")}");
        (await server.LinesAsync("{job=\"journald\",service_name=\"shop\"}", 100)).Count.ShouldBe(100);
    }

    // systemd-journal-remote makes a journal of entries in the export format; there is no journald on a machine of tests.
    private static async Task WriteAsync(TemporaryFolder folder, int from, int to)
    {
        var now = (TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - 60_000) * 1000;
        using (var export = new BinaryWriter(File.Create(folder.PathOf("export"))))
        {
            for (var i = from; i <= to; i++)
            {
                var text = $"line {i}\nof two";
                export.Write(System.Text.Encoding.UTF8.GetBytes($"__REALTIME_TIMESTAMP={now + (i * 1000)}\n__MONOTONIC_TIMESTAMP={i * 1000}\n_BOOT_ID=4ff63abb20eb454bba6c48e8d5d1a9ea\nPRIORITY=4\n_HOSTNAME=h\n_SYSTEMD_UNIT=shop.service\n_PID={i}\nMESSAGE\n"));
                export.Write((long)text.Length);
                export.Write(System.Text.Encoding.UTF8.GetBytes(text + "\n\n"));
            }
        }

        await Agent.RunAsync(null, Remote, "--output=" + folder.PathOf($"journal/part{from}.journal"), folder.PathOf("export"));
    }
}
