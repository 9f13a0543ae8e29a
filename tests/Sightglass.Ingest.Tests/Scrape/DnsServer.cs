using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Sightglass.Ingest.Scrape.Discovery;

namespace Sightglass.Ingest.Tests.Scrape;

/// <summary>A DNS server over UDP and TCP with the records of a test. Names of "big." are answered over TCP only, of "broken." with an error.</summary>
internal sealed class DnsServer : IAsyncDisposable
{
    private readonly Socket _udp;
    private readonly TcpListener _tcp;
    private readonly Task[] _loops;
    private readonly Dictionary<(string Name, int Type), byte[][]> _records = [];

    public DnsServer()
    {
        (_udp, _tcp) = Bind();
        _loops = [Task.Run(ServeUdpAsync), Task.Run(ServeTcpAsync)];
    }

    // One port for both; the one that UDP is given may be somebody's by TCP.
    private static (Socket Udp, TcpListener Tcp) Bind()
    {
        for (var attempt = 1; ; attempt++)
        {
            var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var tcp = new TcpListener((IPEndPoint)udp.LocalEndPoint!);
            try
            {
                tcp.Start();
                return (udp, tcp);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && attempt < 20)
            {
                udp.Dispose();
            }
        }
    }

    public int Port => ((IPEndPoint)_udp.LocalEndPoint!).Port;

    public List<string> Asked { get; } = [];

    public DnsServer Add(string name, DnsRecordType type, params byte[][] data)
    {
        _records[(name, (int)type)] = data;
        return this;
    }

    public static byte[] Srv(ushort port, string target) => [0, 1, 0, 2, (byte)(port >> 8), (byte)port, .. Name(target)];

    public static byte[] Mx(string target) => [0, 10, .. Name(target)];

    public static byte[] Name(string name) =>
        [.. name.TrimEnd('.').Split('.').SelectMany(label => Encoding.ASCII.GetBytes(label).Prepend((byte)label.Length)), 0];

    public async ValueTask DisposeAsync()
    {
        _udp.Dispose();
        _tcp.Stop();
        await Task.WhenAll(_loops);
    }

    private async Task ServeUdpAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var received = await _udp.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                await _udp.SendToAsync(Answer(buffer.AsSpan(0, received.ReceivedBytes), overTcp: false), received.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeTcpAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _tcp.AcceptTcpClientAsync();
                var stream = client.GetStream();
                var size = new byte[2];
                await stream.ReadExactlyAsync(size);
                var question = new byte[BinaryPrimitives.ReadUInt16BigEndian(size)];
                await stream.ReadExactlyAsync(question);
                var answer = Answer(question, overTcp: true);
                BinaryPrimitives.WriteUInt16BigEndian(size, (ushort)answer.Length);
                await stream.WriteAsync((byte[])[.. size, .. answer]);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private byte[] Answer(ReadOnlySpan<byte> question, bool overTcp)
    {
        var name = new StringBuilder();
        var at = 12;
        for (; question[at] != 0; at += question[at] + 1)
        {
            name.Append(Encoding.ASCII.GetString(question.Slice(at + 1, question[at]))).Append('.');
        }

        var text = name.ToString();
        var type = BinaryPrimitives.ReadUInt16BigEndian(question[(at + 1)..]);
        lock (Asked)
        {
            Asked.Add($"{text} {(overTcp ? "tcp" : "udp")}");
        }

        var found = _records.TryGetValue((text, type), out var records);
        var truncated = text.StartsWith("big.", StringComparison.Ordinal) && !overTcp;
        var code = text.StartsWith("broken.", StringComparison.Ordinal) ? 2 : found ? 0 : 3;
        var answer = new List<byte>([question[0], question[1], (byte)(0x81 | (truncated ? 2 : 0)), (byte)(0x80 | code), 0, 1, 0, 0, 0, 0, 0, 0]);
        answer.AddRange(question[12..(at + 5)]);
        if (found && !truncated)
        {
            // An alias on the way, as for names that are one; its name is a pointer to the question's.
            answer.AddRange([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 12]);
            foreach (var data in records!)
            {
                answer.AddRange([0xc0, 12, (byte)(type >> 8), (byte)type, 0, 1, 0, 0, 0, 9, (byte)(data.Length >> 8), (byte)data.Length, .. data]);
            }

            answer[7] = (byte)(records.Length + 1);
        }

        return [.. answer];
    }
}
