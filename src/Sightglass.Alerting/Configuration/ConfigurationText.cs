using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Alerting;

/// <summary>A configuration's text for showing: without comments and without secrets.</summary>
internal static partial class ConfigurationText
{
    /// <summary>The text with the value of every key that may hold a secret replaced. The text has been read as YAML before.</summary>
    public static string WithoutSecrets(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        foreach (var document in stream.Documents)
        {
            Clean(document.RootNode, 0);
        }

        using var writer = new StringWriter { NewLine = "\n" };
        stream.Save(writer, assignAnchors: false);
        var output = writer.ToString();
        return output.EndsWith("...\n", StringComparison.Ordinal) ? output[..^4] : output;
    }

    [GeneratedRegex("^(url|.*(password|secret|token|credentials|api_key|service_key|routing_key|user_key|secret_key|access_key|webhook_url|api_url|proxy_url))$")]
    private static partial Regex SecretKey();

    /// <summary>Of a webhook's address the host stays: tools that read the text again want an address there.</summary>
    private static string Hidden(string key, string value) =>
        key == "url" && Uri.TryCreate(value, UriKind.Absolute, out var uri) && (uri.Scheme is "http" or "https") && uri.UserInfo.Length == 0
            ? $"{uri.Scheme}://{uri.Authority}/<secret>"
            : "<secret>";

    private static void Clean(YamlNode node, int depth)
    {
        if (depth > AlertingLimits.MaxConfigurationDepth)
        {
            return;
        }

        if (node is YamlSequenceNode sequence)
        {
            foreach (var item in sequence.Children)
            {
                Clean(item, depth + 1);
            }
        }
        else if (node is YamlMappingNode mapping)
        {
            foreach (var (key, value) in mapping.Children)
            {
                if (value is YamlScalarNode { Value.Length: > 0 } scalar && key is YamlScalarNode { Value: { } name } && SecretKey().IsMatch(name))
                {
                    (scalar.Value, scalar.Style) = (Hidden(name, scalar.Value!), ScalarStyle.Plain);
                }
                else
                {
                    Clean(value, depth + 1);
                }
            }
        }
    }
}
