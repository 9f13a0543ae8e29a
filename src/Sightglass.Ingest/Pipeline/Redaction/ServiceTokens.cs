using System.Buffers;
using System.Text;

namespace Sightglass.Ingest.Pipeline.Redaction;

/// <summary>Tokens of well-known services, which begin with letters of their own and go on for a known number of characters.</summary>
internal static class ServiceTokens
{
    private static readonly SearchValues<byte> Word = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);
    private static readonly SearchValues<byte> Dotted = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./"u8);

    /// <summary>Prefixes in lower case, as they are searched; as they are written; the fewest and the most characters behind; whether dots and slashes are among these.</summary>
    public static readonly (string Prefix, string Written, int Least, int Most, bool Dots)[] Prefixes =
    [
        // GitHub
        ("ghp_", "ghp_", 36, 255, false), ("gho_", "gho_", 36, 255, false), ("ghu_", "ghu_", 36, 255, false), ("ghs_", "ghs_", 36, 255, false), ("ghr_", "ghr_", 36, 255, false),
        ("github_pat_", "github_pat_", 16, 255, false),
        // GitLab
        ("glpat-", "glpat-", 16, 255, false), ("gldt-", "gldt-", 16, 255, false), ("glrt-", "glrt-", 16, 255, false),
        // Slack, and the addresses of its incoming webhooks
        ("xoxb-", "xoxb-", 16, 255, false), ("xoxp-", "xoxp-", 16, 255, false), ("xoxa-", "xoxa-", 16, 255, false), ("xoxr-", "xoxr-", 16, 255, false), ("xoxs-", "xoxs-", 16, 255, false),
        ("xapp-", "xapp-", 16, 255, false), ("hooks.slack.com/services/", "hooks.slack.com/services/", 20, 255, true),
        // Stripe
        ("sk_live_", "sk_live_", 16, 255, false), ("rk_live_", "rk_live_", 16, 255, false), ("whsec_", "whsec_", 24, 255, false),
        // Google: API keys are of one length
        ("aiza", "AIza", 35, 35, false), ("ya29.", "ya29.", 20, 2048, true),
        // npm, PyPI, Hugging Face
        ("npm_", "npm_", 36, 36, false), ("pypi-", "pypi-AgE", 50, 2048, false), ("hf_", "hf_", 34, 40, false),
        // SendGrid, DigitalOcean, Vault, Shopify
        ("sg.", "SG.", 60, 80, true), ("dop_v1_", "dop_v1_", 64, 64, false), ("hvs.", "hvs.", 24, 2048, false), ("shpat_", "shpat_", 32, 32, false),
        // Model services
        ("sk-ant-", "sk-ant-", 20, 255, false), ("sk-proj-", "sk-proj-", 20, 255, false),
    ];

    private static readonly Dictionary<string, (byte[] Written, int Least, int Most, SearchValues<byte> Behind)> ByPrefix = Prefixes.ToDictionary(
        p => p.Prefix,
        p => (Encoding.ASCII.GetBytes(p.Written), p.Written.Length - p.Prefix.Length + p.Least, p.Most, p.Dots ? Dotted : Word),
        StringComparer.Ordinal);

    /// <summary>Whether a text begins with a prefix as it is written.</summary>
    public static bool IsWritten(ReadOnlySpan<byte> text, string prefix) => text.StartsWith(ByPrefix[prefix].Written);

    /// <summary>The token that a prefix at a place begins; false where it is something else.</summary>
    public static bool TryFind(ReadOnlySpan<byte> text, int at, string prefix, out int length)
    {
        var (written, least, most, allowed) = ByPrefix[prefix];
        length = 0;
        if (!text[at..].StartsWith(written))
        {
            return false;
        }

        var behind = text[(at + prefix.Length)..];
        var end = behind.IndexOfAnyExcept(allowed);
        end = end < 0 ? behind.Length : end;

        // A full stop behind a token ends a sentence.
        while (end > 0 && behind[end - 1] == '.')
        {
            end--;
        }

        length = prefix.Length + end;
        return end >= least && end <= most;
    }
}
