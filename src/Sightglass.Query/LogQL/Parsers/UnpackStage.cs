using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Parsers;

/// <summary><c>| unpack</c>: the string members of a packed line become labels and its <c>_entry</c> the line.</summary>
internal sealed class UnpackStage : LogStage
{
    private readonly LabelNames _names = new(static key => LabelNames.Sanitize(key));
    private readonly List<(string Name, TextSlice Value)> _found = [];
    private LabelNeeds? _wanted;

    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        var slice = entry.LineSlice;
        if (slice.Length == 0)
        {
            return true;
        }

        var scanner = new JsonScanner(entry.Line);
        var first = true;
        TextSlice? line = null;
        _found.Clear();
        if (scanner.Kind() == JsonKind.Object && scanner.Enter('{'))
        {
            while (scanner.NextKey(ref first, out var key, out _))
            {
                if (scanner.Kind() != JsonKind.String)
                {
                    scanner.Skip(out _);
                    continue;
                }

                if (!scanner.ReadString(out var text, out var escaped))
                {
                    break;
                }

                var name = entry.Line.Slice(key.Start, key.Length);
                var value = escaped ? entry.Append(JsonScanner.Unescape(entry.Line.Slice(text.Start, text.Length))) : new TextSlice(slice.Start + text.Start, text.Length);
                if (name is "_entry")
                {
                    line = value;
                }
                else
                {
                    _found.Add((_names[name], value));
                }
            }

            if (!scanner.Failed)
            {
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
        }

        entry.SetError(JsonStage.Error, JsonStage.NotAnObject);
        return true;
    }

    /// <inheritdoc/>
    public override void Limit(LabelNeeds needs) => _wanted = needs;
}
