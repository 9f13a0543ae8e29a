using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.TestKit;

namespace Sightglass.Alerting.Tests.Receivers;

/// <summary>The keys of <c>http_config</c> that are about the connection: proxies, certificates, tokens. What is valid was asked of amtool 0.33.1.</summary>
public sealed class HttpOptionsTests
{
    private const string Jwt = "grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer'";

    [Fact]
    public async Task A_tunnel_is_asked_for_with_the_headers_of_the_configuration_and_the_servers_name_is_checked()
    {
        using var server = new TlsReceiver("hooks.example.org");
        using var folder = new TemporaryFolder();
        TlsReceiver.Certificate("me", out var certificate, out var key).Dispose();
        using var poster = Poster($"proxy_url: 'http://us:p%20w@127.0.0.1:{server.ProxyPort}', proxy_connect_header: {{X-Route: [a, b], X-Empty: null}}, "
            + $"tls_config: {{ca_file: '{Write(folder, "ca", server.Authority)}', cert_file: '{Write(folder, "cert", certificate)}', key_file: '{Write(folder, "key", key)}', server_name: hooks.example.org}}");
        (await PostAsync(poster, "https://elsewhere.test:9443/x")).Body.ShouldBe("ok");
        server.Connects.Single().ShouldBe($"CONNECT elsewhere.test:9443 HTTP/1.1\r\nHost: elsewhere.test:9443\r\nProxy-Authorization: Basic {Convert.ToBase64String("us:p w"u8)}\r\nX-Route: a\r\nX-Route: b\r\n\r\n");
        var (head, client) = server.Requests.Single();
        head.ShouldStartWith("POST /x HTTP/1.1\r\n");
        head.ShouldNotContain("X-Route");
        client.ShouldBe("CN=me");
    }

    [Theory]
    [InlineData("server_name: hooks.example.org", null)]
    [InlineData("server_name: other.example.org", "SecureConnectionError")]
    [InlineData("insecure_skip_verify: true", null)]
    [InlineData("min_version: TLS12", "SecureConnectionError")]
    public async Task The_server_has_to_have_the_name_that_is_wanted(string tls, string? error)
    {
        using var server = new TlsReceiver("hooks.example.org");
        using var folder = new TemporaryFolder();
        using var poster = Poster($"tls_config: {{ca_file: '{Write(folder, "ca", server.Authority)}', {tls}}}");
        if (error is null)
        {
            (await PostAsync(poster, $"https://localhost:{server.Port}/")).Status.ShouldBe(200);
        }
        else
        {
            (await Should.ThrowAsync<DeliveryException>(() => PostAsync(poster, $"https://localhost:{server.Port}/"))).Message.ShouldContain(error);
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "the proxy answered 407 Proxy Authentication Required")]
    [InlineData("", "the proxy's answer to CONNECT has more than 16384 bytes")]
    public async Task A_proxy_that_refuses_is_heard(string answer, string expected)
    {
        using var server = new TlsReceiver("x") { ConnectAnswer = answer.Length > 0 ? answer : "HTTP/1.1 200 OK\r\nX: " + new string('x', 20_000) };
        using var poster = Poster($"proxy_url: 'http://127.0.0.1:{server.ProxyPort}'");
        var error = await Should.ThrowAsync<DeliveryException>(() => PostAsync(poster, "https://elsewhere.test/"));
        error.Message.ShouldContain(expected);
        error.Recoverable.ShouldBeTrue();
    }

    [Fact]
    public async Task Tokens_are_fetched_with_a_client_certificate()
    {
        using var tokens = new TlsReceiver("tokens.example.org") { Answer = """{"access_token":"T0K","expires_in":"3600"}""" };
        using var server = new HttpReceiver();
        using var folder = new TemporaryFolder();
        TlsReceiver.Certificate("client", out var certificate, out var key).Dispose();
        using var poster = Poster($"oauth2: {{client_id: a, client_secret: b, token_url: 'https://localhost:{tokens.Port}/t', "
            + $"tls_config: {{ca_file: '{Write(folder, "ca", tokens.Authority)}', cert_file: '{Write(folder, "cert", certificate)}', key_file: '{Write(folder, "key", key)}', server_name: tokens.example.org}}}}");
        await PostAsync(poster, server.Url);
        tokens.Requests.Single().Client.ShouldBe("CN=client");
        server.Requests.Single().Authorization.ShouldBe("Bearer T0K");
    }

