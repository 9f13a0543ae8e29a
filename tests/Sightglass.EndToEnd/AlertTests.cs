using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd;

/// <summary>A rule that becomes true reaches a webhook, a Slack-like endpoint and a mail server, and so does its end; a killed server forgets nothing.</summary>
public sealed class AlertTests
{
    [Fact]
    public async Task Firing_and_resolved_reach_every_receiver_also_over_a_kill()
    {
        using var data = new TemporaryFolder();
        using var web = new HttpSink();
        using var mail = new MailSink();
        File.WriteAllText(data.PathOf("rules.yml"), """
            groups:
            - name: queue
              interval: 1s
              rules:
              - alert: QueueLong
                expr: queue_length > 10
                for: 1s
                labels: { severity: critical }
                annotations: { summary: '{{ $labels.job }} has {{ $value }} waiting' }
            """);
        File.WriteAllText(data.PathOf("config.yml"), $$$"""
            global: { evaluation_interval: 1s }
            rule_files: [rules.yml]
            alertmanager:
              global: { smtp_smarthost: '127.0.0.1:{{{mail.Port}}}', smtp_from: 'sightglass@example.com', smtp_require_tls: false }
              route: { receiver: all, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
              receivers:
              - name: all
                webhook_configs: [ { url: 'http://127.0.0.1:{{{web.Port}}}/webhook' } ]
                slack_configs: [ { api_url: 'http://127.0.0.1:{{{web.Port}}}/slack', channel: '#ops', send_resolved: true } ]
                email_configs: [ { to: 'oncall@example.com', send_resolved: true, subject: '{{ .Status }} {{ .GroupLabels.alertname }}', body: '{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}' } ]
            """);
        string activeAt;
        await using (var server = await ServerProcess.StartAsync(data.PathOf("data"), "--config", data.PathOf("config.yml")))
        {
            await Push(server, 12);
            await web.Until(m => m.Contains("/webhook", StringComparison.Ordinal) && m.Contains("\"status\":\"firing\"", StringComparison.Ordinal) && m.Contains("shop has 12 waiting", StringComparison.Ordinal));
            await web.Until(m => m.Contains("/slack", StringComparison.Ordinal) && m.Contains("FIRING:1", StringComparison.Ordinal) && m.Contains("#ops", StringComparison.Ordinal));
            await mail.Until(m => m.Contains("Subject: firing QueueLong", StringComparison.Ordinal) && m.Contains("shop has 12 waiting", StringComparison.Ordinal));
            await server.UntilAsync("/sightglass/v1/notifications", n => n.GetProperty("notifications").EnumerateArray().Count(x => x.GetProperty("status").GetString() == "sent") >= 3);
            activeAt = (await FiringAlert(server)).GetProperty("activeAt").GetString()!;
            await server.KillAsync();
        }

        var before = web.Count;
        await using var again = await ServerProcess.StartAsync(data.PathOf("data"), "--config", data.PathOf("config.yml"));
        await Push(again, 13);
        (await FiringAlert(again)).GetProperty("activeAt").GetString().ShouldBe(activeAt);
        await again.UntilAsync("/api/v1/rules", r => r.GetProperty("data").GetProperty("groups")[0].GetProperty("rules")[0].GetProperty("alerts").EnumerateArray().Any(a => a.GetProperty("value").GetString() == "1.3e+01"));
        web.Count.ShouldBe(before, "the alert was told before the kill and is not told again");
        await Push(again, 1);
        await web.Until(m => m.Contains("/webhook", StringComparison.Ordinal) && m.Contains("\"status\":\"resolved\"", StringComparison.Ordinal));
        await web.Until(m => m.Contains("/slack", StringComparison.Ordinal) && m.Contains("RESOLVED", StringComparison.Ordinal));
        await mail.Until(m => m.Contains("Subject: resolved QueueLong", StringComparison.Ordinal));
        var history = await again.GetAsync("/sightglass/v1/alerts/history");
        history.GetProperty("changes")[0].GetProperty("to").GetString().ShouldBe("inactive");
    }

