using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Sightglass.Alerting.Receivers;

/// <summary>
/// Opens the connections of a receiver: straight, to addresses that may be talked to, or through an HTTP proxy by CONNECT. It secures them itself: the
/// handler's own TLS would want the name in the address from the server, whatever <c>server_name</c> says.
/// </summary>
internal sealed class Dialer(HttpConfiguration configuration)
{
    // The answer to CONNECT is a status line and a few headers.
    private const int MaxConnectAnswerBytes = 16 << 10;

    /// <summary>The callback of a handler.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var target = context.InitialRequestMessage.RequestUri!;
        var proxy = configuration.Proxy?.Of(target);
        if (proxy is not null && !configuration.Proxy!.IsTunnelled(target))
        {
            // The handler goes on by itself with the proxy that it has asked for.
            return await DialAsync(context.DnsEndPoint, cancellation).ConfigureAwait(false);
        }

        var stream = proxy is null ? await DirectAsync(context.DnsEndPoint, cancellation).ConfigureAwait(false) : await TunnelAsync(target, proxy, cancellation).ConfigureAwait(false);
        return target.Scheme == Uri.UriSchemeHttps ? await SecureAsync(stream, configuration.Tls.Options, target.IdnHost, cancellation).ConfigureAwait(false) : stream;
    }

    private ValueTask<Stream> DirectAsync(DnsEndPoint point, CancellationToken cancellation) =>
        configuration.Outgoing.RefusePrivate ? configuration.Outgoing.ConnectAsync(point, cancellation) : DialAsync(point, cancellation);

    private static async ValueTask<Stream> DialAsync(DnsEndPoint point, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(point, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async ValueTask<Stream> SecureAsync(Stream stream, Func<string?, SslClientAuthenticationOptions> options, string host, CancellationToken cancellation)
    {
        var secured = new SslStream(stream);
        try
        {
            await secured.AuthenticateAsClientAsync(options(host), cancellation).ConfigureAwait(false);
            return secured;
        }
        catch
        {
            await secured.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask<Stream> TunnelAsync(Uri target, Uri proxy, CancellationToken cancellation)
    {
        var stream = await DialAsync(new DnsEndPoint(proxy.IdnHost, proxy.Port), cancellation).ConfigureAwait(false);
        if (proxy.Scheme == Uri.UriSchemeHttps)
        {
            stream = await SecureAsync(stream, TlsConfiguration.Default.Options, proxy.IdnHost, cancellation).ConfigureAwait(false);
        }

        try
        {
            await AskAsync(stream, $"{(target.HostNameType == UriHostNameType.IPv6 ? target.Host : target.IdnHost)}:{target.Port}", proxy, cancellation).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask AskAsync(Stream stream, string authority, Uri proxy, CancellationToken cancellation)
    {
        var request = new StringBuilder($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
        var headers = configuration.Proxy!.ConnectHeaders;
        if (ReceiverProxy.AuthorizationFor(proxy) is { } authorization && headers.All(static h => !h.Key.Equals("Proxy-Authorization", StringComparison.OrdinalIgnoreCase)))
        {
            request.Append("Proxy-Authorization: ").Append(authorization).Append("\r\n");
        }

        foreach (var (name, value) in headers)
        {
            request.Append(name).Append(": ").Append(value.Reveal()).Append("\r\n");
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(request.Append("\r\n").ToString()), cancellation).ConfigureAwait(false);
        await stream.FlushAsync(cancellation).ConfigureAwait(false);

        // Byte by byte: what follows the answer belongs to TLS.
        var answer = new byte[MaxConnectAnswerBytes];
        var length = 0;
        while (!answer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
        {
            if (length == answer.Length || await stream.ReadAsync(answer.AsMemory(length, 1), cancellation).ConfigureAwait(false) == 0)
            {
                throw new IOException(length == answer.Length ? $"the proxy's answer to CONNECT has more than {MaxConnectAnswerBytes} bytes" : "the proxy closed the connection");
            }

            length++;
        }

        var status = Encoding.Latin1.GetString(answer, 0, length).Split("\r\n", 2)[0].Split(' ', 3);
        if (status.Length < 2 || status[1] != "200")
        {
            throw new IOException($"the proxy answered {string.Join(' ', status.Skip(1))}");
        }
    }
}
