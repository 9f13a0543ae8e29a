using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sightglass.Alerting.Receivers;

/// <summary>Who signs a request to AWS.</summary>
/// <param name="AccessKey">The key's id.</param>
/// <param name="SecretKey">The key.</param>
/// <param name="SessionToken">Token of a session, or null.</param>
internal sealed record AwsCredentials(string AccessKey, Secret SecretKey, Secret? SessionToken);

/// <summary>Signs a POST as AWS wants it: Signature Version 4.</summary>
internal static class AwsSignature
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>The headers that the request needs.</summary>
    public static List<(string Name, Secret Value)> Sign(Uri url, string contentType, ReadOnlySpan<byte> body, string region, string service, AwsCredentials credentials, DateTimeOffset now)
    {
        var time = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var day = time[..8];
        var signed = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["content-type"] = contentType,
            ["host"] = url.IsDefaultPort ? url.Host : url.Authority,
            ["x-amz-date"] = time,
        };
        if (credentials.SessionToken is { } session)
        {
            signed.Add("x-amz-security-token", session.Reveal());
        }

        var names = string.Join(';', signed.Keys);
        var path = url.AbsolutePath.Length > 0 ? string.Join('/', url.AbsolutePath.Split('/').Select(static s => Uri.EscapeDataString(Uri.UnescapeDataString(s)))) : "/";
        var canonical = $"POST\n{path}\n{url.Query.TrimStart('?')}\n{string.Concat(signed.Select(static h => $"{h.Key}:{h.Value}\n"))}\n{names}\n{Hex(SHA256.HashData(body))}";
        var scope = $"{day}/{region}/{service}/aws4_request";
        var text = $"{Algorithm}\n{time}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + credentials.SecretKey.Reveal());
        foreach (var part in (ReadOnlySpan<string>)[day, region, service, "aws4_request"])
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        var signature = Hex(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
        var headers = new List<(string, Secret)>
        {
            ("X-Amz-Date", new Secret(time)),
            ("Authorization", new Secret($"{Algorithm} Credential={credentials.AccessKey}/{scope}, SignedHeaders={names}, Signature={signature}")),
        };
        if (credentials.SessionToken is { } token)
        {
            headers.Add(("X-Amz-Security-Token", token));
        }

        return headers;
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
