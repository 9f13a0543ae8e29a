using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Syslog;
using Sightglass.Ingest.Tests.Listening;
using Sightglass.Ingest.Tests.Records;

namespace Sightglass.Ingest.Tests.Syslog;

public sealed class SyslogReceiverTests
{
    private static readonly IPEndPoint Free = new(IPAddress.Loopback, 0);
    private readonly RowSink _sink = new();
    private readonly IngestLedger _ledger = new(TimeProvider.System);

    [Fact]
    public async Task Udp_takes_a_message_a_datagram()
    {
        await using var receiver = Start(new SyslogConfiguration { Udp = Free });
        using var client = new UdpClient();
        for (var i = 0; i < 200; i++)
        {
            await client.SendAsync(Encoding.UTF8.GetBytes($"<14>1 - h app - - - line {i}\n"), Address(receiver, "udp"));
        }

        (await _sink.WaitAsync(200)).Select(r => r.Split('"')[1]).ShouldBe(Enumerable.Range(0, 200).Select(i => $"line {i}"));
        var source = _ledger.Sources().Single();
        source.Sender.ShouldBe("127.0.0.1");

        // What is stored is counted after it is stored.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (source.Stored < 200)
        {
            await Task.Delay(10, patience.Token);
        }

        source.Stored.ShouldBe(200);
    }

    [Fact]
    public async Task Tcp_takes_both_framings_in_pieces()
    {
        await using var receiver = Start(new SyslogConfiguration { Tcp = Free });
        using var client = new TcpClient();
        await client.ConnectAsync(Address(receiver, "tcp"));
        foreach (var piece in "<14>1 - h a - - - one\n|27 <14>1 - h a - - - t|wo\nlines|<14>1 - h a - - - last".Split('|'))
        {
            await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(piece));
            await client.GetStream().FlushAsync();
        }

        client.Client.Shutdown(SocketShutdown.Send);
        (await _sink.WaitAsync(3)).Select(r => r.Split('"')[1]).ShouldBe(["one", "two\nlines", "last"]);
    }

    [Fact]
    public async Task Tls_needs_a_certificate_of_the_authority_where_one_is_configured()
    {
        using var authority = Certificate("authority", null);
        using var server = Certificate("localhost", authority);
        using var good = Certificate("client", authority);
        using var stranger = Certificate("stranger", null);
        await using var receiver = Start(new SyslogConfiguration { Tls = new TlsEndPoint(Free, server, [authority]) });
        await SendAsync(good, "<14>1 - h a - - - trusted\n");
        await SendAsync(stranger, "<14>1 - h a - - - not trusted\n");
        await SendAsync(good, "<14>1 - h a - - - again\n");
        (await _sink.WaitAsync(2)).Select(r => r.Split('"')[1]).ShouldBe(["trusted", "again"]);

        async Task SendAsync(X509Certificate2 certificate, string text)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(Address(receiver, "tls"));
            await using var tls = new SslStream(client.GetStream(), false, (_, certificate, _, _) => certificate!.GetCertHashString() == server.GetCertHashString());
            try
            {
                await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", ClientCertificates = [certificate] });
                await tls.WriteAsync(Encoding.UTF8.GetBytes(text));
                await tls.ShutdownAsync();
                await tls.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false);
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                certificate.ShouldBe(stranger);
            }
        }
    }

    [Fact]
    public async Task A_failing_store_makes_the_sender_wait_and_loses_nothing()
    {
        _sink.Failures = 2;
        await using var receiver = Start(new SyslogConfiguration { Tcp = Free });
        using var client = new TcpClient();
        await client.ConnectAsync(Address(receiver, "tcp"));
        await client.GetStream().WriteAsync("<14>1 - h a - - - kept\n"u8.ToArray());
        (await _sink.WaitAsync(1)).Length.ShouldBe(1);
        _ledger.Sources().Single().LastError!.Message.ShouldBe("disk full");
    }

    [Fact]
    public async Task A_sender_over_its_rate_loses_datagrams_and_keeps_what_it_sends_by_tcp()
    {
        await using var receiver = Start(new SyslogConfiguration { Udp = Free, Tcp = Free, Rate = new SourceRateLimit(10, 0) });
        using var datagrams = new UdpClient();
        for (var i = 0; i < 100; i++)
        {
            await datagrams.SendAsync("<14>1 - h udp - - - x\n"u8.ToArray(), Address(receiver, "udp"));
        }

        await _sink.WaitAsync(10);
        using var client = new TcpClient();
        await client.ConnectAsync(Address(receiver, "tcp"));
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("<14>1 - h tcp - - - y\n", 15))));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (_sink.Rows.Count(r => r.Contains("service_name=tcp", StringComparison.Ordinal)) < 15)
        {
            await Task.Delay(10, patience.Token);
        }

        var source = _ledger.Sources().Single();
        source.Rejections.Single().Reason.ShouldBe("rate_limit");
        source.RejectedItems.ShouldBeInRange(1, 90);
    }

    [Fact]
    public async Task A_message_over_the_limit_is_passed_over_and_counted()
    {
        await using var receiver = Start(new SyslogConfiguration { Tcp = Free });
        using var client = new TcpClient();
        await client.ConnectAsync(Address(receiver, "tcp"));
        var huge = new string('x', 3 << 20);
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes($"<14>{huge}\n<14>1 - h a - - - two\n{huge.Length + 4} <14>{huge}<14>1 - h a - - - four\n"));
        (await _sink.WaitAsync(2)).Select(r => r.Split('"')[1]).ShouldBe(["two", "four"]);
        _ledger.Sources().Single().Rejections.Single().Items.ShouldBe(2);
    }

    [Fact]
    public void An_address_in_use_is_an_error_of_the_start()
    {
        using var taken = new TcpListener(Free);
        taken.Start();
        Should.Throw<IOException>(() => Start(new SyslogConfiguration { Tcp = (IPEndPoint)taken.LocalEndpoint }))
            .Message.ShouldStartWith($"receiver syslog: tcp address {taken.LocalEndpoint}: ");
    }

    private static IPEndPoint Address(LogPortSet ports, string transport) => Ports.AddressOf(ports, transport);

    private LogPortSet Start(SyslogConfiguration configuration) => Ports.Open(Intake(), SyslogReceiver.Ports(configuration, Intake()));

    private LogIntake Intake() => Ports.Intake(_sink, _ledger);

    private static X509Certificate2 Certificate(string name, X509Certificate2? authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var (from, to) = (TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority is null, false, 0, true));
        if (authority is null)
        {
            return request.CreateSelfSigned(from, to);
        }

        using var certificate = request.Create(authority, from.AddMinutes(1), to.AddMinutes(-1), Encoding.UTF8.GetBytes(name.PadRight(8)[..8]));
        using var whole = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }
}
