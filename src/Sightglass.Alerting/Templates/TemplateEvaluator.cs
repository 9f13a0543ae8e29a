using System.Runtime.CompilerServices;
using System.Text;

namespace Sightglass.Alerting.Templates;

/// <summary>Runs one execution of a template; not reused.</summary>
internal sealed class TemplateEvaluator
{
    private readonly TemplateSet _set;
    private readonly bool _html;
    private readonly StringBuilder _output = new();
    private readonly List<(string Name, TemplateValue Value)> _variables = [];
    private string _template = string.Empty;
    private int _depth;
    private int _steps;

    public TemplateEvaluator(TemplateSet set, bool html)
    {
        _set = set;
        _html = html;
    }

    private enum Flow
    {
        Normal,
        Break,
        Continue,
    }

    public string Run(string name, ListNode body, TemplateValue data)
    {
        Call(name, body, data);
        return _output.ToString();
    }

    /// <summary>Renders another template of the set, within the same limits; for the function <c>tmpl</c>.</summary>
    public string RenderNested(string name, TemplateValue data)
    {
        if (!_set.TryGet(name, out var body))
        {
            throw new TemplateFunctionException($"template \"{name}\" not defined");
        }

        var start = _output.Length;
        Call(name, body, data);
        var text = _output.ToString(start, _output.Length - start);
        _output.Length = start;
        return text;
    }

    private void Call(string name, ListNode body, TemplateValue data)
    {
        if (++_depth > TemplateLimits.MaxCallDepth)
        {
            throw new TemplateException(_template, body.Line, $"templates call each other deeper than {TemplateLimits.MaxCallDepth}, the limit MaxCallDepth");
        }

        var (outer, scope) = (_template, _variables.Count);
        _template = name;
        _variables.Add(("$", data));
        Walk(body, data);
        _variables.RemoveRange(scope, _variables.Count - scope);
        _template = outer;
        _depth--;
    }

    private Flow Walk(ListNode list, TemplateValue dot)
    {
        // Blocks within blocks, times templates within templates, are more than a thread's stack may hold.
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error(list, "templates and blocks are within each other too deep");
        }

        foreach (var node in list.Nodes)
        {
            if (Walk(node, dot) is var flow and not Flow.Normal)
            {
                return flow;
            }
        }

