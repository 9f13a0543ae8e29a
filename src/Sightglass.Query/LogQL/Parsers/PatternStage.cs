using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Parsers;

/// <summary><c>| pattern "…"</c>.</summary>
internal sealed class PatternStage(LinePattern pattern) : LogStage
{
    private LabelNeeds? _wanted;

    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        pattern.Extract(entry, _wanted);
        return true;
    }

    /// <inheritdoc/>
    public override void Limit(LabelNeeds needs) => _wanted = needs;
}
