using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Sightglass.Ingest.Scrape.Http;

/// <summary>
/// Opens connections: straight, or through an HTTP proxy by CONNECT with the headers that the configuration has, and secures them. The handler's own
/// TLS would ask the server for the name in the address, whatever <c>server_name</c> says.
/// </summary>
internal sealed class Dialer(ProxyChoice proxies, ProxySettings settings, TlsOptions tls)
{
    // An answer to CONNECT is a status line and a few headers.
    private const int MaxAnswerBytes = 16 << 10;

    /// <summary>The callback of a handler.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var request = context.InitialRequestMessage;
        var target = request.RequestUri!;
        var proxy = proxies.Of(target);
        if (target.Scheme != Uri.UriSchemeHttps || proxy is { Scheme: not ("http" or "https") })
        {
            // To the target, or to a proxy with which the handler goes on by itself.
            return await DialAsync(context.DnsEndPoint, cancellation);
        }

        var stream = proxy is null ? await DialAsync(context.DnsEndPoint, cancellation) : await TunnelAsync(target, proxy, cancellation);
        var secured = new SslStream(stream);
        try
        {
            await secured.AuthenticateAsClientAsync(tls.For(target.IdnHost, http2: request.Version.Major >= 2), cancellation);
            return secured;
        }
        catch
        {
            await secured.DisposeAsync();
            throw;
        }
    }

    private async Task<Stream> TunnelAsync(Uri target, Uri proxy, CancellationToken cancellation)
    {
        var stream = await DialAsync(new DnsEndPoint(proxy.IdnHost, proxy.Port), cancellation);
        try
        {
            if (proxy.Scheme == Uri.UriSchemeHttps)
            {
                var secured = new SslStream(stream);
                stream = secured;
                await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = proxy.IdnHost }, cancellation);
            }

            await OpenAsync(stream, $"{(target.HostNameType == UriHostNameType.IPv6 ? target.Host : target.IdnHost)}:{target.Port}", proxy, cancellation);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private static async Task<Stream> DialAsync(DnsEndPoint endPoint, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task OpenAsync(Stream stream, string authority, Uri proxy, CancellationToken cancellation)
    {
        var request = new StringBuilder($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
        if (ProxyChoice.AuthorizationFor(proxy) is { } authorization)
        {
            request.Append("Proxy-Authorization: ").Append(authorization).Append("\r\n");
        }

        foreach (var (name, value) in settings.ConnectHeaders)
        {
            request.Append(name).Append(": ").Append(value.Reveal().ReplaceLineEndings(" ")).Append("\r\n");
        }

        await stream.WriteAsync(Encoding.Latin1.GetBytes(request.Append("\r\n").ToString()), cancellation);
        await stream.FlushAsync(cancellation);

        // Byte by byte, so that nothing of what follows the answer is taken from the TLS layer above.
        var answer = new StringBuilder();
        var one = new byte[1];
        while (!answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, cancellation) == 0 || answer.Length > MaxAnswerBytes)
            {
                throw new IOException("the proxy closed the connection");
            }

            answer.Append((char)one[0]);
        }

        var line = answer.ToString().AsSpan().TrimEnd();
        line = line[..(line.IndexOf('\r') is >= 0 and var end ? end : line.Length)];
        var parts = line.ToString().Split(' ', 3);
        if (parts.Length < 2 || parts[1] != "200")
        {
            throw new IOException($"the proxy answered {string.Join(' ', parts.Skip(1))}");
        }
    }
}