        return Flow.Normal;
    }

    private Flow Walk(TemplateNode node, TemplateValue dot)
    {
        Step(node);
        switch (node)
        {
            case TextNode text:
                Write(text.Text, node);
                return Flow.Normal;
            case ActionNode action:
                var value = Evaluate(action.Pipe, dot);
                if (action.Pipe.Variables.Count == 0)
                {
                    var printed = ValuePrinter.Print(value);
                    Write(_html && value.Kind != TemplateKind.Html ? HtmlText.EscapeAt(_output, printed) : printed, node);
                }

                return Flow.Normal;
            case IfNode branch:
                return Scoped(() => Evaluate(branch.Condition, dot).IsTrue ? Walk(branch.Then, dot) : branch.Else is null ? Flow.Normal : Walk(branch.Else, dot));
            case WithNode with:
                return Scoped(() => Evaluate(with.Subject, dot) is { IsTrue: true } subject ? Walk(with.Then, subject) : with.Else is null ? Flow.Normal : Walk(with.Else, dot));
            case RangeNode range:
                return Scoped(() => Range(range, dot));
            case CallNode call:
                var data = call.Data is null ? TemplateValue.Nil : Evaluate(call.Data, dot);
                Call(call.Template, _set.TryGet(call.Template, out var body) ? body : throw Error(node, $"template \"{call.Template}\" not defined"), data);
                return Flow.Normal;
            case BreakNode:
                return Flow.Break;
            default:
                return Flow.Continue;
        }
    }

    private Flow Scoped(Func<Flow> walk)
    {
        var scope = _variables.Count;
        var flow = walk();
        _variables.RemoveRange(scope, _variables.Count - scope);
        return flow;
    }

    private Flow Range(RangeNode range, TemplateValue dot)
    {
        var items = Evaluate(range.Items, dot, declare: false);
        var any = false;
        foreach (var (key, item) in Items(range, items))
        {
            any = true;
            var flow = Scoped(() =>
            {
                Step(range);
                var names = range.Items.Variables;
                for (var i = 0; i < names.Count; i++)
                {
                    var value = i == names.Count - 1 ? item : key;
                    if (range.Items.Assigns)
                    {
                        Assign(names[i], value);
                    }
                    else
                    {
                        _variables.Add((names[i], value));
                    }
                }

                return Walk(range.Body, item);
            });
            if (flow == Flow.Break)
            {
                break;
            }
        }

        return !any && range.Else is not null ? Walk(range.Else, dot) : Flow.Normal;
    }

    private IEnumerable<(TemplateValue Key, TemplateValue Item)> Items(RangeNode node, TemplateValue items)
    {
        switch (items.Kind)
        {
            case TemplateKind.Nil:
                break;
            case TemplateKind.List:
                for (var i = 0; i < items.List.Count; i++)
                {
                    yield return (TemplateValue.Of((long)i), items.List[i]);
                }

                break;
            case TemplateKind.Map:
                foreach (var pair in items.Map.Sorted)
                {
                    yield return (TemplateValue.Of(pair.Key), pair.Value);
                }

                break;
            case TemplateKind.Int:
                for (var i = 0L; i < items.Int; i++)
                {
                    yield return (TemplateValue.Of(i), TemplateValue.Of(i));
                }

                break;
            default:
                throw Error(node, $"range can't iterate over {ValuePrinter.Inner(items)}");
        }
    }

    private TemplateValue Evaluate(PipeNode pipe, TemplateValue dot, bool declare = true)
    {
        Step(pipe);
        TemplateValue? value = null;
        foreach (var command in pipe.Commands)
        {
            value = Evaluate(command, dot, value);
        }

        if (declare)
        {
            foreach (var name in pipe.Variables)
            {
                if (pipe.Assigns)
                {
                    Assign(name, value!.Value);
                }
                else
                {
                    _variables.Add((name, value!.Value));
                }
            }
        }

        return value!.Value;
    }

    private TemplateValue Evaluate(CommandNode command, TemplateValue dot, TemplateValue? final)
    {
        Step(command);
        var first = command.Operands[0];
        switch (first)
        {
            case FunctionNode function:
                return Function(function, command, dot, final);
            case FieldNode field:
                return Chain(dot, field.Names, command, Arguments(command, dot, final));
            case VariableNode { Fields.Count: > 0 } variable:
                return Chain(Variable(variable.Name), variable.Fields, command, Arguments(command, dot, final));
            case ChainNode chain:
                return Chain(Operand(chain.Operand, dot), chain.Fields, command, Arguments(command, dot, final));
        }

        if (command.Operands.Count > 1 || final is not null)
        {
            throw Error(command, "can't give argument to non-function");
        }

        return first is NilNode ? throw Error(command, "nil is not a command") : Operand(first, dot);
    }

    private TemplateValue Function(FunctionNode function, CommandNode command, TemplateValue dot, TemplateValue? final)
    {
        if (function.Name is "and" or "or")
        {
            var operands = command.Operands;
            if (operands.Count < 2 && final is null)
            {
                throw Error(command, $"wrong number of args for {function.Name}: want at least 1 got 0");
            }

            var value = TemplateValue.Nil;
            for (var i = 1; i < operands.Count; i++)
            {
                value = Operand(operands[i], dot);
                if (value.IsTrue == (function.Name == "or"))
                {
                    return value;
                }
            }

            return final ?? value;
        }

        return Invoke(command, function.Name, Arguments(command, dot, final));
    }

    private TemplateValue Invoke(TemplateNode node, string name, TemplateValue[] arguments)
    {
        try
        {
            return _set.Functions.Call(name, this, arguments);
        }
        catch (TemplateFunctionException e)
        {
            throw Error(node, e.Message);
        }
    }

    private TemplateValue[] Arguments(CommandNode command, TemplateValue dot, TemplateValue? final)
    {
        var count = command.Operands.Count - 1;
        if (count == 0 && final is null)
        {
            return [];
        }

        var arguments = new TemplateValue[count + (final is null ? 0 : 1)];
        for (var i = 0; i < count; i++)
        {
            arguments[i] = Operand(command.Operands[i + 1], dot);
        }

        if (final is { } last)
        {
            arguments[^1] = last;
        }

        return arguments;
    }

    private TemplateValue Operand(OperandNode node, TemplateValue dot)
    {
        Step(node);
        return node switch
        {
            DotNode => dot,
            NilNode => TemplateValue.Nil,
            ConstantNode constant => TemplateValue.OfConstant(constant.Value),
            FieldNode field => Chain(dot, field.Names, node, []),
            VariableNode variable => Chain(Variable(variable.Name), variable.Fields, node, []),
            ChainNode chain => Chain(Operand(chain.Operand, dot), chain.Fields, node, []),
            PipeNode pipe => Evaluate(pipe, dot),
            FunctionNode function => Invoke(node, function.Name, []),
            _ => throw Error(node, "can't evaluate operand"),
        };
    }

    private TemplateValue Chain(TemplateValue value, IReadOnlyList<string> names, TemplateNode node, TemplateValue[] arguments)
    {
        for (var i = 0; i < names.Count; i++)
        {
            value = Field(value, names[i], node, i == names.Count - 1 ? arguments : []);
        }

        return value;
    }

    private TemplateValue Field(TemplateValue receiver, string name, TemplateNode node, TemplateValue[] arguments)
    {
        try
        {
            switch (receiver.Kind)
            {
                case TemplateKind.Nil:
                    throw Error(node, $"nil data; no entry for key \"{name}\"");
                case TemplateKind.Time when receiver.Time.TryCall(name, arguments, out var timed):
                    return timed;
                case TemplateKind.Duration when arguments.Length == 0 && DurationMethod(receiver.Nanoseconds, name) is { Kind: not TemplateKind.Nil } method:
                    return method;
                case TemplateKind.List or TemplateKind.Map or TemplateKind.Object:
                    if (receiver.Object.TryCall(name, arguments, out var called))
                    {
                        return called;
                    }

                    if (receiver.Kind == TemplateKind.Map || receiver.Object.TryGetField(name, out _))
                    {
                        if (arguments.Length > 0)
                        {
                            throw Error(node, $"{name} is not a method but has arguments");
                        }

                        return receiver.Kind == TemplateKind.Map ? receiver.Map.Get(name) : receiver.Object.TryGetField(name, out var field) ? field : default;
                    }

                    break;
            }
        }
        catch (TemplateFunctionException e)
        {
            throw Error(node, $"error calling {name}: {e.Message}");
        }

        throw Error(node, $"can't evaluate field {name} in type {receiver.TypeName}");
    }

    private static TemplateValue DurationMethod(long nanoseconds, string name) => name switch
    {
        "Seconds" => TemplateValue.Of(nanoseconds / 1e9),
        "Minutes" => TemplateValue.Of(nanoseconds / 6e10),
        "Hours" => TemplateValue.Of(nanoseconds / 3.6e12),
        "Milliseconds" => TemplateValue.Of(nanoseconds / 1_000_000),
        "Microseconds" => TemplateValue.Of(nanoseconds / 1_000),
        "Nanoseconds" => TemplateValue.Of(nanoseconds),
        "String" => TemplateValue.Of(GoDuration.Format(nanoseconds)),
        _ => default,
    };

    private TemplateValue Variable(string name)
    {
        for (var i = _variables.Count - 1; i >= 0; i--)
        {
            if (_variables[i].Name == name)
            {
                return _variables[i].Value;
            }
        }

        return default;
    }

    private void Assign(string name, TemplateValue value)
    {
        for (var i = _variables.Count - 1; i >= 0; i--)
        {
            if (_variables[i].Name == name)
            {
                _variables[i] = (name, value);
                return;
            }
        }
    }

    private void Write(string text, TemplateNode node)
    {
        if (_output.Length + text.Length > TemplateLimits.MaxOutputLength)
        {
            throw Error(node, $"wrote more than {TemplateLimits.MaxOutputLength} characters, the limit MaxOutputLength");
        }

        _output.Append(text);
    }

    private void Step(TemplateNode node)
    {
        if (++_steps > TemplateLimits.MaxSteps)
        {
            throw Error(node, $"took more than {TemplateLimits.MaxSteps} steps, the limit MaxSteps");
        }
    }

    private TemplateException Error(TemplateNode node, string message) => new(_template, node.Line, $"executing \"{_template}\": {message}");
}
