using System.Diagnostics.CodeAnalysis;

namespace Sightglass.Alerting.Templates;

/// <summary>Templates that know each other by name, and the functions that they may call. Reading is thread-safe once all are added.</summary>
internal sealed class TemplateSet(TemplateFunctions functions)
{
    private readonly Dictionary<string, ListNode> _templates = new(StringComparer.Ordinal);

    public TemplateFunctions Functions { get; } = functions;

    /// <summary>Parses a source and adds what it defines; its own text becomes the template <paramref name="name"/> unless that is empty.</summary>
    /// <exception cref="TemplateException">It does not parse.</exception>
    public void Add(string name, string source)
    {
        var body = TemplateParser.Parse(name, source, Functions.Names, _templates);
        if (!body.IsEmpty || !_templates.ContainsKey(name))
        {
            _templates[name] = body;
        }
    }

    public bool TryGet(string name, [NotNullWhen(true)] out ListNode? body) => _templates.TryGetValue(name, out body);

    /// <summary>Parses <paramref name="source"/> beside the set's templates and executes it; the set does not change.</summary>
    /// <exception cref="TemplateException">It does not parse, fails, or goes over a limit.</exception>
    public string Render(string name, string source, TemplateValue data, bool html = false)
    {
        if (!source.Contains("{{", StringComparison.Ordinal))
        {
            return source;
        }

        var copy = new TemplateSet(Functions);
        foreach (var (key, node) in _templates)
        {
            copy._templates.Add(key, node);
        }

        copy.Add(name, source);
        return new TemplateEvaluator(copy, html).Run(name, copy._templates[name], data);
    }

    /// <summary>Checks that a source parses.</summary>
    /// <exception cref="TemplateException">It does not.</exception>
    public void Check(string name, string source) => TemplateParser.Parse(name, source, Functions.Names, new Dictionary<string, ListNode>(_templates, StringComparer.Ordinal));
}
