namespace Sightglass.Core.Templates;

/// <summary>A template that does not parse, or that failed while it was executed.</summary>
public sealed class TemplateException : Exception
{
    /// <summary>Makes one for a place in a template.</summary>
    /// <param name="template">The template's name.</param>
    /// <param name="line">The line in it, from 1.</param>
    /// <param name="message">What is wrong.</param>
    public TemplateException(string template, int line, string message)
        : base($"template: {template}:{line}: {message}")
    {
        Template = template;
        Line = line;
        Reason = message;
    }

    /// <summary>Name of the template.</summary>
    public string Template { get; }

    /// <summary>Line in it, from 1.</summary>
    public int Line { get; }

    /// <summary>What is wrong, without the place.</summary>
    public string Reason { get; }
}

/// <summary>What a function of a template reports; whoever runs the template adds the place.</summary>
/// <param name="message">What is wrong.</param>
public sealed class TemplateFunctionException(string message) : Exception(message);
