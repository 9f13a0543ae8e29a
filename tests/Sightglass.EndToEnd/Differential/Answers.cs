using System.Globalization;
using System.Text.Json;

namespace Sightglass.EndToEnd.Differential;

/// <summary>Compares two answers of the query API: label sets, times and values.</summary>
internal static class Answers
{
    /// <summary>Null when they agree, else the first difference as a sentence.</summary>
    public static string? Difference(JsonElement ours, JsonElement theirs, double tolerance, bool times = true)
    {
        var (left, right) = (ours.GetProperty("status").GetString(), theirs.GetProperty("status").GetString());
        if (left != right)
        {
            return $"ours {left} {Error(ours)}, theirs {right} {Error(theirs)}";
        }

        if (left != "success")
        {
            return null;
        }

        var (a, b) = (ours.GetProperty("data"), theirs.GetProperty("data"));
        if (a.GetProperty("resultType").GetString() != b.GetProperty("resultType").GetString())
        {
            return $"ours is a {a.GetProperty("resultType")}, theirs a {b.GetProperty("resultType")}";
        }

        var (mine, other) = (Points(a, times), Points(b, times));
        foreach (var (key, value) in mine)
        {
            if (!other.TryGetValue(key, out var expected))
            {
                return $"only ours has {key} = {value}";
            }

            if (!Same(value, expected, tolerance))
            {
                return $"{key}: ours {value}, theirs {expected}";
            }
        }

        return other.Keys.FirstOrDefault(k => !mine.ContainsKey(k)) is { } missing ? $"only theirs has {missing} = {other[missing]}" : null;
    }

    private static string Error(JsonElement answer) => answer.TryGetProperty("error", out var error) ? $"({error})" : string.Empty;

    private static Dictionary<string, string> Points(JsonElement data, bool times)
    {
        var points = new Dictionary<string, string>(StringComparer.Ordinal);
        if (data.GetProperty("resultType").GetString() is "scalar" or "string")
        {
            points.Add(string.Empty, data.GetProperty("result")[1].GetString()!);
            return points;
        }

        foreach (var series in data.GetProperty("result").EnumerateArray())
        {
            var labels = string.Join(',', series.GetProperty("metric").EnumerateObject().Select(l => $"{l.Name}={l.Value.GetString()}").Order(StringComparer.Ordinal));
            foreach (var point in series.TryGetProperty("value", out var one) ? [one] : series.GetProperty("values").EnumerateArray().ToArray())
            {
                points.Add(times ? $"{{{labels}}} at {point[0].GetDouble().ToString(CultureInfo.InvariantCulture)}" : $"{{{labels}}}", point[1].GetString()!);
            }
        }

        return points;
    }

    private static bool Same(string ours, string theirs, double tolerance)
    {
        if (ours == theirs)
        {
            return true;
        }

        var (a, b) = (Number(ours), Number(theirs));
        return BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b) || Math.Abs(a - b) <= tolerance * Math.Max(Math.Abs(a), Math.Abs(b));
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };
}
