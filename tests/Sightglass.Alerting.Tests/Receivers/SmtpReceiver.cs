using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Sightglass.Alerting.Tests.Receivers;

/// <summary>A real SMTP server on a free port that keeps what it gets.</summary>
internal sealed class SmtpReceiver : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2? _certificate;
    private readonly string _mechanisms;

    public SmtpReceiver(bool tls = false, string mechanisms = "")
    {
        _mechanisms = mechanisms;
        _certificate = tls ? SelfSigned() : null;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = Task.Run(AcceptAsync);
    }

    public int Port { get; }

    public ConcurrentQueue<string> Commands { get; } = new();

    public ConcurrentQueue<string> Messages { get; } = new();

    /// <summary>The answer to the next RCPT, when it is not to be taken.</summary>
    public string? RecipientAnswer { get; set; }

    public void Dispose()
    {
        _listener.Stop();
        _listener.Dispose();
        _certificate?.Dispose();
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await ServeAsync(client.GetStream());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException or System.Security.Authentication.AuthenticationException)
        {
            // The test is over, or the client went away on purpose.
        }
    }

    private async Task ServeAsync(Stream stream)
    {
        var reader = new StreamReader(stream, Encoding.UTF8);
        async Task Say(string text) => await stream.WriteAsync(Encoding.UTF8.GetBytes(text + "\r\n"));
        var secure = false;
        await Say("220 test ESMTP");
        while (await reader.ReadLineAsync() is { } line)
        {
            Commands.Enqueue(line);
            switch (line.Split(' ')[0].ToUpperInvariant())
            {
                case "EHLO":
                    await Say("250-test" + (_certificate is not null && !secure ? "\r\n250-STARTTLS" : string.Empty) + (_mechanisms.Length > 0 ? "\r\n250-AUTH " + _mechanisms : string.Empty) + "\r\n250 8BITMIME");
                    break;
                case "STARTTLS":
                    await Say("220 go");
                    var tls = new SslStream(stream);
                    await tls.AuthenticateAsServerAsync(_certificate!);
                    (stream, secure, reader) = (tls, true, new StreamReader(tls, Encoding.UTF8));
                    break;
                case "AUTH" when line.EndsWith("CRAM-MD5", StringComparison.Ordinal):
                    await Say("334 " + Convert.ToBase64String("<1@test>"u8));
                    Commands.Enqueue(Encoding.UTF8.GetString(Convert.FromBase64String((await reader.ReadLineAsync())!)));
                    await Say("235 welcome");
                    break;
                case "AUTH" when line.EndsWith("LOGIN", StringComparison.Ordinal):
                    await Say("334 VXNlcm5hbWU6");
                    Commands.Enqueue(Encoding.UTF8.GetString(Convert.FromBase64String((await reader.ReadLineAsync())!)));
                    await Say("334 UGFzc3dvcmQ6");
                    Commands.Enqueue(Encoding.UTF8.GetString(Convert.FromBase64String((await reader.ReadLineAsync())!)));
                    await Say("235 welcome");
                    break;
                case "AUTH":
                    await Say("235 welcome");
                    break;
                case "RCPT" when RecipientAnswer is { } answer:
                    await Say(answer);
                    break;
                case "DATA":
                    await Say("354 go");
                    var message = new StringBuilder();
                    while (await reader.ReadLineAsync() is { } text && text != ".")
                    {
                        message.Append(text.StartsWith("..", StringComparison.Ordinal) ? text[1..] : text).Append('\n');
                    }

                    Messages.Enqueue(message.ToString());
                    await Say("250 queued");
                    break;
                case "QUIT":
                    await Say("221 bye");
                    return;
                default:
                    await Say("250 ok");
                    break;
            }
        }
    }
}
