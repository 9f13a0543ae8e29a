using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Templates;

/// <summary><c>| line_format "…"</c>: the template's output becomes the line.</summary>
internal sealed class LineFormatStage(GoTemplate template) : LogStage
{
    public const string Error = "TemplateFormatErr";

    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        try
        {
            entry.SetLine(entry.Append(template.Run(entry)));
        }
        catch (TemplateException e)
        {
            entry.SetError(Error, e.Message);
        }

        return true;
    }

    /// <inheritdoc/>
    public override void AddNeeds(LabelNeeds needs) => template.AddNeeds(needs);
}

/// <summary><c>| label_format a=b, c="{{.d}}"</c>: renames, or sets a label by a template.</summary>
internal sealed class LabelFormatStage(IReadOnlyList<(string Label, string? From, GoTemplate? Template)> formats) : LogStage
{
    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        foreach (var (label, from, template) in formats)
        {
            if (from is not null)
            {
                if (entry.TryGet(from, out var value))
                {
                    var slice = entry.Append(value);
                    entry.Remove(from);
                    entry.Set(label, slice);
                }

                continue;
            }

            try
            {
                entry.Set(label, entry.Append(template!.Run(entry)));
            }
            catch (TemplateException e)
            {
                entry.SetError(LineFormatStage.Error, e.Message);
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override void AddNeeds(LabelNeeds needs)
    {
        foreach (var (_, from, template) in formats)
        {
            if (from is not null)
            {
                needs.Add(from);
            }

            template?.AddNeeds(needs);
        }
    }
}
