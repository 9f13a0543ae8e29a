using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Sightglass.Alerting.Receivers;

/// <summary>
/// Who signs, by <c>sigv4</c>: its own keys, those of its profile, of the environment or of the default profile, in this order; and with a role, the keys
/// that the token service lends for it, kept until shortly before their end. Thread-safe.
/// </summary>
internal sealed class AwsCredentialSource(MessagingConfiguration configuration, HttpPoster http, TimeProvider time) : IDisposable
{
    private const string ContentType = "application/x-www-form-urlencoded";
    // A profile that takes a role by another profile, and so on.
    private const int MaxProfileSteps = 5;
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _one = new(1);
    private readonly Dictionary<string, (AwsCredentials Credentials, DateTimeOffset Until)> _lent = new(StringComparer.Ordinal);

    /// <summary>The first of the environment's variables that is set, or empty.</summary>
    public static string FromEnvironment(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            {
                return value;
            }
        }

        return string.Empty;
    }

    /// <summary>The region of the profile, or empty.</summary>
    public string RegionOfProfile => Profile()?["region"] ?? string.Empty;

    /// <exception cref="DeliveryException">There are none.</exception>
    public async ValueTask<AwsCredentials> GetAsync(string region, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var own = await OwnAsync(region, cancellation).ConfigureAwait(false);
            return configuration.Text("sigv4.role_arn") is { Length: > 0 } role ? await AssumeAsync(own, role, configuration.Text("sigv4.external_id"), region, cancellation).ConfigureAwait(false) : own;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private AwsProfile? Profile() => configuration.Text("sigv4.profile") is { Length: > 0 } named
        ? AwsProfile.Find(named) ?? throw new DeliveryException($"sigv4.profile: there is no profile {named} in AWS' shared files", recoverable: false)
        : AwsProfile.Find(FromEnvironment("AWS_PROFILE", "AWS_DEFAULT_PROFILE") is { Length: > 0 } usual ? usual : "default");

    private async ValueTask<AwsCredentials> OwnAsync(string region, CancellationToken cancellation)
    {
        if (configuration.Secrets.TryGetValue("sigv4.secret_key", out var secret))
        {
            return new AwsCredentials(configuration.Text("sigv4.access_key"), await secret.ReadAsync(cancellation).ConfigureAwait(false), null);
        }

        var (id, key, session) = (FromEnvironment("AWS_ACCESS_KEY_ID"), FromEnvironment("AWS_SECRET_ACCESS_KEY"), FromEnvironment("AWS_SESSION_TOKEN"));
        // A profile that is named wins over the environment, the default one does not.
        if (configuration.Text("sigv4.profile").Length == 0 && id.Length > 0 && key.Length > 0)
        {
            return new AwsCredentials(id, new Secret(key), session.Length > 0 ? new Secret(session) : null);
        }

        return Profile() is { } profile
            ? await OfAsync(profile, region, 0, cancellation).ConfigureAwait(false)
            : throw new DeliveryException("no credentials: sigv4.access_key and secret_key, sigv4.profile, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a default profile have to give them", recoverable: false);
    }

    private async ValueTask<AwsCredentials> OfAsync(AwsProfile profile, string region, int step, CancellationToken cancellation)
    {
        if (step == MaxProfileSteps)
        {
            throw new DeliveryException($"profile {profile.Name}: more than {MaxProfileSteps} profiles refer to each other", recoverable: false);
        }

        if (profile["role_arn"] is { Length: > 0 } role && profile["source_profile"] is { Length: > 0 } name && (name != profile.Name || profile["aws_access_key_id"].Length == 0))
        {
            var source = AwsProfile.Find(name) ?? throw new DeliveryException($"profile {profile.Name}: there is no profile {name}, its source_profile", recoverable: false);
            return await AssumeAsync(await OfAsync(source, region, step + 1, cancellation).ConfigureAwait(false), role, profile["external_id"], region, cancellation).ConfigureAwait(false);
        }

        var (id, key, session) = (profile["aws_access_key_id"], profile["aws_secret_access_key"], profile["aws_session_token"]);
        return id.Length > 0 && key.Length > 0
            ? new AwsCredentials(id, new Secret(key), session.Length > 0 ? new Secret(session) : null)
            : throw new DeliveryException($"profile {profile.Name}: want aws_access_key_id and aws_secret_access_key, or role_arn and source_profile; processes and single sign-on are not asked", recoverable: false);
    }

    private async ValueTask<AwsCredentials> AssumeAsync(AwsCredentials own, string role, string externalId, string region, CancellationToken cancellation)
    {
        var key = $"{role}\n{externalId}\n{own.AccessKey}\n{region}";
        if (_lent.TryGetValue(key, out var lent) && time.GetUtcNow() < lent.Until)
        {
            return lent.Credentials;
        }

        var form = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["Action"] = "AssumeRole",
            ["Version"] = "2011-06-15",
            ["RoleArn"] = role,
            ["RoleSessionName"] = $"sightglass-{time.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)}",
        };
        if (externalId.Length > 0)
        {
            form["ExternalId"] = externalId;
        }

        var kind = configuration.Text("sigv4.use_fips_sts_endpoint") == "true" ? "sts-fips" : "sts";
        var address = FromEnvironment("AWS_ENDPOINT_URL_STS") is { Length: > 0 } other ? other : $"https://{kind}.{region}.amazonaws.com/";
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url))
        {
            throw new DeliveryException("AWS_ENDPOINT_URL_STS is not a usable http or https URL", recoverable: false);
        }

        var body = Encoding.UTF8.GetBytes(JsonBody.Form(form));
        var reply = await http.ExchangeAsync(new HttpCall(HttpMethod.Post, new Secret(url.ToString()), body)
        {
            ContentType = MediaTypeHeaderValue.Parse(ContentType),
            Headers = AwsSignature.Sign(url, ContentType, body, region, "sts", own, time.GetUtcNow()),
        }, cancellation).ConfigureAwait(false);
        if (reply.Status is < 200 or >= 300)
        {
            throw new DeliveryException($"the token service of AWS answered {reply.Status} to AssumeRole: {ErrorOf(reply.Body)}", reply.Status >= 500 || reply.Status == 429);
        }

        var (credentials, until) = Read(reply.Body);
        var now = time.GetUtcNow();
        foreach (var (old, (_, end)) in _lent)
        {
            if (end <= now)
            {
                _lent.Remove(old);
            }
        }

        _lent[key] = (credentials, until - Margin);
        return credentials;
    }

    private static (AwsCredentials Credentials, DateTimeOffset Until) Read(string body)
    {
        var lent = Parse(body)?.Descendants().FirstOrDefault(static e => e.Name.LocalName == "Credentials");
        string Of(string name) => lent?.Elements().FirstOrDefault(e => e.Name.LocalName == name)?.Value ?? string.Empty;
        return Of("AccessKeyId") is { Length: > 0 } id && Of("SecretAccessKey") is { Length: > 0 } key && Of("SessionToken") is { Length: > 0 } session
            && DateTimeOffset.TryParse(Of("Expiration"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var until)
            ? (new AwsCredentials(id, new Secret(key), new Secret(session)), until)
            : throw new DeliveryException("the token service's answer to AssumeRole has no credentials", recoverable: false);
    }

    private static string ErrorOf(string body) =>
        Parse(body)?.Descendants().FirstOrDefault(static e => e.Name.LocalName == "Code")?.Value is { Length: > 0 and < 200 } code ? code : "no code";

    private static XDocument? Parse(string body)
    {
        try
        {
            using var reader = XmlReader.Create(new StringReader(body), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            return XDocument.Load(reader);
        }
        catch (XmlException)
        {
            return null;
        }
    }
}
