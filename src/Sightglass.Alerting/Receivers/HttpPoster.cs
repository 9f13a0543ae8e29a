using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sightglass.Alerting.Receivers;

/// <summary>A request. Its address may hold a token.</summary>
/// <param name="Method">The method.</param>
/// <param name="Url">Where to.</param>
/// <param name="Body">The body; none when it is empty and the method is GET.</param>
internal sealed record HttpCall(HttpMethod Method, Secret Url, ReadOnlyMemory<byte> Body)
{
    public MediaTypeHeaderValue ContentType { get; init; } = new("application/json");

    /// <summary>An authorization that yields to that of the configuration.</summary>
    public (string Scheme, Secret Value)? Authorization { get; init; }

    public IReadOnlyList<(string Name, Secret Value)> Headers { get; init; } = [];
}

/// <summary>An answer.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Body">The text, cut.</param>
/// <param name="MediaType">What it is, or empty.</param>
/// <param name="RetryAfter">How long to leave the server alone, when it says so.</param>
internal sealed record HttpReply(int Status, string Body, string MediaType, TimeSpan? RetryAfter);

/// <summary>Makes requests with the settings of an <c>http_config</c>. Errors never carry the address: it may hold a token.</summary>
internal sealed class HttpPoster : IDisposable
{
    /// <summary>Bodies go to programs, never into a page: plus signs and quotes of links stay readable.</summary>
    public static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly HttpConfiguration _configuration;
    private readonly TimeProvider _time;
    private readonly RetryCodes _retry;
    private readonly OAuth2Tokens? _tokens;
    private readonly Lock _gate = new();
    private HttpClient? _client;

    public HttpPoster(HttpConfiguration configuration, TimeProvider? time = null, RetryCodes? retry = null)
    {
        (_configuration, _time, _retry) = (configuration, time ?? TimeProvider.System, retry ?? RetryCodes.ServerErrors);
        _tokens = configuration.OAuth2 is { } oauth2 ? new OAuth2Tokens(oauth2, _time) : null;
    }

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
    public async Task<string> SendAsync(HttpMethod method, Secret url, ReadOnlyMemory<byte> json, (string Scheme, Secret Value)? authorization, CancellationToken cancellation) =>
        (await SendAsync(new HttpCall(method, url, json) { Authorization = authorization }, cancellation).ConfigureAwait(false)).Body;

    /// <summary>Sends and wants success.</summary>
    /// <exception cref="DeliveryException">The server did not accept it.</exception>
    public async Task<HttpReply> SendAsync(HttpCall call, CancellationToken cancellation)
    {
        var reply = await ExchangeAsync(call, cancellation).ConfigureAwait(false);
        return reply.Status is >= 200 and < 300 ? reply : throw Refused(call, reply);
    }

    /// <summary>The error of an answer that is no success: the text of the answer without what is secret in the request.</summary>
    private DeliveryException Refused(HttpCall call, HttpReply reply)
    {
        var text = call.Url.Redact(Shorten(reply.Body));
        text = call.Headers.Aggregate(call.Authorization is var (_, value) ? value.Redact(text) : text, static (t, h) => h.Value.Redact(t));
        return new DeliveryException($"unexpected status code {reply.Status}: {text}", _retry.Contains(reply)) { RetryAfter = reply.RetryAfter };
    }

