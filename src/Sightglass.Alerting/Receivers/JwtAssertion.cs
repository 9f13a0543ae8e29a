using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sightglass.Alerting.Receivers;

/// <summary>What a client says of itself and signs to get a token: the authorization grant of RFC 7523, section 2.1.</summary>
public sealed record JwtAssertion
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    /// <summary>Its private key, RSA in PEM.</summary>
    public required SecretSource Key { get; init; }

    /// <summary>Names the key, or empty.</summary>
    public string KeyId { get; init; } = string.Empty;

    /// <summary>RS256, RS384 or RS512.</summary>
    public required string Algorithm { get; init; }

    /// <summary>Who says it.</summary>
    public required string Issuer { get; init; }

    /// <summary>To whom; empty is the token's server.</summary>
    public string Audience { get; init; } = string.Empty;

    /// <summary>More claims; they win over those that are made here.</summary>
    public IReadOnlyList<KeyValuePair<string, PayloadNode?>> Claims { get; init; } = [];

    /// <summary>The signed text.</summary>
    /// <exception cref="DeliveryException">The key cannot be used.</exception>
    internal async ValueTask<Secret> SignAsync(OAuth2Configuration configuration, DateTimeOffset now, CancellationToken cancellation)
    {
        var pem = (await Key.ReadAsync(cancellation).ConfigureAwait(false)).Reveal();
        var text = $"{Part(WriteHeader)}.{Part(json => WriteClaims(json, configuration, now))}";
        using var key = RSA.Create();
        try
        {
            key.ImportFromPem(pem);
            var hash = Algorithm switch { "RS384" => HashAlgorithmName.SHA384, "RS512" => HashAlgorithmName.SHA512, _ => HashAlgorithmName.SHA256 };
            return new Secret($"{text}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(text), hash, RSASignaturePadding.Pkcs1))}");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new DeliveryException("oauth2: client_certificate_key is not a private RSA key in PEM", recoverable: false);
        }
    }

    private static string Part(Action<Utf8JsonWriter> write) => Base64Url.EncodeToString(JsonBody.Write(write).Span);

    private void WriteHeader(Utf8JsonWriter json)
    {
        json.WriteString("alg", Algorithm);
        JsonBody.Filled(json, "kid", KeyId);
        json.WriteString("typ", "JWT");
    }

    private void WriteClaims(Utf8JsonWriter json, OAuth2Configuration configuration, DateTimeOffset now)
    {
        var made = new List<KeyValuePair<string, string>>
        {
            KeyValuePair.Create("aud", Audience.Length > 0 ? Audience : configuration.TokenUrl.OriginalString),
            KeyValuePair.Create("iss", Issuer),
            KeyValuePair.Create("jti", Guid.NewGuid().ToString("D", CultureInfo.InvariantCulture)),
            KeyValuePair.Create("sub", configuration.ClientId),
        };
        if (configuration.Scopes.Count > 0)
        {
            made.Add(KeyValuePair.Create("scope", string.Join(' ', configuration.Scopes)));
        }

        bool IsOwn(string name) => Claims.All(c => c.Key != name);
        made.Where(c => IsOwn(c.Key)).ToList().ForEach(c => json.WriteString(c.Key, c.Value));
        foreach (var (name, time) in (ReadOnlySpan<(string, DateTimeOffset)>)[("iat", now), ("exp", now + Life)])
        {
            if (IsOwn(name))
            {
                json.WriteNumber(name, time.ToUnixTimeSeconds());
            }
        }

        foreach (var (name, value) in Claims)
        {
            json.WritePropertyName(name);
            if (value is null)
            {
                json.WriteNullValue();
            }
            else
            {
                value.Write(json, render: null);
            }
        }
    }
}
