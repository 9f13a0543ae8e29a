using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Sightglass.Core.Model;
using Sightglass.Ingest.Gelf;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Syslog;
using Sightglass.Ingest.Tests.Records;

namespace Sightglass.Ingest.Tests.Listening;

/// <summary>Ports change while senders send.</summary>
public sealed class LogPortSetTests
{
    private readonly RowSink _sink = new();
    private readonly IngestLedger _ledger = new(TimeProvider.System);

    [Fact]
    public async Task A_connection_goes_on_with_new_settings_and_loses_no_line()
    {
        await using var ports = Open(Syslog("a"));
        using var client = new TcpClient();
        await client.ConnectAsync(Ports.AddressOf(ports, "tcp"));
        for (var i = 0; i < 50; i++)
        {
            await ports.UpdateAsync(Syslog(i % 2 == 0 ? "b" : "a"));
            await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes($"<14>1 - h app - - - line {i}\n"));
        }

        var rows = await _sink.WaitAsync(50);
        rows.Select(r => r.Split('"')[1]).ShouldBe(Enumerable.Range(0, 50).Select(i => $"line {i}"));
        await ports.UpdateAsync(Syslog("c"));
        await client.GetStream().WriteAsync("<14>1 - h app - - - last\n"u8.ToArray());
        (await _sink.WaitAsync(51))[^1].ShouldContain("job=c");
    }

    [Fact]
    public async Task Datagrams_are_taken_while_settings_change_and_when_their_port_goes()
    {
        await using var ports = Open(Syslog("a"));
        using var client = new UdpClient();
        var address = Ports.AddressOf(ports, "udp");
        for (var i = 0; i < 200; i++)
        {
            await client.SendAsync(Encoding.UTF8.GetBytes($"<14>1 - h app - - - line {i}"), address);
            if (i % 20 == 0)
            {
                await ports.UpdateAsync(Syslog(i.ToString(CultureInfo.InvariantCulture)));
            }
        }

        await ports.UpdateAsync([]);
        (await _sink.WaitAsync(200)).Select(r => r.Split('"')[1]).ShouldBe(Enumerable.Range(0, 200).Select(i => $"line {i}"));
        ports.Status.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_port_that_goes_takes_no_new_connections_and_ends_those_it_has()
    {
        await using var ports = Open(Syslog("a"));
        var address = Ports.AddressOf(ports, "tcp");
        using var client = new TcpClient();
        await client.ConnectAsync(address);
        await client.GetStream().WriteAsync("<14>1 - h app - - - one\n"u8.ToArray());
        await _sink.WaitAsync(1);
        await ports.UpdateAsync([]);
        await client.GetStream().WriteAsync("<14>1 - h app - - - two\n"u8.ToArray());
        (await _sink.WaitAsync(2)).Length.ShouldBe(2);
        using var late = new TcpClient();
        await Should.ThrowAsync<SocketException>(async () => await late.ConnectAsync(address));
    }

    [Fact]
    public async Task What_cannot_be_bound_leaves_everything_as_it_was()
    {
        await using var ports = Open(Syslog("a"));
        var before = ports.Status;
        using var taken = new TcpListener(Ports.Free);
        taken.Start();
        await Should.ThrowAsync<IOException>(() => ports.UpdateAsync([.. Gelf(Ports.Free), .. Syslog("b", (IPEndPoint)taken.LocalEndpoint)]));
        ports.Status.ShouldBe(before);
        using var client = new TcpClient();
        await client.ConnectAsync(Ports.AddressOf(ports, "tcp"));
        await client.GetStream().WriteAsync("<14>1 - h app - - - still\n"u8.ToArray());
        (await _sink.WaitAsync(1)).Single().ShouldContain("job=a");
    }

    [Fact]
    public async Task A_port_may_become_one_of_another_protocol_for_connections_to_come()
    {
        using var free = new TcpListener(Ports.Free);
        free.Start();
        var address = (IPEndPoint)free.LocalEndpoint;
        free.Stop();
        await using var ports = Open(Syslog("a", address));
        using var before = new TcpClient();
        await before.ConnectAsync(address);
        await before.GetStream().WriteAsync("<14>1 - h app - - - one\n"u8.ToArray());
        await _sink.WaitAsync(1);
        await ports.UpdateAsync(Gelf(address));
        using var client = new TcpClient();
        await client.ConnectAsync(address);
        await client.GetStream().WriteAsync("{\"short_message\":\"two\"}\0"u8.ToArray());
        await _sink.WaitAsync(2);
        await before.GetStream().WriteAsync("<14>1 - h app - - - three\n"u8.ToArray());
        (await _sink.WaitAsync(3)).Select(r => r.Split('"')[1]).ShouldBe(["one", "two", "three"]);
        ports.Status.Single().Receiver.ShouldBe("gelf");
    }

    private LogPortSet Open(IEnumerable<LogPort> ports) => Ports.Open(Intake(), ports);

    private LogIntake Intake() => Ports.Intake(_sink, _ledger);

    private IEnumerable<LogPort> Syslog(string job, IPEndPoint? tcp = null) =>
        SyslogReceiver.Ports(new SyslogConfiguration { Udp = Ports.Free, Tcp = tcp ?? Ports.Free, Labels = LabelSet.Of("job", job) }, Intake());

    private IEnumerable<LogPort> Gelf(IPEndPoint tcp) => GelfReceiver.Ports(new GelfConfiguration { Tcp = tcp }, Intake());
}
