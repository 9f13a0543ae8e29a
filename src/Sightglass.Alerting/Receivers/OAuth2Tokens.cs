using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Sightglass.Alerting.Receivers;

/// <summary>What an <c>oauth2</c> says: client credentials, or a signed assertion.</summary>
public sealed record OAuth2Configuration
{
    /// <summary>Id of the client.</summary>
    public required string ClientId { get; init; }

    /// <summary>Its secret.</summary>
    public required SecretSource ClientSecret { get; init; }

    /// <summary>What is signed and sent instead of the secret, or null.</summary>
    public JwtAssertion? Assertion { get; init; }

    /// <summary>Where tokens come from.</summary>
    public required Uri TokenUrl { get; init; }

    /// <summary>Scopes that are asked for.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>More parameters of the request.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> EndpointParameters { get; init; } = [];

    /// <summary>How the token's server is talked to.</summary>
    public HttpConfiguration Http { get; init; } = HttpConfiguration.Default;
}

/// <summary>Fetches tokens by client credentials (RFC 6749, section 4.4) or a signed assertion (RFC 7523) and keeps each until shortly before its end. Thread-safe.</summary>
internal sealed class OAuth2Tokens(OAuth2Configuration configuration, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _one = new(1);
    private readonly HttpPoster _http = new(configuration.Http, time);
    private Secret? _token;
    private DateTimeOffset _until;

    /// <exception cref="DeliveryException">There is no token to be had.</exception>
    public async ValueTask<Secret> GetAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return _token is not null && time.GetUtcNow() < _until ? _token : await FetchAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>The token was refused: the next request asks for another.</summary>
    public void Forget() => _token = null;

    public void Dispose()
    {
        _http.Dispose();
        _one.Dispose();
    }

    private async Task<Secret> FetchAsync(CancellationToken cancellation)
    {
        var reply = configuration.Assertion is { } assertion ? await AssertAsync(assertion, cancellation).ConfigureAwait(false) : await AskAsync(cancellation).ConfigureAwait(false);
        if (reply.Status is < 200 or >= 300)
        {
            throw new DeliveryException($"oauth2: the token server answered {reply.Status}", reply.Status >= 500 || reply.Status == 429);
        }

        using var json = JsonBody.TryParse(reply.Body);
        if (json?.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("access_token", out var token) || token.GetString() is not { Length: > 0 } text)
        {
            throw new DeliveryException("oauth2: the token server's answer has no access_token", recoverable: false);
        }

        var seconds = json.RootElement.TryGetProperty("expires_in", out var expires) && double.TryParse(expires.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var s) ? s : double.PositiveInfinity;
        _until = double.IsFinite(seconds) && seconds < TimeSpan.FromDays(3650).TotalSeconds ? time.GetUtcNow() + TimeSpan.FromSeconds(seconds) - Margin : DateTimeOffset.MaxValue;
        return _token = new Secret(text);
    }

    private async Task<HttpReply> AskAsync(CancellationToken cancellation)
    {
        var secret = await configuration.ClientSecret.ReadAsync(cancellation).ConfigureAwait(false);
        var form = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["grant_type"] = "client_credentials" };
        if (configuration.Scopes.Count > 0)
        {
            form["scope"] = string.Join(' ', configuration.Scopes);
        }

        // Servers differ in where they want the client's secret: in the header by the standard, or in the body.
        var pair = $"{JsonBody.FormText(configuration.ClientId)}:{JsonBody.FormText(secret.Reveal())}";
        var reply = await PostAsync(form, ("Basic", new Secret(Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)))), cancellation).ConfigureAwait(false);
        if (reply.Status is not (400 or 401))
        {
            return reply;
        }

        (form["client_id"], form["client_secret"]) = (configuration.ClientId, secret.Reveal());
        return await PostAsync(form, null, cancellation).ConfigureAwait(false);
    }

    private async Task<HttpReply> AssertAsync(JwtAssertion assertion, CancellationToken cancellation)
    {
        var signed = await assertion.SignAsync(configuration, time.GetUtcNow(), cancellation).ConfigureAwait(false);
        return await PostAsync(new SortedDictionary<string, string>(StringComparer.Ordinal) { ["grant_type"] = Routing.OAuth2Reader.JwtBearer, ["assertion"] = signed.Reveal() }, null, cancellation).ConfigureAwait(false);
    }

    private Task<HttpReply> PostAsync(SortedDictionary<string, string> form, (string Scheme, Secret Value)? authorization, CancellationToken cancellation)
    {
        foreach (var (name, value) in configuration.EndpointParameters)
        {
            form[name] = value;
        }

        return _http.ExchangeAsync(new HttpCall(HttpMethod.Post, new Secret(configuration.TokenUrl.ToString()), Encoding.UTF8.GetBytes(JsonBody.Form(form)))
        {
            ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded"),
            Authorization = authorization,
        }, cancellation);
    }
}
