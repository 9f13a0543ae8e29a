using System.Net;
using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Model;
using Sightglass.TestKit;

namespace Sightglass.Alerting.Tests.Receivers;

/// <summary>Where messages may go, with which headers and tokens, and what errors say.</summary>
public sealed class OutgoingTests
{
    private static readonly NotificationTemplates Templates = new([], TimeProvider.System);

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("::ffff:10.0.0.1", true)]
    [InlineData("169.254.169.254", true)]
    [InlineData("172.16.0.1", true)]
    [InlineData("172.32.0.1", false)]
    [InlineData("192.168.1.1", true)]
    [InlineData("100.64.0.1", true)]
    [InlineData("fe80::1", true)]
    [InlineData("fd00::1", true)]
    [InlineData("0.0.0.0", true)]
    [InlineData("8.8.8.8", false)]
    [InlineData("2001:4860:4860::8888", false)]
    public void Addresses_of_the_own_network_are_known(string address, bool isPrivate) => OutgoingPolicy.IsPrivate(IPAddress.Parse(address)).ShouldBe(isPrivate);

    [Theory]
    [InlineData("hooks.slack.com", true)]
    [InlineData("HOOKS.slack.com.", true)]
    [InlineData("evil.hooks.slack.com", false)]
    [InlineData("a.example.com", true)]
    [InlineData("a.b.example.com", true)]
    [InlineData("example.com", false)]
    [InlineData("evilexample.com", false)]
    [InlineData("[::1]", true)]
    public void Hosts_are_allowed_by_name(string host, bool isAllowed)
    {
        var policy = new OutgoingPolicy { AllowedHosts = ["hooks.slack.com", "*.example.com", "::1"] };
        if (isAllowed)
        {
            policy.CheckHost(host);
            return;
        }

        Should.Throw<DeliveryException>(() => policy.CheckHost(host)).Message.ShouldContain("allowed_hosts");
    }

    [Fact]
    public async Task Every_redirect_is_checked()
    {
        using var server = new RedirectingReceiver("http://localhost");
        var policy = new OutgoingPolicy { AllowedHosts = ["127.0.0.1"] };
        using var poster = new HttpPoster(HttpConfiguration.Default with { Outgoing = policy });
        var error = await Should.ThrowAsync<DeliveryException>(() => poster.SendAsync(new HttpCall(HttpMethod.Post, new Secret(server.Url), "{}"u8.ToArray()), CancellationToken.None));
        error.Message.ShouldContain("localhost is not in alerting.allowed_hosts");
        error.Recoverable.ShouldBeFalse();
    }

    [Fact]
    public async Task Redirects_to_the_same_host_are_followed_with_the_body_kept_or_not()
    {
        using var server = new RedirectingReceiver(null);
        using var poster = new HttpPoster(HttpConfiguration.Default);
        (await poster.SendAsync(new HttpCall(HttpMethod.Post, new Secret(server.Url), "{}"u8.ToArray()), CancellationToken.None)).Status.ShouldBe(200);
        server.Seen.ShouldBe(["POST / {}", "POST /kept {}", "GET /dropped "]);
    }

    [Fact]
    public async Task Private_addresses_are_refused_also_behind_a_name()
    {
        using var server = new HttpReceiver();
        using var poster = new HttpPoster(HttpConfiguration.Default with { Outgoing = new OutgoingPolicy { RefusePrivate = true } });
        foreach (var url in (string[])[server.Url, server.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal)])
        {
            var error = await Should.ThrowAsync<DeliveryException>(() => poster.SendAsync(new HttpCall(HttpMethod.Post, new Secret(url), default), CancellationToken.None));
            error.Message.ShouldContain("private");
        }

        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Headers_and_tokens_are_sent_and_tokens_are_kept()
    {
        using var server = new HttpReceiver();
        server.Answers.Enqueue((401, "no"));
        server.Answers.Enqueue((200, """{"access_token":"T0K","expires_in":3600}"""));
        var webhook = (WebhookConfiguration)Load($"webhook_configs: [{{url: '{server.Url}hook', http_config: {{oauth2: {{client_id: 'a b', client_secret: s, token_url: '{server.Url}token', scopes: [x, y]}}}}}}]");
        using var notifier = new WebhookNotifier(webhook, Templates);
        await notifier.SendAsync(Message(), CancellationToken.None);
        await notifier.SendAsync(Message(), CancellationToken.None);
        var requests = server.Requests.ToArray();
        requests.Select(static r => r.Path).ShouldBe(["/token", "/token", "/hook", "/hook"]);
        requests[0].Body.ShouldBe("grant_type=client_credentials&scope=x+y");
        requests[0].Authorization.ShouldBe("Basic " + Convert.ToBase64String("a+b:s"u8));
        requests[1].Body.ShouldBe("client_id=a+b&client_secret=s&grant_type=client_credentials&scope=x+y");
        requests[3].Authorization.ShouldBe("Bearer T0K");
    }

    [Fact]
    public async Task Receivers_that_ask_for_patience_are_heard_and_errors_carry_no_secret()
    {
        using var server = new RedirectingReceiver(null) { Status = 429 };
        using var poster = new HttpPoster(HttpConfiguration.Default);
        var call = new HttpCall(HttpMethod.Post, new Secret(server.Url + "?token=hidden"), default) { Headers = [("X-Auth-Token", new Secret("topsecret"))] };
        var error = await Should.ThrowAsync<DeliveryException>(() => poster.SendAsync(call, CancellationToken.None));
        error.RetryAfter.ShouldBe(TimeSpan.FromSeconds(7));
        error.Recoverable.ShouldBeTrue();
        error.Message.ShouldContain("429");
        error.Message.ShouldNotContain("topsecret");
        error.Message.ShouldNotContain("hidden");
    }

    [Theory]
    [InlineData("proxy_url: 'http://p', no_proxy: 'internal,.lan,10.0.0.0/8'", "http://a.internal/", true)]
    [InlineData("proxy_url: 'http://p', no_proxy: 'internal,.lan,10.0.0.0/8'", "http://10.1.2.3/", true)]
    [InlineData("proxy_url: 'http://p', no_proxy: 'internal,.lan,10.0.0.0/8'", "http://example.com/", false)]
    [InlineData("proxy_url: 'http://p', no_proxy: '*'", "http://example.com/", true)]
    public void Hosts_of_no_proxy_are_talked_to_directly(string http, string url, bool isDirect) =>
        ((WebhookConfiguration)Load($"webhook_configs: [{{url: 'http://x', http_config: {{{http}}}}}]")).Http.Proxy!.IsBypassed(new Uri(url)).ShouldBe(isDirect);

    private static IntegrationConfiguration Load(string integrations) =>
        AlertmanagerConfigurationLoader.Load("a.yml", $"route: {{receiver: a}}\nreceivers:\n- name: a\n  {integrations}\n", ".").Receivers[0].Integrations[0];

    private static NotificationMessage Message()
    {
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var alert = new Alert { Labels = LabelSet.From([new Label("alertname", "A")]), Annotations = LabelSet.Empty, StartsAt = now, EndsAt = now, UpdatedAt = now, GeneratorUrl = string.Empty };
        return new NotificationMessage("a", "{}:{}", LabelSet.Empty, [(alert, false)], new Uri("http://sight/"));
    }

    /// <summary>Redirects / to /kept (307) and that to /dropped (302), or elsewhere; or answers with a status and Retry-After.</summary>
    private sealed class RedirectingReceiver : IDisposable
    {
        private readonly HttpListener _listener;
        private readonly string? _elsewhere;

        public RedirectingReceiver(string? elsewhere)
        {
            _elsewhere = elsewhere;
            (_listener, Url) = FreePort.Listen();
            _ = Task.Run(ServeAsync);
        }

        public string Url { get; }

        public int Status { get; init; }

        public List<string> Seen { get; } = [];

        public void Dispose() => _listener.Close();

        private async Task ServeAsync()
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

                using var reader = new StreamReader(context.Request.InputStream);
                var path = context.Request.Url!.AbsolutePath;
                Seen.Add($"{context.Request.HttpMethod} {path} {await reader.ReadToEndAsync()}");
                context.Response.StatusCode = Status != 0 ? Status : path switch { "/" => 307, "/kept" => 302, _ => 200 };
                context.Response.AddHeader("Retry-After", "7");
                if (path != "/dropped")
                {
                    context.Response.RedirectLocation = _elsewhere ?? (path == "/" ? "/kept" : "/dropped");
                }

                var text = System.Text.Encoding.UTF8.GetBytes(Status != 0 ? "slow down, topsecret" : "ok");
                await context.Response.OutputStream.WriteAsync(text);
                context.Response.Close();
            }
        }
    }
}
