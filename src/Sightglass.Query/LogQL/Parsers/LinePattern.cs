using System.Diagnostics.CodeAnalysis;
using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Parsers;

/// <summary>A pattern as <c>| pattern</c> and <c>|&gt;</c> take it: literal text with captures <c>&lt;name&gt;</c> and <c>&lt;_&gt;</c> between.</summary>
internal sealed class LinePattern
{
    // A null name is literal text; "_" a capture without a name.
    private readonly List<(string? Name, string Literal)> _nodes = [];

    private LinePattern()
    {
    }

    /// <summary>Names of the captures.</summary>
    public IEnumerable<string> Names => _nodes.Where(static n => n.Name is not null and not "_").Select(static n => n.Name!);

    /// <summary>Reads a pattern.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out LinePattern? pattern, [NotNullWhen(false)] out string? error)
    {
        pattern = new LinePattern();
        error = null;
        var at = 0;
        var literal = string.Empty;
        while (at < text.Length)
        {
            var end = text[at] == '<' ? text.IndexOf('>', at) : -1;
            if (end > at + 1 && IsName(text.AsSpan(at + 1, end - at - 1)))
            {
                pattern.Add(ref literal);
                if (pattern._nodes.Count > 0 && pattern._nodes[^1].Name is not null)
                {
                    error = "found consecutive capture";
                    return false;
                }

                pattern._nodes.Add((text[(at + 1)..end], string.Empty));
                at = end + 1;
                continue;
            }

            literal += text[at++];
        }

        pattern.Add(ref literal);
        var names = pattern.Names.ToList();
        if (names.Count != names.Distinct(StringComparer.Ordinal).Count())
        {
            error = "duplicate capture name";
            return false;
        }

        return true;
    }

    /// <summary>Captures of a line, handed to <paramref name="entry"/> as labels.</summary>
    public void Extract(LogEntry entry, LabelNeeds? wanted)
    {
        var slice = entry.LineSlice;
        var line = entry.Line;
        var at = 0;
        var node = 0;
        if (line.Length == 0)
        {
            return;
        }

        if (_nodes[0].Name is null)
        {
            if (!line.StartsWith(_nodes[0].Literal))
            {
                return;
            }

            at = _nodes[0].Literal.Length;
            node = 1;
        }

        while (node < _nodes.Count)
        {
            var name = _nodes[node].Name!;
            var next = node + 1 < _nodes.Count ? _nodes[node + 1].Literal : null;
            var found = next is null ? -1 : entry.Value(slice)[at..].IndexOf(next);

            // A literal that does not come any more leaves the rest to the capture before it.
            var length = found < 0 ? slice.Length - at : found;
            if (name != "_" && (wanted is null || wanted.Contains(name)))
            {
                entry.Extract(name, new TextSlice(slice.Start + at, length));
            }

            if (found < 0)
            {
                return;
            }

            at += found + next!.Length;
            node += 2;
        }
    }

    /// <summary>Whether the pattern fits the line up to its end.</summary>
    public bool Test(ReadOnlySpan<char> line)
    {
        if (line.Length == 0 || _nodes.Count == 0)
        {
            return line.Length == 0 && _nodes.Count == 0;
        }

        var at = 0;
        for (var i = 0; i < _nodes.Count; i++)
        {
            if (_nodes[i].Name is not null)
            {
                continue;
            }

            var found = line[at..].IndexOf(_nodes[i].Literal);
            if (found < 0 || (i != 0 && found == 0))
            {
                // No capture is empty. What stands before a literal at the pattern's beginning is not looked at, as in Loki.
                return false;
            }

            at += found + _nodes[i].Literal.Length;
        }

        return _nodes[^1].Name is not null == (at != line.Length);
    }

    private static bool IsName(ReadOnlySpan<char> name)
    {
        if (char.IsAsciiDigit(name[0]))
        {
            return false;
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                return false;
            }
        }

        return true;
    }

    private void Add(ref string literal)
    {
        if (literal.Length > 0)
        {
            _nodes.Add((null, literal));
            literal = string.Empty;
        }
    }
}
