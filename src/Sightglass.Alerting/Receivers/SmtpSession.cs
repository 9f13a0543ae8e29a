using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Sightglass.Alerting.Receivers;

/// <summary>One conversation with an SMTP server (RFC 5321): EHLO, STARTTLS, AUTH PLAIN, LOGIN or CRAM-MD5, one message.</summary>
internal sealed class SmtpSession : IAsyncDisposable
{
    private const int MaxReplyLines = 100;
    private const int MaxReplyLength = 4096;

    private readonly TcpClient _client = new();
    private readonly HashSet<string> _extensions = new(StringComparer.OrdinalIgnoreCase);
    private readonly byte[] _buffer = new byte[MaxReplyLength];
    private Stream _stream = Stream.Null;
    private string[] _mechanisms = [];
    private int _start;
    private int _end;

    /// <summary>Connects and greets; TLS from the first byte when <paramref name="tls"/> says so.</summary>
    public async Task OpenAsync(string host, int port, string hello, SslClientAuthenticationOptions? tls, CancellationToken cancellation)
    {
        await _client.ConnectAsync(host, port, cancellation).ConfigureAwait(false);
        _stream = _client.GetStream();
        if (tls is not null)
        {
            await SecureAsync(tls, cancellation).ConfigureAwait(false);
        }

        await ExpectAsync("connecting", 220, cancellation).ConfigureAwait(false);
        await GreetAsync(hello, cancellation).ConfigureAwait(false);
    }

    public bool Offers(string extension) => _extensions.Contains(extension);

    public async Task StartTlsAsync(string hello, SslClientAuthenticationOptions tls, CancellationToken cancellation)
    {
        await CommandAsync("STARTTLS", "STARTTLS", 220, cancellation).ConfigureAwait(false);
        if (_end > _start)
        {
            // Text sent before the handshake could be an attacker's (RFC 3207, section 6).
            throw new DeliveryException("the server sent text between STARTTLS and TLS", recoverable: false);
        }

        await SecureAsync(tls, cancellation).ConfigureAwait(false);
        await GreetAsync(hello, cancellation).ConfigureAwait(false);
    }

    /// <summary>Authenticates by the first mechanism that the server offers and that there is a secret for.</summary>
    public async Task AuthenticateAsync(string identity, string user, Secret? password, Secret? secret, CancellationToken cancellation)
    {
        foreach (var mechanism in _mechanisms)
        {
            if (mechanism == "CRAM-MD5" && secret is not null)
            {
                var challenge = Convert.FromBase64String(await CommandAsync("AUTH", "AUTH CRAM-MD5", 334, cancellation).ConfigureAwait(false));
#pragma warning disable CA5351 // The mechanism is MD5 by definition (RFC 2195).
                var digest = Convert.ToHexStringLower(HMACMD5.HashData(Encoding.UTF8.GetBytes(secret.Reveal()), challenge));
#pragma warning restore CA5351
                await CommandAsync("AUTH", Base64($"{user} {digest}"), 235, cancellation).ConfigureAwait(false);
                return;
            }

            if (mechanism == "PLAIN" && password is not null)
            {
                await CommandAsync("AUTH", "AUTH PLAIN " + Base64($"{identity}\0{user}\0{password.Reveal()}"), 235, cancellation).ConfigureAwait(false);
                return;
            }

            if (mechanism == "LOGIN" && password is not null)
            {
                await CommandAsync("AUTH", "AUTH LOGIN", 334, cancellation).ConfigureAwait(false);
                await CommandAsync("AUTH", Base64(user), 334, cancellation).ConfigureAwait(false);
                await CommandAsync("AUTH", Base64(password.Reveal()), 235, cancellation).ConfigureAwait(false);
                return;
            }
        }

        throw new DeliveryException($"no usable authentication: the server offers \"{string.Join(' ', _mechanisms)}\"", recoverable: false);
    }

    public async Task SendAsync(string from, IReadOnlyList<string> to, string message, CancellationToken cancellation)
    {
        await CommandAsync("MAIL", $"MAIL FROM:<{from}>", 250, cancellation).ConfigureAwait(false);
        foreach (var recipient in to)
        {
            await CommandAsync("RCPT", $"RCPT TO:<{recipient}>", 250, cancellation).ConfigureAwait(false);
        }

        await CommandAsync("DATA", "DATA", 354, cancellation).ConfigureAwait(false);
        await WriteAsync(Stuffed(message) + ".\r\n", cancellation).ConfigureAwait(false);
        await ExpectAsync("DATA", 250, cancellation).ConfigureAwait(false);
        await WriteAsync("QUIT\r\n", cancellation).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync().ConfigureAwait(false);
        _client.Dispose();
    }

