using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Sightglass.Core.Errors;

namespace Sightglass.Ingest.Scrape.Discovery;

/// <summary>
/// Asks the system's DNS servers for records (RFC 1035): over UDP, and over TCP where an answer does not fit. The framework resolves addresses only,
/// discovery needs SRV, MX and NS too. Thread-safe.
/// </summary>
internal sealed class DnsClient(string resolverConfiguration, TimeProvider time)
{
    private const int Port = 53;

    /// <summary>The records of a name, tried with the search domains.</summary>
    /// <exception cref="ScrapeFailedException">No server answered.</exception>
    public async Task<IReadOnlyList<DnsRecord>> ResolveAsync(string name, DnsRecordType type, CancellationToken cancellation)
    {
        // Read each time: networks come and go. The file is small and the interval long.
        var resolver = ResolverConfiguration.Read(resolverConfiguration);
        var everyNameAnswered = true;
        foreach (var candidate in resolver.Candidates(name))
        {
            var answer = await AskServersAsync(resolver, candidate, type, cancellation);
            if (answer is { Exists: true })
            {
                return answer.Records;
            }

            everyNameAnswered &= answer is not null;
        }

        return everyNameAnswered ? [] : throw new ScrapeFailedException($"could not resolve \"{name}\": all servers responded with errors to at least one search domain");
    }

    private async Task<DnsAnswer?> AskServersAsync(ResolverConfiguration resolver, string name, DnsRecordType type, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < resolver.Attempts; attempt++)
        {
            foreach (var server in resolver.Servers)
            {
                using var deadline = new CancellationTokenSource(resolver.Timeout, time);
                using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
                try
                {
                    return await AskAsync(server, name, type, linked.Token);
                }
                catch (Exception e) when (e is SocketException or IOException or MalformedInputException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
                {
                    // The next server, or another attempt.
                }
            }
        }

        return null;
    }

    private static async Task<DnsAnswer> AskAsync(IPEndPoint server, string name, DnsRecordType type, CancellationToken cancellation)
    {
        var id = (ushort)RandomNumberGenerator.GetInt32(1 << 16);
        var question = DnsMessage.Question(id, name, type);
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancellation);
        await socket.SendAsync(question, SocketFlags.None, cancellation);
        var buffer = new byte[DnsMessage.MaxUdpBytes];
        while (true)
        {
            var length = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellation);
            if (!DnsMessage.Answers(buffer.AsSpan(0, length), question))
            {
                // Late, or forged.
                continue;
            }

            return DnsMessage.IsTruncated(buffer) ? await AskOverTcpAsync(server, question, type, cancellation) : DnsMessage.Read(buffer.AsSpan(0, length), type);
        }
    }

    private static async Task<DnsAnswer> AskOverTcpAsync(IPEndPoint server, byte[] question, DnsRecordType type, CancellationToken cancellation)
    {
        using var client = new TcpClient(server.AddressFamily);
        await client.ConnectAsync(server, cancellation);
        var stream = client.GetStream();
        var framed = new byte[question.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)question.Length);
        question.CopyTo(framed, 2);
        await stream.WriteAsync(framed, cancellation);
        var size = new byte[2];
        await stream.ReadExactlyAsync(size, cancellation);
        var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(size)];
        await stream.ReadExactlyAsync(answer, cancellation);
        return DnsMessage.Answers(answer, question) ? DnsMessage.Read(answer, type) : throw new MalformedInputException("the answer is to another question");
    }

    /// <summary>What of resolv.conf is used.</summary>
    private sealed record ResolverConfiguration(IReadOnlyList<IPEndPoint> Servers, IReadOnlyList<string> Search, int Dots, TimeSpan Timeout, int Attempts)
    {
        public static ResolverConfiguration Read(string path)
        {
            var servers = new List<IPEndPoint>();
            string[] search = [];
            var (dots, timeout, attempts) = (1, 5, 2);
            string[] lines;
            try
            {
                lines = File.ReadAllLines(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new ScrapeFailedException($"could not load {path}: {e.Message}");
            }

            foreach (var line in lines)
            {
                var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
                switch (words)
                {
                    // A port after a # is no part of the format, but common where a server listens elsewhere.
                    case ["nameserver", var address, ..] when IPEndPoint.TryParse(address.Replace('#', ':'), out var server):
                        servers.Add(server.Port == 0 ? new IPEndPoint(server.Address, Port) : server);
                        break;
                    case ["domain", var domain, ..]:
                        search = [domain];
                        break;
                    case ["search", ..]:
                        search = words[1..];
                        break;
                    case ["options", ..]:
                        foreach (var option in words.AsSpan(1))
                        {
                            dots = Option(option, "ndots:", dots, 15);
                            timeout = Math.Max(1, Option(option, "timeout:", timeout, 30));
                            attempts = Math.Max(1, Option(option, "attempts:", attempts, 5));
                        }

                        break;
                }
            }

            return new ResolverConfiguration(servers.Count > 0 ? servers : [new IPEndPoint(IPAddress.Loopback, Port)], search, dots, TimeSpan.FromSeconds(timeout), attempts);
        }

        /// <summary>The names to ask for, in order: a name with enough dots first as it is.</summary>
        public IEnumerable<string> Candidates(string name)
        {
            if (name.EndsWith('.'))
            {
                return [name];
            }

            var searched = Search.Select(domain => $"{name}.{domain.TrimEnd('.')}.");
            return name.Count(c => c == '.') >= Dots ? [name + ".", .. searched] : [.. searched, name + "."];
        }

        private static int Option(string option, string name, int otherwise, int most) =>
            option.StartsWith(name, StringComparison.Ordinal)
            && int.TryParse(option.AsSpan(name.Length), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var value)
                ? Math.Min(value, most)
                : otherwise;
    }
}