    [SharedFact]
    public async Task Seed_files_load_unchanged()
    {
        using var data = new TemporaryFolder();
        var (rules, routes) = (SharedInput.PathOf("data/configs/seed-rules.yml"), SharedInput.PathOf("data/configs/seed-alertmanager.yml"));
        File.WriteAllText(data.PathOf("config.yml"), $"rule_files: ['{rules}']\nalertmanager: '{routes}'\n");
        await using var server = await ServerProcess.StartAsync(data.PathOf("data"), "--config", data.PathOf("config.yml"));
        var groups = (await server.GetAsync("/api/v1/rules")).GetProperty("data").GetProperty("groups");
        groups[0].GetProperty("rules").GetArrayLength().ShouldBe(5);
        var receivers = await server.GetAsync("/api/v2/receivers");
        receivers.EnumerateArray().Select(r => r.GetProperty("name").GetString()).ShouldBe(["web.hook", "critical-alerts", "warning-alerts"], ignoreOrder: true);
    }

    private static async Task<JsonElement> FiringAlert(ServerProcess server) =>
        (await server.UntilAsync("/api/v1/alerts", a => a.GetProperty("data").GetProperty("alerts").EnumerateArray().Any(x => x.GetProperty("state").GetString() == "firing")))
            .GetProperty("data").GetProperty("alerts")[0];

    private static async Task Push(ServerProcess server, int value)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var body = $$$"""{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeMetrics":[{"metrics":[{"name":"queue.length","gauge":{"dataPoints":[{"timeUnixNano":"{{{now}}}000000","asInt":"{{{value}}}"}]}}]}]}]}""";
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await server.Otlp.PostAsync(new Uri("/v1/metrics", UriKind.Relative), content);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}

/// <summary>Keeps what arrives, and lets a test wait for it.</summary>
internal abstract class Sink : IDisposable
{
    private readonly List<string> _messages = [];
    private readonly SemaphoreSlim _arrived = new(0);

    public int Count
    {
        get
        {
            lock (_messages)
            {
                return _messages.Count;
            }
        }
    }

    public async Task Until(Func<string, bool> wanted)
    {
        while (true)
        {
            lock (_messages)
            {
                if (_messages.Any(wanted))
                {
                    return;
                }
            }

            if (!await _arrived.WaitAsync(TimeSpan.FromSeconds(30)))
            {
                lock (_messages)
                {
                    throw new TimeoutException("what was waited for did not arrive; there is: " + string.Join("\n", _messages));
                }
            }
        }
    }

    /// <summary>How many there are of a kind.</summary>
    public int Messages(Func<string, bool> wanted)
    {
        lock (_messages)
        {
            return _messages.Count(wanted);
        }
    }

    public virtual void Dispose() => _arrived.Dispose();

    protected void Add(string message)
    {
        lock (_messages)
        {
            _messages.Add(message);
        }

        _arrived.Release();
    }
}

/// <summary>An HTTP endpoint that accepts everything.</summary>
internal sealed class HttpSink : Sink
{
    private readonly HttpListener _listener;

    public HttpSink()
    {
        (_listener, var url) = FreePort.Listen();
        Port = new Uri(url).Port;
        _ = Task.Run(async () =>
        {
            while (_listener.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                try
                {
                    using var reader = new StreamReader(context.Request.InputStream);
                    var body = await reader.ReadToEndAsync();
                    context.Response.Close("ok"u8.ToArray(), willBlock: false);
                    Add($"{context.Request.Url!.AbsolutePath} {body}");
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
                {
                    // Whoever sent it has gone away; the next one is taken all the same.
                }
            }
        });
    }

    public int Port { get; }

    public override void Dispose()
    {
        _listener.Close();
        base.Dispose();
    }
}

/// <summary>A mail server that accepts everything.</summary>
internal sealed class MailSink : Sink
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public MailSink()
    {
        _listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                TcpClient client;
                try
                {
                    client = await _listener.AcceptTcpClientAsync();
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    return;
                }

                _ = Serve(client);
            }
        });
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public override void Dispose()
    {
        _listener.Dispose();
        base.Dispose();
    }

    private async Task Serve(TcpClient client)
    {
        using (client)
        {
            using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.UTF8);
            await using var writer = new StreamWriter(stream, new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\r\n" };
            await writer.WriteLineAsync("220 test");
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line == "DATA")
                {
                    await writer.WriteLineAsync("354 go on");
                    var message = new StringBuilder();
                    while (await reader.ReadLineAsync() is { } text && text != ".")
                    {
                        message.AppendLine(text);
                    }

                    Add(message.ToString());
                }

                await writer.WriteLineAsync(line == "QUIT" ? "221 bye" : "250 ok");
                if (line == "QUIT")
                {
                    return;
                }
            }
        }
    }
}
