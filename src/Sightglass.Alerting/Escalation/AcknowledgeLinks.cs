using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Sightglass.Alerting.Escalation;

/// <summary>What a link says that was made here and is not changed.</summary>
/// <param name="Reference">Which group of alerts, see <see cref="AcknowledgeLinks.ReferenceOf"/>.</param>
/// <param name="IssuedAt">When the message was made: alerts that began later are not meant.</param>
/// <param name="ExpiresAt">Until when the link is good.</param>
/// <param name="Person">The person that the message went to, or empty.</param>
public sealed record AcknowledgeToken(string Reference, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt, string Person);

/// <summary>Why a link is not good.</summary>
public enum AcknowledgeLinkFault
{
    /// <summary>It is good.</summary>
    None,

    /// <summary>It was not made here, or was changed.</summary>
    Forged,

    /// <summary>Its time is over.</summary>
    Expired,
}

/// <summary>
/// Makes and reads the links by which alerts of a message are acknowledged: what it means and until when, signed with HMAC-SHA256 by a key that never leaves the
/// server. The link says which group and up to when, not which alerts: it is short however many they are.
/// </summary>
public sealed class AcknowledgeLinks(ReadOnlyMemory<byte> key, Uri externalUrl)
{
    /// <summary>Where links lead.</summary>
    public const string Path = "sightglass/ack";

    /// <summary>The longest token that is looked at.</summary>
    public const int MaxTokenLength = 2_048;

    private const byte Version = 1;
    private const int ReferenceBytes = 16;
    private const int HeadBytes = 1 + 8 + 8 + ReferenceBytes;

    /// <summary>The link for a message.</summary>
    public string For(string groupKey, string person, DateTimeOffset now, TimeSpan lifetime)
    {
        var name = Encoding.UTF8.GetBytes(person);
        var token = new byte[HeadBytes + name.Length + HMACSHA256.HashSizeInBytes];
        token[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(token.AsSpan(1), now.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64BigEndian(token.AsSpan(9), (now + lifetime).ToUnixTimeMilliseconds());
        Convert.FromHexString(ReferenceOf(groupKey), token.AsSpan(17), out _, out _);
        name.CopyTo(token, HeadBytes);
        HMACSHA256.HashData(key.Span, token.AsSpan(..^HMACSHA256.HashSizeInBytes), token.AsSpan(HeadBytes + name.Length));
        return $"{externalUrl.ToString().TrimEnd('/')}/{Path}?t={Base64Url.EncodeToString(token)}";
    }

    /// <summary>Reads a token; null, and why, where it is not good.</summary>
    public AcknowledgeToken? Read(string text, DateTimeOffset now, out AcknowledgeLinkFault fault)
    {
        fault = AcknowledgeLinkFault.Forged;
        if (text.Length is 0 or > MaxTokenLength || !Base64Url.IsValid(text, out var length) || length < HeadBytes + HMACSHA256.HashSizeInBytes)
        {
            return null;
        }

        var token = Base64Url.DecodeFromChars(text);
        var body = token.AsSpan(..^HMACSHA256.HashSizeInBytes);
        if (!CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(key.Span, body), token.AsSpan(body.Length)) || body[0] != Version)
        {
            return null;
        }

        var read = new AcknowledgeToken(
            Convert.ToHexStringLower(body.Slice(17, ReferenceBytes)),
            DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(body[1..])),
            DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(body[9..])),
            Encoding.UTF8.GetString(body[HeadBytes..]));
        fault = read.ExpiresAt <= now ? AcknowledgeLinkFault.Expired : AcknowledgeLinkFault.None;
        return fault == AcknowledgeLinkFault.None ? read : null;
    }

    /// <summary>How a link names the group of an incident: PagerDuty's <c>dedup_key</c> and Opsgenie's alias begin with it. Null for those that were not made here.</summary>
    public static string? ReferenceOfIncident(string key) => key.Length == 2 * SHA256.HashSizeInBytes && key.All(char.IsAsciiHexDigitLower) ? key[..(2 * ReferenceBytes)] : null;

    /// <summary>How a link names a group.</summary>
    public static string ReferenceOf(string groupKey) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(groupKey)).AsSpan(0, ReferenceBytes));
}
