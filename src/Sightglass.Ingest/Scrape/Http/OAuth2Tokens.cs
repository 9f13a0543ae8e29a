using System.Net;
using System.Text;
using System.Text.Json;

namespace Sightglass.Ingest.Scrape.Http;

/// <summary>Gets tokens by OAuth 2.0 client credentials (RFC 6749, 4.4) and keeps each until it ends. Thread-safe.</summary>
internal sealed class OAuth2Tokens : IDisposable
{
    // Tokens are renewed a little early, so that none ends on its way.
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(10);
    private const int MaxAnswerBytes = 1 << 20;

    private readonly OAuth2Settings _settings;
    private readonly TimeProvider _time;
    private readonly ProxyChoice _proxies;
    private HttpMessageInvoker? _http;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private (string Token, string Secret, DateTimeOffset? Ends)? _current;

    public OAuth2Tokens(OAuth2Settings settings, TimeProvider time)
    {
        _settings = settings;
        _time = time;
        _proxies = new ProxyChoice(settings.Proxy);
    }

    /// <summary>A token that is good now.</summary>
    /// <exception cref="ScrapeFailedException">The server gave none.</exception>
    public async Task<string> GetAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            var secret = _settings.ClientSecret.Reveal();
            if (_current is { } current && current.Secret == secret && (current.Ends is null || _time.GetUtcNow() < current.Ends - Early))
            {
                return current.Token;
            }

            // Servers want the client's name in the header or in the form; which is found out.
            var (status, body) = await AskAsync(secret, inForm: false, cancellation);
            if (status is >= 400 and < 500)
            {
                (status, body) = await AskAsync(secret, inForm: true, cancellation);
            }

            if (status is < 200 or > 299)
            {
                throw new ScrapeFailedException($"oauth2: cannot fetch token: {status} {(HttpStatusCode)status}");
            }

            var (token, seconds) = Parse(body);
            _current = (token, secret, seconds > 0 ? _time.GetUtcNow() + TimeSpan.FromSeconds(seconds) : null);
            return token;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new ScrapeFailedException($"oauth2: cannot fetch token: {HttpFailure.Describe(_settings.TokenUrl, e).Replace("Get ", "Post ", StringComparison.Ordinal)}");
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _http?.Dispose();

    // Made at the first request: a certificate that cannot be read fails that request.
    private HttpMessageInvoker MakeInvoker() => new(new SocketsHttpHandler
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        Proxy = _proxies,
        UseProxy = _settings.Proxy.Url is not null || _settings.Proxy.FromEnvironment,
        ConnectCallback = new Dialer(_proxies, _settings.Proxy, new TlsOptions(_settings.Tls)).ConnectAsync,
        ActivityHeadersPropagator = null,
    });

    private async Task<(int Status, byte[] Body)> AskAsync(string secret, bool inForm, CancellationToken cancellation)
    {
        var form = new List<KeyValuePair<string, string>> { KeyValuePair.Create("grant_type", "client_credentials") };
        if (_settings.Scopes.Count > 0)
        {
            form.Add(KeyValuePair.Create("scope", string.Join(' ', _settings.Scopes)));
        }

        form.AddRange(_settings.EndpointParameters);
        if (inForm)
        {
            form.Add(KeyValuePair.Create("client_id", _settings.ClientId));
            form.Add(KeyValuePair.Create("client_secret", secret));
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, _settings.TokenUrl) { Content = new FormUrlEncodedContent(form) };
        if (!inForm)
        {
            var pair = $"{WebUtility.UrlEncode(_settings.ClientId)}:{WebUtility.UrlEncode(secret)}";
            request.Headers.TryAddWithoutValidation("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }

        if (_proxies.Of(_settings.TokenUrl) is { } proxy && _settings.TokenUrl.Scheme == Uri.UriSchemeHttp && ProxyChoice.AuthorizationFor(proxy) is { } authorization)
        {
            request.Headers.TryAddWithoutValidation("Proxy-Authorization", authorization);
        }

        _http ??= MakeInvoker();
        using var response = await _http.SendAsync(request, cancellation);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        var body = new byte[16 << 10];
        var length = 0;
        while (true)
        {
            var read = await stream.ReadAsync(body.AsMemory(length), cancellation);
            if (read == 0)
            {
                return ((int)response.StatusCode, body[..length]);
            }

            length += read;
            if (length == body.Length)
            {
                Array.Resize(ref body, length < MaxAnswerBytes ? length * 4 : throw new ScrapeFailedException("oauth2: cannot fetch token: the answer is too large"));
            }
        }
    }

    private static (string Token, double Seconds) Parse(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("access_token", out var token) && token.GetString() is { Length: > 0 } text)
            {
                var seconds = !json.RootElement.TryGetProperty("expires_in", out var ends) ? 0
                    : ends.ValueKind == JsonValueKind.Number ? ends.GetDouble()
                    : ends.ValueKind == JsonValueKind.String && double.TryParse(ends.GetString(), System.Globalization.CultureInfo.InvariantCulture, out var parsed) ? parsed : 0;
                return (text, Math.Clamp(seconds, 0, 1e9));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ScrapeFailedException("oauth2: cannot fetch token: the answer is not JSON with an access_token");
        }

        throw new ScrapeFailedException("oauth2: server response missing access_token");
    }
}
