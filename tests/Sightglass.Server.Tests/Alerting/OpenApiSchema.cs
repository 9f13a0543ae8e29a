using System.Globalization;
using System.Text.Json;
using Sightglass.TestKit;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Server.Tests.Alerting;

/// <summary>Checks answers against the definitions of Alertmanager's OpenAPI file.</summary>
internal static class OpenApiSchema
{
    private static readonly Lazy<YamlMappingNode> Definitions = new(static () =>
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(File.ReadAllText(SharedInput.PathOf("conformance/alertmanager/openapi-v2.yaml"))));
        return (YamlMappingNode)stream.Documents[0].RootNode["definitions"];
    });

    public static void Check(JsonElement value, string definition) => Check(value, (YamlMappingNode)Definitions.Value[definition], definition);

    private static void Check(JsonElement value, YamlMappingNode schema, string place)
    {
        var all = Parts(schema).ToList();
        schema = all[0];
        switch (all.Select(static s => Text(s, "type")).First(static t => t is not null))
        {
            case "object":
                value.ValueKind.ShouldBe(JsonValueKind.Object, place);
                CheckObject(value, all, place);
                break;
            case "array":
                value.ValueKind.ShouldBe(JsonValueKind.Array, place);
                foreach (var item in value.EnumerateArray())
                {
                    Check(item, (YamlMappingNode)schema["items"], place + "[]");
                }

                break;
            case "boolean":
                (value.ValueKind is JsonValueKind.True or JsonValueKind.False).ShouldBeTrue(place);
                break;
            default:
                value.ValueKind.ShouldBe(JsonValueKind.String, place);
                if (Text(schema, "format") == "date-time")
                {
                    DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, out _).ShouldBeTrue(place);
                }

                if (schema.Children.TryGetValue("enum", out var names))
                {
                    ((YamlSequenceNode)names).Children.Select(static n => ((YamlScalarNode)n).Value).ShouldContain(value.GetString(), place);
                }

                break;
        }
    }

    private static void CheckObject(JsonElement value, List<YamlMappingNode> parts, string place)
    {
        var properties = new Dictionary<string, YamlMappingNode>();
        var other = default(YamlMappingNode);
        foreach (var part in parts)
        {
            if (part.Children.TryGetValue("required", out var required))
            {
                foreach (var name in ((YamlSequenceNode)required).Children)
                {
                    value.TryGetProperty(((YamlScalarNode)name).Value!, out _).ShouldBeTrue($"{place}.{name} is required");
                }
            }

            if (part.Children.TryGetValue("properties", out var known))
            {
                foreach (var (name, schema) in ((YamlMappingNode)known).Children)
                {
                    properties.Add(((YamlScalarNode)name).Value!, (YamlMappingNode)schema);
                }
            }

            other = part.Children.TryGetValue("additionalProperties", out var additional) ? (YamlMappingNode)additional : other;
        }

        foreach (var property in value.EnumerateObject())
        {
            var schema = properties.GetValueOrDefault(property.Name) ?? other;
            schema.ShouldNotBeNull($"{place}.{property.Name} is not in the definition");
            Check(property.Value, schema, $"{place}.{property.Name}");
        }
    }

    private static IEnumerable<YamlMappingNode> Parts(YamlMappingNode schema) =>
        Text(schema, "$ref") is { } reference ? Parts((YamlMappingNode)Definitions.Value[reference[(reference.LastIndexOf('/') + 1)..]])
        : schema.Children.TryGetValue("allOf", out var all) ? ((YamlSequenceNode)all).Children.SelectMany(static p => Parts((YamlMappingNode)p))
        : [schema];

    private static string? Text(YamlMappingNode node, string key) => node.Children.TryGetValue(key, out var value) ? (value as YamlScalarNode)?.Value : null;
}
