using System.Security.Authentication;

namespace Sightglass.Ingest.Scrape.Http;

/// <summary>How targets and discovery services are asked: the HTTP keys that Prometheus has in every place alike.</summary>
public sealed record HttpClientSettings
{
    /// <summary>No credentials, the system's trust, no proxy.</summary>
    public static HttpClientSettings Default { get; } = new();

    /// <summary><c>basic_auth</c>, or null.</summary>
    public BasicCredentials? Basic { get; init; }

    /// <summary><c>authorization</c> or <c>bearer_token</c>, or null.</summary>
    public HeaderCredentials? Authorization { get; init; }

    /// <summary><c>oauth2</c>, or null.</summary>
    public OAuth2Settings? OAuth2 { get; init; }

    /// <summary><c>tls_config</c>.</summary>
    public TlsClientSettings Tls { get; init; } = TlsClientSettings.Default;

    /// <summary><c>proxy_url</c> and its companions.</summary>
    public ProxySettings Proxy { get; init; } = ProxySettings.None;

    /// <summary><c>follow_redirects</c>.</summary>
    public bool FollowRedirects { get; init; } = true;

    /// <summary><c>enable_http2</c>: HTTP/2 is used where TLS negotiates it.</summary>
    public bool EnableHttp2 { get; init; } = true;

    /// <summary><c>http_headers</c>: each header with its values.</summary>
    public IReadOnlyList<KeyValuePair<string, SecretText>> Headers { get; init; } = [];
}

/// <summary><c>basic_auth</c>.</summary>
/// <param name="Username">The user.</param>
/// <param name="Password">The password.</param>
public sealed record BasicCredentials(SecretText Username, SecretText Password);

/// <summary><c>authorization</c>.</summary>
/// <param name="Type">The scheme, such as Bearer.</param>
/// <param name="Credentials">What follows it.</param>
public sealed record HeaderCredentials(string Type, SecretText Credentials);

/// <summary><c>oauth2</c>: client credentials.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="ClientSecret">Its secret.</param>
/// <param name="TokenUrl">Who gives tokens.</param>
/// <param name="Scopes">Scopes asked for.</param>
/// <param name="EndpointParameters">Further fields of the request.</param>
/// <param name="Tls">TLS towards <paramref name="TokenUrl"/>.</param>
/// <param name="Proxy">The proxy towards it.</param>
public sealed record OAuth2Settings(string ClientId, SecretText ClientSecret, Uri TokenUrl, IReadOnlyList<string> Scopes,
    IReadOnlyList<KeyValuePair<string, string>> EndpointParameters, TlsClientSettings Tls, ProxySettings Proxy);

/// <summary><c>tls_config</c>.</summary>
public sealed record TlsClientSettings
{
    /// <summary>The system's trust, no certificate of our own.</summary>
    public static TlsClientSettings Default { get; } = new();

    /// <summary><c>ca</c> or <c>ca_file</c>: PEM of who is trusted instead of the system's list.</summary>
    public SecretText? Authority { get; init; }

    /// <summary><c>cert</c> or <c>cert_file</c>: PEM of the client's certificate.</summary>
    public SecretText? Certificate { get; init; }

    /// <summary><c>key</c> or <c>key_file</c>: PEM of its key.</summary>
    public SecretText? Key { get; init; }

    /// <summary><c>server_name</c>: the name that the server has to prove, instead of the address's.</summary>
    public string? ServerName { get; init; }

    /// <summary><c>insecure_skip_verify</c>.</summary>
    public bool InsecureSkipVerify { get; init; }

    /// <summary>Versions between <c>min_version</c> and <c>max_version</c>; none leaves the choice to the system.</summary>
    public SslProtocols Versions { get; init; }
}

/// <summary><c>proxy_url</c>, <c>proxy_from_environment</c>, <c>no_proxy</c> and <c>proxy_connect_header</c>.</summary>
public sealed record ProxySettings
{
    /// <summary>Straight to the target.</summary>
    public static ProxySettings None { get; } = new();

    /// <summary>The proxy for http and https addresses, or null. May hold a user and a password.</summary>
    public Uri? Url { get; init; }

    /// <summary>HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the process decide.</summary>
    public bool FromEnvironment { get; init; }

    /// <summary>Hosts, domains, addresses and networks that are asked without the proxy, separated by commas.</summary>
    public string NoProxy { get; init; } = string.Empty;

    /// <summary>Headers of CONNECT requests.</summary>
    public IReadOnlyList<KeyValuePair<string, SecretText>> ConnectHeaders { get; init; } = [];
}

/// <summary>A text that must not be shown: a value, or the file that holds it, read anew at each use. Prints as <c>&lt;secret&gt;</c>.</summary>
public sealed class SecretText
{
    private readonly string? _value;

    private SecretText(string? value, string? file)
    {
        _value = value;
        File = file;
    }

    /// <summary>The empty text.</summary>
    public static SecretText Empty { get; } = new(string.Empty, null);

    /// <summary>The file that holds it, or null.</summary>
    public string? File { get; }

    /// <summary>A text by its value.</summary>
    public static SecretText Of(string value) => new(value, null);

    /// <summary>A text that stands in a file; white space around it is no part of it.</summary>
    public static SecretText InFile(string path) => new(null, path);

    /// <inheritdoc/>
    public override string ToString() => "<secret>";

    /// <summary>The text, for the one place that sends it.</summary>
    /// <exception cref="ScrapeFailedException">The file cannot be read.</exception>
    internal string Reveal()
    {
        if (File is null)
        {
            return _value!;
        }

        try
        {
            return System.IO.File.ReadAllText(File).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ScrapeFailedException($"unable to read file {File}: {e.Message}");
        }
    }
}
