using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sightglass.Server.CommandLine;

/// <summary>Answers of the query API for reading: as JSON, as a table, or a line per series.</summary>
internal static class PromQLOutput
{
    private const string Name = "__name__";
    private const int MaxColumns = 6;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(JsonElement answer, string format, TextWriter output)
    {
        var data = answer.GetProperty("data");
        var (type, result) = (data.GetProperty("resultType").GetString(), data.GetProperty("result"));
        if (format == "json")
        {
            output.WriteLine(JsonSerializer.Serialize(answer, Indented));
        }
        else if (type is "scalar" or "string")
        {
            output.WriteLine(format == "table" ? result[1].GetString() : $"{type}: {result[1].GetString()} @[{result[0].GetRawText()}]");
        }
        else if (format == "series")
        {
            Series(result, output);
        }
        else if (type == "vector")
        {
            Vector([.. result.EnumerateArray()], output);
        }
        else
        {
            Matrix([.. result.EnumerateArray()], output);
        }
    }

    private static void Series(JsonElement result, TextWriter output)
    {
        foreach (var series in result.EnumerateArray())
        {
            var points = Points(series);
            var name = Metric(series.GetProperty("metric"));
            if (series.TryGetProperty("value", out _) || series.TryGetProperty("histogram", out _))
            {
                output.WriteLine($"{name} => {points[0].Value} @[{points[0].Seconds}]");
                continue;
            }

            output.WriteLine($"{name} =>");
            foreach (var (seconds, value) in points)
            {
                output.WriteLine($"{value} @[{seconds}]");
            }
        }
    }

    /// <summary>A row per series, a column per label.</summary>
    private static void Vector(List<JsonElement> series, TextWriter output)
    {
        var labels = series.SelectMany(static s => s.GetProperty("metric").EnumerateObject().Select(static l => l.Name)).Distinct()
            .OrderBy(static n => n == Name ? 0 : 1).ThenBy(static n => n, StringComparer.Ordinal).ToList();
        var rows = new List<string[]> { (string[])[.. labels.Select(static l => l == Name ? "metric" : l), "value"] };
        foreach (var one in series)
        {
            rows.Add([.. labels.Select(l => one.GetProperty("metric").TryGetProperty(l, out var value) ? value.GetString()! : string.Empty), Points(one)[0].Value]);
        }

        Table(rows, output, right: labels.Count);
    }

    /// <summary>A row per time and a column per series; of many series, one after the other.</summary>
    private static void Matrix(List<JsonElement> series, TextWriter output)
    {
        if (series.Count > MaxColumns)
        {
            foreach (var one in series)
            {
                output.WriteLine(Metric(one.GetProperty("metric")));
                Table([.. Points(one).Select(static p => (string[])["  " + Time(p.Seconds), p.Value])], output, right: 1);
            }

            return;
        }

        var columns = series.ConvertAll(static s => Points(s).ToDictionary(static p => p.Seconds, static p => p.Value));
        var rows = new List<string[]> { (string[])["time", .. series.Select(static s => Metric(s.GetProperty("metric")))] };
        foreach (var seconds in columns.SelectMany(static c => c.Keys).Distinct().OrderBy(static s => decimal.Parse(s, NumberStyles.Float, CultureInfo.InvariantCulture)))
        {
            rows.Add([Time(seconds), .. columns.Select(c => c.GetValueOrDefault(seconds, string.Empty))]);
        }

        Table(rows, output, right: 1);
    }

    private static void Table(List<string[]> rows, TextWriter output, int right)
    {
        if (rows.Count == 0)
        {
            return;
        }

        var widths = Enumerable.Range(0, rows[0].Length).Select(c => rows.Max(r => r[c].Length)).ToArray();
        foreach (var row in rows)
        {
            var line = new StringBuilder();
            for (var i = 0; i < row.Length; i++)
            {
                line.Append(i > 0 ? "  " : string.Empty).Append(i >= right ? row[i].PadLeft(widths[i]) : row[i].PadRight(widths[i]));
            }

            output.WriteLine(line.ToString().TrimEnd());
        }
    }

    private static List<(string Seconds, string Value)> Points(JsonElement series)
    {
        var points = new List<(string, string)>();
        foreach (var name in (string[])["value", "values", "histogram", "histograms"])
        {
            if (series.TryGetProperty(name, out var found))
            {
                foreach (var point in name[^1] == 's' ? [.. found.EnumerateArray()] : (JsonElement[])[found])
                {
                    points.Add((point[0].GetRawText(), point[1].ValueKind == JsonValueKind.String ? point[1].GetString()! : Histogram(point[1])));
                }
            }
        }

        return points;
    }

    private static string Histogram(JsonElement histogram)
    {
        var text = new StringBuilder($"{{count:{histogram.GetProperty("count").GetString()}, sum:{histogram.GetProperty("sum").GetString()}");
        if (histogram.TryGetProperty("buckets", out var buckets))
        {
            foreach (var bucket in buckets.EnumerateArray())
            {
                var (open, close) = bucket[0].GetInt32() switch { 0 => ('(', ']'), 1 => ('[', ')'), 2 => ('(', ')'), _ => ('[', ']') };
                text.Append(CultureInfo.InvariantCulture, $", {open}{bucket[1].GetString()},{bucket[2].GetString()}{close}:{bucket[3].GetString()}");
            }
        }

        return text.Append('}').ToString();
    }

    private static string Metric(JsonElement metric)
    {
        var labels = metric.EnumerateObject().Where(static l => l.Name != Name).Select(static l => $"{l.Name}=\"{JsonEncodedText.Encode(l.Value.GetString()!, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"").ToList();
        var name = metric.TryGetProperty(Name, out var value) ? value.GetString()! : string.Empty;
        return labels.Count == 0 && name.Length > 0 ? name : $"{name}{{{string.Join(", ", labels)}}}";
    }

    private static string Time(string seconds) => DateTimeOffset.UnixEpoch.AddMilliseconds((double)(decimal.Parse(seconds, NumberStyles.Float, CultureInfo.InvariantCulture) * 1000))
        .UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFK", CultureInfo.InvariantCulture);
}
