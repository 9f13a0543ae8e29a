using Sightglass.Alerting;
using Sightglass.Server.Configuration;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Configuration;

public sealed class ReceiversReaderTests
{
    [Fact]
    public void Without_the_block_there_are_no_ports()
    {
        var none = ConfigurationLoader.Load("c.yml", "{}").Receivers;
        (none.Syslog.Count, none.Fluent.Count, none.Gelf.Count, none.Http.Count, none.Journals.Count, none.SeqKeys.Count).ShouldBe((0, 0, 0, 0, 0, 0));
        none.Rate.MaxLinesPerSecond.ShouldBe(0);
    }

    [Fact]
    public void Empty_receivers_have_their_usual_ports_on_this_machine()
    {
        var receivers = Read("syslog: {}\nfluentd: {}\ngelf: {}");
        receivers.Syslog.Single().Udp!.ToString().ShouldBe("127.0.0.1:5514");
        receivers.Syslog.Single().Tcp!.ToString().ShouldBe("127.0.0.1:5514");
        receivers.Fluent.Single().Listen!.ToString().ShouldBe("127.0.0.1:24224");
        receivers.Gelf.Single().Udp!.ToString().ShouldBe("127.0.0.1:12201");
        receivers.Gelf.Single().Tcp!.ToString().ShouldBe("127.0.0.1:12201");
    }

