using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Receivers;

/// <summary>Debian's rsyslog forwards here, and every line is found with its fields.</summary>
public sealed class RsyslogTests
{
    private const int Lines = 300;

    [Fact]
    public async Task Rsyslog_forwards_by_udp_and_tcp_in_every_format()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathOf("config.yml"), "receivers:\n  syslog: { udp: '127.0.0.1:0', tcp: '127.0.0.1:0', labels: { site: test } }\n");
        await using var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
        var (udp, tcp) = (await server.PortOfAsync("syslog", "udp"), await server.PortOfAsync("syslog", "tcp"));
        File.WriteAllText(folder.PathOf("rsyslog.conf"), $$"""
            global(workDirectory="{{folder.FullPath}}" net.enableDNS="off")
            module(load="imfile" mode="polling" pollingInterval="1")
            input(type="imfile" file="{{folder.PathOf("in.log")}}" tag="shop" severity="warning" facility="local3" ruleset="out")
            template(name="with_data" type="string" string="<%PRI%>1 %TIMESTAMP:::date-rfc3339% %HOSTNAME% with-data %PROCID% MSG1 [order@4711 id=\"7\"] %msg%")
            template(name="packed" type="string" string="<%PRI%>1 %TIMESTAMP:::date-rfc3339% %HOSTNAME% packed - - - packed again and again and again and again %msg%")
            ruleset(name="out") {
              action(type="omfwd" target="127.0.0.1" port="{{tcp}}" protocol="tcp" template="RSYSLOG_SyslogProtocol23Format" TCP_Framing="octet-counted")
              action(type="omfwd" target="127.0.0.1" port="{{tcp}}" protocol="tcp" template="with_data")
              action(type="omfwd" target="127.0.0.1" port="{{udp}}" protocol="udp" template="RSYSLOG_TraditionalForwardFormat")
              action(type="omfwd" target="127.0.0.1" port="{{udp}}" protocol="udp" template="packed" compression.mode="single" ZipLevel="9")
              action(type="omfwd" target="127.0.0.1" port="{{tcp}}" protocol="tcp" template="packed" compression.mode="single" ZipLevel="9" TCP_Framing="octet-counted")
            }
            """);
        File.WriteAllLines(folder.PathOf("in.log"), Enumerable.Range(0, Lines).Select(i => $"order {i} paid — «ok»"));
        await using var rsyslog = Agent.Start("rsyslogd", "-n", "-f", folder.PathOf("rsyslog.conf"), "-i", folder.PathOf("pid"));

        // rsyslog's own start is a line, too, in some versions: only ours are counted. Five actions, five times every line.
        var lines = await server.LinesAsync("{job=\"syslog\",site=\"test\"} |= `order `", 5 * Lines);
        lines.Count.ShouldBe(5 * Lines);
        foreach (var service in new[] { "shop", "with-data", "packed" })
        {
            var own = lines.Where(l => l.Labels["service_name"] == service).Select(l => l.Text.Trim()).ToList();
            own.Distinct(StringComparer.Ordinal).Count().ShouldBe(Lines, service);
        }

        var line = lines.First(l => l.Labels["service_name"] == "with-data");
        line.Labels["detected_level"].ShouldBe("warn");
        line.Labels["facility"].ShouldBe("local3");
        line.Labels["msgid"].ShouldBe("MSG1");
        line.Labels["order_4711_id"].ShouldBe("7");
        line.Labels["hostname"].ShouldNotBeEmpty();
        var sources = await server.GetAsync("/sightglass/v1/sources");
        sources.GetProperty("sources").EnumerateArray().Any(s => s.GetProperty("name").GetString() == "syslog · 127.0.0.1" && s.GetProperty("items").GetInt64() == 5 * Lines).ShouldBeTrue();
    }
}
