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

/// <summary><c>.</c> or <c>$</c> alone.</summary>
internal sealed class DotExpression(bool isRoot) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope) => isRoot ? scope.Root : scope.Dot;

    public override void AddNeeds(LabelNeeds needs) => needs.AddAll();
}

/// <summary><c>.label</c>, or a field of another value: <c>$x.name</c>, <c>(fromJson .y).name</c>.</summary>
/// <param name="of">The value; null is what the dot or the dollar sign stands for.</param>
/// <param name="isRoot">Without a value: the dollar sign.</param>
/// <param name="name">The field.</param>
internal sealed class FieldExpression(TemplateExpression? of, bool isRoot, string name) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope) => TemplateValue.Field(of is not null ? of.Evaluate(scope) : isRoot ? scope.Root : scope.Dot, name);

    public override void AddNeeds(LabelNeeds needs)
    {
        // In a loop the dot may be something else than the labels; a label too many does no harm.
        if (of is null)
        {
            needs.Add(name);
        }
        else
        {
            of.AddNeeds(needs);
        }
    }
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
                if (TemplateValue.IsTrue(last) == (name == "or"))
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