    [Fact]
    public void Everything_that_may_be_said_is_read()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathOf("key"), "shared\n");
        File.WriteAllText(folder.PathOf("keys"), "# Seq\none\n\n two \n");
        var receivers = ConfigurationLoader.Load(folder.PathOf("c.yml"), """
            receivers:
              rate_limit: { lines_per_second: 100 }
              syslog:
              - { name: a, udp: ':514', time_zone: Europe/Berlin, labels: { site: north } }
              - { tcp: '[::1]:601', rate_limit: { bytes_per_second: 5 } }
              fluentd:
                listen: 0.0.0.0:24224
                http: 127.0.0.1:9880
                shared_key_file: key
                users: [ { username: ann, password: secret }, { username: bob, password_file: key } ]
              gelf: { http: 127.0.0.1:12202 }
              elasticsearch: { listen: 127.0.0.1:9200 }
              seq: [ { listen: 127.0.0.1:5341, api_keys: [zero] }, { api_keys_file: keys } ]
              journald: { listen: 127.0.0.1:19532 }
            logs:
            - { name: box, journald: { directory: j, units: [ssh], matches: [_UID=0, +, A=b] }, labels: { a: b }, from_end: true }
            - { name: old, syslog: { udp: 127.0.0.1:5515 }, labels: { c: d } }
            """).Receivers;
        receivers.Syslog.Select(s => (s.Name, s.Udp?.Port, s.Tcp?.Port, s.Labels.ToString(), s.Rate.MaxLinesPerSecond, s.Rate.MaxBytesPerSecond)).ShouldBe(
        [
            ("a", 514, null, "{site=\"north\"}", 100, 0), ("syslog", null, 601, "{}", 100, 5), ("old", 5515, null, "{c=\"d\"}", 100, 0),
        ]);
        receivers.Syslog[0].Zone!.Id.ShouldBe("Europe/Berlin");
        var fluent = receivers.Fluent.Single();
        fluent.SharedKey.ShouldBe("shared");
        fluent.Users.ShouldBe(new Dictionary<string, string> { ["ann"] = "secret", ["bob"] = "shared" });
        receivers.Gelf.ShouldBeEmpty();
        receivers.Http.Select(h => $"{h.Receiver} {h.Address}").ShouldBe(["fluentd 127.0.0.1:9880", "gelf 127.0.0.1:12202", "elasticsearch 127.0.0.1:9200", "seq 127.0.0.1:5341", "journald 127.0.0.1:19532"]);
        receivers.SeqKeys.ShouldBe(["zero", "one", "two"]);
        var journal = receivers.Journals.Single();
        (journal.Name, journal.Folder, journal.FromEnd, string.Join(' ', journal.Units), string.Join(' ', journal.Matches)).ShouldBe(("box", folder.PathOf("j"), true, "ssh", "_UID=0 + A=b"));
    }

    // Lines are counted from the first of the block's own.
    [Theory]
    [InlineData("syslog: { udp: nowhere }", 1, "udp: got \"nowhere\", want HOST:PORT")]
    [InlineData("syslog:\n  time_zone: Mars/Olympus", 2, "time_zone: got \"Mars/Olympus\", want a name such as Europe/Berlin or UTC")]
    [InlineData("syslog:\n- { udp: ':1' }\n- { udp: ':2', upd: ':3' }", 3, "upd")]
    [InlineData("syslog: { tls: { cert_file: a } }", 1, "tls needs listen, HOST:PORT")]
    [InlineData("syslog: { tls: { listen: ':1' } }", 1, "tls needs cert_file, a certificate in PEM form")]
    [InlineData("syslog: { tls: { listen: ':1', cert_file: missing.pem } }", 1, "/missing.pem: no such file")]
    [InlineData("rate_limit:\n  lines_per_second: -1", 2, "lines_per_second: got -1, want 0 (without bound) or more")]
    [InlineData("fluentd:\n  shared_key: a\n  shared_key_file: b", 3, "at most one of shared_key & shared_key_file must be configured")]
    [InlineData("fluentd:\n  shared_key: ''", 2, "shared_key is empty")]
    [InlineData("fluentd:\n  users: [ { username: a, password: b } ]", 2, "users: fluentd asks for users after the shared key, want shared_key or shared_key_file")]
    [InlineData("fluentd:\n  shared_key: k\n  users:\n  - { password: b }", 4, "a user of fluentd needs username")]
    [InlineData("fluentd:\n  shared_key: k\n  users:\n  - { username: a }", 4, "user a needs password or password_file")]
    [InlineData("fluentd:\n  shared_key: k\n  users:\n  - { username: a, password: b }\n  - { username: a, password: c }", 5, "username: there are two users called \"a\"")]
    [InlineData("elasticsearch: {}", 1, "elasticsearch needs listen, HOST:PORT; without a port of its own it is below /elasticsearch on the main one")]
    [InlineData("seq: {}", 1, "seq needs listen, HOST:PORT; without a port of its own it is below /api/events/raw on the main one")]
    [InlineData("seq: { api_keys: [''] }", 1, "api_keys: a key is empty")]
    [InlineData("seq: { api_keys_file: missing }", 1, "/missing: no such file")]
    [InlineData("elasticsearch: { listen: ':1', api_keys: [a] }", 1, "api_keys")]
    [InlineData("splunk: {}", 1, "splunk")]
    public void What_is_wrong_is_said_with_its_line(string block, int line, string message)
    {
        var error = Should.Throw<AlertingConfigurationException>(() => Read(block));
        error.Message.ShouldContain(message);
        error.Message.ShouldStartWith($"/etc/c.yml:{line + 1}:");
    }

    [Theory]
    [InlineData("- { name: 'a/b', journald: {} }", "name: got \"a/b\", want letters, digits, dots, dashes and underscores: a journal's name is part of a file's")]
    [InlineData("- { journald: { matches: ['--vacuum-time=1s'] } }", "matches: got \"--vacuum-time=1s\", want FIELD=value")]
    [InlineData("- { journald: { matches: [x] } }", "matches: got \"x\", want FIELD=value")]
    [InlineData("- { journald: {} }\n- { journald: {} }", "two journals named \"journald\": a name keeps the place that a journal was read to")]
    [InlineData("- { journald: {}, parser: json }", "parser")]
    public void Journals_are_checked(string logs, string message) =>
        Should.Throw<AlertingConfigurationException>(() => ConfigurationLoader.Load("/etc/c.yml", "logs:\n" + logs)).Message.ShouldContain(message);

    [Fact]
    public void Keys_and_passwords_are_not_shown()
    {
        var text = ShownConfiguration.Text(ConfigurationLoader.Load("/etc/c.yml", "receivers:\n  fluentd: { shared_key: aaa, users: [ { username: ann, password: bbb } ] }\n  seq: { api_keys: [ccc] }\n"));
        (text.Contains("aaa", StringComparison.Ordinal) || text.Contains("bbb", StringComparison.Ordinal) || text.Contains("ccc", StringComparison.Ordinal)).ShouldBeFalse(text);
    }

    private static ReceiversConfiguration Read(string block) =>
        ConfigurationLoader.Load("/etc/c.yml", "receivers:\n" + string.Join('\n', block.Split('\n').Select(l => "  " + l))).Receivers;
}
