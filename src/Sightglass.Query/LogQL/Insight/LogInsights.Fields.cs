using System.Globalization;
using Sightglass.Query.LogQL.Parsers;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Syntax;

namespace Sightglass.Query.LogQL.Insight;

public sealed partial class LogInsights
{
    // Names that are remembered with their place in JSON lines.
    private const int MaxPaths = 10_000;

    private static readonly string[] TypeOrder = ["boolean", "int", "float", "duration", "bytes"];

    /// <summary>Structured metadata of the lines of a selection and what a parser finds in them, sorted by name.</summary>
    /// <param name="sample">The lines.</param>
    /// <param name="limit">Most fields.</param>
    /// <param name="cancellation">Ends the work.</param>
    public IReadOnlyList<LogField> Fields(LogSample sample, int limit, CancellationToken cancellation) =>
    [
        .. Detect(sample, limit, null, cancellation).OrderBy(static f => f.Key, StringComparer.Ordinal)
            .Select(static f => new LogField(f.Key, TypeOf(f.Value.Values), f.Value.Values.Count, f.Value.Parser is { } parser ? [parser] : [], f.Value.JsonPath)),
    ];

    /// <summary>Values of such a field, sorted.</summary>
    public IReadOnlyList<string> FieldValues(LogSample sample, string name, int limit, CancellationToken cancellation) =>
        [.. Detect(sample, int.MaxValue, name, cancellation).TryGetValue(name, out var field) ? field.Values.Order(StringComparer.Ordinal).Take(limit) : []];

    private Dictionary<string, Found> Detect(LogSample sample, int limit, string? only, CancellationToken cancellation)
    {
        var found = new Dictionary<string, Found>(StringComparer.Ordinal);
        var (json, logfmt) = (new JsonStage(), new LogfmtStage(strict: false, keepEmpty: false, []));
        var paths = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        void Add(string name, ReadOnlySpan<char> value, string? parser)
        {
            if (only is not null && only != name)
            {
                return;
            }

            if (!found.TryGetValue(name, out var field))
            {
                if (found.Count >= limit)
                {
                    return;
                }

                found.Add(name, field = new Found());
            }

            field.Parser ??= parser;
            if (parser == "json" && field.JsonPath.Count == 0)
            {
                const string suffix = "_extracted";
                field.JsonPath = paths.GetValueOrDefault(name)
                    ?? (name.EndsWith(suffix, StringComparison.Ordinal) ? paths.GetValueOrDefault(name[..^suffix.Length]) : null) ?? [];
            }

            if (field.Values.Count < MaxFacetValues)
            {
                field.Values.Add(value.ToString());
            }
        }

        var scratch = new LogEntry();
        void Remember(string label, IReadOnlyList<string> path)
        {
            if (paths.Count < MaxPaths && !paths.ContainsKey(label))
            {
                paths.Add(label, [.. path]);
            }
        }

        Scan(
            sample,
            AllLabels(),
            entry =>
            {
                var trimmed = entry.Line.Trim();
                var parser = trimmed.StartsWith('{') ? "json" : trimmed.Contains('=') ? "logfmt" : null;
                var failed = false;
                var parsed = HasParsed(entry);
                if (parsed && parser == "json")
                {
                    // Only for the paths.
                    scratch.Begin(entry.Stream, entry.TimeUnixNano, System.Text.Encoding.UTF8.GetBytes(entry.Line.ToString()));
                    json.Process(scratch, Remember);
                }
                else if (parser is not null && !parsed)
                {
                    // What the query's own stages found counts as it is; else the line is read by what it looks like.
                    entry.ClearError();
                    if (parser == "json")
                    {
                        json.Process(entry, Remember);
                    }
                    else
                    {
                        logfmt.Process(entry);
                    }

                    // A line that only begins like JSON has no fields of its own.
                    failed = entry.Error is not null;
                }

                foreach (var label in entry.Labels)
                {
                    if (label.Category == LabelCategory.Metadata || !failed)
                    {
                        Add(label.Name, entry.Value(label.Value), label.Category == LabelCategory.Metadata ? null : parser);
                    }
                }
            },
            cancellation);
        return found;
    }

    private static bool HasParsed(LogEntry entry)
    {
        foreach (var label in entry.Labels)
        {
            if (label.Category == LabelCategory.Parsed)
            {
                return true;
            }
        }

        return false;
    }

    // The narrowest type that all values have.
    private static string TypeOf(HashSet<string> values)
    {
        foreach (var type in TypeOrder)
        {
            if (values.All(v => Is(type, v)))
            {
                return type;
            }
        }

        return values.All(static v => Is("int", v) || Is("float", v)) ? "float" : "string";
    }

    private static bool Is(string type, string value) => type switch
    {
        "boolean" => value is "true" or "false" or "TRUE" or "FALSE" or "True" or "False",
        "int" => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        "float" => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _),
        "duration" => Quantities.TryParseDuration(value, out _),
        _ => Quantities.TryParseBytes(value, out _),
    };

    private sealed class Found
    {
        public string? Parser { get; set; }

        public IReadOnlyList<string> JsonPath { get; set; } = [];

        public HashSet<string> Values { get; } = new(StringComparer.Ordinal);
    }
}

/// <summary>A field that lines have.</summary>
/// <param name="Name">Its name as a label.</param>
/// <param name="Type">string, int, float, boolean, duration or bytes.</param>
/// <param name="Cardinality">Different values seen.</param>
/// <param name="Parsers">Parsers that find it; none for structured metadata.</param>
/// <param name="JsonPath">Names of the members that lead to it in a JSON line; none for another.</param>
public sealed record LogField(string Name, string Type, int Cardinality, IReadOnlyList<string> Parsers, IReadOnlyList<string> JsonPath);
