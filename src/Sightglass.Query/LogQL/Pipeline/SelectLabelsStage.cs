using Sightglass.Core.Model;

namespace Sightglass.Query.LogQL.Pipeline;

/// <summary><c>| drop a, b="x"</c> and <c>| keep a, b=~"x"</c>.</summary>
/// <param name="keep">Keep the named labels instead of dropping them.</param>
/// <param name="items">Names, some with a condition on the value.</param>
internal sealed class SelectLabelsStage(bool keep, IReadOnlyList<(string Name, LabelMatcher? Matcher)> items) : LogStage
{
    private readonly List<string> _remove = [];

    /// <inheritdoc/>
    public override string ToString() => (keep ? "| keep " : "| drop ") + string.Join(',', items.Select(static i => i.Matcher?.ToString() ?? i.Name));

    /// <inheritdoc/>
    public override bool NeedsLine => false;

    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        if (!keep)
        {
            foreach (var (name, matcher) in items)
            {
                if (name is LogEntry.ErrorLabel or LogEntry.ErrorDetailsLabel)
                {
                    DropError(entry, name, matcher);
                }
                else if (matcher is null || (entry.TryGet(name, out var value) && matcher.Matches(value.ToString())))
                {
                    entry.Remove(name);
                }
            }

            return true;
        }

        _remove.Clear();
        var visitor = new Chooser(items, _remove);
        entry.ForEach(ref visitor);
        foreach (var name in _remove)
        {
            entry.Remove(name);
        }

        return true;
    }

    /// <inheritdoc/>
    public override void AddNeeds(LabelNeeds needs)
    {
        foreach (var (name, matcher) in items)
        {
            if (matcher is not null)
            {
                needs.Add(name, required: false);
            }
        }
    }

    private static void DropError(LogEntry entry, string name, LabelMatcher? matcher)
    {
        var isKind = name == LogEntry.ErrorLabel;
        if (matcher?.Matches((isKind ? entry.Error : entry.ErrorDetails) ?? string.Empty) == false)
        {
            return;
        }

        if (isKind)
        {
            entry.ClearError();
        }
        else
        {
            entry.ClearErrorDetails();
        }
    }

    private readonly struct Chooser(IReadOnlyList<(string Name, LabelMatcher? Matcher)> items, List<string> remove) : ILabelVisitor
    {
        public void Visit(string name, ReadOnlySpan<char> value, LabelCategory category)
        {
            if (name is LogEntry.ErrorLabel or LogEntry.ErrorDetailsLabel or LogEntry.PreserveErrorLabel)
            {
                return;
            }

            foreach (var (kept, matcher) in items)
            {
                if (kept == name && (matcher is null || matcher.Matches(value.ToString())))
                {
                    return;
                }
            }

            remove.Add(name);
        }
    }
}
