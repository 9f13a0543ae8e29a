using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sightglass.Server.CommandLine;

/// <summary>Log lines for reading: with time and level, in colour by level; the line only; or as JSON, one line each. Numbers as PromQL's are shown.</summary>
internal sealed class LogQLOutput(TextWriter output, string format, bool color)
{
    private const string Level = "detected_level";
    private const string Reset = "\u001b[0m";

    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes an answer of the query API; lines of all streams in the order of the answer's times.</summary>
    public void Answer(JsonElement answer)
    {
        var data = answer.GetProperty("data");
        if (format == "json")
        {
            output.WriteLine(JsonSerializer.Serialize(answer, Indented));
        }
        else if (data.GetProperty("resultType").GetString() == "streams")
        {
            Lines(data.GetProperty("result"), Descending(data.GetProperty("result")));
        }
        else if (format == "jsonl")
        {
            foreach (var series in data.GetProperty("result").EnumerateArray())
            {
                output.WriteLine(JsonSerializer.Serialize(series, Compact));
            }
        }
        else
        {
            PromQLOutput.Write(answer, "table", output);
        }
    }

    /// <summary>Writes a message of a tail, oldest line first.</summary>
    public void Tailed(JsonElement message)
    {
        if (format == "json")
        {
            output.WriteLine(JsonSerializer.Serialize(message, Compact));
        }
        else
        {
            Lines(message.GetProperty("streams"), descending: false);
            if (message.TryGetProperty("dropped_entries", out var dropped) && dropped.ValueKind == JsonValueKind.Array && dropped.GetArrayLength() > 0)
            {
                Console.Error.WriteLine($"{dropped.GetArrayLength()} lines or more were left out: they come faster than they are shown");
            }
        }

        output.Flush();
    }

    private static bool Descending(JsonElement streams)
    {
        // Each stream is in the order of the answer; one that has two times tells it.
        foreach (var stream in streams.EnumerateArray())
        {
            var values = stream.GetProperty("values");
            var count = values.GetArrayLength();
            if (count > 1 && Time(values[0]) != Time(values[count - 1]))
            {
                return Time(values[0]) > Time(values[count - 1]);
            }
        }

        return true;
    }

    private static long Time(JsonElement entry) => long.Parse(entry[0].GetString()!, CultureInfo.InvariantCulture);

    private void Lines(JsonElement streams, bool descending)
    {
        var lines = streams.EnumerateArray()
            .SelectMany(static s => s.GetProperty("values").EnumerateArray().Select(v => (Time: Time(v), Stream: s.GetProperty("stream"), Entry: v)));
        foreach (var (time, stream, entry) in descending ? lines.OrderByDescending(static l => l.Time) : lines.OrderBy(static l => l.Time))
        {
            Line(time, stream, entry);
        }
    }

    private void Line(long time, JsonElement stream, JsonElement entry)
    {
        var text = entry[1].GetString()!;
        if (format == "raw")
        {
            output.WriteLine(text);
            return;
        }

        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Add(labels, stream);
        if (entry.GetArrayLength() > 2)
        {
            foreach (var category in entry[2].EnumerateObject())
            {
                Add(labels, category.Value);
            }
        }

        if (format == "jsonl")
        {
            output.WriteLine(JsonSerializer.Serialize(new { time = Iso(time), line = text, labels }, Compact));
            return;
        }

        var level = labels.GetValueOrDefault(Level, "unknown");
        output.WriteLine(color ? $"\u001b[2m{Iso(time)}{Reset} {ColorOf(level)}{level,-8}{Reset} {text}" : $"{Iso(time)} {level,-8} {text}");
    }

    private static void Add(SortedDictionary<string, string> labels, JsonElement more)
    {
        foreach (var label in more.EnumerateObject())
        {
            labels[label.Name] = label.Value.GetString() ?? string.Empty;
        }
    }

    private static string Iso(long nanoseconds) =>
        $"{DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture)}.{nanoseconds % 1_000_000_000:d9}Z";

    private static string ColorOf(string level) => level switch
    {
        "critical" or "fatal" => "\u001b[1;31m",
        "error" => "\u001b[31m",
        "warn" => "\u001b[33m",
        "info" => "\u001b[32m",
        "debug" => "\u001b[36m",
        _ => "\u001b[2m",
    };
}
