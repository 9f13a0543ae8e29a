using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Parsers;

/// <summary><c>| json</c>: every scalar of the line's object becomes a label; names of nested ones are joined with an underscore.</summary>
internal sealed class JsonStage : LogStage
{
    public const string Error = "JSONParserErr";

    private readonly LabelNames _names = new(static key => LabelNames.Sanitize(key));
    private LabelNeeds? _wanted;

    /// <inheritdoc/>
    public override string ToString() => "| json";

    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        if (!entry.WantsMore)
        {
            return true;
        }

        var slice = entry.LineSlice;
        var found = ReadObject(entry, new TextSlice(0, slice.Length), string.Empty, 0, null);
        if (found is not null)
        {
            entry.SetParserError(Error, found);
        }

        return true;
    }

    /// <summary>As for a query, and tells <paramref name="paths"/> the members' names that each label was made of.</summary>
    public void Process(LogEntry entry, Action<string, IReadOnlyList<string>> paths)
    {
        if (ReadObject(entry, new TextSlice(0, entry.LineSlice.Length), string.Empty, 0, new PathCollector(paths)) is { } error)
        {
            entry.SetParserError(Error, error);
        }
    }

    /// <inheritdoc/>
    public override void Limit(LabelNeeds needs) => _wanted = needs;

    // Gives what is wrong with the object, null when nothing is.
    private string? ReadObject(LogEntry entry, TextSlice within, string prefix, int depth, PathCollector? paths)
    {
        if (depth > JsonScanner.MaxDepth)
        {
            return JsonObjectReader.BadObject;
        }

        var start = entry.LineSlice.Start;
        var reader = new JsonObjectReader(entry.Line[..(within.Start + within.Length)], within.Start);
        while (reader.Next())
        {
            if (reader.Kind is JsonKind.Array or JsonKind.Null)
            {
                continue;
            }

            var raw = entry.Line.Slice(reader.Key.Start, reader.Key.Length);
            string? unescaped = null;
            if (reader.KeyEscaped && !JsonScanner.TryUnescape(raw, out unescaped))
            {
                return JsonObjectReader.BadEscape;
            }

            var name = prefix.Length == 0 && unescaped is null ? _names[raw] : _names.Within(prefix, unescaped ?? raw);
            paths?.Push(unescaped ?? (paths is null ? string.Empty : raw.ToString()));
            if (reader.Kind == JsonKind.Object)
            {
                if ((_wanted is null || _wanted.HasPrefix(name)) && ReadObject(entry, reader.Value, name, depth + 1, paths) is { } error)
                {
                    return error;
                }

                paths?.Pop();
                if (!entry.WantsMore)
                {
                    return null;
                }

                continue;
            }

            if (name.Length > 0 && (_wanted is null || _wanted.Contains(name)))
            {
                // A string that is not one becomes the empty text.
                var value = !reader.ValueEscaped ? new TextSlice(start + reader.Value.Start, reader.Value.Length)
                    : JsonScanner.TryUnescape(entry.Line.Slice(reader.Value.Start, reader.Value.Length), out var text) ? entry.Append(text)
                    : default;
                var label = entry.Extract(name, value);
                if (label is not null)
                {
                    paths?.Tell(label);
                }
            }

            paths?.Pop();
            if (!entry.WantsMore)
            {
                return null;
            }
        }

        return reader.Error;
    }

    private sealed class PathCollector(Action<string, IReadOnlyList<string>> tell)
    {
        private readonly List<string> _path = [];

        public void Push(string key) => _path.Add(key);

        public void Pop() => _path.RemoveAt(_path.Count - 1);

        public void Tell(string label) => tell(label, _path);
    }
}
