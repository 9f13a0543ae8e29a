using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.LogQL.Parsers;

/// <summary><c>| json a="x.y[0]"</c>: picked values become labels; objects and arrays as written, what is not there as empty.</summary>
/// <param name="picks">Label and path; a path step is a member's name or an index.</param>
/// <param name="texts">The paths as written.</param>
internal sealed class JsonExpressionStage(IReadOnlyList<(string Label, IReadOnlyList<JsonPathStep> Path)> picks, IReadOnlyList<string> texts) : LogStage
{
    /// <inheritdoc/>
    public override string ToString() => "| json " + string.Join(',', picks.Select((p, i) => $"{p.Label}={QuotedText.Quote(texts[i])}"));

    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        var slice = entry.LineSlice;
        if (slice.Length == 0 || !entry.WantsMore)
        {
            return true;
        }

        // Only the beginning is looked at: a path that leads into malformed text finds nothing.
        if (entry.Line[0] is not ('{' or '[' or '"'))
        {
            entry.SetParserError(JsonStage.Error, null);
            return true;
        }

        foreach (var (label, path) in picks)
        {
            var scanner = new JsonScanner(entry.Line);
            entry.Extract(label, Find(ref scanner, entry, path) ? Take(ref scanner, entry) : default);
        }

        return true;
    }

    private static bool Find(ref JsonScanner scanner, LogEntry entry, IReadOnlyList<JsonPathStep> path)
    {
        foreach (var step in path)
        {
            if (!(step.Name is { } name ? Member(ref scanner, entry, name) : Item(ref scanner, step.Index)))
            {
                return false;
            }
        }

        return scanner.Kind() is not (JsonKind.Null or JsonKind.Invalid);
    }

    private static bool Member(ref JsonScanner scanner, LogEntry entry, string name)
    {
        if (scanner.Kind() != JsonKind.Object)
        {
            return false;
        }

        scanner.Enter('{');
        var first = true;
        while (scanner.NextKey(ref first, out var key, out var escaped))
        {
            var raw = entry.Line.Slice(key.Start, key.Length);
            if (escaped ? JsonScanner.TryUnescape(raw, out var unescaped) && unescaped == name : raw.SequenceEqual(name))
            {
                return true;
            }

            scanner.Skip(out _);
        }

        return false;
    }

    private static bool Item(ref JsonScanner scanner, int index)
    {
        if (scanner.Kind() != JsonKind.Array)
        {
            return false;
        }

        scanner.Enter('[');
        var first = true;
        for (var i = 0; scanner.NextItem(ref first); i++)
        {
            if (i == index)
            {
                return true;
            }

            scanner.Skip(out _);
        }

        return false;
    }

    private static TextSlice Take(ref JsonScanner scanner, LogEntry entry)
    {
        var start = entry.LineSlice.Start;
        if (scanner.Kind() == JsonKind.String && scanner.ReadString(out var text, out var escaped))
        {
            return escaped ? (JsonScanner.TryUnescape(entry.Line.Slice(text.Start, text.Length), out var unescaped) ? entry.Append(unescaped) : default) : new TextSlice(start + text.Start, text.Length);
        }

        return scanner.Skip(out var value) ? new TextSlice(start + value.Start, value.Length) : default;
    }
}

/// <summary>A step of a path into JSON: a member when <paramref name="Name"/> is there, else an item.</summary>
internal readonly record struct JsonPathStep(string? Name, int Index)
{
    /// <summary>Reads <c>a.b["c"][0]</c>; null when it is not a path.</summary>
    public static IReadOnlyList<JsonPathStep>? Parse(string text)
    {
        var steps = new List<JsonPathStep>();
        var at = 0;
        while (at < text.Length)
        {
            if (text[at] == '[')
            {
                var close = text.IndexOf(']', at);
                if (close < 0)
                {
                    return null;
                }

                var inside = text[(at + 1)..close].Trim();
                if (inside.Length > 1 && inside[0] == '"')
                {
                    // The name may have a bracket in it: the quote decides.
                    var end = text.IndexOf("\"]", at + 2, StringComparison.Ordinal);
                    if (end < 0)
                    {
                        return null;
                    }

                    steps.Add(new JsonPathStep(text[(at + 2)..end], 0));
                    at = end + 2;
                    continue;
                }

                if (!int.TryParse(inside, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var index))
                {
                    return null;
                }

                steps.Add(new JsonPathStep(null, index));
                at = close + 1;
                continue;
            }

            if (text[at] == '.' && steps.Count > 0)
            {
                at++;
            }

            var start = at;
            while (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '_' or '-'))
            {
                at++;
            }

            if (at == start)
            {
                return null;
            }

            steps.Add(new JsonPathStep(text[start..at], 0));
        }

        return steps.Count > 0 ? steps : null;
    }
}