    /// <summary>Sends and returns the answer, whatever it is.</summary>
    /// <exception cref="DeliveryException">There was none.</exception>
    public async Task<HttpReply> ExchangeAsync(HttpCall call, CancellationToken cancellation)
    {
        var url = call.Url;
        try
        {
            using var request = new HttpRequestMessage(call.Method, url.Reveal());
            if (call.Method != HttpMethod.Get || call.Body.Length > 0)
            {
                request.Content = new ReadOnlyMemoryContent(call.Body);
                request.Content.Headers.ContentType = call.ContentType;
            }

            await AddHeadersAsync(request, call, cancellation).ConfigureAwait(false);
            using var response = await Client().SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.Unauthorized)
            {
                _tokens?.Forget();
            }

            return new HttpReply((int)response.StatusCode, await ReadAsync(response, cancellation).ConfigureAwait(false), response.Content.Headers.ContentType?.MediaType ?? string.Empty, RetryAfter(response));
        }
        catch (HttpRequestException e) when (e.InnerException is DeliveryException refused)
        {
            throw new DeliveryException(refused.Message, refused.Recoverable);
        }
        catch (HttpRequestException e)
        {
            throw new DeliveryException($"post failed: {e.HttpRequestError}: {url.Redact(e.InnerException?.Message ?? e.HttpRequestError.ToString())}", recoverable: true);
        }
        catch (IOException e)
        {
            throw new DeliveryException($"post failed: {url.Redact(e.Message)}", recoverable: true);
        }
        catch (System.Net.Sockets.SocketException e)
        {
            throw new DeliveryException($"post failed: {e.SocketErrorCode}", recoverable: true);
        }
        catch (Exception e) when (e is UriFormatException or InvalidOperationException or NotSupportedException)
        {
            throw new DeliveryException("the address is not a usable http or https URL", recoverable: false);
        }
    }

    public void Dispose()
    {
        _client?.Dispose();
        _tokens?.Dispose();
    }

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
            // The guard follows them: each has to be checked.
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = configuration.Proxy is not null,
            Proxy = configuration.Proxy,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseHeadersLength = 64,
            ConnectCallback = new Dialer(configuration).ConnectAsync,
            // For a target behind SOCKS, which the handler talks through itself.
            SslOptions = configuration.Tls.Options(null),
        };

        // The caller's token bounds each attempt.
        var guard = new OutgoingGuard(configuration.Outgoing, configuration.FollowRedirects, configuration.Proxy is not null, handler);
        var client = new HttpClient(guard) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("Sightglass/0.1");
        return client;
    }

    /// <summary>The answer's text, as much of it as comes in time. An answer that drips or breaks off does not undo what its status says.</summary>
    private async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(AlertingLimits.MaxAnswerTime, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        var buffer = new byte[AlertingLimits.MaxAnswerBytes];
        var length = 0;
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(both.Token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                while (length < buffer.Length && await stream.ReadAsync(buffer.AsMemory(length), both.Token).ConfigureAwait(false) is > 0 and var read)
                {
                    length += read;
                }
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // What has come is the answer.
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static string Shorten(string text)
    {
        var line = text.ReplaceLineEndings(" ").Trim();
        return line.Length <= 300 ? line : line[..300] + "…";
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - _time.GetUtcNow() is { Ticks: > 0 } wait ? wait : null,
        _ => null,
    };

    private async ValueTask AddHeadersAsync(HttpRequestMessage request, HttpCall call, CancellationToken cancellation)
    {
        if (_tokens is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await _tokens.GetAsync(cancellation).ConfigureAwait(false)).Reveal());
        }
        else if (_configuration.Username is not null || _configuration.UsernameFile is not null)
        {
            var user = _configuration.UsernameFile is { } file ? (await file.ReadAsync(cancellation).ConfigureAwait(false)).Reveal() : _configuration.Username;
            var password = _configuration.Password is null ? string.Empty : (await _configuration.Password.ReadAsync(cancellation).ConfigureAwait(false)).Reveal();
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        }
        else if (_configuration.Credentials is { } source)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue(_configuration.AuthorizationType, (await source.ReadAsync(cancellation).ConfigureAwait(false)).Reveal());
        }
        else if (call.Authorization is var (scheme, value))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue(scheme, value.Reveal());
        }

        foreach (var (name, header) in call.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, header.Reveal());
        }

        foreach (var (name, header) in _configuration.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, (await header.ReadAsync(cancellation).ConfigureAwait(false)).Reveal());
        }
    }
}
