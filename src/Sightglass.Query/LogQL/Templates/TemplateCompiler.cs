using System.Diagnostics;
using Sightglass.Core.Templates;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>Makes what runs on lines of a template's tree: functions are looked up and their arguments counted, variables become numbers. What Go only finds out where it
/// gets there, such as a wrong number of arguments, fails there.</summary>
internal sealed class TemplateCompiler
{
    private static readonly HashSet<string> FunctionNames = [.. TemplateFunctions.All.Keys];

    private readonly Dictionary<string, NamedTemplate> _templates;
    private readonly NamedTemplate _template;
    private readonly List<(string Name, int Number)> _variables = [("$", 0)];

    private TemplateCompiler(NamedTemplate template, Dictionary<string, NamedTemplate> templates)
    {
        _template = template;
        _templates = templates;
    }

    /// <summary>Reads and compiles a template.</summary>
    /// <exception cref="TemplateException">It does not parse.</exception>
    public static NamedTemplate Compile(string name, string source)
    {
        var trees = new Dictionary<string, ListNode>(StringComparer.Ordinal);
        var main = TemplateParser.Parse(name, source, FunctionNames, trees);
        if (!main.IsEmpty || !trees.ContainsKey(name))
        {
            trees[name] = main;
        }

        var templates = trees.Keys.ToDictionary(static n => n, static n => new NamedTemplate(n), StringComparer.Ordinal);
        foreach (var template in templates.Values)
        {
            template.Pieces = new TemplateCompiler(template, templates).Pieces(trees[template.Name]);
            template.All = templates.Values;
        }

        return templates[name];
    }

    private TemplatePiece[] Pieces(ListNode? list)
    {
        if (list is null)
        {
            return [];
        }

        var pieces = new TemplatePiece[list.Nodes.Count];
        for (var i = 0; i < pieces.Length; i++)
        {
            pieces[i] = Piece(list.Nodes[i]);
        }

        return pieces;
    }

    private TemplatePiece Piece(TemplateNode node)
    {
        var scope = _variables.Count;
        switch (node)
        {
            case TextNode text:
                return new TextPiece(text.Text);
            case ActionNode action:
                return new ActionPiece(Pipeline(action.Pipe));
            case CallNode call:
                var data = call.Data is null ? null : Pipeline(call.Data);
                return _templates.TryGetValue(call.Template, out var template) ? new CallPiece(template, data) : new MissingPiece(call.Template);
            case BreakNode:
                return new LeavePiece(TemplateFlow.Break);
            case ContinueNode:
                return new LeavePiece(TemplateFlow.Continue);
        }

        TemplatePiece piece;
        switch (node)
        {
            case IfNode branch:
                piece = new BranchPiece(Pipeline(branch.Condition), isWith: false, Pieces(branch.Then), Pieces(branch.Else));
                break;
            case WithNode with:
                piece = new BranchPiece(Pipeline(with.Subject), isWith: true, Pieces(with.Then), Pieces(with.Else));
                break;
            case RangeNode range:
                var items = Commands(range.Items);
                var names = range.Items.Variables;
                var numbers = names.Select(n => Variable(n, declares: !range.Items.Assigns)).ToList();
                piece = new RangePiece(items, numbers.Count > 1 ? numbers[0] : -1, numbers.Count > 0 ? numbers[^1] : -1, Pieces(range.Body), Pieces(range.Else));
                break;
            default:
                throw new UnreachableException($"BUG: a template has a {node.GetType().Name}");
        }

        _variables.RemoveRange(scope, _variables.Count - scope);
        return piece;
    }

    // A variable's number; one that is declared gets a new one.
    private int Variable(string name, bool declares)
    {
        if (declares)
        {
            _variables.Add((name, _template.Variables++));
        }

        return _variables.FindLast(v => v.Name == name).Number;
    }

    private TemplateExpression Pipeline(PipeNode pipe)
    {
        var value = Commands(pipe);
        foreach (var name in pipe.Variables)
        {
            value = new SetExpression(Variable(name, declares: !pipe.Assigns), value);
        }

        return value;
    }

    private TemplateExpression Commands(PipeNode pipe)
    {
        TemplateExpression? value = null;
        foreach (var command in pipe.Commands)
        {
            value = Command(command, value);
        }

        return value!;
    }

    private TemplateExpression Command(CommandNode command, TemplateExpression? piped)
    {
        var first = command.Operands[0];
        if (first is NilNode && command.Operands.Count == 1 && piped is null)
        {
            return new FailingExpression("nil is not a command");
        }

        var arguments = command.Operands.Skip(1).Select(Operand).Concat(piped is null ? [] : [piped]).ToList();
        return first switch
        {
            FunctionNode function => Call(function, arguments),
            FieldNode field => Fields(null, field.Names, arguments),
            VariableNode { Fields.Count: > 0 } variable => Fields(new VariableExpression(Variable(variable.Name, declares: false)), variable.Fields, arguments),
            ChainNode chain => Fields(Operand(chain.Operand), chain.Fields, arguments),
            _ => arguments.Count == 0 ? Operand(first) : new FailingExpression("can't give argument to non-function"),
        };
    }

    private TemplateExpression Operand(OperandNode node) => node switch
    {
        DotNode => new DotExpression(),
        NilNode => new ConstantExpression(null),
        ConstantNode constant => new ConstantExpression(constant.Value),
        FunctionNode function => Call(function, []),
        FieldNode field => Fields(null, field.Names, []),
        VariableNode variable => Fields(new VariableExpression(Variable(variable.Name, declares: false)), variable.Fields, []),
        ChainNode chain => Fields(Operand(chain.Operand), chain.Fields, []),
        PipeNode pipe => Pipeline(pipe),
        _ => throw new UnreachableException($"BUG: a template has an operand {node.GetType().Name}"),
    };

    private static TemplateExpression Fields(TemplateExpression? of, IReadOnlyList<string> names, IReadOnlyList<TemplateExpression> arguments)
    {
        for (var i = 0; i < names.Count; i++)
        {
            of = new FieldExpression(of, names[i], i == names.Count - 1 ? arguments : []);
        }

        return of!;
    }

    private static TemplateExpression Call(FunctionNode node, List<TemplateExpression> arguments)
    {
        var function = TemplateFunctions.All[node.Name];
        if (arguments.Count < function.MinArguments || arguments.Count > function.MaxArguments)
        {
            var want = function.MinArguments == function.MaxArguments ? $"{function.MinArguments}" : $"at least {function.MinArguments}";
            return new FailingExpression($"wrong number of args for {node.Name}: want {want} got {arguments.Count}");
        }

        return node.Name is "and" or "or" ? new LogicExpression(node.Name == "or", arguments) : new CallExpression(function, arguments);
    }
}
