using Sightglass.Core.Templates;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.LogQL.Templates;

/// <summary><c>| line_format "…"</c>: the template's output becomes the line.</summary>
internal sealed class LineFormatStage(GoTemplate template, string text) : LogStage
{
    public const string Error = "TemplateFormatErr";

    /// <inheritdoc/>
    public override string ToString() => $"| line_format {QuotedText.Quote(text)}";

    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        try
        {
            entry.SetLine(entry.Append(template.Run(entry)));
        }
        catch (TemplateFunctionException e)
        {
            entry.SetError(Error, e.Message);
        }

        return true;
    }

    /// <inheritdoc/>
    public override void AddNeeds(LabelNeeds needs) => template.AddNeeds(needs);
}

/// <summary>What <c>label_format</c> does to one label.</summary>
/// <param name="Label">The label to set.</param>
/// <param name="Text">The label to rename, or the template as written.</param>
/// <param name="Template">The template; null renames.</param>
internal sealed record LabelFormat(string Label, string Text, GoTemplate? Template);

/// <summary><c>| label_format a=b, c="{{.d}}"</c>: renames, or sets a label by a template.</summary>
internal sealed class LabelFormatStage(IReadOnlyList<LabelFormat> formats) : LogStage
{
    private readonly string?[] _outputs = new string?[formats.Count];
    private readonly string?[] _errors = new string?[formats.Count];

    /// <inheritdoc/>
    public override string ToString() =>
        "| label_format " + string.Join(',', formats.Select(static f => $"{f.Label}={(f.Template is null ? f.Text : QuotedText.Quote(f.Text))}"));

    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        var ran = false;
        for (var i = 0; i < formats.Count; i++)
        {
            var (label, text, template) = formats[i];
            if (template is null)
            {
                if (entry.TryGet(text, out var value))
                {
                    entry.Rename(text, label, entry.Append(value));
                }

                continue;
            }

            if (!ran)
            {
                // All templates of a stage see the labels as the first of them does.
                RunAll(entry, i);
                ran = true;
            }

            if (_errors[i] is { } error)
            {
                entry.SetError(LineFormatStage.Error, error);
            }
            else
            {
                entry.Set(label, entry.Append(_outputs[i]));
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override void AddNeeds(LabelNeeds needs)
    {
        foreach (var format in formats)
        {
            if (format.Template is null)
            {
                needs.Add(format.Text);
            }
            else
            {
                format.Template.AddNeeds(needs);
            }
        }
    }

    private void RunAll(LogEntry entry, int from)
    {
        for (var i = from; i < formats.Count; i++)
        {
            _errors[i] = null;
            try
            {
                _outputs[i] = formats[i].Template?.Run(entry);
            }
            catch (TemplateFunctionException e)
            {
                _errors[i] = e.Message;
            }
        }
    }
}
