using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Alerting.Receivers;

/// <summary>
/// A value that a configuration writes as YAML of any shape, whose texts are templates. What a template renders is read as YAML again, as
/// Alertmanager does: <c>{{ len .Alerts }}</c> is a number, <c>{{ .CommonLabels | toJson }}</c> an object.
/// </summary>
public sealed partial class PayloadNode
{
    private const int MaxDepth = 32;

    private readonly YamlNode _node;

    internal PayloadNode(YamlNode node) => _node = node;

    /// <summary>A template by itself.</summary>
    internal static PayloadNode OfTemplate(string template) => new(new YamlScalarNode(template) { Style = ScalarStyle.DoubleQuoted });

    /// <summary>Writes the value; <paramref name="render"/> makes a text of a template, without it texts are what they are.</summary>
    /// <exception cref="DeliveryException">It goes on too deep.</exception>
    internal void Write(Utf8JsonWriter json, Func<string, string>? render) => Write(json, _node, render, 0);

    private static void Write(Utf8JsonWriter json, YamlNode node, Func<string, string>? render, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new DeliveryException($"the payload is nested deeper than {MaxDepth}", recoverable: false);
        }

        switch (node)
        {
            case YamlMappingNode mapping:
                json.WriteStartObject();
                // By name, as Go writes a map.
                foreach (var (key, value) in mapping.Children.Where(static c => c.Key is YamlScalarNode)
                    .Select(c => (Key: ((YamlScalarNode)c.Key).Value ?? string.Empty, c.Value)).Select(c => (Key: render is null ? c.Key : render(c.Key), c.Value)).OrderBy(static c => c.Key, StringComparer.Ordinal))
                {
                    json.WritePropertyName(key);
                    Write(json, value, render, depth + 1);
                }

                json.WriteEndObject();
                break;
            case YamlSequenceNode sequence:
                json.WriteStartArray();
                foreach (var item in sequence.Children)
                {
                    Write(json, item, render, depth + 1);
                }

                json.WriteEndArray();
                break;
            case YamlScalarNode scalar:
                Write(json, scalar, render, depth);
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }

    private static void Write(Utf8JsonWriter json, YamlScalarNode scalar, Func<string, string>? render, int depth)
    {
        if (TryPlain(json, scalar))
        {
            return;
        }

        if (render is null)
        {
            json.WriteStringValue(scalar.Value);
            return;
        }

        var text = render(scalar.Value ?? string.Empty);
        switch (Parse(text))
        {
            case null or YamlScalarNode { Style: not ScalarStyle.Plain }:
                json.WriteStringValue(text);
                break;
            case YamlScalarNode { Value: "" }:
                json.WriteNullValue();
                break;
            case YamlScalarNode plain:
                if (!TryPlain(json, plain))
                {
                    json.WriteStringValue(text);
                }

                break;
            case var structure:
                Write(json, structure, render, depth + 1);
                break;
        }
    }

    /// <summary>Writes a plain scalar that is no text: null, a truth value, a number.</summary>
    private static bool TryPlain(Utf8JsonWriter json, YamlScalarNode scalar)
    {
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any))
        {
            return false;
        }

        var text = scalar.Value ?? string.Empty;
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                json.WriteNullValue();
                return true;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y":
                json.WriteBooleanValue(true);
                return true;
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N":
                json.WriteBooleanValue(false);
                return true;
        }

        if (Integer().IsMatch(text) && BigInteger.TryParse(text.Replace("_", string.Empty, StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            json.WriteRawValue(whole.ToString(CultureInfo.InvariantCulture));
            return true;
        }

        if (Number().IsMatch(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
        {
            json.WriteNumberValue(number);
            return true;
        }

        return false;
    }

    private static YamlNode? Parse(string text)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents.Count == 0 ? new YamlScalarNode(string.Empty) { Style = ScalarStyle.Plain } : stream.Documents.Count == 1 ? stream.Documents[0].RootNode : null;
        }
        catch (Exception e) when (e is YamlException or ArgumentException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^[-+]?(0|[1-9][0-9_]*)$")]
    private static partial Regex Integer();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex Number();
}
