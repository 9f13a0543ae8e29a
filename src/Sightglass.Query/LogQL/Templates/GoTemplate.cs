using System.Text;
using Sightglass.Core.Templates;
using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>
/// A template of line_format or label_format. The language is Go's, read by the parser that the templates of alerts have; what is run on every line is made of
/// its tree once: functions and variables are found, and the labels that it reads are known. Not thread-safe.
/// </summary>
internal sealed class GoTemplate
{
    /// <summary>Longest output; bounds what repeat and the like can make of a line.</summary>
    public const int MaxOutputChars = 1 << 20;

    /// <summary>Most rounds of loops and calls of templates that one line takes together.</summary>
    public const int MaxRounds = 100_000;

    private readonly NamedTemplate _main;
    private readonly StringBuilder _output = new();
    private readonly TemplateScope _scope = new();

    private GoTemplate(NamedTemplate main) => _main = main;

    /// <summary>Reads a template.</summary>
    /// <param name="text">The template.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="TemplateException">It does not parse.</exception>
    public static GoTemplate Parse(string text, string name) => new(TemplateCompiler.Compile(name, text));

    /// <summary>The output for a line.</summary>
    /// <exception cref="TemplateFunctionException">A function failed.</exception>
    public string Run(LogEntry entry)
    {
        _output.Clear();
        _scope.Begin(entry, _main.Variables);
        TemplatePiece.WriteAll(_main.Pieces, _scope, _output);
        return _output.ToString();
    }

    /// <summary>Tells which labels the template reads.</summary>
    public void AddNeeds(LabelNeeds needs)
    {
        foreach (var template in _main.All)
        {
            foreach (var piece in template.Pieces)
            {
                piece.AddNeeds(needs);
            }
        }
    }
}

/// <summary>A template by its name: the text itself, or what it defines.</summary>
internal sealed class NamedTemplate(string name)
{
    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>What it writes.</summary>
    public IReadOnlyList<TemplatePiece> Pieces { get; set; } = [];

    /// <summary>How many variables it has, the dollar sign among them.</summary>
    public int Variables { get; set; } = 1;

    /// <summary>This one and all that are defined beside it.</summary>
    public IReadOnlyCollection<NamedTemplate> All { get; set; } = [];
}

/// <summary>What a template sees while it runs.</summary>
internal sealed class TemplateScope
{
    private object?[] _variables = new object?[8];
    private LabelsValue? _labels;
    private int _frame;
    private int _end;
    private int _depth;
    private int _rounds;

    /// <summary>The line.</summary>
    public LogEntry Entry => _labels!.Entry;

    /// <summary>What <c>.</c> stands for.</summary>
    public object? Dot { get; set; }

    /// <summary>A variable of the template that runs; 0 is what <c>$</c> stands for.</summary>
    public object? this[int variable]
    {
        get => _variables[_frame + variable];
        set => _variables[_frame + variable] = value;
    }

    /// <summary>Begins a line.</summary>
    public void Begin(LogEntry entry, int variables)
    {
        _labels = ReferenceEquals(_labels?.Entry, entry) ? _labels : new LabelsValue(entry);
        (_frame, _end, _depth, _rounds) = (0, 0, 0, 0);
        Dot = _labels;
        Enter(variables, Dot);
    }

    /// <summary>Begins a template's own variables; returns those to go back to.</summary>
    public int Enter(int variables, object? data)
    {
        if (++_depth > TemplateLimits.MaxCallDepth)
        {
            throw new TemplateFunctionException($"templates call each other deeper than {TemplateLimits.MaxCallDepth}");
        }

        var outer = _frame;
        _frame = _end;
        _end += variables;
        if (_end > _variables.Length)
        {
            Array.Resize(ref _variables, Math.Max(_end, _variables.Length * 2));
        }

        _variables.AsSpan(_frame, variables).Clear();
        this[0] = data;
        return outer;
    }

    /// <summary>Goes back to the variables of the caller.</summary>
    public void Leave(int outer)
    {
        _depth--;
        _end = _frame;
        _frame = outer;
    }

    /// <summary>Counts a round of a loop, or a call.</summary>
    public void Round()
    {
        if (++_rounds > GoTemplate.MaxRounds)
        {
            throw new TemplateFunctionException($"loops go more than {GoTemplate.MaxRounds} rounds");
        }
    }
}
