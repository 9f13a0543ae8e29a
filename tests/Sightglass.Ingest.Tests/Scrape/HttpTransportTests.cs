using System.Net;
using Sightglass.Ingest.Scrape;
using Sightglass.Ingest.Scrape.Http;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Scrape;

public sealed class HttpTransportTests
{
    private static readonly HttpClientSettings Plain = HttpClientSettings.Default;

    [Fact]
    public async Task Credentials_of_every_kind()
    {
        await using var server = new TinyServer(_ => TinyServer.Ok("a 1\n"));
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathOf("pw"), "pass\n");
        await Get(Plain with { Basic = new BasicCredentials(SecretText.Of("user"), SecretText.InFile(folder.PathOf("pw"))) }, server.Url);
        await Get(Plain with { Authorization = new HeaderCredentials("Token", SecretText.Of("abc")) }, server.Url);
        await Get(Plain with { Headers = [new("X-Scope", SecretText.Of("one")), new("X-Scope", SecretText.Of("two"))] }, server.Url);
        server.Requests.Select(r => r["Authorization"]).ShouldBe(["Basic dXNlcjpwYXNz", "Token abc", ""]);
        server.Requests[2]["X-Scope"].ShouldBe("one, two");
    }

    [Fact]
    public async Task Secrets_that_cannot_be_read_fail_the_request_with_the_files_name_only()
    {
        var error = await Fails(Plain with { Authorization = new HeaderCredentials("Bearer", SecretText.InFile("/nowhere/token")) }, new Uri("http://127.0.0.1:1/"));
        error.ShouldStartWith("unable to read file /nowhere/token");
    }

    [Fact]
    public async Task Tokens_are_fetched_once_and_again_when_they_end()
    {
        var tokens = 0;
        await using var tokenServer = new TinyServer(r => r["Authorization"].Length > 0
            ? TinyServer.Status("401 Unauthorized")
            : TinyServer.Ok($"{{\"access_token\":\"t{++tokens}\",\"expires_in\":60}}", "application/json"));
        await using var server = new TinyServer(_ => TinyServer.Ok("a 1\n"));
        var time = new ManualTimeProvider();
        using var transport = new HttpTransport(Plain with
        {
            OAuth2 = new OAuth2Settings("id", SecretText.Of("se cret"), tokenServer.Url, ["a", "b"], [new("audience", "x")], TlsClientSettings.Default, ProxySettings.None),
        }, time);
        await Get(transport, server.Url);
        await Get(transport, server.Url);
        time.Advance(TimeSpan.FromSeconds(51));
        await Get(transport, server.Url);
        server.Requests.Select(r => r["Authorization"]).ShouldBe(["Bearer t1", "Bearer t1", "Bearer t2"]);
        tokenServer.Requests[1].Body.ShouldBe("grant_type=client_credentials&scope=a+b&audience=x&client_id=id&client_secret=se+cret");
    }

    [Fact]
    public async Task Token_errors_tell_no_secret()
    {
        await using var tokenServer = new TinyServer(_ => TinyServer.Status("500 Broken"));
        var error = await Fails(Plain with
        {
            OAuth2 = new OAuth2Settings("id", SecretText.Of("hidden"), tokenServer.Url, [], [], TlsClientSettings.Default, ProxySettings.None),
        }, new Uri("http://127.0.0.1:1/"));
        error.ShouldStartWith("oauth2: cannot fetch token: 500");
        error.ShouldNotContain("hidden");
    }

    [Fact]
    public async Task Redirects_are_followed_with_credentials_on_the_same_host_only()
    {
        await using var other = new TinyServer(_ => TinyServer.Ok("b 1\n"));
        await using var server = new TinyServer(r => r.Line.Contains("/metrics ", StringComparison.Ordinal)
            ? TinyServer.Status("302 Found", "Location: /second\r\n")
            : TinyServer.Status("307 Temporary Redirect", $"Location: http://localhost:{other.EndPoint.Port}/third\r\n"));
        var settings = Plain with { Authorization = new HeaderCredentials("Bearer", SecretText.Of("abc")) };
        (await Get(settings, server.Url)).ShouldBe("b 1\n");
        server.Requests.Select(r => r["Authorization"]).ShouldBe(["Bearer abc", "Bearer abc"]);
        other.Requests.ShouldHaveSingleItem()["Authorization"].ShouldBe("");
        (await Status(settings with { FollowRedirects = false }, server.Url)).ShouldBe(302);
    }

    [Fact]
    public async Task Endless_redirects_end()
    {
        await using var server = new TinyServer(_ => TinyServer.Status("302 Found", "Location: /again\r\n"));
        (await Fails(Plain, server.Url)).ShouldContain("stopped after 10 redirects");
    }

    [Fact]
    public async Task Tls_with_own_authority_client_certificate_and_server_name()
    {
        var (certificate, pem, keyPem) = TinyServer.MakeCertificate("target.test");
        await using var server = new TinyServer(_ => TinyServer.Ok("a 1\n"), certificate);
        var tls = new TlsClientSettings { Authority = SecretText.Of(pem), ServerName = "target.test", Certificate = SecretText.Of(pem), Key = SecretText.Of(keyPem) };
        (await Get(Plain with { Tls = tls }, server.Url)).ShouldBe("a 1\n");
        server.Requests.ShouldHaveSingleItem().Client.ShouldNotBeNull().Subject.ShouldBe("CN=target.test");
        (await Fails(Plain with { Tls = tls with { ServerName = null } }, server.Url)).ShouldContain("tls:");
        (await Fails(Plain, server.Url)).ShouldContain("tls:");
        (await Get(Plain with { Tls = new TlsClientSettings { InsecureSkipVerify = true } }, server.Url)).ShouldBe("a 1\n");
        (await Fails(Plain with { Tls = new TlsClientSettings { Authority = SecretText.Of("no pem") } }, server.Url)).ShouldContain("CA certificate");
        (await Fails(Plain with { Tls = new TlsClientSettings { Certificate = SecretText.Of(pem), Key = SecretText.Of("no key") } }, server.Url)).ShouldContain("client certificate and key");
    }

    [Fact]
    public async Task Certificates_in_files_are_read_again_when_they_change()
    {
        var (certificate, pem, _) = TinyServer.MakeCertificate("target.test");
        await using var server = new TinyServer(_ => TinyServer.Ok("a 1\n"), certificate);
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathOf("ca.pem"), TinyServer.MakeCertificate("other.test").Pem);
        using var transport = new HttpTransport(Plain with { Tls = new TlsClientSettings { Authority = SecretText.InFile(folder.PathOf("ca.pem")), ServerName = "target.test" } }, TimeProvider.System);
        await Should.ThrowAsync<ScrapeFailedException>(() => Get(transport, server.Url));
        File.WriteAllText(folder.PathOf("ca.pem"), pem + "\n");
        (await Get(transport, server.Url)).ShouldBe("a 1\n");
    }

    [Fact]
    public async Task Proxies_for_http_and_https_with_their_headers()
    {
        var (certificate, pem, _) = TinyServer.MakeCertificate("target.test");
        await using var server = new TinyServer(_ => TinyServer.Ok("a 1\n"), certificate);
        await using var proxy = new TinyServer(
            r => r.Line.StartsWith("CONNECT", StringComparison.Ordinal) ? "HTTP/1.1 200 Connection established\r\n\r\n" : TinyServer.Ok("by proxy\n"), tunnelTo: server.EndPoint);
        var through = new ProxySettings { Url = new Uri($"http://us:pa@{proxy.EndPoint}"), ConnectHeaders = [new("X-Via", SecretText.Of("me"))] };
        var settings = Plain with { Proxy = through, Tls = new TlsClientSettings { Authority = SecretText.Of(pem) } };
        (await Get(settings, new Uri("https://target.test:8443/metrics"))).ShouldBe("a 1\n");
        (await Get(settings, new Uri("http://target.test/metrics"))).ShouldBe("by proxy\n");
        (await Get(settings with { Proxy = through with { NoProxy = "127.0.0.0/8" }, Tls = new TlsClientSettings { InsecureSkipVerify = true } }, server.Url)).ShouldBe("a 1\n");
        proxy.Requests.Select(r => (r.Line, r["Proxy-Authorization"], r["X-Via"])).ShouldBe(
        [
            ("CONNECT target.test:8443 HTTP/1.1", "Basic dXM6cGE=", "me"),
            ("GET http://target.test/metrics HTTP/1.1", "Basic dXM6cGE=", ""),
        ]);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/", "Get \"http://127.0.0.1:1/\": dial tcp 127.0.0.1:1: connect: connection refused")]
    [InlineData("http://nobody.invalid:1/", "Get \"http://nobody.invalid:1/\": dial tcp: lookup nobody.invalid: no such host")]
    [InlineData("http://u:hidden@127.0.0.1:1/", "Get \"http://127.0.0.1:1/\": dial tcp 127.0.0.1:1: connect: connection refused")]
    public async Task Failures_are_told_as_Prometheus_tells_them(string url, string message) => (await Fails(Plain, new Uri(url))).ShouldBe(message);

    [Theory]
    [InlineData("a.test", "http://a.test/", true)]
    [InlineData("a.test", "http://x.a.test/", true)]
    [InlineData(".a.test", "http://a.test/", false)]
    [InlineData(".a.test", "http://x.a.test/", true)]
    [InlineData("*.a.test", "http://x.a.test/", true)]
    [InlineData("a.test:81", "http://a.test/", false)]
    [InlineData("a.test:80", "http://a.test/", true)]
    [InlineData("b.test, 10.0.0.0/8", "http://10.1.2.3/", true)]
    [InlineData("10.1.2.3", "http://10.1.2.4/", false)]
    [InlineData("b.test", "http://localhost/", true)]
    [InlineData("b.test", "http://127.0.0.1/", true)]
    [InlineData("*", "https://any.test/", true)]
    [InlineData("", "http://127.0.0.1/", false)]
    public void No_proxy(string noProxy, string url, bool direct) =>
        (new ProxyChoice(new ProxySettings { Url = new Uri("http://p:3128"), NoProxy = noProxy }).Of(new Uri(url)) is null).ShouldBe(direct);

    private static async Task<string> Get(HttpClientSettings settings, Uri url)
    {
        using var transport = new HttpTransport(settings with { EnableHttp2 = false }, TimeProvider.System);
        return await Get(transport, url);
    }

    private static Task<string> Get(HttpTransport transport, Uri url) =>
        transport.GetAsync(url, [], r => r.StatusCode == HttpStatusCode.OK ? r.Content.ReadAsStringAsync() : throw new IOException($"status {r.StatusCode}"), CancellationToken.None);

    private static async Task<int> Status(HttpClientSettings settings, Uri url)
    {
        using var transport = new HttpTransport(settings, TimeProvider.System);
        return await transport.GetAsync(url, [], r => Task.FromResult((int)r.StatusCode), CancellationToken.None);
    }

    private static async Task<string> Fails(HttpClientSettings settings, Uri url) => (await Should.ThrowAsync<ScrapeFailedException>(() => Get(settings, url))).Message;
}
