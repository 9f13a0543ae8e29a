namespace Sightglass.Query.LogQL.Pipeline;

/// <summary>
/// A stage of a pipeline, made by the parser for one query and used by one thread. A stage may keep buffers from line to line.
/// </summary>
internal abstract class LogStage
{
    /// <summary>Whether the stage reads or replaces the text of the line.</summary>
    public virtual bool NeedsLine => true;

    /// <summary>Changes the line; false drops it.</summary>
    public abstract bool Process(LogEntry entry);

    /// <summary>Tells which labels the stage reads.</summary>
    public virtual void AddNeeds(LabelNeeds needs)
    {
    }

    /// <summary>Tells a parser which labels somebody after it reads; others need not be extracted.</summary>
    public virtual void Limit(LabelNeeds needs)
    {
    }
}

/// <summary>Which labels of a line a query reads.</summary>
internal sealed class LabelNeeds
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>True when all of them may be read.</summary>
    public bool All { get; private set; }

    /// <summary>The names, when not <see cref="All"/>.</summary>
    public IReadOnlyCollection<string> Names => _names;

    /// <summary>Reads every label.</summary>
    public void AddAll() => All = true;

    /// <summary>Reads one label.</summary>
    public void Add(string name)
    {
        _names.Add(name);
        const string suffix = "_extracted";
        if (name.EndsWith(suffix, StringComparison.Ordinal))
        {
            _names.Add(name[..^suffix.Length]);
        }
    }

    /// <summary>Whether a label of this name is read.</summary>
    public bool Contains(string name) => All || _names.Contains(name);
}
