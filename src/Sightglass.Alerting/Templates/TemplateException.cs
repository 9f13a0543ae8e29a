namespace Sightglass.Alerting.Templates;

/// <summary>A template that does not parse, or that failed while it was executed.</summary>
public sealed class TemplateException : Exception
{
    /// <summary>Makes one for a place in a template.</summary>
    public TemplateException(string template, int line, string message)
        : base($"template: {template}:{line}: {message}")
    {
        Template = template;
        Line = line;
    }

    /// <summary>Name of the template.</summary>
    public string Template { get; }

    /// <summary>Line in it, from 1.</summary>
    public int Line { get; }
}

/// <summary>What a function of a template reports; the evaluator adds the place.</summary>
internal sealed class TemplateFunctionException(string message) : Exception(message);
