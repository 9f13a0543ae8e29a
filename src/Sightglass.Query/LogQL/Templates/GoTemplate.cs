using System.Globalization;
using System.Text;
using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>
/// The part of Go's template language that makes sense on one log line: text, fields, constants, function calls with pipes and
/// brackets, variables, <c>if</c>/<c>else</c> and <c>with</c>. Values are texts, numbers, truth values and times. Not thread-safe.
/// </summary>
internal sealed class GoTemplate
{
    // A template cannot loop; this bounds what repeat and the like can make of a line.
    public const int MaxOutputChars = 1 << 20;

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
        var scope = new TemplateScope(entry);
        foreach (var node in _nodes)
        {
            node.Write(scope, _output);
        }

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
internal sealed class TemplateScope(LogEntry entry)
{
    private readonly Dictionary<string, object?> _variables = new(StringComparer.Ordinal);

    public LogEntry Entry => entry;

    /// <summary>The value of the dot inside <c>with</c>; null for the line's labels.</summary>
    public object? Dot { get; set; }

    public object? this[string variable]
    {
        get => _variables.TryGetValue(variable, out var value) ? value : throw new TemplateException($"undefined variable \"${variable}\"");
        set => _variables[variable] = value;
    }

    /// <summary>A value as a template prints it.</summary>
    public static string Print(object? value) => value switch
    {
        null => "<no value>",
        string text => text,
        bool truth => truth ? "true" : "false",
        double number => Sightglass.Query.Syntax.GoFloat.General(number),
        DateTimeOffset time => time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF zz00", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? string.Empty,
    };

    /// <summary>Whether a value counts as true.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool truth => truth,
        string text => text.Length > 0,
        long number => number != 0,
        double number => number != 0,
        _ => true,
    };
}

/// <summary>A piece of a template.</summary>
internal abstract class TemplateNode
{
    public abstract void Write(TemplateScope scope, StringBuilder output);

    public abstract void AddNeeds(LabelNeeds needs);
}

/// <summary>Literal text.</summary>
internal sealed class TextTemplate(string text) : TemplateNode
{
    public override void Write(TemplateScope scope, StringBuilder output) => output.Append(text);

    public override void AddNeeds(LabelNeeds needs)
    {
    }
}

/// <summary><c>{{ expression }}</c>, or an assignment to a variable.</summary>
internal sealed class ActionTemplate(TemplateExpression expression, string? variable) : TemplateNode
{
    public override void Write(TemplateScope scope, StringBuilder output)
    {
        var value = expression.Evaluate(scope);
        if (variable is not null)
        {
            scope[variable] = value;
            return;
        }

        output.Append(TemplateScope.Print(value));
        if (output.Length > GoTemplate.MaxOutputChars)
        {
            throw new TemplateException($"output is longer than {GoTemplate.MaxOutputChars} characters");
        }
    }

    public override void AddNeeds(LabelNeeds needs) => expression.AddNeeds(needs);
}

/// <summary><c>{{ if … }} … {{ else }} … {{ end }}</c>, and <c>with</c>.</summary>
internal sealed class BranchTemplate(TemplateExpression condition, bool isWith, IReadOnlyList<TemplateNode> then, IReadOnlyList<TemplateNode> otherwise) : TemplateNode
{
    public override void Write(TemplateScope scope, StringBuilder output)
    {
        var value = condition.Evaluate(scope);
        var isTrue = TemplateScope.IsTrue(value);
        var dot = scope.Dot;
        if (isTrue && isWith)
        {
            scope.Dot = value;
        }

        foreach (var node in isTrue ? then : otherwise)
        {
            node.Write(scope, output);
        }

        scope.Dot = dot;
    }

    public override void AddNeeds(LabelNeeds needs)
    {
        condition.AddNeeds(needs);
        foreach (var node in then.Concat(otherwise))
        {
            node.AddNeeds(needs);
        }
    }
}

/// <summary>An expression in a template.</summary>
internal abstract class TemplateExpression
{
    public abstract object? Evaluate(TemplateScope scope);

    public abstract void AddNeeds(LabelNeeds needs);
}

/// <summary>A constant.</summary>
internal sealed class ConstantExpression(object? value) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope) => value;

    public override void AddNeeds(LabelNeeds needs)
    {
    }
}

/// <summary><c>.label</c>; a label that is not there is the empty text.</summary>
internal sealed class FieldExpression(string name) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope) => scope.Entry.Get(name).ToString();

    public override void AddNeeds(LabelNeeds needs) => needs.Add(name);
}

/// <summary><c>.</c> alone.</summary>
internal sealed class DotExpression : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope) => scope.Dot ?? scope.Entry.ToLabelSet().ToString();

    public override void AddNeeds(LabelNeeds needs) => needs.AddAll();
}

/// <summary><c>$name</c>.</summary>
internal sealed class VariableExpression(string name) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope) => scope[name];

    public override void AddNeeds(LabelNeeds needs)
    {
    }
}

/// <summary>A function with its arguments.</summary>
internal sealed class CallExpression(TemplateFunction function, string name, IReadOnlyList<TemplateExpression> arguments) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope)
    {
        // and, or: later arguments are not looked at once the answer is clear.
        if (name is "and" or "or")
        {
            object? last = null;
            foreach (var argument in arguments)
            {
                last = argument.Evaluate(scope);
                if (TemplateScope.IsTrue(last) == (name == "or"))
                {
                    break;
                }
            }

            return last;
        }

        var values = new object?[arguments.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = arguments[i].Evaluate(scope);
        }

        return function.Run(scope.Entry, values);
    }

    public override void AddNeeds(LabelNeeds needs)
    {
        foreach (var argument in arguments)
        {
            argument.AddNeeds(needs);
        }
    }
}
