using System.Text;
using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>How a piece of a template ended.</summary>
internal enum TemplateFlow
{
    Next,
    Break,
    Continue,
}

/// <summary>A piece of a template.</summary>
internal abstract class TemplateNode
{
    public abstract TemplateFlow Write(TemplateScope scope, StringBuilder output);

    public abstract void AddNeeds(LabelNeeds needs);

    /// <summary>Writes pieces one after the other until one leaves a loop.</summary>
    public static TemplateFlow WriteAll(IReadOnlyList<TemplateNode> nodes, TemplateScope scope, StringBuilder output)
    {
        foreach (var node in nodes)
        {
            var flow = node.Write(scope, output);
            if (output.Length > GoTemplate.MaxOutputChars)
            {
                throw new TemplateException($"output is longer than {GoTemplate.MaxOutputChars} characters");
            }

            if (flow != TemplateFlow.Next)
            {
                return flow;
            }
        }

        return TemplateFlow.Next;
    }
}

/// <summary>Literal text.</summary>
internal sealed class TextTemplate(string text) : TemplateNode
{
    public override TemplateFlow Write(TemplateScope scope, StringBuilder output)
    {
        output.Append(text);
        return TemplateFlow.Next;
    }

    public override void AddNeeds(LabelNeeds needs)
    {
    }
}

/// <summary><c>{{ break }}</c> and <c>{{ continue }}</c>.</summary>
internal sealed class LeaveTemplate(TemplateFlow flow) : TemplateNode
{
    public override TemplateFlow Write(TemplateScope scope, StringBuilder output) => flow;

    public override void AddNeeds(LabelNeeds needs)
    {
    }
}

/// <summary><c>{{ expression }}</c>, or an assignment to a variable: with <paramref name="declares"/> a new one.</summary>
internal sealed class ActionTemplate(TemplateExpression expression, string? variable, bool declares) : TemplateNode
{
    public override TemplateFlow Write(TemplateScope scope, StringBuilder output)
    {
        var value = expression.Evaluate(scope);
        if (variable is null)
        {
            output.Append(TemplateValue.Print(value));
        }
        else if (declares)
        {
            scope.Declare(variable, value);
        }
        else
        {
            scope[variable] = value;
        }

        return TemplateFlow.Next;
    }

    public override void AddNeeds(LabelNeeds needs) => expression.AddNeeds(needs);
}

/// <summary><c>{{ if … }} … {{ else }} … {{ end }}</c>, and <c>with</c>.</summary>
internal sealed class BranchTemplate(TemplateExpression condition, string? variable, bool isWith, IReadOnlyList<TemplateNode> then, IReadOnlyList<TemplateNode> otherwise) : TemplateNode
{
    public override TemplateFlow Write(TemplateScope scope, StringBuilder output)
    {
        var (dot, mark) = (scope.Dot, scope.Mark);
        var value = condition.Evaluate(scope);
        if (variable is not null)
        {
            scope.Declare(variable, value);
        }

        var isTrue = TemplateValue.IsTrue(value);
        scope.Dot = isTrue && isWith ? value : dot;
        var flow = WriteAll(isTrue ? then : otherwise, scope, output);
        (scope.Dot, scope.Mark) = (dot, mark);
        return flow;
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

/// <summary><c>{{ range $key, $value := … }} … {{ else }} … {{ end }}</c>.</summary>
internal sealed class RangeTemplate(TemplateExpression items, string? key, string? value, IReadOnlyList<TemplateNode> body, IReadOnlyList<TemplateNode> otherwise) : TemplateNode
{
    public override TemplateFlow Write(TemplateScope scope, StringBuilder output)
    {
        var (dot, mark) = (scope.Dot, scope.Mark);
        var any = false;
        foreach (var (itemKey, item) in TemplateValue.Items(items.Evaluate(scope)))
        {
            any = true;
            scope.Round();
            scope.Mark = mark;
            scope.Dot = item;
            if (key is not null)
            {
                scope.Declare(key, itemKey);
            }

            if (value is not null)
            {
                scope.Declare(value, item);
            }

            if (WriteAll(body, scope, output) == TemplateFlow.Break)
            {
                break;
            }
        }

        (scope.Dot, scope.Mark) = (dot, mark);
        return any ? TemplateFlow.Next : WriteAll(otherwise, scope, output);
    }

    public override void AddNeeds(LabelNeeds needs)
    {
        items.AddNeeds(needs);
        foreach (var node in body.Concat(otherwise))
        {
            node.AddNeeds(needs);
        }
    }
}
