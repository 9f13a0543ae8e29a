using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Sightglass.Alerting.Tests.Receivers;

/// <summary>An HTTPS server, and the proxy in front of it by CONNECT: both on free ports, both keep what they get.</summary>
internal sealed class TlsReceiver : IDisposable
{
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly TcpListener _proxy = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;

    public TlsReceiver(string name)
    {
        _certificate = Certificate(name, out var authority, out _);
        Authority = authority;
        _server.Start();
        _proxy.Start();
        _ = Task.Run(ServeAsync);
        _ = Task.Run(ForwardAsync);
    }

    /// <summary>PEM of who is to be trusted.</summary>
    public string Authority { get; }

    public string Answer { get; set; } = "ok";

    public int Status { get; set; } = 200;

    public string ConnectAnswer { get; set; } = "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n";

    public int Port => ((IPEndPoint)_server.LocalEndpoint).Port;

    public int ProxyPort => ((IPEndPoint)_proxy.LocalEndpoint).Port;

    /// <summary>Requests that arrived, each with the subject of the client's certificate.</summary>
    public ConcurrentQueue<(string Head, string Client)> Requests { get; } = new();

    public ConcurrentQueue<string> Connects { get; } = new();

    /// <summary>A certificate of one's own for a name, with its PEM.</summary>
    public static X509Certificate2 Certificate(string name, out string certificatePem, out string keyPem)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        (certificatePem, keyPem) = (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }

    public void Dispose()
    {
        _server.Dispose();
        _proxy.Dispose();
        _certificate.Dispose();
    }

    private static async Task<string> HeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) == 1)
        {
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            var client = await _server.AcceptTcpClientAsync();
            _ = Task.Run(async () =>
            {
#pragma warning disable CA5359 // What the client shows is what the test looks at.
                await using var stream = new SslStream(client.GetStream(), false, static (_, _, _, _) => true);
#pragma warning restore CA5359
                await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate, ClientCertificateRequired = true });
                var head = await HeadAsync(stream);
                Requests.Enqueue((head, stream.RemoteCertificate?.Subject ?? string.Empty));
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {Status} Said\r\nContent-Length: {Answer.Length}\r\nConnection: close\r\n\r\n{Answer}"));
                client.Close();
            });
        }
    }

    private async Task ForwardAsync()
    {
        while (true)
        {
            var client = await _proxy.AcceptTcpClientAsync();
            _ = Task.Run(async () =>
            {
                var stream = client.GetStream();
                Connects.Enqueue(await HeadAsync(stream));
                await stream.WriteAsync(Encoding.ASCII.GetBytes(ConnectAnswer));
                using var onward = new TcpClient();
                await onward.ConnectAsync(IPAddress.Loopback, Port);
                await Task.WhenAny(stream.CopyToAsync(onward.GetStream()), onward.GetStream().CopyToAsync(stream));
                client.Close();
            });
        }
    }
}
