using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Parsers;

/// <summary><c>| json</c>: every scalar of the line's object becomes a label; names of nested ones are joined with an underscore.</summary>
internal sealed class JsonStage : LogStage
{
    public const string Error = "JSONParserErr";
    public const string NotAnObject = "Value looks like object, but can't find closing '}' symbol";

    private readonly LabelNames _names = new(static key => LabelNames.Sanitize(key));
    private readonly LabelNames _nested = new(static key => LabelNames.Sanitize(key, isPrefix: false));
    private LabelNeeds? _wanted;

    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        if (entry.LineSlice.Length == 0)
        {
            return true;
        }

        var scanner = new JsonScanner(entry.Line);
        if (!ReadObject(ref scanner, entry, string.Empty, 0))
        {
            entry.SetError(Error, NotAnObject);
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Limit(LabelNeeds needs) => _wanted = needs;

    private bool ReadObject(ref JsonScanner scanner, LogEntry entry, string prefix, int depth)
    {
        if (depth > JsonScanner.MaxDepth || !scanner.Enter('{'))
        {
            return false;
        }

        var slice = entry.LineSlice;
        var first = true;
        while (scanner.NextKey(ref first, out var key, out var escaped))
        {
            var kind = scanner.Kind();
            if (kind is JsonKind.Array or JsonKind.Null or JsonKind.Invalid)
            {
                if (!scanner.Skip(out _))
                {
                    return false;
                }

                continue;
            }

            var name = Name(entry.Line.Slice(key.Start, key.Length), escaped, prefix);
            if (kind == JsonKind.Object)
            {
                if (!ReadObject(ref scanner, entry, name, depth + 1))
                {
                    return false;
                }

                continue;
            }

            var isText = kind == JsonKind.String;
            var valueEscaped = false;
            if (isText ? !scanner.ReadString(out var value, out valueEscaped) : !scanner.ReadScalar(out value))
            {
                return false;
            }

            if (_wanted is null || _wanted.Contains(name))
            {
                entry.Extract(name, valueEscaped
                    ? entry.Append(JsonScanner.Unescape(entry.Line.Slice(value.Start, value.Length)))
                    : new TextSlice(slice.Start + value.Start, value.Length));
            }
        }

        return !scanner.Failed;
    }

    private string Name(ReadOnlySpan<char> key, bool escaped, string prefix)
    {
        if (prefix.Length == 0)
        {
            return escaped ? LabelNames.Sanitize(JsonScanner.Unescape(key)) : _names[key];
        }

        Span<char> joined = stackalloc char[256];
        if (escaped || prefix.Length + 1 + key.Length > joined.Length)
        {
            return prefix + "_" + LabelNames.Sanitize(JsonScanner.Unescape(key), isPrefix: false);
        }

        prefix.CopyTo(joined);
        joined[prefix.Length] = '_';
        key.CopyTo(joined[(prefix.Length + 1)..]);
        return _nested[joined[..(prefix.Length + 1 + key.Length)]];
    }
}