    [Theory]
    [InlineData("", "RS256", null, null)]
    [InlineData(", signature_algorithm: RS512, client_certificate_key_id: k1, iss: me, audience: them, claims: {role: reader, n: 1, text: '2', deep: {list: [true, null]}, sub: other}", "RS512", "k1", "me")]
    public async Task An_assertion_is_signed_instead_of_a_secret(string more, string algorithm, string? keyId, string? issuer)
    {
        using var server = new HttpReceiver();
        using var folder = new TemporaryFolder();
        using var certificate = TlsReceiver.Certificate("x", out _, out var pem);
        server.Answers.Enqueue((200, """{"access_token":"T0K","expires_in":3600}"""));
        using var poster = Poster($"oauth2: {{client_id: me too, {Jwt}, client_certificate_key_file: '{Write(folder, "key", pem)}', token_url: '{server.Url}token', scopes: [x, y], endpoint_params: {{p: q}}{more}}}");
        await PostAsync(poster, server.Url + "hook");
        var requests = server.Requests.ToArray();
        requests[1].Authorization.ShouldBe("Bearer T0K");
        requests[0].Authorization.ShouldBeEmpty();
        var form = requests[0].Body.Split('&').Select(static f => f.Split('=')).ToDictionary(static f => f[0], static f => Uri.UnescapeDataString(f[1]));
        form.Keys.Order().ShouldBe(["assertion", "grant_type", "p"]);
        var parts = form["assertion"].Split('.');
        using var key = certificate.GetRSAPublicKey()!;
        key.VerifyData(Encoding.ASCII.GetBytes(parts[0] + "." + parts[1]), Bytes(parts[2]), algorithm == "RS512" ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).ShouldBeTrue();
        var (head, claims) = (JsonDocument.Parse(Bytes(parts[0])).RootElement, JsonDocument.Parse(Bytes(parts[1])).RootElement);
        head.GetProperty("alg").GetString().ShouldBe(algorithm);
        (head.TryGetProperty("kid", out var kid) ? kid.GetString() : null).ShouldBe(keyId);
        claims.GetProperty("iss").GetString().ShouldBe(issuer ?? "me too");
        claims.GetProperty("sub").GetString().ShouldBe(issuer is null ? "me too" : "other");
        claims.GetProperty("aud").GetString().ShouldBe(issuer is null ? server.Url + "token" : "them");
        claims.GetProperty("scope").GetString().ShouldBe("x y");
        (claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64()).ShouldBe(600);
        if (issuer is not null)
        {
            claims.GetProperty("n").GetInt32().ShouldBe(1);
            claims.GetProperty("text").GetString().ShouldBe("2");
            claims.GetProperty("deep").GetRawText().ShouldBe("""{"list":[true,null]}""");
        }
    }

    [Fact]
    public async Task A_key_that_is_none_fails_the_message_without_showing_it()
    {
        using var server = new HttpReceiver();
        using var poster = Poster($"oauth2: {{client_id: a, {Jwt}, client_certificate_key: hidden, token_url: '{server.Url}'}}");
        var error = await Should.ThrowAsync<DeliveryException>(() => PostAsync(poster, server.Url));
        error.Message.ShouldBe("oauth2: client_certificate_key is not a private RSA key in PEM");
        error.ToString().ShouldNotContain("hidden");
        server.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("proxy_connect_header: {X-A: [b]}", "proxy_url or proxy_from_environment must also be configured")]
    [InlineData("proxy_url: 'http://p', proxy_connect_header: {X-A: b}", "has to be a list")]
    [InlineData("oauth2: {client_id: a, client_secret: c, client_secret_ref: b, token_url: 'http://x'}", "at most one of client_secret, client_secret_file & client_secret_ref")]
    [InlineData("oauth2: {client_id: a, client_certificate_key: b, client_certificate_key_file: c, token_url: 'http://x', " + Jwt + "}", "at most one of client_certificate_key & client_certificate_key_file")]
    [InlineData("oauth2: {client_id: a, client_certificate_key: b, token_url: 'http://x', signature_algorithm: ES256, " + Jwt + "}", "valid signature algorithms are RS256, RS384 and RS512")]
    [InlineData("oauth2: {client_id: a, token_url: 'http://x', claims: [a]}", "claims has to be a mapping")]
    [InlineData("basic_auth: {username: x, username_ref: a}", "at most one of username, username_file & username_ref")]
    [InlineData("basic_auth: {username: x, password_file: b, password_ref: a}", "at most one of password, password_file & password_ref")]
    [InlineData("authorization: {credentials: b, credentials_ref: a}", "at most one of credentials, credentials_file & credentials_ref")]
    [InlineData("tls_config: {ca: b, ca_ref: a}", "at most one of ca, ca_file & ca_ref")]
    [InlineData("tls_config: {cert_ref: a}", "exactly one of key or key_file")]
    [InlineData("tls_config: {key_ref: a}", "exactly one of cert or cert_file")]
    public void What_amtool_refuses_is_refused(string http, string expected) => Should.Throw<AlertingConfigurationException>(() => Load(http)).Message.ShouldContain(expected);