    /// <summary>A line that begins with a dot gets a second one; every line ends with CR LF.</summary>
    internal static string Stuffed(string message)
    {
        var text = new StringBuilder(message.Length + 64);
        foreach (var line in message.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'))
        {
            text.Append(line.StartsWith('.') ? "." : string.Empty).Append(line).Append("\r\n");
        }

        return text.ToString();
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private async Task SecureAsync(SslClientAuthenticationOptions tls, CancellationToken cancellation)
    {
        var stream = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = stream;
        await stream.AuthenticateAsClientAsync(tls, cancellation).ConfigureAwait(false);
    }

    private async Task GreetAsync(string hello, CancellationToken cancellation)
    {
        _extensions.Clear();
        _mechanisms = [];
        await WriteAsync($"EHLO {hello}\r\n", cancellation).ConfigureAwait(false);
        var (code, lines) = await ReplyAsync(cancellation).ConfigureAwait(false);
        if (code >= 500)
        {
            await CommandAsync("HELO", $"HELO {hello}", 250, cancellation).ConfigureAwait(false);
            return;
        }

        Check("EHLO", code, 250, lines);
        foreach (var line in lines.Skip(1))
        {
            var words = line.Split([' ', '='], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 0)
            {
                _extensions.Add(words[0]);
                _mechanisms = words[0].Equals("AUTH", StringComparison.OrdinalIgnoreCase) ? [.. words.Skip(1).Select(static w => w.ToUpperInvariant())] : _mechanisms;
            }
        }
    }

    private async Task<string> CommandAsync(string what, string line, int want, CancellationToken cancellation)
    {
        if (line.AsSpan().ContainsAny('\r', '\n'))
        {
            throw new DeliveryException($"{what}: a line break in a command", recoverable: false);
        }

        await WriteAsync(line + "\r\n", cancellation).ConfigureAwait(false);
        return await ExpectAsync(what, want, cancellation).ConfigureAwait(false);
    }

    private async Task<string> ExpectAsync(string what, int want, CancellationToken cancellation)
    {
        var (code, lines) = await ReplyAsync(cancellation).ConfigureAwait(false);
        Check(what, code, want, lines);
        return lines[^1];
    }

    private static void Check(string what, int code, int want, List<string> lines)
    {
        if (code != want && !(want == 250 && code == 251))
        {
            throw new DeliveryException($"{what}: the server answered {code} {string.Join(' ', lines)}", recoverable: code is >= 400 and < 500);
        }
    }

    private async Task<(int Code, List<string> Lines)> ReplyAsync(CancellationToken cancellation)
    {
        var lines = new List<string>();
        while (lines.Count < MaxReplyLines)
        {
            var line = await LineAsync(cancellation).ConfigureAwait(false);
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code))
            {
                throw new DeliveryException("the server's answer is not SMTP", recoverable: false);
            }

            lines.Add(line.Length > 4 ? line[4..] : string.Empty);
            if (line.Length == 3 || line[3] != '-')
            {
                return (code, lines);
            }
        }

        throw new DeliveryException("the server's answer does not end", recoverable: false);
    }

    private async Task<string> LineAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var feed = Array.IndexOf(_buffer, (byte)'\n', _start, _end - _start);
            if (feed >= 0)
            {
                var line = Encoding.UTF8.GetString(_buffer, _start, feed - _start).TrimEnd('\r');
                _start = feed + 1;
                return line;
            }

            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            if (_end == _buffer.Length)
            {
                throw new DeliveryException("the server's answer has a line that is too long", recoverable: false);
            }

            var read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
            _end += read > 0 ? read : throw new DeliveryException("the server closed the connection", recoverable: true);
        }
    }

    private async Task WriteAsync(string text, CancellationToken cancellation)
    {
        await _stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation).ConfigureAwait(false);
        await _stream.FlushAsync(cancellation).ConfigureAwait(false);
    }
}
