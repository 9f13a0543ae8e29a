using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.LogQL.Parsers;

/// <summary><c>| pattern "…"</c>.</summary>
internal sealed class PatternStage(LinePattern pattern, string text) : LogStage
{
    private LabelNeeds? _wanted;

    /// <inheritdoc/>
    public override string ToString() => $"| pattern {QuotedText.Quote(text)}";

    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        if (entry.WantsMore)
        {
            pattern.Extract(entry, _wanted);
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Limit(LabelNeeds needs) => _wanted = needs;
}
