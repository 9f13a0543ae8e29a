using System.Collections.Concurrent;
using System.Net;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;
using Sightglass.Ingest.Scrape.Discovery;
using Sightglass.Ingest.Scrape.Http;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Scrape;

public sealed class DiscoveryTests : IDisposable, IBatchSink
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new();
    private readonly ConcurrentQueue<string> _reports = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Dns_records_of_every_type()
    {
        await using var dns = new DnsServer()
            .Add("_web._tcp.test.", DnsRecordType.SRV, DnsServer.Srv(8080, "one.test."), DnsServer.Srv(8081, "two.test"))
            .Add("host.test.", DnsRecordType.A, [10, 0, 0, 1], [10, 0, 0, 2])
            .Add("host.test.", DnsRecordType.AAAA, IPAddress.Parse("fd00::1").GetAddressBytes())
            .Add("test.", DnsRecordType.MX, DnsServer.Mx("mail.test."))
            .Add("test.", DnsRecordType.NS, DnsServer.Name("ns.test."))
            .Add("big.test.", DnsRecordType.A, [10, 0, 0, 9])
            .Add("short.sub.search.", DnsRecordType.A, [10, 0, 0, 8]);
        File.WriteAllText(_folder.PathOf("resolv.conf"), $"# local\nsearch sub.search other\nnameserver 127.0.0.1#{dns.Port}\noptions timeout:5 ndots:1 rotate\n");
        var configuration = new ScrapeConfiguration
        {
            JobName = "d",
            Relabel = [new RelabelRule(RelabelAction.LabelMap, [], regex: "__meta_dns_(.+)")],
            Discoveries =
            [
                new DnsDiscovery(["_web._tcp.test"], DnsRecordType.SRV, 0, TimeSpan.FromSeconds(30)),
                new DnsDiscovery(["host.test", "nowhere.test", "broken.test"], DnsRecordType.A, 9100, TimeSpan.FromSeconds(30)),
                new DnsDiscovery(["host.test"], DnsRecordType.AAAA, 9100, TimeSpan.FromSeconds(30)),
                new DnsDiscovery(["test."], DnsRecordType.MX, 25, TimeSpan.FromSeconds(30)),
                new DnsDiscovery(["test."], DnsRecordType.NS, 53, TimeSpan.FromSeconds(30)),
                new DnsDiscovery(["big.test"], DnsRecordType.A, 1, TimeSpan.FromSeconds(30)),
                new DnsDiscovery(["short"], DnsRecordType.A, 1, TimeSpan.FromSeconds(30)),
            ],
        };
        await using var scraper = new Scraper([configuration], this, IngestLimits.Default, _time, _reports.Enqueue, new ScraperSettings { ResolverConfiguration = _folder.PathOf("resolv.conf") });
        scraper.Start();
        await Until(() => scraper.Targets().Count == 9 && _reports.Count == 1);
        scraper.Targets().Select(t => t.Labels.Without("job").ToString()).Order(StringComparer.Ordinal).ShouldBe(new[]
        {
            "{instance=\"10.0.0.1:9100\", name=\"host.test\"}", "{instance=\"10.0.0.2:9100\", name=\"host.test\"}", "{instance=\"10.0.0.8:1\", name=\"short\"}", "{instance=\"10.0.0.9:1\", name=\"big.test\"}",
            "{instance=\"[fd00::1]:9100\", name=\"host.test\"}", "{instance=\"mail.test:25\", mx_record_target=\"mail.test.\", name=\"test.\"}",
            "{instance=\"ns.test:53\", name=\"test.\", ns_record_target=\"ns.test.\"}",
            "{instance=\"one.test:8080\", name=\"_web._tcp.test\", srv_record_port=\"8080\", srv_record_target=\"one.test.\"}",
            "{instance=\"two.test:8081\", name=\"_web._tcp.test\", srv_record_port=\"8081\", srv_record_target=\"two.test.\"}",
        }.Order(StringComparer.Ordinal));
        dns.Asked.ShouldContain("big.test. tcp");
        _reports.ShouldHaveSingleItem().ShouldContain("could not resolve \"broken.test\"");
    }

    [Fact]
    public void Random_answers_of_dns_break_nothing()
    {
        var random = new Random(3);
        byte[] answer = [0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, .. DnsServer.Name("a.test"), 0, 33, 0, 1, 0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 9, 0, 14, .. DnsServer.Srv(1, "b.test")];
        for (var i = 0; i < 20_000; i++)
        {
            var changed = (byte[])answer.Clone();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            try
            {
                DnsMessage.Read(changed.AsSpan(0, random.Next(12, changed.Length + 1)), DnsRecordType.SRV);
            }
            catch (Core.Errors.MalformedInputException)
            {
                // The only exception that it declares.
            }
        }
    }

    [Fact]
    public async Task Http_lists_are_kept_while_the_service_fails()
    {
        var answer = TinyServer.Ok("[{\"targets\":[\"a:1\",\"b:2\"],\"labels\":{\"__meta_dc\":\"x\",\"env\":\"\\ud83d\\ude00\"}}]", "application/json");
        await using var server = new TinyServer(_ => answer);
        var configuration = new ScrapeConfiguration
        {
            JobName = "h",
            Relabel = [new RelabelRule(RelabelAction.Replace, ["__meta_dc", "__meta_url"], targetLabel: "from")],
            Discoveries = [new HttpDiscovery(server.Url, HttpClientSettings.Default, TimeSpan.FromSeconds(30))],
        };
        await using var scraper = new Scraper([configuration], this, IngestLimits.Default, _time, _reports.Enqueue);
        scraper.Start();
        await Until(() => scraper.Targets().Count == 2);
        scraper.Targets()[0].Labels.ShouldBe(LabelSet.Of("env", "😀", "from", $"x;{server.Url}", "instance", "a:1", "job", "h"));
        server.Requests[0]["X-Prometheus-Refresh-Interval-Seconds"].ShouldBe("30");
        foreach (var (bad, error) in new[]
        {
            (TinyServer.Status("500 Broken"), "server returned HTTP status 500 Broken"), (TinyServer.Ok("[]", "text/plain"), "unsupported content type"),
            (TinyServer.Ok("{", "application/json"), "not a list of target groups"), (TinyServer.Ok("[{\"x\":1}]", "application/json"), "unknown key \"x\""),
        })
        {
            answer = bad;
            _reports.Clear();
            await AskAgain(server);
            await Until(() => !_reports.IsEmpty);
            _reports.First().ShouldContain(error);
            scraper.Targets().Count.ShouldBe(2);
        }

        answer = TinyServer.Ok("[{\"targets\":[\"c:1\"]}]", "application/json; charset=utf-8");
        await AskAgain(server);
        await Until(() => scraper.Targets().Count == 1);
    }

    [Fact]
    public async Task Files_are_followed_and_bad_ones_keep_their_targets()
    {
        var path = _folder.PathOf("t.yml");
        File.WriteAllText(path, "- targets: ['a:1']\n  labels: { x: y }\n");
        File.WriteAllText(_folder.PathOf("u.json"), "[{\"targets\":[\"b:1\"]}]");
        var configuration = new ScrapeConfiguration
        {
            JobName = "f",
            Relabel = [new RelabelRule(RelabelAction.Replace, ["__meta_filepath"], targetLabel: "file")],
            Discoveries = [new FileDiscovery([_folder.PathOf("*.yml"), _folder.PathOf("*.json")], TimeSpan.FromMinutes(5))],
        };
        await using var scraper = new Scraper([configuration], this, IngestLimits.Default, TimeProvider.System, _reports.Enqueue);
        scraper.Start();
        scraper.Targets().Select(t => t.Labels["instance"]).ShouldBe(["a:1", "b:1"]);
        scraper.Targets()[0].Labels["file"].ShouldBe(path);
        await Until(() =>
        {
            Write(path, "- targets: ['a:1', 'c:1']\n");
            return scraper.Targets().Count == 3;
        });
        await Until(() =>
        {
            Write(path, "- tarets: ['a:1', 'c:1']\n");
            return !_reports.IsEmpty;
        });
        scraper.Targets().Count.ShouldBe(3);
        File.Delete(path);
        await Until(() => scraper.Targets().Count == 1);
    }

    public AppendResult Append(MetricBatch batch) => AppendResult.All(batch.SampleCount);

    public AppendResult Append(LogBatch batch) => throw new NotSupportedException();

    public AppendResult Append(SpanBatch batch) => throw new NotSupportedException();

    // In one step, so that nobody sees half of it.
    private void Write(string path, string text)
    {
        File.WriteAllText(_folder.PathOf("new"), text);
        File.Move(_folder.PathOf("new"), path, overwrite: true);
    }

    /// <summary>Moves the clock until the next request, and no further: it would use up the time that the answer has.</summary>
    private async Task AskAgain(TinyServer server)
    {
        var before = server.Requests.Count;
        await Until(() =>
        {
            if (server.Requests.Count > before)
            {
                return true;
            }

            _time.Advance(TimeSpan.FromSeconds(1));
            return false;
        });
    }

    private static async Task Until(Func<bool> condition)
    {
        for (var i = 0; i < 1500 && !condition(); i++)
        {
            await Task.Delay(10);
        }

        condition().ShouldBeTrue();
    }
}
