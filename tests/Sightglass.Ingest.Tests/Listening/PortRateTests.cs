using System.Net.Sockets;
using System.Text;
using Sightglass.Ingest.Fluent;
using Sightglass.Ingest.Gelf;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Tests.Fluent;
using Sightglass.Ingest.Tests.Records;

namespace Sightglass.Ingest.Tests.Listening;

/// <summary>The rate of one sender at the ports of GELF and Fluentd: a connection waits and loses nothing, datagrams over it are counted and gone.</summary>
public sealed class PortRateTests
{
    private readonly RowSink _sink = new();
    private readonly IngestLedger _ledger = new(TimeProvider.System);

    [Fact]
    public async Task Datagrams_of_gelf_over_the_rate_are_refused()
    {
        await using var ports = Gelf();
        using var client = new UdpClient();
        for (var i = 0; i < 100; i++)
        {
            await client.SendAsync("""{"short_message":"x"}"""u8.ToArray(), Ports.AddressOf(ports, "udp"));
        }

        await _sink.WaitAsync(10);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (_ledger.Sources().Single() is var source && source.Stored + source.RejectedItems < 100)
        {
            await Task.Delay(10, patience.Token);
        }

        _ledger.Sources().Single().Rejections.Single().Reason.ShouldBe("rate_limit");
    }

    [Fact]
    public async Task A_connection_of_gelf_over_the_rate_waits_and_loses_nothing()
    {
        await using var ports = Gelf();
        await SendAsync(ports, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 15).Select(static i => $"{{\"short_message\":\"line {i}\"}}\0"))));
        (await _sink.WaitAsync(15)).Length.ShouldBe(15);
        _ledger.Sources().Single().RejectedItems.ShouldBe(0);
    }

    [Fact]
    public async Task A_connection_of_fluentd_over_the_rate_waits_and_loses_nothing()
    {
        var intake = Ports.Intake(_sink, _ledger);
        await using var ports = Ports.Open(intake, FluentReceiver.Ports(new FluentConfiguration { Listen = Ports.Free, Rate = new SourceRateLimit(10, 0) }, intake));
        await SendAsync(ports, [.. Enumerable.Range(0, 15).SelectMany(static i => Pack.Value(new object?[] { "app", 1_767_175_200, new (string, object?)[] { ("message", $"line {i}") } }))]);
        (await _sink.WaitAsync(15)).Length.ShouldBe(15);
        _ledger.Sources().Single().RejectedItems.ShouldBe(0);
    }

    private LogPortSet Gelf()
    {
        var intake = Ports.Intake(_sink, _ledger);
        return Ports.Open(intake, GelfReceiver.Ports(new GelfConfiguration { Name = "test", Udp = Ports.Free, Tcp = Ports.Free, Rate = new SourceRateLimit(10, 0) }, intake));
    }

    private static async Task SendAsync(LogPortSet ports, byte[] bytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(Ports.AddressOf(ports, "tcp"));
        var stream = client.GetStream();
        await stream.WriteAsync(bytes);
        client.Client.Shutdown(SocketShutdown.Send);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await stream.ReadAsync(new byte[64], patience.Token) > 0)
        {
        }
    }
}
