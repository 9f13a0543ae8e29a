using System.Globalization;
using System.Text;
using System.Text.Json;
using Sightglass.Core.Templates;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>The labels of a line as a template's value.</summary>
internal sealed record LabelsValue(LogEntry Entry);

/// <summary>
/// What can be done with the values of a template: texts, whole numbers (<c>long</c>), numbers (<c>double</c>), truth values, times, lists
/// (<c>List&lt;object?&gt;</c>), maps (<c>SortedDictionary&lt;string, object?&gt;</c>), the line's labels, and nothing.
/// </summary>
internal static class TemplateValue
{
    private static readonly JsonDocumentOptions JsonOptions = new() { MaxDepth = 64 };

    /// <summary>A value as a template prints it.</summary>
    public static string Print(object? value) => value is null ? "<no value>" : Inner(value);

    /// <summary>Whether a value counts as true.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool truth => truth,
        string text => text.Length > 0,
        long number => number != 0,
        double number => number != 0,
        List<object?> list => list.Count > 0,
        SortedDictionary<string, object?> map => map.Count > 0,
        TemplateDuration duration => duration.Nanoseconds != 0,
        _ => true,
    };

    /// <summary>A field of a value; a map without it gives nothing, labels the empty text.</summary>
    public static object? Field(object? value, string name) => value switch
    {
        LabelsValue labels => labels.Entry.TryGetShown(name, out var shown) ? shown.ToString() : string.Empty,
        SortedDictionary<string, object?> map => map.GetValueOrDefault(name),
        null => throw new TemplateFunctionException($"nil data; no entry for key \"{name}\""),
        _ => Call(value, name, []),
    };

    /// <summary>What a method of a value gives.</summary>
    public static object? Call(object? value, string name, object?[] arguments) => value switch
    {
        TemplateTime time when time.TryCall(name, arguments, out var result) => result,
        TemplateDuration duration when arguments.Length == 0 && duration.TryCall(name, out var result) => result,
        LabelsValue or SortedDictionary<string, object?> => throw new TemplateFunctionException($"{name} is not a method but has arguments"),
        _ => throw new TemplateFunctionException($"can't evaluate field {name} in type {TypeOf(value)}"),
    };

    /// <summary>What Go's <c>index</c> does with one index.</summary>
    public static object? Index(object? value, object? index)
    {
        switch (value)
        {
            case List<object?> list when index is long at:
                return at >= 0 && at < list.Count ? list[(int)at] : throw new TemplateFunctionException($"error calling index: index out of range: {at}");
            case string text when index is long at:
                var bytes = Encoding.UTF8.GetBytes(text);
                return at >= 0 && at < bytes.Length ? (long)bytes[at] : throw new TemplateFunctionException($"error calling index: index out of range: {at}");
            case LabelsValue or SortedDictionary<string, object?> when index is string name:
                return Field(value, name);
            default:
                throw new TemplateFunctionException($"error calling index: can't index item of type {TypeOf(value)}");
        }
    }

    /// <summary>How many items, members or bytes a value has.</summary>
    public static long Length(object? value) => value switch
    {
        string text => Encoding.UTF8.GetByteCount(text),
        List<object?> list => list.Count,
        SortedDictionary<string, object?> map => map.Count,
        LabelsValue labels => labels.Entry.ToLabelSet().Count,
        _ => throw new TemplateFunctionException($"error calling len: len of type {TypeOf(value)}"),
    };

    /// <summary>Keys and values that <c>range</c> goes over, maps in order of their keys.</summary>
    public static IEnumerable<(object? Key, object? Value)> Items(object? value) => value switch
    {
        null => [],
        List<object?> list => list.Select(static (v, i) => ((object?)(long)i, v)),
        SortedDictionary<string, object?> map => map.Select(static m => ((object?)m.Key, m.Value)),
        LabelsValue labels => labels.Entry.ToLabelSet().Select(static l => ((object?)l.Name, (object?)l.Value)).ToList(),
        long count => Enumerable.Range(0, (int)Math.Clamp(count, 0, GoTemplate.MaxRounds)).Select(static i => ((object?)(long)i, (object?)(long)i)),
        _ => throw new TemplateFunctionException($"range can't iterate over {Print(value)}"),
    };

    /// <summary>A text as JSON; nothing when it is none.</summary>
    public static object? FromJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, JsonOptions);
            return Of(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Go's name of a value's type.</summary>
    public static string TypeOf(object? value) => value switch
    {
        null => "nil",
        string => "string",
        long => "int64",
        double => "float64",
        bool => "bool",
        TemplateTime => "time.Time",
        TemplateDuration => "time.Duration",
        LabelsValue => "map[string]string",
        List<object?> => "[]interface {}",
        _ => "map[string]interface {}",
    };

    private static object? Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => Members(element),
        JsonValueKind.Array => element.EnumerateArray().Select(Of).ToList(),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static SortedDictionary<string, object?> Members(JsonElement element)
    {
        var map = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
        {
            map[member.Name] = Of(member.Value);
        }

        return map;
    }

    /// <summary>A value as <c>%v</c> prints it.</summary>
    public static string Inner(object? value) => value switch
    {
        null => "<nil>",
        string text => text,
        bool truth => truth ? "true" : "false",
        double number => GoFloat.General(number),
        List<object?> list => $"[{string.Join(' ', list.Select(Inner))}]",
        SortedDictionary<string, object?> map => $"map[{string.Join(' ', map.Select(static m => $"{m.Key}:{Inner(m.Value)}"))}]",
        LabelsValue labels => $"map[{string.Join(' ', labels.Entry.ToLabelSet().Select(static l => $"{l.Name}:{l.Value}"))}]",
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? string.Empty,
    };
}
