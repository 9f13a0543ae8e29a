using System.Text.Json;
using Sightglass.Core.Model;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Ingest.Scrape.Discovery;

/// <summary>Reads lists of target groups, in YAML or JSON: what target files and discovery services give.</summary>
internal static class TargetGroups
{
    /// <summary>Largest list read, in bytes.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>Groups of one file.</summary>
    /// <exception cref="FormatException">The file is not such a list.</exception>
    public static IReadOnlyList<TargetGroup> ReadFile(string path)
    {
        if (new FileInfo(path).Length > MaxBytes)
        {
            throw new FormatException($"{path}: larger than {MaxBytes} bytes, limit TargetGroups.MaxBytes");
        }

        var meta = LabelSet.Of("__meta_filepath", path);
        if (Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase))
        {
            return Json(File.ReadAllBytes(path), path, meta);
        }

        using var text = new StreamReader(path);
        return Yaml(text, path, meta);
    }

    /// <summary>Groups in JSON; each gets <paramref name="meta"/>.</summary>
    /// <exception cref="FormatException">It is not such a list.</exception>
    public static IReadOnlyList<TargetGroup> Json(ReadOnlyMemory<byte> text, string source, LabelSet meta)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8 });
            var groups = new List<TargetGroup>();
            if (document.RootElement.ValueKind == JsonValueKind.Null)
            {
                return groups;
            }

            foreach (var group in document.RootElement.EnumerateArray())
            {
                groups.Add(Group(group, source, meta));
            }

            return groups;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException($"{source}: not a list of target groups in JSON: {e.Message}", e);
        }
    }

    private static TargetGroup Group(JsonElement group, string source, LabelSet meta)
    {
        var targets = new List<string>();
        var labels = new LabelSetBuilder();
        foreach (var property in group.EnumerateObject())
        {
            switch (property.Name)
            {
                case "targets":
                    targets.AddRange(property.Value.ValueKind == JsonValueKind.Null ? [] : property.Value.EnumerateArray().Select(t => t.GetString() ?? string.Empty));
                    break;
                case "labels":
                    foreach (var label in property.Value.ValueKind == JsonValueKind.Null ? default : property.Value.EnumerateObject())
                    {
                        Set(labels, label.Name, label.Value.GetString() ?? string.Empty, source);
                    }

                    break;
                case "source":
                    // Prometheus' own field: it is overwritten with the place that the list came from.
                    break;
                default:
                    throw new FormatException($"{source}: unknown key \"{property.Name}\" in a target group");
            }
        }

        return Make(source, targets, labels, meta);
    }

    private static IReadOnlyList<TargetGroup> Yaml(TextReader text, string path, LabelSet meta)
    {
        var yaml = new YamlStream();
        try
        {
            yaml.Load(text);
        }
        catch (YamlException e)
        {
            throw new FormatException($"{path}:{e.Start.Line}: {e.Message}", e);
        }

        return yaml.Documents.Count == 0 ? []
            : yaml.Documents[0].RootNode is YamlSequenceNode list ? [.. list.Children.Select(node => Group(path, node, meta))]
            : throw new FormatException($"{path}: got no list of target groups");
    }

    private static TargetGroup Group(string path, YamlNode node, LabelSet meta)
    {
        if (node is not YamlMappingNode mapping)
        {
            throw new FormatException($"{path}:{node.Start.Line}: a target group has to be a mapping");
        }

        var targets = new List<string>();
        var labels = new LabelSetBuilder();
        foreach (var (key, value) in mapping.Children)
        {
            switch ((key as YamlScalarNode)?.Value)
            {
                case "targets" when value is YamlSequenceNode addresses:
                    targets.AddRange(addresses.Children.Select(a => Text(path, a)));
                    break;
                case "labels" when value is YamlMappingNode pairs:
                    foreach (var (name, text) in pairs.Children)
                    {
                        Set(labels, Text(path, name), Text(path, text), path);
                    }

                    break;
                default:
                    throw new FormatException($"{path}:{key.Start.Line}: unknown or ill-formed key \"{key}\" in a target group");
            }
        }

        return Make(path, targets, labels, meta);
    }

    private static string Text(string path, YamlNode node) => node is YamlScalarNode scalar ? scalar.Value ?? string.Empty
        : throw new FormatException($"{path}:{node.Start.Line}: targets and labels have to be single values");

    private static void Set(LabelSetBuilder labels, string name, string value, string source)
    {
        if (name.Length == 0)
        {
            throw new FormatException($"{source}: a label has no name");
        }

        labels.Set(name, value);
    }

    private static TargetGroup Make(string source, List<string> targets, LabelSetBuilder labels, LabelSet meta)
    {
        foreach (var label in meta.Span)
        {
            labels.Set(label.Name, label.Value);
        }

        return new TargetGroup(source, targets, labels.Build());
    }
}
