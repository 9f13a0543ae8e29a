using Sightglass.Core.Templates;
using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Templates;

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

/// <summary>What cannot be evaluated, where it is reached.</summary>
internal sealed class FailingExpression(string reason) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope) => throw new TemplateFunctionException(reason);

    public override void AddNeeds(LabelNeeds needs)
    {
    }
}

/// <summary><c>.</c> alone.</summary>
internal sealed class DotExpression : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope) => scope.Dot;

    public override void AddNeeds(LabelNeeds needs) => needs.AddAll();
}

/// <summary>A field of a value, or what a method of it gives: <c>.label</c>, <c>$x.name</c>, <c>(now).Format "…"</c>.</summary>
/// <param name="of">The value; null is the dot.</param>
/// <param name="name">The field.</param>
/// <param name="arguments">What a method is given.</param>
internal sealed class FieldExpression(TemplateExpression? of, string name, IReadOnlyList<TemplateExpression> arguments) : TemplateExpression
{
    /// <summary>The field's name.</summary>
    public string Name => name;

    /// <summary>Whether it is a label of the line just now.</summary>
    public bool IsLabel(TemplateScope scope) => of is null && arguments.Count == 0 && scope.Dot is LabelsValue;

    public override object? Evaluate(TemplateScope scope)
    {
        var value = of is null ? scope.Dot : of.Evaluate(scope);
        return arguments.Count == 0 ? TemplateValue.Field(value, name) : TemplateValue.Call(value, name, CallExpression.Evaluate(arguments, scope));
    }

    public override void AddNeeds(LabelNeeds needs)
    {
        // In a loop the dot may be something else than the labels; a label too many does no harm.
        if (of is null or VariableExpression { IsRoot: true })
        {
            needs.Add(name);
        }
        else
        {
            of.AddNeeds(needs);
        }

        foreach (var argument in arguments)
        {
            argument.AddNeeds(needs);
        }
    }
}

/// <summary><c>$name</c>, or <c>$</c> alone.</summary>
internal sealed class VariableExpression(int variable) : TemplateExpression
{
    /// <summary>Whether it is the dollar sign.</summary>
    public bool IsRoot => variable == 0;

    public override object? Evaluate(TemplateScope scope) => scope[variable];

    public override void AddNeeds(LabelNeeds needs)
    {
        if (IsRoot)
        {
            needs.AddAll();
        }
    }
}

/// <summary><c>$name := value</c> and <c>$name = value</c>.</summary>
internal sealed class SetExpression(int variable, TemplateExpression value) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope) => scope[variable] = value.Evaluate(scope);

    public override void AddNeeds(LabelNeeds needs) => value.AddNeeds(needs);
}

/// <summary>A function with its arguments.</summary>
internal sealed class CallExpression(TemplateFunction function, IReadOnlyList<TemplateExpression> arguments) : TemplateExpression
{
    /// <summary>The values of arguments.</summary>
    public static object?[] Evaluate(IReadOnlyList<TemplateExpression> arguments, TemplateScope scope)
    {
        if (arguments.Count == 0)
        {
            return [];
        }

        var values = new object?[arguments.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = arguments[i].Evaluate(scope);
        }

        return values;
    }

    public override object? Evaluate(TemplateScope scope) => function.Run(scope.Entry, Evaluate(arguments, scope));

    public override void AddNeeds(LabelNeeds needs)
    {
        foreach (var argument in arguments)
        {
            argument.AddNeeds(needs);
        }
    }
}

/// <summary><c>and</c> and <c>or</c>: later arguments are not looked at once the answer is clear.</summary>
internal sealed class LogicExpression(bool isOr, IReadOnlyList<TemplateExpression> arguments) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope)
    {
        object? last = null;
        for (var i = 0; i < arguments.Count; i++)
        {
            last = arguments[i].Evaluate(scope);
            if (TemplateValue.IsTrue(last) == isOr)
            {
                break;
            }
        }

        return last;
    }

    public override void AddNeeds(LabelNeeds needs)
    {
        foreach (var argument in arguments)
        {
            argument.AddNeeds(needs);
        }
    }
}
