namespace Sightglass.Core.Templates;

/// <summary>A piece of a template's tree.</summary>
/// <param name="Line">Where it stands in the source, from 1.</param>
public abstract record TemplateNode(int Line);

/// <summary>Literal text.</summary>
/// <param name="Text">The text, trimmed as its neighbours ask.</param>
/// <param name="Line">Where it stands.</param>
public sealed record TextNode(string Text, int Line) : TemplateNode(Line);

/// <summary><c>{{ pipeline }}</c>: prints, unless the pipeline gives its value to variables.</summary>
/// <param name="Pipe">The pipeline.</param>
/// <param name="Line">Where it stands.</param>
public sealed record ActionNode(PipeNode Pipe, int Line) : TemplateNode(Line);

/// <summary><c>{{ if … }} … {{ else }} … {{ end }}</c></summary>
/// <param name="Condition">What decides.</param>
/// <param name="Then">What a true condition writes.</param>
/// <param name="Else">What another writes.</param>
/// <param name="Line">Where it stands.</param>
public sealed record IfNode(PipeNode Condition, ListNode Then, ListNode? Else, int Line) : TemplateNode(Line);

/// <summary><c>{{ with … }} … {{ else }} … {{ end }}</c></summary>
/// <param name="Subject">What becomes the dot.</param>
/// <param name="Then">What is written with it.</param>
/// <param name="Else">What is written when it is empty.</param>
/// <param name="Line">Where it stands.</param>
public sealed record WithNode(PipeNode Subject, ListNode Then, ListNode? Else, int Line) : TemplateNode(Line);

/// <summary><c>{{ range … }} … {{ else }} … {{ end }}</c></summary>
/// <param name="Items">What is gone over; its variables take the key and the item.</param>
/// <param name="Body">What is written for each item.</param>
/// <param name="Else">What is written when there is none.</param>
/// <param name="Line">Where it stands.</param>
public sealed record RangeNode(PipeNode Items, ListNode Body, ListNode? Else, int Line) : TemplateNode(Line);

/// <summary><c>{{ template "name" data }}</c>, and the place of a <c>block</c>.</summary>
/// <param name="Template">The template's name.</param>
/// <param name="Data">What its dot is; nothing without.</param>
/// <param name="Line">Where it stands.</param>
public sealed record CallNode(string Template, PipeNode? Data, int Line) : TemplateNode(Line);

/// <summary><c>{{ break }}</c></summary>
/// <param name="Line">Where it stands.</param>
public sealed record BreakNode(int Line) : TemplateNode(Line);

/// <summary><c>{{ continue }}</c></summary>
/// <param name="Line">Where it stands.</param>
public sealed record ContinueNode(int Line) : TemplateNode(Line);

/// <summary>Pieces one after the other.</summary>
/// <param name="Nodes">The pieces.</param>
/// <param name="Line">Where the first stands.</param>
public sealed record ListNode(IReadOnlyList<TemplateNode> Nodes, int Line) : TemplateNode(Line)
{
    /// <summary>Only white space and nothing that acts: such a body does not replace a template of the same name.</summary>
    public bool IsEmpty => Nodes.All(n => n is TextNode text && string.IsNullOrWhiteSpace(text.Text));
}

/// <summary>Commands joined by <c>|</c>; their value may be given to variables.</summary>
/// <param name="Variables">The variables, each with its dollar sign.</param>
/// <param name="Assigns">They are there already and are set, not declared.</param>
/// <param name="Commands">The commands.</param>
/// <param name="Line">Where it stands.</param>
public sealed record PipeNode(IReadOnlyList<string> Variables, bool Assigns, IReadOnlyList<CommandNode> Commands, int Line) : OperandNode(Line);

/// <summary>Operands behind one another: a value, or a function or method with its arguments.</summary>
/// <param name="Operands">The operands, one at least.</param>
/// <param name="Line">Where it stands.</param>
public sealed record CommandNode(IReadOnlyList<OperandNode> Operands, int Line) : TemplateNode(Line);

/// <summary>What a command is made of.</summary>
/// <param name="Line">Where it stands.</param>
public abstract record OperandNode(int Line) : TemplateNode(Line);

/// <summary><c>.</c></summary>
/// <param name="Line">Where it stands.</param>
public sealed record DotNode(int Line) : OperandNode(Line);

/// <summary><c>nil</c></summary>
/// <param name="Line">Where it stands.</param>
public sealed record NilNode(int Line) : OperandNode(Line);

/// <summary>A constant.</summary>
/// <param name="Value">A <see cref="bool"/>, <see cref="long"/>, <see cref="double"/> or <see cref="string"/>.</param>
/// <param name="Line">Where it stands.</param>
public sealed record ConstantNode(object Value, int Line) : OperandNode(Line);

/// <summary>A function.</summary>
/// <param name="Name">One of the names that the parser was given.</param>
/// <param name="Line">Where it stands.</param>
public sealed record FunctionNode(string Name, int Line) : OperandNode(Line);

/// <summary><c>.a.b</c></summary>
/// <param name="Names">The fields, one at least.</param>
/// <param name="Line">Where it stands.</param>
public sealed record FieldNode(IReadOnlyList<string> Names, int Line) : OperandNode(Line);

/// <summary><c>$x.a.b</c></summary>
/// <param name="Name">The variable, with its dollar sign.</param>
/// <param name="Fields">The fields behind it.</param>
/// <param name="Line">Where it stands.</param>
public sealed record VariableNode(string Name, IReadOnlyList<string> Fields, int Line) : OperandNode(Line);

/// <summary><c>(pipeline).a.b</c></summary>
/// <param name="Operand">The pipeline or function.</param>
/// <param name="Fields">The fields behind it, one at least.</param>
/// <param name="Line">Where it stands.</param>
public sealed record ChainNode(OperandNode Operand, IReadOnlyList<string> Fields, int Line) : OperandNode(Line);
