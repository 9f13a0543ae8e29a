using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sightglass.Alerting.Tests.Receivers;

/// <summary>Answers at once up to a place, and from there byte by byte without end.</summary>
internal sealed class DrippingServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private int _requests;

    public DrippingServer(string start)
    {
        _listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                _ = Task.Run(() => DripAsync(client, start));
            }
        });
    }

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/";

    /// <summary>Requests whose answer has begun to drip.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public void Dispose() => _listener.Dispose();

    private async Task DripAsync(TcpClient client, string start)
    {
        using (client)
        {
            var stream = client.GetStream();
            var read = await stream.ReadAsync(new byte[64 << 10]);
            read.ShouldBeGreaterThan(0);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(start));
            Interlocked.Increment(ref _requests);
            try
            {
                while (true)
                {
                    await stream.WriteAsync("x"u8.ToArray());
                    await Task.Delay(5);
                }
            }
            catch (IOException)
            {
                // The other side has had enough.
            }
        }
    }
}