    [Theory]
    [InlineData("proxy_connect_header: {}")]
    [InlineData("proxy_from_environment: true, proxy_connect_header: {X-A: [b]}")]
    [InlineData("oauth2: {client_id: a, client_certificate_key: b, client_certificate_key_file: c, token_url: 'http://x'}")]
    [InlineData("oauth2: {client_id: a, client_secret: b, client_secret_file: c, token_url: 'http://x', " + Jwt + "}")]
    [InlineData("oauth2: {client_id: a, client_secret: b, token_url: 'http://x', signature_algorithm: ES256, grant_type: other}")]
    [InlineData("oauth2: {client_id: a, token_url: 'http://x', claims: {a: [1, 2], b: {c: 1.5}, d: null}}")]
    public void What_amtool_accepts_is_accepted(string http) => Load(http).Unsupported.ShouldBeEmpty();

    [Theory]
    [InlineData("basic_auth: {username_ref: a, password_ref: b}", 2)]
    [InlineData("authorization: {credentials_ref: a}", 1)]
    [InlineData("oauth2: {client_id: a, client_secret_ref: b, token_url: 'http://x'}", 1)]
    [InlineData("oauth2: {client_id: a, client_certificate_key_ref: b, token_url: 'http://x', " + Jwt + "}", 1)]
    [InlineData("tls_config: {ca_ref: a, cert_ref: b, key_ref: c}", 3)]
    public void References_to_secrets_are_valid_and_nobody_starts_with_them(string http, int count)
    {
        var unsupported = Load(http).Unsupported;
        unsupported.Count.ShouldBe(count);
        unsupported.ShouldAllBe(static u => u.IsRefusedByAlertmanager && u.Line == 4);
    }

    [Theory]
    [InlineData("a.lan:8080", "http://a.lan:8080/", true)]
    [InlineData("a.lan:8080", "http://a.lan/", false)]
    [InlineData(".lan", "http://lan/", false)]
    [InlineData("'*.lan'", "http://b.a.lan/", true)]
    [InlineData("10.1.2.3", "http://10.1.2.3:99/", true)]
    [InlineData("'[2001:db8::1]:99'", "http://[2001:db8::1]:99/", true)]
    [InlineData("'2001:db8::/32'", "http://[2001:db8::1]:99/", true)]
    [InlineData("x", "http://127.0.0.1/", true)]
    [InlineData("x", "https://localhost/", true)]
    public void Entries_of_no_proxy_are_those_of_Go(string entry, string url, bool isDirect) =>
        (((WebhookConfiguration)Load($"proxy_url: 'http://p', no_proxy: {entry}").Receivers[0].Integrations[0]).Http.Proxy!.Of(new Uri(url)) is null).ShouldBe(isDirect);

    private static HttpPoster Poster(string http)
    {
        var configuration = Load(http);
        configuration.Unsupported.ShouldBeEmpty();
        return new HttpPoster(((WebhookConfiguration)configuration.Receivers[0].Integrations[0]).Http);
    }

    private static AlertmanagerConfiguration Load(string http) =>
        AlertmanagerConfigurationLoader.Load("a.yml", $"route: {{receiver: a}}\nreceivers:\n- name: a\n  webhook_configs: [{{url: 'http://x', http_config: {{{http}}}}}]\n", ".");

    private static Task<HttpReply> PostAsync(HttpPoster poster, string url) => poster.ExchangeAsync(new HttpCall(HttpMethod.Post, new Secret(url), "{}"u8.ToArray()), CancellationToken.None);

    private static string Write(TemporaryFolder folder, string name, string text)
    {
        var path = folder.PathOf(name);
        File.WriteAllText(path, text);
        return path;
    }

    private static byte[] Bytes(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);
}
