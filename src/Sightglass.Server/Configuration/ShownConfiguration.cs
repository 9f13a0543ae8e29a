using System.Text.RegularExpressions;
using Sightglass.Alerting;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Server.Configuration;

/// <summary>
/// The configuration as it may be shown: the file's text as loaded, with <c>&lt;secret&gt;</c> for every value that is one. What might be
/// a secret is taken for one: too little shown is a nuisance, too much a leak.
/// </summary>
internal static partial class ShownConfiguration
{
    private const string Shown = "<secret>";

    private static readonly HashSet<string> SecretKeys = new(StringComparer.OrdinalIgnoreCase)
    {
        "password", "credentials", "bearer_token", "client_secret", "secret", "secrets", "secret_key", "access_key", "api_key", "apikey", "api_secret", "auth_password", "auth_secret",
        "slack_api_url", "api_url", "opsgenie_api_key", "victorops_api_key", "wechat_api_secret", "telegram_bot_token", "bot_token", "user_key", "token", "routing_key", "service_key",
        "service_integration_key", "webhook_url", "webhook_urls", "private_key", "community", "shared_key", "api_keys", "authorization", "cookie", "client_certificate_key",
    };

    /// <summary>Keys whose name ends so hold a secret; the names of files that hold one do not.</summary>
    private static readonly string[] SecretEndings = ["_password", "_secret", "_token", "_api_key", "_key_pem", "_passphrase"];

    /// <summary>Mappings in which an otherwise harmless key is secret.</summary>
    private static readonly HashSet<(string Parent, string Key)> SecretInside = [("tls_config", "key"), ("webhook_configs", "url"), ("discord_configs", "url"), ("msteams_configs", "url")];

    /// <summary>The text; the defaults in force where there is no file.</summary>
    public static string Text(ServerConfiguration configuration)
    {
        if (configuration.Source is not { } source)
        {
            return $"global:\n  scrape_interval: {PromDuration.Format(configuration.ScrapeInterval)}\n  evaluation_interval: {PromDuration.Format(configuration.EvaluationInterval)}\n";
        }

        var stream = new YamlStream();
        stream.Load(new StringReader(source.Text));
        if (stream.Documents.Count == 0)
        {
            return string.Empty;
        }

        Mask(stream.Documents[0].RootNode, string.Empty);
        using var writer = new StringWriter { NewLine = "\n" };
        stream.Save(writer, assignAnchors: false);
        var text = writer.ToString();

        // The writer ends a document with "...".
        return text.EndsWith("...\n", StringComparison.Ordinal) ? text[..^4] : text;
    }

    private static void Mask(YamlNode node, string parent)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                foreach (var (keyNode, value) in mapping.Children)
                {
                    var key = (keyNode as YamlScalarNode)?.Value ?? string.Empty;
                    if (IsSecret(parent, key))
                    {
                        Blacken(value);
                    }

                    Mask(value, key);
                }

                break;
            case YamlSequenceNode sequence:
                foreach (var item in sequence.Children)
                {
                    Mask(item, parent);
                }

                break;
            case YamlScalarNode { Value: { } text } scalar:
                scalar.Value = UserInfo().Replace(text, "://$1:xxxxx@");
                break;
        }
    }

    private static bool IsSecret(string parent, string key) =>
        SecretKeys.Contains(key) || SecretInside.Contains((parent, key)) || SecretEndings.Any(ending => key.EndsWith(ending, StringComparison.Ordinal));

    // A section under such a name (authorization: { credentials: … }) is looked into instead.
    private static void Blacken(YamlNode node)
    {
        switch (node)
        {
            case YamlScalarNode scalar when scalar.Value is { Length: > 0 }:
                scalar.Value = Shown;
                break;
            case YamlSequenceNode sequence:
                foreach (var item in sequence.Children)
                {
                    Blacken(item);
                }

                break;
        }
    }

    /// <summary>User and password in an address; the password is what is hidden.</summary>
    [GeneratedRegex("://([^:/@\\s]*):[^/@\\s]*@", RegexOptions.CultureInvariant)]
    private static partial Regex UserInfo();
}
