using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Receivers;

/// <summary>Senders of several protocols go on while the configuration is changed over and over: every line that was acknowledged is there, once.</summary>
public sealed class ReloadTests
{
    private const int Rounds = 16;

    [Fact]
    public async Task No_line_is_lost_or_doubled_while_pipelines_and_receivers_change()
    {
        using var folder = new TemporaryFolder();
        var configuration = folder.PathOf("config.yml");
        File.WriteAllText(configuration, Configuration(0, folder));
        await using var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", configuration);
        var syslog = int.Parse(await server.PortOfAsync("syslog", "tcp"), CultureInfo.InvariantCulture);
        var datagrams = int.Parse(await server.PortOfAsync("syslog", "udp"), CultureInfo.InvariantCulture);
        var fluentd = int.Parse(await server.PortOfAsync("fluentd", "tcp"), CultureInfo.InvariantCulture);
        using var stop = new CancellationTokenSource();
        NumberedSender[] senders =
        [
            NumberedSender.Loki(server), NumberedSender.SyslogTcp(syslog), NumberedSender.SyslogUdp(datagrams), NumberedSender.Fluentd(fluentd), NumberedSender.File(folder.PathOf("app.log")),
            NumberedSender.ComingAndGoing(async () => (await server.GetAsync("/sightglass/v1/status")).GetProperty("receivers").EnumerateArray()
                .Where(r => r.GetProperty("receiver").GetString() == "elasticsearch").Select(r => r.GetProperty("address").GetString()).FirstOrDefault()),
        ];
        var sending = senders.Select(s => Task.Run(() => s.RunAsync(stop.Token))).ToArray();
        for (var round = 1; round <= Rounds; round++)
        {
            await File.WriteAllTextAsync(configuration + ".new", Configuration(round, folder));
            File.Move(configuration + ".new", configuration, overwrite: true);
            if (round % 2 == 0)
            {
                using var answer = await server.Http.PostAsync(new Uri("/-/reload", UriKind.Relative), null);
                answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
            }
            else
            {
                Kill(server.Id, 1).ShouldBe(0);
            }

            await server.UntilAsync("/api/v1/status/config", j => j.GetProperty("data").GetProperty("yaml").GetString()!.Contains($"round-{round}-", StringComparison.Ordinal));
            await Task.Delay(TimeSpan.FromMilliseconds(120));
        }

        await stop.CancelAsync();
        await Task.WhenAny(Task.WhenAll(sending), Task.Delay(TimeSpan.FromSeconds(60)));
        senders.Where((_, i) => !sending[i].IsCompletedSuccessfully).Select(s => s.Name).ShouldBeEmpty($"{string.Join('\n', sending.Zip(senders, (t, s) => $"{s.Name}: {s.Acknowledged.Count} acknowledged, {t.Exception?.Message}"))}\n{server.Errors}");
        foreach (var sender in senders)
        {
            sender.Acknowledged.Count.ShouldBeGreaterThan(30, sender.Name);
            var lines = await server.LinesAsync(sender.Selector, sender.Acknowledged.Count);
            var numbers = lines.Select(l => int.Parse(l.Text[(l.Text.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)).ToList();
            numbers.Count.ShouldBe(numbers.Distinct().Count(), $"{sender.Name}: lines that are there more than once");
            sender.Acknowledged.Except(numbers).ShouldBeEmpty($"{sender.Name}: acknowledged lines that are missing\n{server.Errors}");
            lines.ShouldAllBe(l => l.Labels.ContainsKey("round"), $"{sender.Name}: lines that passed no pipeline");
            lines.Select(l => l.Labels["round"]).Distinct().Count().ShouldBeGreaterThan(3, $"{sender.Name}: the pipelines did not change");
        }

        server.Errors.ShouldNotContain("fail");
    }

    // Every round changes the pipeline, the settings of ports that stay, which ports there are, and how files are followed.
    private static string Configuration(int round, TemporaryFolder folder)
    {
        var text = new StringBuilder($$"""
            server: { enable_lifecycle: true }
            pipelines:
              logs:
              - name: round-{{round}}-
                processors:
                - derive: { field: round, template: '{{round}}' }
                - metric: { name: reload_lines_total }
            logs:
            - { name: app, files: ['{{folder.PathOf("*.log")}}'], labels: { sender: file, variant: '{{round % 3}}' } }
            receivers:
              syslog:
              - { tcp: '127.0.0.1:0', udp: '127.0.0.1:0', name: name-{{round}}, labels: { sender: syslog } }

            """);
        if (round % 4 == 1)
        {
            text.AppendLine("  - { tcp: '127.0.0.1:0', name: second }");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"  fluentd: {{ listen: '127.0.0.1:0', labels: {{ sender: fluentd, variant: '{round % 2}' }} }}");
        if (round % 3 != 0)
        {
            text.AppendLine("  elasticsearch: { listen: '127.0.0.1:0' }");
        }

        if (round % 2 == 0)
        {
            text.AppendLine("  gelf: { tcp: '127.0.0.1:0', udp: '127.0.0.1:0' }");
        }

        return text.ToString();
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);
}
