using Sightglass.Core.Model;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Ingest.Scrape;

/// <summary>Reads the target files of <c>file_sd_configs</c>: a list of groups in YAML or JSON.</summary>
internal static class TargetFile
{
    /// <summary>Largest file read, in bytes.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>Groups of one file.</summary>
    /// <exception cref="FormatException">The file is not such a list.</exception>
    public static IReadOnlyList<TargetGroup> Read(string path)
    {
        if (new FileInfo(path).Length > MaxBytes)
        {
            throw new FormatException($"{path}: larger than {MaxBytes} bytes, limit TargetFile.MaxBytes");
        }

        var yaml = new YamlStream();
        try
        {
            using var text = new StreamReader(path);
            yaml.Load(text);
        }
        catch (YamlException e)
        {
            throw new FormatException($"{path}:{e.Start.Line}: {e.Message}", e);
        }

        if (yaml.Documents.Count == 0)
        {
            return [];
        }

        if (yaml.Documents[0].RootNode is not YamlSequenceNode list)
        {
            throw new FormatException($"{path}: got no list of target groups");
        }

        return [.. list.Children.Select(node => Group(path, node))];
    }

    private static TargetGroup Group(string path, YamlNode node)
    {
        if (node is not YamlMappingNode mapping)
        {
            throw new FormatException($"{path}:{node.Start.Line}: a target group has to be a mapping");
        }

        var targets = new List<string>();
        var labels = new LabelSetBuilder();
        labels.Set("__meta_filepath", path);
        foreach (var (key, value) in mapping.Children)
        {
            switch (((YamlScalarNode)key).Value)
            {
                case "targets" when value is YamlSequenceNode addresses:
                    targets.AddRange(addresses.Children.OfType<YamlScalarNode>().Select(a => a.Value ?? string.Empty));
                    break;
                case "labels" when value is YamlMappingNode pairs:
                    foreach (var (name, text) in pairs.Children)
                    {
                        labels.Set(((YamlScalarNode)name).Value ?? string.Empty, (text as YamlScalarNode)?.Value ?? string.Empty);
                    }

                    break;
                default:
                    throw new FormatException($"{path}:{key.Start.Line}: unknown or ill-formed key \"{key}\" in a target group");
            }
        }

        return new TargetGroup(path, targets, labels.Build());
    }
}
