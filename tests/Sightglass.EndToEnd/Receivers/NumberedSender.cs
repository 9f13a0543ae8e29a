using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;

namespace Sightglass.EndToEnd.Receivers;

/// <summary>Sends numbered lines until it is told to stop, and knows which of them were acknowledged as far as its protocol does so.</summary>
internal sealed class NumberedSender(string name, string selector, Func<NumberedSender, CancellationToken, Task> send)
{
    // As many as one query answers.
    private const int Most = 4_500;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(4);
    private int _next;

    /// <summary>What it is called.</summary>
    public string Name => name;

    /// <summary>What selects its lines.</summary>
    public string Selector => selector;

    /// <summary>Numbers that the server has taken.</summary>
    public List<int> Acknowledged { get; } = [];

    public async Task RunAsync(CancellationToken stop)
    {
        await send(this, stop);
    }

    /// <summary>Each push is acknowledged by its answer.</summary>
    public static NumberedSender Loki(ServerProcess server) => new("loki", "{sender=\"loki\"}", async (sender, stop) =>
    {
        while (sender.TryNext(stop, out var number))
        {
            var body = new { streams = new[] { new { stream = new { sender = "loki" }, values = new[] { new[] { Now(), $"line {number}" } } } } };
            using var answer = await server.Http.PostAsJsonAsync(new Uri("/loki/api/v1/push", UriKind.Relative), body, CancellationToken.None);
            answer.EnsureSuccessStatusCode();
            sender.Acknowledged.Add(number);
            await Task.Delay(Pause, CancellationToken.None);
        }
    });

    /// <summary>One connection: what was written to it counts.</summary>
    public static NumberedSender SyslogTcp(int port) => new("tcp", "{sender=\"syslog\", service_name=\"tcp\"}", async (sender, stop) =>
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port, CancellationToken.None);
        var stream = client.GetStream();
        while (sender.TryNext(stop, out var number))
        {
            await stream.WriteAsync(Syslog(sender, number), CancellationToken.None);
            sender.Acknowledged.Add(number);
            await Task.Delay(Pause, CancellationToken.None);
        }

        // The server reads to the end before it closes.
        client.Client.Shutdown(SocketShutdown.Send);
        await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, CancellationToken.None);
    });

    /// <summary>Datagrams to this machine do not get lost on the way.</summary>
    public static NumberedSender SyslogUdp(int port) => new("udp", "{sender=\"syslog\", service_name=\"udp\"}", async (sender, stop) =>
    {
        using var client = new UdpClient();
        while (sender.TryNext(stop, out var number))
        {
            await client.SendAsync(Syslog(sender, number), "127.0.0.1", port, CancellationToken.None);
            sender.Acknowledged.Add(number);
            await Task.Delay(Pause, CancellationToken.None);
        }
    });

    /// <summary>Each message is a chunk, and is acknowledged by its id.</summary>
    public static NumberedSender Fluentd(int port) => new("fluentd", "{sender=\"fluentd\"}", async (sender, stop) =>
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port, CancellationToken.None);
        var buffer = new byte[256];
        while (sender.TryNext(stop, out var number))
        {
            var (text, chunk) = ($"line {number}", number.ToString("D6", CultureInfo.InvariantCulture));
            byte[] message =
            [
                0x94, 0xa1, (byte)'t', 0xce, .. Big((uint)DateTimeOffset.Parse(NowText(), CultureInfo.InvariantCulture).ToUnixTimeSeconds()), 0x81, .. Text("message"), .. Text(text), 0x81, .. Text("chunk"), .. Text(chunk),
            ];
            await client.GetStream().WriteAsync(message, CancellationToken.None);
            var read = 0;
            while (read == 0 || !Encoding.UTF8.GetString(buffer, 0, read).Contains(chunk, StringComparison.Ordinal))
            {
                read += await client.GetStream().ReadAsync(buffer.AsMemory(read), CancellationToken.None) is > 0 and var more ? more : throw new IOException("the server closed the connection");
            }

            sender.Acknowledged.Add(number);
            await Task.Delay(Pause, CancellationToken.None);
        }
    });

    /// <summary>A file that grows.</summary>
    public static NumberedSender File(string path) => new("file", "{sender=\"file\"}", async (sender, stop) =>
    {
        await using var file = new StreamWriter(path, append: true);
        while (sender.TryNext(stop, out var number))
        {
            await file.WriteAsync($"line {number}\n");
            await file.FlushAsync(CancellationToken.None);
            sender.Acknowledged.Add(number);
            await Task.Delay(Pause, CancellationToken.None);
        }
    });

    /// <summary>Requests to a port that comes and goes: those that are answered count, of the others nobody says anything.</summary>
    public static NumberedSender ComingAndGoing(Func<Task<string?>> address) => new("elasticsearch", "{service_name=\"elasticsearch\"}", async (sender, stop) =>
    {
        while (sender.TryNext(stop, out var number))
        {
            try
            {
                if (await address() is { } at)
                {
                    using var client = new HttpClient();
                    using var content = new StringContent($"{{\"message\":\"line {number}\",\"sender\":\"elasticsearch\"}}", Encoding.UTF8, "application/json");
                    using var answer = await client.PostAsync(new Uri($"http://{at}/elasticsearch/_doc"), content, CancellationToken.None);
                    answer.EnsureSuccessStatusCode();
                    sender.Acknowledged.Add(number);
                }
            }
            catch (HttpRequestException e) when (e.StatusCode is null)
            {
                // The port went away in between.
            }

            await Task.Delay(Pause, CancellationToken.None);
        }
    });

    private bool TryNext(CancellationToken stop, out int number)
    {
        number = _next++;
        return !stop.IsCancellationRequested && number < Most;
    }

    private static byte[] Syslog(NumberedSender sender, int number) => Encoding.UTF8.GetBytes($"<14>1 {NowText()} h {sender.Name} - - - line {number}\n");

    private static string NowText() => TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);

    private static string Now() => (TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000).ToString(CultureInfo.InvariantCulture);

    private static byte[] Big(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    private static byte[] Text(string text) => [(byte)(0xa0 | text.Length), .. Encoding.ASCII.GetBytes(text)];
}
