using YamlDotNet.RepresentationModel;

namespace Sightglass.Server.Configuration;

/// <summary>Compares two readings of the configuration file by what is written in them.</summary>
internal static class ConfigurationDifference
{
    /// <summary>A section of the file, written anew so that comments and layout do not count; empty where there is none.</summary>
    public static string SectionText(ServerConfiguration configuration, string key)
    {
        if (configuration.Source is not { } source)
        {
            return string.Empty;
        }

        var stream = new YamlStream();
        stream.Load(new StringReader(source.Text));
        if (stream.Documents.Count == 0 || stream.Documents[0].RootNode is not YamlMappingNode root || !root.Children.TryGetValue(new YamlScalarNode(key), out var node))
        {
            return string.Empty;
        }

        using var writer = new StringWriter();
        new YamlStream(new YamlDocument(node)).Save(writer, assignAnchors: false);
        return writer.ToString();
    }
}
