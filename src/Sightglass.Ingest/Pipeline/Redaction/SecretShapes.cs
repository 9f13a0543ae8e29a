using System.Text;

namespace Sightglass.Ingest.Pipeline.Redaction;

/// <summary>
/// Secrets that are known by how they look: cloud keys, private keys, tokens of well-known services, bearer tokens, passwords in assignments and in
/// addresses. Each is found by a literal and then checked around it, in linear time; what only might be one stays.
/// </summary>
internal static class SecretShapes
{
    private const int MinTokenBytes = 16;
    private const int MinSecretBytes = 6;
    private const int MaxAddressBytes = 512;

    private static readonly (string Text, int Rule)[] Known =
    [
        ("akia", SecretRules.AwsKey), ("asia", SecretRules.AwsKey), ("-----begin ", SecretRules.PrivateKey), ("bearer ", SecretRules.BearerToken),
        ("authorization", SecretRules.AuthorizationHeader), ("x-api-key", SecretRules.AuthorizationHeader), ("eyj", SecretRules.JsonWebToken), ("://", SecretRules.AddressPassword),
        ("password", SecretRules.Assignment), ("passwd", SecretRules.Assignment), ("passphrase", SecretRules.Assignment), ("pwd", SecretRules.Assignment),
        ("secret", SecretRules.Assignment), ("api_key", SecretRules.Assignment), ("api-key", SecretRules.Assignment), ("apikey", SecretRules.Assignment),
        ("accountkey", SecretRules.Assignment), ("access_token", SecretRules.Assignment), ("refresh_token", SecretRules.Assignment), ("auth_token", SecretRules.Assignment),
        ("id_token", SecretRules.Assignment), ("session_token", SecretRules.Assignment), ("accesstoken", SecretRules.Assignment), ("refreshtoken", SecretRules.Assignment),
        ("authtoken", SecretRules.Assignment), ("private_key", SecretRules.Assignment), .. ServiceTokens.Prefixes.Select(p => (p.Prefix, SecretRules.ServiceToken)),
    ];

    // What may stand between the name and the sign of an assignment.
    private static readonly string[] NameEnds = ["_access_key", "accesskey", "_key", "key", "_token", "token"];

    /// <summary>Finds the literals.</summary>
    public static LiteralScan Scan { get; } = new([.. Known.Select(k => k.Text)]);

    /// <summary>What a redaction that a literal announced is counted as.</summary>
    public static int RuleOf(int literal) => Known[literal].Rule;

    /// <summary>
    /// Whether the literal at a place of a longer text could announce a secret in one of the pieces that it is of: what is cheap to see and rules out most places.
    /// </summary>
    public static bool IsPossible(ReadOnlySpan<byte> text, int at, int literal)
    {
        var (name, rule) = Known[literal];
        switch (rule)
        {
            case SecretRules.AddressPassword:
                var rest = text[(at + name.Length)..Math.Min(text.Length, at + name.Length + MaxAddressBytes)];
                return rest.IndexOfAny(AddressEnds) is var end && rest[..(end < 0 ? rest.Length : end)].Contains((byte)'@');
            case SecretRules.AwsKey:
                return at + 20 <= text.Length && text.Slice(at, 20).IndexOfAnyExcept(Upper) < 0;
            case SecretRules.JsonWebToken:
                return text[at..].StartsWith("eyJ"u8);
            case SecretRules.ServiceToken:
                return ServiceTokens.IsWritten(text[at..], name);
            default:
                return true;
        }
    }

    /// <summary>The secret that the literal at a place announces; false where there is none.</summary>
    public static bool TryFind(ReadOnlySpan<byte> text, int at, int literal, out int start, out int length)
    {
        (start, length) = (at, 0);
        var (name, rule) = Known[literal];
        var after = at + name.Length;
        switch (name)
        {
            case "akia" or "asia":
                // Exactly four letters and sixteen, in upper case, by themselves.
                length = 20;
                return IsBoundary(text, at - 1) && at + 20 <= text.Length && IsBoundary(text, at + 20) && text.Slice(at, 20).IndexOfAnyExcept(Upper) < 0;
            case "-----begin ":
                return TryPrivateKey(text, at, out length);
            case "bearer ":
                start = after;
                length = Run(text, after, TokenBytes);
                return length >= MinTokenBytes;
            case "authorization":
                return TryAuthorization(text, after, out start, out length);
            case "x-api-key":
                start = after;
                return TrySign(text, ref start, spacesAfterColon: true) && (length = Run(text, start, TokenBytes)) >= MinSecretBytes;
            case "eyj":
                return IsBoundary(text, at - 1) && TryJwt(text, at, out length);
            case "://":
                return TryAddress(text, after, out start, out length);
            default:
                return rule == SecretRules.ServiceToken
                    ? IsBoundary(text, at - 1) && ServiceTokens.TryFind(text, at, name, out length)
                    : TryAssignment(text, after, out start, out length);
        }
    }

