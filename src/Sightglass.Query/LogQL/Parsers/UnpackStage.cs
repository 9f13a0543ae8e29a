using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Parsers;

/// <summary><c>| unpack</c>: the string members of a packed line become labels and its <c>_entry</c> the line.</summary>
internal sealed class UnpackStage : LogStage
{
    private readonly LabelNames _names = new(static key => LabelNames.Sanitize(key));
    private readonly List<(string Name, TextSlice Value)> _found = [];
    private LabelNeeds? _wanted;

    /// <inheritdoc/>
    public override string ToString() => "| unpack";

    /// <summary>What is wrong with a line that does not begin as an object does.</summary>
    public const string NoObject = "expecting json object(6), but it is not";

    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        var slice = entry.LineSlice;
        if (slice.Length == 0 || !entry.WantsMore)
        {
            return true;
        }

        if (entry.Line[0] != '{')
        {
            entry.SetParserError(JsonStage.Error, NoObject);
            return true;
        }

        var reader = new JsonObjectReader(entry.Line, 0);
        TextSlice? line = null;
        _found.Clear();
        while (reader.Next())
        {
            if (reader.Kind != JsonKind.String)
            {
                continue;
            }

            var name = entry.Line.Slice(reader.Key.Start, reader.Key.Length);
            var value = !reader.ValueEscaped ? new TextSlice(slice.Start + reader.Value.Start, reader.Value.Length)
                : JsonScanner.TryUnescape(entry.Line.Slice(reader.Value.Start, reader.Value.Length), out var text) ? entry.Append(text)
                : default;
            if (name is "_entry")
            {
                line = value;
            }
            else
            {
                _found.Add((_names[name], value));
            }
        }

        if (reader.Error is { } error)
        {
            entry.SetParserError(JsonStage.Error, error);
            return true;
        }

        // Only a line that pack made has its labels taken off.
        if (line is { } packed)
        {
            foreach (var (name, value) in _found)
            {
                if (_wanted is null || _wanted.Contains(name))
                {
                    entry.Extract(name, value);
                }
            }

            entry.SetLine(packed);
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Limit(LabelNeeds needs) => _wanted = needs;
}
