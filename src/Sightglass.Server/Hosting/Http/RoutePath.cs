using System.Diagnostics;

namespace Sightglass.Server.Hosting.Http;

/// <summary>
/// A path with parameters, in the framework's notation: <c>/a/{name}/b</c>, a parameter with text around it as in <c>/{name}.ics</c>, and <c>{*rest}</c> at the end,
/// which takes every segment that is left and also none. A parameter takes at least one character and no slash.
/// </summary>
internal sealed class RoutePath
{
    private readonly Segment[] _segments;

    /// <summary>Reads a path that starts with a slash.</summary>
    public RoutePath(string path)
    {
        _segments = [.. path[1..].Split('/').Select(static s => new Segment(s))];
        if (path[0] != '/' || _segments[..^1].Any(static s => s.TakesRest))
        {
            throw new UnreachableException($"BUG: route {path}: want a slash first and {{*name}} only at the end");
        }
    }

    /// <summary>Characters outside of parameters: of two paths that take the same request the one with more says more.</summary>
    public int LiteralLength => _segments.Sum(static s => s.Before.Length + s.After.Length + (s.Name is null ? 1 : 0));

    /// <summary>Whether a request's path is one of these; its parameters are then put into <paramref name="values"/>.</summary>
    public bool Matches(string path, RouteValueDictionary values)
    {
        // Nothing is put before the whole path is known to match: most routes that are tried do not.
        return Walk(path, null) && Walk(path, values);
    }

    private bool Walk(string path, RouteValueDictionary? values)
    {
        var at = 0;
        foreach (var segment in _segments)
        {
            if (segment.TakesRest)
            {
                values?.TryAdd(segment.Name!, at + 1 < path.Length ? path[(at + 1)..] : null);
                return true;
            }

            if (at >= path.Length || path[at] != '/')
            {
                return false;
            }

            var end = path.IndexOf('/', at + 1);
            end = end < 0 ? path.Length : end;
            if (!segment.Matches(path.AsSpan(at + 1, end - at - 1)))
            {
                return false;
            }

            if (segment.Name is not null)
            {
                values?.TryAdd(segment.Name, path[(at + 1 + segment.Before.Length)..(end - segment.After.Length)]);
            }

            at = end;
        }

        return at == path.Length;
    }

    private sealed class Segment
    {
        public Segment(string text)
        {
            var (open, close) = (text.IndexOf('{', StringComparison.Ordinal), text.IndexOf('}', StringComparison.Ordinal));
            if (open < 0)
            {
                Before = text;
                return;
            }

            (Before, After) = (text[..open], text[(close + 1)..]);
            var name = text[(open + 1)..close];
            TakesRest = name.StartsWith('*');
            Name = name.TrimStart('*');
        }

        public string Before { get; }

        public string After { get; } = string.Empty;

        public string? Name { get; }

        public bool TakesRest { get; }

        public bool Matches(ReadOnlySpan<char> text) => Name is null
            ? text.Equals(Before, StringComparison.OrdinalIgnoreCase)
            : text.Length > Before.Length + After.Length && text.StartsWith(Before, StringComparison.OrdinalIgnoreCase) && text.EndsWith(After, StringComparison.OrdinalIgnoreCase);
    }
}
