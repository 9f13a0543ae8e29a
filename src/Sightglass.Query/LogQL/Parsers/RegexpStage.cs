using System.Text.RegularExpressions;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.LogQL.Parsers;

/// <summary><c>| regexp "…"</c>: named groups become labels.</summary>
internal sealed class RegexpStage(Regex regex, string text) : LogStage
{
    private readonly string[] _names = [.. Named(regex)];
    private LabelNeeds? _wanted;

    /// <summary>Names of the groups that have one.</summary>
    public static IEnumerable<string> Named(Regex regex) => regex.GetGroupNames().Where(static n => !char.IsAsciiDigit(n[0]));

    /// <inheritdoc/>
    public override string ToString() => $"| regexp {QuotedText.Quote(text)}";

    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        if (!entry.WantsMore)
        {
            return true;
        }

        var slice = entry.LineSlice;
        var match = regex.Match(entry.Line.ToString());
        if (!match.Success)
        {
            return true;
        }

        foreach (var name in _names)
        {
            if (_wanted is null || _wanted.Contains(name))
            {
                var group = match.Groups[name];
                entry.Extract(name, group.Success ? new TextSlice(slice.Start + group.Index, group.Length) : default);
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Limit(LabelNeeds needs) => _wanted = needs;
}
