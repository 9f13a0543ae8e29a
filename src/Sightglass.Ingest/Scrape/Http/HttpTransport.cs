using System.Net;
using System.Text;

namespace Sightglass.Ingest.Scrape.Http;

/// <summary>
/// Sends GET requests with the credentials, TLS, proxy and redirects of one <see cref="HttpClientSettings"/>. Thread-safe. Disposing waits for nobody:
/// connections close when the last request in flight is done.
/// </summary>
internal sealed class HttpTransport : IDisposable
{
    private const int MaxRedirects = 10;

    // As long as Prometheus: longer than any usual interval, so that targets keep their connection.
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromMinutes(1);

    private readonly HttpClientSettings _settings;
    private readonly ProxyChoice _proxies;
    private readonly OAuth2Tokens? _tokens;
    private readonly bool _usesFiles;
    private readonly Lock _gate = new();
    private Connections? _connections;
    private bool _disposed;

    public HttpTransport(HttpClientSettings settings, TimeProvider time)
    {
        _settings = settings;
        _proxies = new ProxyChoice(settings.Proxy);
        _usesFiles = settings.Tls.Authority?.File is not null || settings.Tls.Certificate?.File is not null || settings.Tls.Key?.File is not null;
        _tokens = settings.OAuth2 is { } oauth2 ? new OAuth2Tokens(oauth2, time) : null;
    }

    /// <summary>Sends a request and gives the answer once its headers are there. Whoever gets it disposes it.</summary>
    /// <param name="url">What is asked.</param>
    /// <param name="headers">Headers of the request.</param>
    /// <param name="read">Takes the answer.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ScrapeFailedException">There was no answer.</exception>
    public Task<T> GetAsync<T>(Uri url, IReadOnlyList<KeyValuePair<string, string>> headers, Func<HttpResponseMessage, Task<T>> read, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Get, url, headers, static () => null, read, cancellation);

    /// <summary>As <see cref="GetAsync"/> with POST; <paramref name="content"/> makes the body anew for each place that a redirect leads to.</summary>
    public Task<T> PostAsync<T>(Uri url, IReadOnlyList<KeyValuePair<string, string>> headers, Func<HttpContent> content, Func<HttpResponseMessage, Task<T>> read, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, url, headers, content, read, cancellation);

    private async Task<T> SendAsync<T>(HttpMethod method, Uri url, IReadOnlyList<KeyValuePair<string, string>> headers, Func<HttpContent?> content, Func<HttpResponseMessage, Task<T>> read, CancellationToken cancellation)
    {
        var connections = Take();
        try
        {
            using var response = await FollowAsync(connections, method, url, headers, content, cancellation);
            return await read(response);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UriFormatException or InvalidOperationException or NotSupportedException)
        {
            throw new ScrapeFailedException(HttpFailure.Describe(url, e));
        }
        finally
        {
            connections.Release();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _connections?.Release();
            _connections = null;
        }

        _tokens?.Dispose();
    }

    private async Task<HttpResponseMessage> FollowAsync(Connections connections, HttpMethod method, Uri url, IReadOnlyList<KeyValuePair<string, string>> headers, Func<HttpContent?> content, CancellationToken cancellation)
    {
        var at = url;
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(method, at)
            {
                Content = content(),
                Version = _settings.EnableHttp2 && at.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11,
                VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            };
            foreach (var (name, value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            foreach (var (name, value) in _settings.Headers)
            {
                request.Headers.TryAddWithoutValidation(name, value.Reveal());
            }

            // Credentials are for the host that the configuration names, not for whom it sends us on to.
            if (at.IdnHost == url.IdnHost)
            {
                await AuthorizeAsync(request, cancellation);
            }

            if (_proxies.Of(at) is { } proxy && at.Scheme == Uri.UriSchemeHttp && ProxyChoice.AuthorizationFor(proxy) is { } authorization)
            {
                request.Headers.TryAddWithoutValidation("Proxy-Authorization", authorization);
            }

            var response = await connections.Invoker.SendAsync(request, cancellation);
            if (!_settings.FollowRedirects || (int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
            {
                return response;
            }

            response.Dispose();
            if (redirects == MaxRedirects)
            {
                throw new IOException($"stopped after {MaxRedirects} redirects");
            }

            at = new Uri(at, location);
            if (at.Scheme is not ("http" or "https"))
            {
                throw new IOException($"unsupported protocol scheme \"{at.Scheme}\"");
            }
        }
    }

    private async ValueTask AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        var value = _settings switch
        {
            { Basic: { } basic } => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{basic.Username.Reveal()}:{basic.Password.Reveal()}")),
            { Authorization: { } authorization } => $"{authorization.Type} {authorization.Credentials.Reveal()}",
            _ => _tokens is null ? null : "Bearer " + await _tokens.GetAsync(cancellation),
        };
        if (value is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", value);
        }
    }

    private Connections Take()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var stamp = _usesFiles ? TlsOptions.Stamp(_settings.Tls) : string.Empty;
            if (_connections is null || _connections.Stamp != stamp)
            {
                var made = new Connections(MakeHandler(_settings, _proxies), stamp);
                _connections?.Release();
                _connections = made;
            }

            _connections.Use();
            return _connections;
        }
    }

    private static SocketsHttpHandler MakeHandler(HttpClientSettings settings, ProxyChoice proxies) => new()
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        Proxy = proxies,
        UseProxy = settings.Proxy.Url is not null || settings.Proxy.FromEnvironment,
        ConnectCallback = new Dialer(proxies, settings.Proxy, new TlsOptions(settings.Tls)).ConnectAsync,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionIdleTimeout = IdleTimeout,
        MaxResponseHeadersLength = 64,
        ActivityHeadersPropagator = null,
    };

    /// <summary>A handler that is disposed of when its last user is done.</summary>
    private sealed class Connections(SocketsHttpHandler handler, string stamp)
    {
        private int _users = 1;

        public string Stamp { get; } = stamp;

        public HttpMessageInvoker Invoker { get; } = new(handler);

        public void Use() => Interlocked.Increment(ref _users);

        public void Release()
        {
            if (Interlocked.Decrement(ref _users) == 0)
            {
                Invoker.Dispose();
            }
        }
    }
}
