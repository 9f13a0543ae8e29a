namespace Sightglass.Query.LogQL.Pipeline;

/// <summary>
/// A stage of a pipeline, made by the parser for one query and used by one thread. A stage may keep buffers from line to line.
/// </summary>
internal abstract class LogStage
{
    /// <summary>The stage as LogQL.</summary>
    public abstract override string ToString();

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
    private const string Suffix = "_extracted";

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _required = new(StringComparer.Ordinal);

    /// <summary>True when all of them may be read.</summary>
    public bool All { get; private set; }

    /// <summary>The names, when not <see cref="All"/>.</summary>
    public IReadOnlyCollection<string> Names => _names;

    /// <summary>Reads every label.</summary>
    public void AddAll() => All = true;

    /// <summary>Labels that parsers have to find; once they have, they look no further.</summary>
    public IReadOnlySet<string> Required => _required;

    /// <summary>Whether the query itself asks about errors, so that they do not fail it.</summary>
    public bool AsksForErrors => _required.Contains(LogEntry.ErrorLabel);

    /// <summary>Reads one label. Those that only <c>drop</c> and <c>keep</c> look at need not be looked for by a parser.</summary>
    public void Add(string name, bool required = true)
    {
        Add(_names, name);
        if (required)
        {
            Add(_required, name);
        }
    }

    /// <summary>Whether a label whose name starts so is read.</summary>
    public bool HasPrefix(string prefix)
    {
        if (All)
        {
            return true;
        }

        foreach (var name in _names)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a label of this name is read.</summary>
    public bool Contains(string name) => All || _names.Contains(name);

    private static void Add(HashSet<string> names, string name)
    {
        names.Add(name);
        if (name.EndsWith(Suffix, StringComparison.Ordinal))
        {
            names.Add(name[..^Suffix.Length]);
        }
    }
}
