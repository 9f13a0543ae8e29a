using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sightglass.EndToEnd.Differential;

/// <summary>Compares two answers of the query API: label sets, times, values and histograms, how numbers are written, errors, warnings and infos.</summary>
internal static partial class Answers
{
    /// <summary>Null when they agree, else the first difference as a sentence.</summary>
    /// <param name="ours">Our answer.</param>
    /// <param name="theirs">Theirs.</param>
    /// <param name="tolerance">How far a number may be from theirs, relative to it.</param>
    /// <param name="texts">Whether errors, warnings and infos say the same too.</param>
    /// <param name="times">Whether the times of points are the same too.</param>
    public static string? Difference(JsonElement ours, JsonElement theirs, double tolerance, bool texts = true, bool times = true)
    {
        foreach (var name in texts ? (string[])["status", "errorType", "error"] : ["status"])
        {
            if (Text(ours, name) != Text(theirs, name))
            {
                return name == "status"
                    ? $"status: ours \"{Text(ours, name)}\" {Text(ours, "error")}, theirs \"{Text(theirs, name)}\" {Text(theirs, "error")}"
                    : $"{name}: ours \"{Text(ours, name)}\", theirs \"{Text(theirs, name)}\"";
            }
        }

        if (Text(ours, "status") != "success")
        {
            return null;
        }

        return Result(ours.GetProperty("data"), theirs.GetProperty("data"), tolerance, times) ?? (texts ? Notes(ours, theirs, "warnings") ?? Notes(ours, theirs, "infos") : null);
    }

    /// <summary>The first place where the series of two vectors are not in the same order; null when there is none.</summary>
    public static string? Order(JsonElement ours, JsonElement theirs)
    {
        if (!ours.TryGetProperty("data", out var data) || Text(data, "resultType") != "vector")
        {
            return null;
        }

        return Labels(ours).Zip(Labels(theirs)).Where(p => p.First != p.Second).Select(p => $"order: ours {p.First}, theirs {p.Second}").FirstOrDefault();

        static IEnumerable<string> Labels(JsonElement answer) =>
            answer.GetProperty("data").GetProperty("result").EnumerateArray().Select(s => string.Join(',', s.GetProperty("metric").EnumerateObject().Select(l => $"{l.Name}={l.Value}").Order(StringComparer.Ordinal)));
    }

    private static string Text(JsonElement answer, string name) => answer.TryGetProperty(name, out var value) ? value.GetString()! : string.Empty;

    private static string? Notes(JsonElement ours, JsonElement theirs, string name)
    {
        var (a, b) = (Notes(ours, name), Notes(theirs, name));

        // Of more than ten, which ten are shown is chance.
        return a.SequenceEqual(b) || a.Concat(b).Any(n => n.Contains("omitted", StringComparison.Ordinal))
            ? null : $"{name}: ours [{string.Join(" | ", a.Except(b))}], theirs [{string.Join(" | ", b.Except(a))}]";
    }

    // Later versions leave out a name that is empty.
    private static string[] Notes(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var notes) ? [.. notes.EnumerateArray().Select(n => n.GetString()!.Replace(" for metric name \"\"", string.Empty, StringComparison.Ordinal)).Order(StringComparer.Ordinal)] : [];

    private static string? Result(JsonElement ours, JsonElement theirs, double tolerance, bool times)
    {
        if (Text(ours, "resultType") != Text(theirs, "resultType"))
        {
            return $"ours is a {Text(ours, "resultType")}, theirs a {Text(theirs, "resultType")}";
        }

        if (Text(ours, "resultType") is "scalar" or "string")
        {
            return Values(ours.GetProperty("result"), theirs.GetProperty("result"), tolerance, times, string.Empty);
        }

        var (mine, other) = (Series(ours), Series(theirs));
        foreach (var (labels, series) in mine)
        {
            if (!other.TryGetValue(labels, out var expected))
            {
                return $"only ours has {labels}: {Short(series)}";
            }

            foreach (var part in (string[])["value", "histogram", "values", "histograms"])
            {
                var (has, wants) = (series.TryGetProperty(part, out var a), expected.TryGetProperty(part, out var b));
                if (has != wants)
                {
                    return $"{labels}: ours {Short(series)}, theirs {Short(expected)}";
                }

                if (has && Values(a, b, tolerance, times, labels) is { } difference)
                {
                    return difference;
                }
            }
        }

        return other.Keys.FirstOrDefault(k => !mine.ContainsKey(k)) is { } missing ? $"only theirs has {missing}: {Short(other[missing])}" : null;
    }

    private static Dictionary<string, JsonElement> Series(JsonElement data) => data.GetProperty("result").EnumerateArray().ToDictionary(
        s => "{" + string.Join(',', s.GetProperty("metric").EnumerateObject().Select(l => $"{l.Name}={l.Value.GetString()}").Order(StringComparer.Ordinal)) + "}");

    private static string? Values(JsonElement ours, JsonElement theirs, double tolerance, bool times, string where)
    {
        switch (ours.ValueKind)
        {
            case JsonValueKind.Array when theirs.ValueKind == JsonValueKind.Array:
                var (left, right) = (ours.EnumerateArray().ToArray(), theirs.EnumerateArray().ToArray());
                if (left.Length != right.Length)
                {
                    return $"{where}: ours {Short(ours)}, theirs {Short(theirs)}";
                }

                var inside = left.Length > 0 && left[0].ValueKind == JsonValueKind.Number ? $"{where} at {left[0]}" : where;
                return left.Zip(right).Skip(!times && inside != where ? 1 : 0).Select(p => Values(p.First, p.Second, tolerance, times, inside)).FirstOrDefault(d => d is not null);
            case JsonValueKind.Object:
                foreach (var name in ours.EnumerateObject().Select(p => p.Name).Union(theirs.EnumerateObject().Select(p => p.Name)))
                {
                    if (!ours.TryGetProperty(name, out var a) || !theirs.TryGetProperty(name, out var b))
                    {
                        return $"{where}: ours {Short(ours)}, theirs {Short(theirs)}";
                    }

                    if (Values(a, b, tolerance, times, $"{where} {name}") is { } difference)
                    {
                        return difference;
                    }
                }

                return null;
            default:
                return Same(ours.ToString(), theirs.ToString(), tolerance) ? null : $"{where}: ours {ours}, theirs {theirs}";
        }
    }

    private static bool Same(string ours, string theirs, double tolerance)
    {
        if (ours == theirs || !double.TryParse(ours, CultureInfo.InvariantCulture, out var a) || !double.TryParse(theirs, CultureInfo.InvariantCulture, out var b))
        {
            return ours == theirs;
        }

        // The same number has to be the same text.
        return !a.Equals(b) && Math.Abs(a - b) <= tolerance * Math.Max(Math.Abs(a), Math.Abs(b));
    }

    private static string Short(JsonElement element) => Blank().Replace(element.ToString(), string.Empty) is { Length: > 500 } text ? text[..500] : Blank().Replace(element.ToString(), string.Empty);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();
}
