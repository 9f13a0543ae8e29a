namespace Sightglass.Alerting.Templates;

/// <summary>A function that templates may call. It reports wrong use by <see cref="TemplateFunctionException"/>.</summary>
internal delegate TemplateValue TemplateFunction(TemplateEvaluator evaluator, ReadOnlySpan<TemplateValue> arguments);

/// <summary>The functions of a kind of template, by name, with the number of arguments each takes.</summary>
internal sealed class TemplateFunctions
{
    private readonly Dictionary<string, (int Min, int Max, TemplateFunction Function)> _functions = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public TemplateFunctions() => BuiltinFunctions.AddTo(this);

    public IReadOnlySet<string> Names => _names;

    public TemplateFunctions Add(string name, int min, int max, TemplateFunction function)
    {
        _functions[name] = (min, max, function);
        _names.Add(name);
        return this;
    }

    public TemplateFunctions Add(string name, int arguments, TemplateFunction function) => Add(name, arguments, arguments, function);

    public TemplateValue Call(string name, TemplateEvaluator evaluator, ReadOnlySpan<TemplateValue> arguments)
    {
        var (min, max, function) = _functions[name];
        if (arguments.Length < min || arguments.Length > max)
        {
            var want = min == max ? $"{min}" : $"at least {min}";
            throw new TemplateFunctionException($"wrong number of args for {name}: want {want} got {arguments.Length}");
        }

        try
        {
            return function(evaluator, arguments);
        }
        catch (TemplateFunctionException e)
        {
            throw new TemplateFunctionException($"error calling {name}: {e.Message}");
        }
    }

    public static string Text(TemplateValue value) => value.IsText ? value.Text
        : throw new TemplateFunctionException($"wrong type for value; expected string; got {value.TypeName}");

    public static long Integer(TemplateValue value) => value.Kind is TemplateKind.Int or TemplateKind.Duration ? value.Int
        : throw new TemplateFunctionException($"wrong type for value; expected int; got {value.TypeName}");
}
