using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Sightglass.Ingest.Tests.Scrape;

/// <summary>A request as a <see cref="TinyServer"/> sees it.</summary>
internal sealed record TinyRequest(string Line, IReadOnlyDictionary<string, string> Headers, string Body, X509Certificate? Client)
{
    public string this[string header] => Headers.GetValueOrDefault(header, string.Empty);
}

/// <summary>An HTTP/1.1 server on a socket, with TLS or as a proxy where a test needs one. One request for each connection.</summary>
internal sealed class TinyServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2? _certificate;
    private readonly Func<TinyRequest, string> _answer;
    private readonly IPEndPoint? _tunnelTo;
    private readonly Task _loop;

    public TinyServer(Func<TinyRequest, string> answer, X509Certificate2? certificate = null, IPEndPoint? tunnelTo = null)
    {
        (_answer, _certificate, _tunnelTo) = (answer, certificate, tunnelTo);
        _listener.Start();
        _loop = Task.Run(AcceptAsync);
    }

    public List<TinyRequest> Requests { get; } = [];

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    public Uri Url => new($"{(_certificate is null ? "http" : "https")}://{EndPoint}/metrics");

    public static string Ok(string body, string type = "text/plain") => $"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}";

    public static string Status(string status, string headers = "") => $"HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n";

    /// <summary>A certificate by its own authority, and both as PEM.</summary>
    public static (X509Certificate2 Certificate, string Pem, string KeyPem) MakeCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var made = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        var (pem, keyPem) = (made.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
        return (X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null), pem, keyPem);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _loop;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                Stream stream = client.GetStream();
                X509Certificate? peer = null;
                if (_certificate is not null)
                {
                    var tls = new SslStream(stream);
                    await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                    {
                        ServerCertificate = _certificate,
                        ClientCertificateRequired = true,
                        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is null || certificate.Subject.Length > 0,
                    });
                    peer = tls.RemoteCertificate;
                    stream = tls;
                }

                var request = await ReadAsync(stream, peer);
                lock (Requests)
                {
                    Requests.Add(request);
                }

                await stream.WriteAsync(Encoding.UTF8.GetBytes(_answer(request)));
                if (_tunnelTo is not null && request.Line.StartsWith("CONNECT", StringComparison.Ordinal))
                {
                    using var target = new TcpClient();
                    await target.ConnectAsync(_tunnelTo);
                    await Task.WhenAny(stream.CopyToAsync(target.GetStream()), target.GetStream().CopyToAsync(stream));
                }
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                // The client went away: tests of failures do.
            }
        }
    }

    private static async Task<TinyRequest> ReadAsync(Stream stream, X509Certificate? peer)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one);
            text.Append((char)one[0]);
        }

        var lines = text.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(l => l.Split(": ", 2)).ToDictionary(p => p[0], p => p[1], StringComparer.OrdinalIgnoreCase);
        var body = new byte[headers.TryGetValue("Content-Length", out var length) ? int.Parse(length, System.Globalization.CultureInfo.InvariantCulture) : 0];
        await stream.ReadExactlyAsync(body);
        return new TinyRequest(lines[0], headers, Encoding.UTF8.GetString(body), peer);
    }
}
