using System.Net.Sockets;
using System.Security.Authentication;

namespace Sightglass.Ingest.Scrape.Http;

/// <summary>Says why a request had no answer, in the words that Prometheus' users know from it. Never tells credentials.</summary>
internal static class HttpFailure
{
    public static string Describe(Uri url, Exception failure)
    {
        var cause = failure;
        while (cause is HttpRequestException { InnerException: { } inner })
        {
            cause = inner;
        }

        var host = $"{url.Host}:{url.Port}";
        var text = cause switch
        {
            AuthenticationException => $"tls: {(cause.InnerException is { } inner and not SocketException ? inner.Message : cause.Message)}",
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } => $"dial tcp {host}: connect: connection refused",
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => $"dial tcp: lookup {url.Host}: no such host",
            SocketException { SocketErrorCode: SocketError.HostUnreachable } => $"dial tcp {host}: connect: no route to host",
            SocketException { SocketErrorCode: SocketError.NetworkUnreachable } => $"dial tcp {host}: connect: network is unreachable",
            SocketException { SocketErrorCode: SocketError.TimedOut } => $"dial tcp {host}: connect: connection timed out",
            HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => "EOF",
            _ => cause.Message,
        };
        return $"Get \"{Shown(url)}\": {text}";
    }

    /// <summary>An address without a user and a password in it.</summary>
    public static string Shown(Uri url) => url.UserInfo.Length == 0 ? url.OriginalString : url.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.UserInfo, UriFormat.UriEscaped);
}
