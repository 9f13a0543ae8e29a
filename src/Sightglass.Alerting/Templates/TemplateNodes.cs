namespace Sightglass.Alerting.Templates;

internal abstract record TemplateNode(int Line);

internal sealed record TextNode(string Text, int Line) : TemplateNode(Line);

internal sealed record ActionNode(PipeNode Pipe, int Line) : TemplateNode(Line);

internal sealed record IfNode(PipeNode Condition, ListNode Then, ListNode? Else, int Line) : TemplateNode(Line);

internal sealed record WithNode(PipeNode Subject, ListNode Then, ListNode? Else, int Line) : TemplateNode(Line);

internal sealed record RangeNode(PipeNode Items, ListNode Body, ListNode? Else, int Line) : TemplateNode(Line);

internal sealed record CallNode(string Template, PipeNode? Data, int Line) : TemplateNode(Line);

internal sealed record BreakNode(int Line) : TemplateNode(Line);

internal sealed record ContinueNode(int Line) : TemplateNode(Line);

internal sealed record ListNode(IReadOnlyList<TemplateNode> Nodes, int Line) : TemplateNode(Line)
{
    /// <summary>Only white space and nothing that acts: such a body does not replace a template of the same name.</summary>
    public bool IsEmpty => Nodes.All(n => n is TextNode text && string.IsNullOrWhiteSpace(text.Text));
}

/// <summary>Commands joined by <c>|</c>; their value may be given to variables.</summary>
internal sealed record PipeNode(IReadOnlyList<string> Variables, bool Assigns, IReadOnlyList<CommandNode> Commands, int Line) : OperandNode(Line);

internal sealed record CommandNode(IReadOnlyList<OperandNode> Operands, int Line) : TemplateNode(Line);

internal abstract record OperandNode(int Line) : TemplateNode(Line);

internal sealed record DotNode(int Line) : OperandNode(Line);

internal sealed record NilNode(int Line) : OperandNode(Line);

internal sealed record ConstantNode(TemplateValue Value, bool IsNumber, int Line) : OperandNode(Line);

internal sealed record FunctionNode(string Name, int Line) : OperandNode(Line);

/// <summary><c>.a.b</c></summary>
internal sealed record FieldNode(IReadOnlyList<string> Names, int Line) : OperandNode(Line);

/// <summary><c>$x.a.b</c></summary>
internal sealed record VariableNode(string Name, IReadOnlyList<string> Fields, int Line) : OperandNode(Line);

/// <summary><c>(pipeline).a.b</c></summary>
internal sealed record ChainNode(OperandNode Operand, IReadOnlyList<string> Fields, int Line) : OperandNode(Line);
