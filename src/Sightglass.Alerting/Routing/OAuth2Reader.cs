using Sightglass.Alerting.Receivers;

namespace Sightglass.Alerting.Routing;

/// <summary>Reads <c>oauth2</c>. A <c>grant_type</c> that is none of the two is that of client credentials, as in Alertmanager.</summary>
internal static class OAuth2Reader
{
    public const string JwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

    public static OAuth2Configuration Read(YamlSection section, OutgoingPolicy outgoing, List<UnsupportedSetting> unsupported)
    {
        var (id, url, isJwt) = (section.Text("client_id", string.Empty), section.Text("token_url", string.Empty), section.Text("grant_type") == JwtBearer);
        var assertion = Assertion(section, isJwt, id, unsupported);
        // Of the secret and the key only the one that the grant uses is looked at.
        section.Accept("client_secret", "client_secret_file", "client_secret_ref");
        var configuration = new OAuth2Configuration
        {
            ClientId = id.Length > 0 ? id : throw section.Error("oauth2 client_id must be configured"),
            ClientSecret = (isJwt ? null : HttpReader.Referable(section, "client_secret", unsupported)) ?? new SecretSource(new Secret(string.Empty), null),
            Assertion = assertion,
            TokenUrl = url.Length == 0 ? throw section.Error("oauth2 token_url must be configured")
                : Uri.TryCreate(url, UriKind.Absolute, out var token) ? token : throw section.Error("token_url", "token_url: want an http or https URL"),
            Scopes = section.Texts("scopes"),
            EndpointParameters = section.Map("endpoint_params"),
            Http = new HttpConfiguration { Tls = HttpReader.Tls(section.Section("tls_config"), unsupported), Proxy = ProxyReader.Read(section, unsupported), Outgoing = outgoing },
        };
        section.RejectUnknown();
        return configuration;
    }

    private static JwtAssertion? Assertion(YamlSection section, bool isJwt, string client, List<UnsupportedSetting> unsupported)
    {
        section.Accept("client_certificate_key", "client_certificate_key_file", "client_certificate_key_ref");
        var (issuer, algorithm, keyId, audience) = (section.Text("iss"), section.Text("signature_algorithm"), section.Text("client_certificate_key_id"), section.Text("audience"));
        var claims = section.Section("claims") is { } map ? map.Keys.Select(k => KeyValuePair.Create(k, map.Node(k) is { } node ? new PayloadNode(node) : null)).ToList() : [];
        if (!isJwt)
        {
            return null;
        }

        if (algorithm is not (null or "" or "RS256" or "RS384" or "RS512"))
        {
            throw section.Error("signature_algorithm", "valid signature algorithms are RS256, RS384 and RS512");
        }

        return new JwtAssertion
        {
            Key = HttpReader.Referable(section, "client_certificate_key", unsupported) ?? new SecretSource(new Secret(string.Empty), null),
            KeyId = keyId ?? string.Empty,
            Algorithm = algorithm is { Length: > 0 } ? algorithm : "RS256",
            Issuer = issuer is { Length: > 0 } ? issuer : client,
            Audience = audience ?? string.Empty,
            Claims = claims,
        };
    }
}
