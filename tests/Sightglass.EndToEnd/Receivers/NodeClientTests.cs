using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Receivers;

/// <summary>The clients that Node.js applications log with are satisfied, and what they sent is there with its level.</summary>
public sealed class NodeClientTests
{
    private const string Configuration = """
        receivers:
          fluentd: [ { listen: '127.0.0.1:0' }, { name: guarded, listen: '127.0.0.1:0', shared_key: hush }, { name: known, listen: '127.0.0.1:0', shared_key: hush, users: [ { username: ann, password: pass } ] } ]
          gelf: { udp: '127.0.0.1:0', tcp: '127.0.0.1:0' }
          elasticsearch: { listen: '127.0.0.1:0' }
        """;

    [Fact]
    public async Task Clients_of_loki_send()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.StartAsync(folder.PathOf("data"));
        var address = server.Http.BaseAddress!.ToString().TrimEnd('/');
        await Agent.NodeAsync("send.mjs", "winstonLoki", address, "json");
        await Agent.NodeAsync("send.mjs", "winstonLoki", address, "protobuf");
        await Agent.NodeAsync("send.mjs", "pinoLoki", address);
        foreach (var app in new[] { "winston-json", "winston-protobuf", "pino" })
        {
            await ThreeLinesAsync(server, $"{{app=\"{app}\"}}", 3);
        }

        (await server.LinesAsync("{app=\"pino\"} | order=`7`", 1)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fluent_logger_gets_its_acknowledgements()
    {
        using var folder = new TemporaryFolder();
        await using var server = await StartAsync(folder);
        var ports = await PortsAsync(server, "fluentd", "tcp");
        foreach (var mode in new[] { "Message", "PackedForward", "CompressedPackedForward" })
        {
            await Agent.NodeAsync("send.mjs", "fluentLogger", $"127.0.0.1:{ports[0]}", mode);
            await ThreeLinesAsync(server, $"{{service_name=\"shop.{mode}\",job=\"fluentd\"}}", 3);
        }

        await Agent.NodeAsync("send.mjs", "fluentLogger", $"127.0.0.1:{ports[1]}", "Message,hush");
        await ThreeLinesAsync(server, "{job=\"guarded\"}", 3);
        await Agent.NodeAsync("send.mjs", "fluentLogger", $"127.0.0.1:{ports[2]}", "Message,hush,ann,pass");
        await ThreeLinesAsync(server, "{job=\"known\"}", 3);
        (await server.LinesAsync("{service_name=\"shop.Message\"} | order=`7` | level=``", 1)).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Gelf_pro_sends_chunks_and_streams()
    {
        using var folder = new TemporaryFolder();
        await using var server = await StartAsync(folder);
        foreach (var transport in new[] { "udp", "tcp" })
        {
            await Agent.NodeAsync("send.mjs", "gelf", $"127.0.0.1:{await server.PortOfAsync("gelf", transport)}", transport);
            await ThreeLinesAsync(server, $"{{service_name=\"gelf-{transport}\"}}", 3);
            (await server.LinesAsync($"{{service_name=\"gelf-{transport}\"}} | noise=~`.{{900,}}`", 1)).Count.ShouldBe(1);
        }
    }

    [Fact]
    public async Task Seq_logging_sends()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.StartAsync(folder.PathOf("data"));
        await Agent.NodeAsync("send.mjs", "seq", server.Http.BaseAddress!.ToString());
        await ThreeLinesAsync(server, "{service_name=\"seq-js\"}", 3);
    }

    [Fact]
    public async Task Elastic_s_own_client_sends()
    {
        using var folder = new TemporaryFolder();
        await using var server = await StartAsync(folder);
        await Agent.NodeAsync("send.mjs", "elastic", $"{server.Http.BaseAddress}elasticsearch");
        await Agent.NodeAsync("send.mjs", "elastic", $"http://127.0.0.1:{await server.PortOfAsync("elasticsearch", "http")}");
        await ThreeLinesAsync(server, "{service_name=\"elastic-js\"}", 6);
    }

    private static async Task<ServerProcess> StartAsync(TemporaryFolder folder)
    {
        File.WriteAllText(folder.PathOf("config.yml"), Configuration);
        return await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
    }

    private static async Task<List<string>> PortsAsync(ServerProcess server, string receiver, string transport)
    {
        var status = await server.GetAsync("/sightglass/v1/status");
        return [.. status.GetProperty("receivers").EnumerateArray()
            .Where(r => r.GetProperty("receiver").GetString() == receiver && r.GetProperty("transport").GetString() == transport)
            .Select(r => r.GetProperty("address").GetString()!.Split(':')[1])];
    }

    private static async Task ThreeLinesAsync(ServerProcess server, string query, int count)
    {
        var lines = await server.LinesAsync(query, count);
        lines.Count.ShouldBe(count, query);
        foreach (var (text, level) in new[] { ("first line", "info"), ("second line", "warn"), ("third line — ü", "error") })
        {
            var found = lines.Where(l => l.Text.Contains(text, StringComparison.Ordinal)).ToList();
            found.Count.ShouldBe(count / 3, $"{query} {text}");
            found[0].Labels["detected_level"].ShouldBe(level, $"{query} {text}");
        }
    }
}