    /// <summary>Whether the value of an attribute of this name is a secret.</summary>
    public static bool IsSecretName(ReadOnlySpan<byte> key)
    {
        var last = key[(key.LastIndexOfAny((byte)'.', (byte)'/') + 1)..];
        foreach (var name in (ReadOnlySpan<string>)["password", "passwd", "passphrase", "secret", "client_secret", "clientsecret", "api_key", "apikey", "api-key", "access_token", "refresh_token", "auth_token", "private_key", "secret_key", "aws_secret_access_key", "authorization", "proxy-authorization", "x-api-key", "pwd", "id_token", "session_token", "accesstoken", "refreshtoken", "authtoken", "secretkey", "privatekey"])
        {
            if (Ascii.EqualsIgnoreCase(last, name))
            {
                return true;
            }
        }

        return false;
    }

    private static System.Buffers.SearchValues<byte> Upper { get; } = System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"u8);

    private static System.Buffers.SearchValues<byte> TokenBytes { get; } = System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="u8);

    private static System.Buffers.SearchValues<byte> WordBytes { get; } = System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    private static System.Buffers.SearchValues<byte> ValueEnds { get; } = System.Buffers.SearchValues.Create(" \t\r\n&,;\"'`)]}<>|\\"u8);

    private static System.Buffers.SearchValues<byte> AddressEnds { get; } = System.Buffers.SearchValues.Create(" \t\r\n\"'<>/?#"u8);

    private static bool IsBoundary(ReadOnlySpan<byte> text, int at) => at < 0 || at >= text.Length || !(char.IsAsciiLetterOrDigit((char)text[at]) || text[at] is (byte)'_' or (byte)'-');

    private static int Run(ReadOnlySpan<byte> text, int from, System.Buffers.SearchValues<byte> of)
    {
        var rest = text[Math.Min(from, text.Length)..];
        var end = rest.IndexOfAnyExcept(of);
        return end < 0 ? rest.Length : end;
    }

    private static bool TryPrivateKey(ReadOnlySpan<byte> text, int at, out int length)
    {
        length = 0;
        var rest = text[at..];
        var head = rest[..Math.Min(rest.Length, 64)].IndexOf("PRIVATE KEY"u8);
        if (head < 0)
        {
            return false;
        }

        var end = rest.IndexOf("-----END "u8);
        var close = end < 0 ? -1 : rest[(end + 9)..].IndexOf("-----"u8);
        length = close < 0 ? rest.Length : end + 9 + close + 5;
        return true;
    }

    // authorization: Basic dXNlcjpwYXNz, "authorization": "Bearer …": the scheme stays.
    private static bool TryAuthorization(ReadOnlySpan<byte> text, int after, out int start, out int length)
    {
        start = after;
        length = 0;
        if (!TrySign(text, ref start, spacesAfterColon: true))
        {
            return false;
        }

        var scheme = Run(text, start, WordBytes);
        var value = start + scheme + 1;
        if (scheme is < 3 or > 10 || value > text.Length || text[value - 1] != ' ' || !IsScheme(text.Slice(start, scheme)))
        {
            return false;
        }

        start = value;
        length = Run(text, value, TokenBytes);
        return length >= MinSecretBytes;
    }

    private static bool IsScheme(ReadOnlySpan<byte> word) =>
        Ascii.EqualsIgnoreCase(word, "basic"u8) || Ascii.EqualsIgnoreCase(word, "bearer"u8) || Ascii.EqualsIgnoreCase(word, "token"u8) || Ascii.EqualsIgnoreCase(word, "digest"u8);

    private static bool TryJwt(ReadOnlySpan<byte> text, int at, out int length)
    {
        length = 0;
        if (!text[at..].StartsWith("eyJ"u8))
        {
            return false;
        }

        for (var part = 0; part < 3; part++)
        {
            var run = Run(text, at + length, WordBytes);
            length += run;
            if ((part < 2 && run < 8) || (part < 2 && (at + length >= text.Length || text[at + length] != '.')))
            {
                return false;
            }

            length += part < 2 ? 1 : 0;
        }

        return true;
    }

