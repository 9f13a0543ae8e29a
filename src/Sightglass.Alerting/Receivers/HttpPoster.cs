using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sightglass.Alerting.Receivers;

/// <summary>Posts JSON with the settings of an <c>http_config</c>. Errors never carry the address: it may hold a token.</summary>
internal sealed class HttpPoster : IDisposable
{
    /// <summary>Bodies go to programs, never into a page: plus signs and quotes of links stay readable.</summary>
    public static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly HttpConfiguration _configuration;
    private readonly Lock _gate = new();
    private HttpClient? _client;

    public HttpPoster(HttpConfiguration configuration) => _configuration = configuration;

    /// <summary>Posts; the answer's text, cut.</summary>
    /// <exception cref="DeliveryException">The server did not accept it.</exception>
    public async Task<string> PostAsync(SecretSource address, ReadOnlyMemory<byte> json, SecretSource? bearer, CancellationToken cancellation)
    {
        var url = await address.ReadAsync(cancellation).ConfigureAwait(false);
        var token = bearer is null ? null : await bearer.ReadAsync(cancellation).ConfigureAwait(false);
        return await SendAsync(HttpMethod.Post, url, json, token is null ? null : ("Bearer", token), cancellation).ConfigureAwait(false);
    }

    /// <summary>Sends JSON to a secret address, with an authorization that yields to that of the configuration; the answer's text, cut.</summary>
    /// <exception cref="DeliveryException">The server did not accept it.</exception>
    public async Task<string> SendAsync(HttpMethod method, Secret url, ReadOnlyMemory<byte> json, (string Scheme, Secret Value)? authorization, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(method, url.Reveal()) { Content = new ReadOnlyMemoryContent(json) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            await AuthorizeAsync(request, authorization, cancellation).ConfigureAwait(false);
            using var response = await Client().SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            var answer = await ReadAsync(response, cancellation).ConfigureAwait(false);
            var code = (int)response.StatusCode;
            return code is >= 200 and < 300
                ? answer
                : throw new DeliveryException($"unexpected status code {code}: {url.Redact(Shorten(answer))}", code >= 500 || code == 429);
        }
        catch (HttpRequestException e)
        {
            throw new DeliveryException($"post failed: {e.HttpRequestError}: {url.Redact(e.InnerException?.Message ?? e.HttpRequestError.ToString())}", recoverable: true);
        }
        catch (IOException e)
        {
            throw new DeliveryException($"post failed: {url.Redact(e.Message)}", recoverable: true);
        }
        catch (Exception e) when (e is UriFormatException or InvalidOperationException or NotSupportedException)
        {
            throw new DeliveryException("the address is not a usable http or https URL", recoverable: false);
        }
    }

    public void Dispose() => _client?.Dispose();

    /// <summary>Made when it is first needed: a certificate that is missing fails the message and not the server.</summary>
    private HttpClient Client()
    {
        lock (_gate)
        {
            return _client ??= Create(_configuration);
        }
    }

    private static HttpClient Create(HttpConfiguration configuration)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = configuration.FollowRedirects,
            UseCookies = false,
            UseProxy = configuration.Proxy is not null,
            Proxy = configuration.Proxy is null ? null : new WebProxy(configuration.Proxy),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseHeadersLength = 64,
        };
        if (configuration.Tls != TlsConfiguration.Default)
        {
            handler.SslOptions = configuration.Tls.Options(null);
        }

        // The caller's token bounds each attempt.
        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("Sightglass/0.1");
        return client;
    }


    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var buffer = new byte[AlertingLimits.MaxAnswerBytes];
            var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
            return Encoding.UTF8.GetString(buffer, 0, read);
        }
    }

    private static string Shorten(string text)
    {
        var line = text.ReplaceLineEndings(" ").Trim();
        return line.Length <= 300 ? line : line[..300] + "…";
    }

    private async ValueTask AuthorizeAsync(HttpRequestMessage request, (string Scheme, Secret Value)? authorization, CancellationToken cancellation)
    {
        if (_configuration.Username is { } user)
        {
            var password = _configuration.Password is null ? string.Empty : (await _configuration.Password.ReadAsync(cancellation).ConfigureAwait(false)).Reveal();
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        }
        else if (_configuration.Credentials is { } source)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue(_configuration.AuthorizationType, (await source.ReadAsync(cancellation).ConfigureAwait(false)).Reveal());
        }
        else if (authorization is var (scheme, value))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue(scheme, value.Reveal());
        }
    }
}
