using System.Net;
using System.Net.Sockets;

namespace Sightglass.TestKit;

/// <summary>
/// Ports of the loopback address for servers that cannot choose one themselves. They lie below those that the system gives to connections and to whoever asks for any:
/// between the choice and the server that binds it nobody is given it by chance.
/// </summary>
public static class FreePort
{
    private const int First = 16_000;
    private const int Count = 16_000;
    private const int Attempts = 1_000;

    // Another start in each process: two of them do not try the same ports at one time.
    private static int _last = Random.Shared.Next(Count);

    /// <summary>A port that nobody listens at and that this process has not handed out before.</summary>
    public static int Take()
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _last) % Count);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException) when (attempt < Attempts)
            {
                // Somebody's.
            }
        }
    }

    /// <summary>A web server that listens, and where; its address ends with a slash.</summary>
    public static (HttpListener Listener, string Url) Listen()
    {
        for (var attempt = 1; ; attempt++)
        {
            var url = $"http://127.0.0.1:{Take()}/";
            var listener = new HttpListener { Prefixes = { url } };
            try
            {
                listener.Start();
                return (listener, url);
            }
            catch (HttpListenerException) when (attempt < Attempts)
            {
                // Another process was faster.
                listener.Close();
            }
        }
    }
}