    // scheme://user:secret@host
    private static bool TryAddress(ReadOnlySpan<byte> text, int after, out int start, out int length)
    {
        start = after;
        length = 0;
        var rest = text[after..Math.Min(text.Length, after + MaxAddressBytes)];
        var end = rest.IndexOfAny(AddressEnds);
        var authority = end < 0 ? rest : rest[..end];
        var sign = authority.LastIndexOf((byte)'@');
        var colon = sign < 0 ? -1 : authority[..sign].IndexOf((byte)':');
        if (colon < 0 || sign - colon < 2)
        {
            return false;
        }

        start = after + colon + 1;
        length = sign - colon - 1;
        return !IsPlaceholder(text.Slice(start, length));
    }

    // password=…, client_secret: "…" only with the quotes of JSON: prose has colons too.
    private static bool TryAssignment(ReadOnlySpan<byte> text, int after, out int start, out int length)
    {
        start = after;
        length = 0;
        foreach (var end in NameEnds)
        {
            if (start + end.Length <= text.Length && Ascii.EqualsIgnoreCase(text.Slice(start, end.Length), end))
            {
                start += end.Length;
                break;
            }
        }

        if (!TrySign(text, ref start, spacesAfterColon: false) || start >= text.Length)
        {
            return false;
        }

        var quote = start > 0 ? text[start - 1] : default;
        if (quote is (byte)'"' or (byte)'\'')
        {
            length = Quoted(text[start..], quote, isEscaped: start > 1 && text[start - 2] == '\\');
        }
        else
        {
            var end = text[start..].IndexOfAny(ValueEnds);
            length = end < 0 ? text.Length - start : end;
        }

        return length > 0 && !IsPlaceholder(text.Slice(start, length));
    }

    // Up to the closing quote: one with a backslash before it where the opening one has one (JSON inside of JSON), else one without.
    private static int Quoted(ReadOnlySpan<byte> text, byte quote, bool isEscaped)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == quote)
            {
                return at;
            }

            if (text[at] == '\\')
            {
                if (isEscaped && at + 1 < text.Length && text[at + 1] == quote)
                {
                    return at;
                }

                at++;
            }
        }

        return text.Length;
    }

    // The = of an assignment, or the : of JSON behind a closing quote; then perhaps an opening quote.
    private static bool TrySign(ReadOnlySpan<byte> text, ref int at, bool spacesAfterColon)
    {
        var quoted = false;
        if (at < text.Length && text[at] == '\\')
        {
            at++;
        }

        if (at < text.Length && text[at] is (byte)'"' or (byte)'\'')
        {
            quoted = true;
            at++;
        }

        while (quoted && at < text.Length && text[at] == ' ')
        {
            at++;
        }

        if (at >= text.Length || !(text[at] == '=' || (text[at] == ':' && (quoted || spacesAfterColon))))
        {
            return false;
        }

        at++;
        while ((quoted || spacesAfterColon) && at < text.Length && text[at] == ' ')
        {
            at++;
        }

        if (at < text.Length && text[at] == '\\')
        {
            at++;
        }

        if (at < text.Length && text[at] is (byte)'"' or (byte)'\'')
        {
            at++;
        }
        else if (quoted && !spacesAfterColon)
        {
            // A number, null or an object: nothing that is a secret of ours to know.
            return false;
        }

        return true;
    }

    private static bool IsPlaceholder(ReadOnlySpan<byte> value) =>
        value[0] is (byte)'*' or (byte)'<' or (byte)'$' or (byte)'%' or (byte)'{' || value.StartsWith("[redacted"u8) || value.StartsWith("[REDACTED"u8)
        || Ascii.EqualsIgnoreCase(value, "null"u8) || Ascii.EqualsIgnoreCase(value, "true"u8) || Ascii.EqualsIgnoreCase(value, "false"u8)
        || Ascii.EqualsIgnoreCase(value, "none"u8) || Ascii.EqualsIgnoreCase(value, "nil"u8) || Ascii.EqualsIgnoreCase(value, "yes"u8) || Ascii.EqualsIgnoreCase(value, "no"u8) || value.IndexOfAnyExcept((byte)'x', (byte)'X') < 0;
}
