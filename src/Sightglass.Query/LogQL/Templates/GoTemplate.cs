using System.Text;
using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>
/// Go's template language as it makes sense on one log line: text, fields, constants, function calls with pipes and brackets, variables,
/// <c>if</c>, <c>with</c> and <c>range</c>; no templates within templates. Not thread-safe.
/// </summary>
internal sealed class GoTemplate
{
    /// <summary>Longest output; bounds what repeat and the like can make of a line.</summary>
    public const int MaxOutputChars = 1 << 20;

    /// <summary>Most rounds that the loops of one line go together.</summary>
    public const int MaxRounds = 100_000;

    private readonly IReadOnlyList<TemplateNode> _nodes;
    private readonly StringBuilder _output = new();

    private GoTemplate(IReadOnlyList<TemplateNode> nodes) => _nodes = nodes;

    /// <summary>Reads a template.</summary>
    /// <exception cref="TemplateException">It does not parse.</exception>
    public static GoTemplate Parse(string text) => new(new TemplateParser(text).Read());

    /// <summary>The output for a line.</summary>
    /// <exception cref="TemplateException">A function failed.</exception>
    public string Run(LogEntry entry)
    {
        _output.Clear();
        TemplateNode.WriteAll(_nodes, new TemplateScope(entry), _output);
        return _output.ToString();
    }

    /// <summary>Tells which labels the template reads.</summary>
    public void AddNeeds(LabelNeeds needs)
    {
        foreach (var node in _nodes)
        {
            node.AddNeeds(needs);
        }
    }
}

/// <summary>What a template sees while it runs.</summary>
internal sealed class TemplateScope
{
    private readonly List<(string Name, object? Value)> _variables = [];
    private int _rounds;

    public TemplateScope(LogEntry entry)
    {
        Entry = entry;
        Root = new LabelsValue(entry);
        Dot = Root;
    }

    public LogEntry Entry { get; }

    /// <summary>What <c>$</c> stands for.</summary>
    public object Root { get; }

    /// <summary>What <c>.</c> stands for.</summary>
    public object? Dot { get; set; }

    /// <summary>How many variables there are; going back to it ends those declared since.</summary>
    public int Mark
    {
        get => _variables.Count;
        set => _variables.RemoveRange(value, _variables.Count - value);
    }

    public object? this[string variable]
    {
        get => _variables[IndexOf(variable)].Value;
        set => _variables[IndexOf(variable)] = (variable, value);
    }

    public void Declare(string variable, object? value) => _variables.Add((variable, value));

    /// <summary>Counts a round of a loop.</summary>
    public void Round()
    {
        if (++_rounds > GoTemplate.MaxRounds)
        {
            throw new TemplateException($"loops go more than {GoTemplate.MaxRounds} rounds");
        }
    }

    private int IndexOf(string variable)
    {
        var at = _variables.FindLastIndex(v => v.Name == variable);
        return at >= 0 ? at : throw new TemplateException($"undefined variable \"${variable}\"");
    }
}
