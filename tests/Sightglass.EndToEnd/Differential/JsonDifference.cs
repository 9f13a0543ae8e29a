using System.Text.Json;

namespace Sightglass.EndToEnd.Differential;

/// <summary>Compares two JSON texts field by field; arrays of objects in any order, those of anything else as they are.</summary>
internal static class JsonDifference
{
    private const int MaxText = 300;

    /// <summary>Null when they agree, else the first place where they do not.</summary>
    public static string? Find(JsonElement ours, JsonElement theirs, string at = "")
    {
        switch (ours.ValueKind)
        {
            case JsonValueKind.Object when theirs.ValueKind == JsonValueKind.Object:
                foreach (var name in ours.EnumerateObject().Select(p => p.Name).Union(theirs.EnumerateObject().Select(p => p.Name)))
                {
                    var (has, wants) = (ours.TryGetProperty(name, out var a), theirs.TryGetProperty(name, out var b));
                    if (has != wants)
                    {
                        return $"{at}.{name}: only {(has ? "ours" : "theirs")} has it: {Short(has ? a : b)}";
                    }

                    if (Find(a, b, $"{at}.{name}") is { } difference)
                    {
                        return difference;
                    }
                }

                return null;
            case JsonValueKind.Array when theirs.ValueKind == JsonValueKind.Array:
                var (left, right) = (Ordered(ours), Ordered(theirs));
                return left.Zip(right).Select((p, i) => Find(p.First, p.Second, $"{at}[{i}]")).FirstOrDefault(d => d is not null)
                    ?? (left.Length != right.Length ? $"{at}: ours has {left.Length}, theirs {right.Length}; beyond {Short((left.Length > right.Length ? left : right)[Math.Min(left.Length, right.Length)])}" : null);
            default:
                return JsonElement.DeepEquals(ours, theirs) ? null : $"{at}: ours {Short(ours)}, theirs {Short(theirs)}";
        }
    }

    // Groups and rules come in the order of their files, which a stable order of their names keeps.
    private static JsonElement[] Ordered(JsonElement array) => [.. array.EnumerateArray().Select(e => (Element: e, Key: Key(e))).OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => e.Element)];

    private static string Key(JsonElement element) => element.ValueKind != JsonValueKind.Object ? string.Empty
        : element.TryGetProperty("labels", out var labels) && !element.TryGetProperty("query", out _) ? Sorted(labels)
        : element.TryGetProperty("seriesLabels", out labels) ? Sorted(labels)
        : element.EnumerateObject().All(p => p.Value.ValueKind == JsonValueKind.String) ? Sorted(element) : string.Empty;

    private static string Sorted(JsonElement labels) => string.Join(',', labels.EnumerateObject().Select(p => $"{p.Name}={p.Value}").Order(StringComparer.Ordinal));

    private static string Short(JsonElement element) => element.ToString() is { Length: > MaxText } text ? text[..MaxText] : element.ToString();
}
