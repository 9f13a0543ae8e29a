using System.Runtime.CompilerServices;
using System.Text;
using Sightglass.Core.Templates;
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
internal abstract class TemplatePiece
{
    public abstract TemplateFlow Write(TemplateScope scope, StringBuilder output);

    public abstract void AddNeeds(LabelNeeds needs);

    /// <summary>Writes pieces one after the other until one leaves a loop.</summary>
    public static TemplateFlow WriteAll(IReadOnlyList<TemplatePiece> pieces, TemplateScope scope, StringBuilder output)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TemplateFunctionException("templates and blocks are within each other too deep");
        }

        for (var i = 0; i < pieces.Count; i++)
        {
            var flow = pieces[i].Write(scope, output);
            if (output.Length > GoTemplate.MaxOutputChars)
            {
                throw new TemplateFunctionException($"output is longer than {GoTemplate.MaxOutputChars} characters");
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
internal sealed class TextPiece(string text) : TemplatePiece
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
internal sealed class LeavePiece(TemplateFlow flow) : TemplatePiece
{
    public override TemplateFlow Write(TemplateScope scope, StringBuilder output) => flow;

    public override void AddNeeds(LabelNeeds needs)
    {
    }
}

/// <summary><c>{{ expression }}</c>; one that sets a variable prints nothing.</summary>
internal sealed class ActionPiece(TemplateExpression expression) : TemplatePiece
{
    private readonly FieldExpression? _label = expression as FieldExpression;
    private readonly bool _prints = expression is not SetExpression;

    public override TemplateFlow Write(TemplateScope scope, StringBuilder output)
    {
        // What templates are mostly made of goes from the line to the output without a text in between.
        if (_label is not null && _label.IsLabel(scope))
        {
            output.Append(scope.Entry.TryGetShown(_label.Name, out var shown) ? shown : default);
            return TemplateFlow.Next;
        }

        var value = expression.Evaluate(scope);
        if (_prints)
        {
            output.Append(TemplateValue.Print(value));
        }

        return TemplateFlow.Next;
    }

    public override void AddNeeds(LabelNeeds needs) => expression.AddNeeds(needs);
}

/// <summary><c>{{ if … }} … {{ else }} … {{ end }}</c>, and <c>with</c>.</summary>
internal sealed class BranchPiece(TemplateExpression condition, bool isWith, IReadOnlyList<TemplatePiece> then, IReadOnlyList<TemplatePiece> otherwise) : TemplatePiece
{
    public override TemplateFlow Write(TemplateScope scope, StringBuilder output)
    {
        var value = condition.Evaluate(scope);
        if (!TemplateValue.IsTrue(value))
        {
            return WriteAll(otherwise, scope, output);
        }

        if (!isWith)
        {
            return WriteAll(then, scope, output);
        }

        var dot = scope.Dot;
        scope.Dot = value;
        var flow = WriteAll(then, scope, output);
        scope.Dot = dot;
        return flow;
    }

    public override void AddNeeds(LabelNeeds needs)
    {
        condition.AddNeeds(needs);
        foreach (var piece in then.Concat(otherwise))
        {
            piece.AddNeeds(needs);
        }
    }
}

/// <summary><c>{{ range $key, $value := … }} … {{ else }} … {{ end }}</c>.</summary>
/// <param name="items">What is gone over.</param>
/// <param name="key">The variable that takes the key; -1 for none.</param>
/// <param name="value">The variable that takes the item; -1 for none.</param>
/// <param name="body">What is written for each.</param>
/// <param name="otherwise">What is written when there is none.</param>
internal sealed class RangePiece(TemplateExpression items, int key, int value, IReadOnlyList<TemplatePiece> body, IReadOnlyList<TemplatePiece> otherwise) : TemplatePiece
{
    public override TemplateFlow Write(TemplateScope scope, StringBuilder output)
    {
        var dot = scope.Dot;
        var any = false;
        foreach (var (itemKey, item) in TemplateValue.Items(items.Evaluate(scope)))
        {
            any = true;
            scope.Round();
            scope.Dot = item;
            if (key >= 0)
            {
                scope[key] = itemKey;
            }

            if (value >= 0)
            {
                scope[value] = item;
            }

            if (WriteAll(body, scope, output) == TemplateFlow.Break)
            {
                break;
            }
        }

        scope.Dot = dot;
        return any ? TemplateFlow.Next : WriteAll(otherwise, scope, output);
    }

    public override void AddNeeds(LabelNeeds needs)
    {
        items.AddNeeds(needs);
        foreach (var piece in body.Concat(otherwise))
        {
            piece.AddNeeds(needs);
        }
    }
}

/// <summary><c>{{ template "name" data }}</c>, and the place of a <c>block</c>.</summary>
internal sealed class CallPiece(NamedTemplate template, TemplateExpression? data) : TemplatePiece
{
    public override TemplateFlow Write(TemplateScope scope, StringBuilder output)
    {
        scope.Round();
        var dot = scope.Dot;
        var value = data?.Evaluate(scope);
        var outer = scope.Enter(template.Variables, value);
        scope.Dot = value;
        WriteAll(template.Pieces, scope, output);
        scope.Leave(outer);
        scope.Dot = dot;
        return TemplateFlow.Next;
    }

    public override void AddNeeds(LabelNeeds needs) => data?.AddNeeds(needs);
}

/// <summary>A call of a template that there is not: it fails where it is reached, as in Go.</summary>
internal sealed class MissingPiece(string name) : TemplatePiece
{
    public override TemplateFlow Write(TemplateScope scope, StringBuilder output) => throw new TemplateFunctionException($"template \"{name}\" not defined");

    public override void AddNeeds(LabelNeeds needs)
    {
    }
}
